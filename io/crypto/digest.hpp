#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Thin wrappers of the crypto library: bytes in, bytes out. What the library refuses to do (no memory, no entropy)
/// ends the process, because going on would mean unsigned or guessable answers.
namespace belfry::io::crypto {

/// 32 bytes.
std::string sha256(std::string_view data);

/// 64 lower-case hex digits.
std::string sha256_hex(std::string_view data);

/// 20 bytes; keys of any length, the empty one too.
std::string hmac_sha1(std::string_view key, std::string_view data);

/// 32 bytes; keys of any length, the empty one too.
std::string hmac_sha256(std::string_view key, std::string_view data);

/// Bytes fit for keys and secrets.
std::string random_bytes(std::size_t n);

/// Compares in a time that depends on the lengths only.
bool equal(std::string_view a, std::string_view b);

} // namespace belfry::io::crypto
