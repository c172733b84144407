#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Cutting texts to a number of bytes; pure.
namespace belfry::io::mobile {

/// `text`, or as much of its beginning as fits with "…" behind it into `bytes_max` bytes of UTF-8. Never cut inside
/// what a reader sees as one character (a grapheme cluster of Unicode); empty when not even one fits.
std::string shorten(std::string_view text, std::size_t bytes_max);

} // namespace belfry::io::mobile
