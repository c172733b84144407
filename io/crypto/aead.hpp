#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Authenticated encryption: AES-GCM with a tag of 16 bytes behind the ciphertext.
namespace belfry::io::crypto {

constexpr std::size_t gcm_iv_size = 12;
constexpr std::size_t gcm_tag_size = 16;

/// Ciphertext and tag. `key` has 16 or 32 bytes, `iv` 12, never used twice with one key; `additional` is authenticated
/// but not part of what comes back.
std::string gcm_seal(std::string_view key, std::string_view iv, std::string_view additional,
                     std::string_view plaintext);

/// The plaintext; nullopt if key, iv, `additional` or a bit of `sealed` is not what it was sealed with.
std::optional<std::string> gcm_open(std::string_view key, std::string_view iv, std::string_view additional,
                                    std::string_view sealed);

/// Overwrites what was secret.
void wipe(std::string& secret);

} // namespace belfry::io::crypto
