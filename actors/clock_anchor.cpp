#include "belfry/actors/clock_anchor.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace belfry {

namespace {

constexpr millis drift_max = 100;
constexpr char separator = ' ';
constexpr std::string_view version = "1";

/// The text up to the next separator, which is taken away.
std::string_view next_word(std::string_view& text) {
  const auto end = std::min(text.find(separator), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

bool read_number(std::string_view word, std::int64_t& out) {
  const auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), out);
  return wrong == std::errc{} && end == word.data() + word.size() && out >= 0;
}

} // namespace

std::string encode(const clock_anchor& a) {
  return std::string{version} + separator + std::to_string(a.engine) + separator + std::to_string(a.clocks.wall)
         + separator + std::to_string(a.clocks.since_boot) + separator + a.clocks.boot;
}

std::optional<clock_anchor> decode_clock_anchor(std::string_view text) {
  clock_anchor a;
  const auto known = next_word(text) == version;
  for (auto* number : {&a.engine, &a.clocks.wall, &a.clocks.since_boot}) {
    if (!read_number(next_word(text), *number))
      return std::nullopt;
  }
  a.clocks.boot = text;
  return known ? std::optional{a} : std::nullopt;
}

engine_time resume_engine_time(const std::optional<clock_anchor>& last, const io::clock_reading& now) {
  if (!last)
    return now.wall;
  const auto same_boot = !now.boot.empty() && now.boot == last->clocks.boot;
  const auto passed = same_boot ? now.since_boot - last->clocks.since_boot : now.wall - last->clocks.wall;
  return last->engine + std::max<millis>(passed, 0);
}

millis wall_ahead(engine_time now, millis wall) {
  constexpr millis rounding = 100;
  const auto ahead = wall - now;
  return (ahead >= 0 ? ahead + rounding / 2 : ahead - rounding / 2) / rounding * rounding;
}

bool has_drifted(const clock_anchor& last, const clock_anchor& now) {
  // Without a clock that outlives processes only the wall clock can be compared.
  const auto passed =
      now.clocks.boot.empty() ? now.engine - last.engine : now.clocks.since_boot - last.clocks.since_boot;
  return last.clocks.boot != now.clocks.boot || std::abs(now.engine - last.engine - passed) > drift_max
         || std::abs(now.clocks.wall - last.clocks.wall - passed) > drift_max;
}

} // namespace belfry
