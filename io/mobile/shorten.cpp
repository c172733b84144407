#include "belfry/io/mobile/shorten.hpp"

#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include <algorithm>
#include <memory>

namespace belfry::io::mobile {

namespace {

constexpr std::string_view ellipsis = "\xe2\x80\xa6";

/// The last boundary between grapheme clusters at or before `limit`.
std::size_t boundary_before(std::string_view text, std::size_t limit) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UText, decltype(&utext_close)> in(
      utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status), utext_close);
  const std::unique_ptr<UBreakIterator, decltype(&ubrk_close)> breaks(
      ubrk_open(UBRK_CHARACTER, "", nullptr, 0, &status), ubrk_close);
  if (U_FAILURE(status) != 0)
    return 0;
  ubrk_setUText(breaks.get(), in.get(), &status);
  if (U_FAILURE(status) != 0)
    return 0;
  const auto place = static_cast<std::int32_t>(limit);
  const auto found = ubrk_isBoundary(breaks.get(), place) != 0 ? place : ubrk_preceding(breaks.get(), place);
  return found == UBRK_DONE ? 0 : static_cast<std::size_t>(found);
}

} // namespace

std::string shorten(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return std::string(text);
  if (bytes_max <= ellipsis.size())
    return {};
  // The iterator need not see what is far behind the cut.
  constexpr std::size_t far = 4096;
  const auto limit = bytes_max - ellipsis.size();
  auto out = text.substr(0, boundary_before(text.substr(0, std::min(text.size(), limit + far)), limit));
  out = out.substr(0, out.find_last_not_of(" \t\r\n") + 1);
  return out.empty() ? std::string() : std::string(out).append(ellipsis);
}

} // namespace belfry::io::mobile
