#pragma once

#include <cstddef>
#include <string_view>

namespace belfry {

/// Whether this byte continues a character of UTF-8 that began before it.
constexpr bool continues_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// The number of characters (code points) of a valid UTF-8 text.
constexpr std::size_t code_points(std::string_view text) {
  std::size_t n = 0;
  for (char c : text)
    n += continues_code_point(c) ? 0 : 1;
  return n;
}

} // namespace belfry
