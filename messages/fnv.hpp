#pragma once

#include <cstdint>
#include <string_view>

namespace belfry {

/// FNV-1a of 64 bits. What is made of it is on disk and on the wire: it never changes.
constexpr std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (char c : text)
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

} // namespace belfry
