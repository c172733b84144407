#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Bytes as text: hex, base64 and base64url (RFC 4648), and percent-encoding.
namespace belfry::io::crypto {

/// Whether `=` fills the last group. `any` is for decoding only: with or without, but not half.
enum class padding : std::uint8_t { with, without, any };

/// Lower-case digits, two per byte.
std::string hex(std::string_view bytes);

/// The alphabet with `+` and `/`.
std::string base64_encode(std::string_view bytes, padding p = padding::with);

/// The alphabet with `-` and `_`.
std::string base64url_encode(std::string_view bytes, padding p = padding::without);

/// Strict: nothing but the alphabet, the stated padding, unused bits zero; else nothing.
std::optional<std::string> base64_decode(std::string_view text, padding p = padding::with);

/// As strict as `base64_decode`.
std::optional<std::string> base64url_decode(std::string_view text, padding p = padding::without);

/// Everything but letters, digits and `-._~` as %XX: one segment of a path (RFC 3986).
std::string percent_encode(std::string_view text);

} // namespace belfry::io::crypto
