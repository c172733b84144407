#pragma once

namespace belfry {

/// Whether this byte continues a character of UTF-8 that began before it.
constexpr bool continues_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

} // namespace belfry
