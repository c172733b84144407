#pragma once

#include "belfry/io/crypto/p256.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Message encryption for web push (RFC 8291 over RFC 8188). Pure but for the random numbers.
namespace belfry::io::web_push {

/// The bytes before the ciphertext: salt, record size, and the sender's key with its length.
constexpr std::size_t header_size = 86;
/// What a record of 4,096 bytes leaves for the plaintext.
constexpr std::size_t plaintext_max = 3'993;

/// The keys of a subscription, checked once (PROTOCOLS WP-3).
struct subscription_keys {
  crypto::p256_peer key;
  /// 16 bytes.
  std::string auth;
};

/// Reads `p256dh` and `auth` as browsers write them: base64url or base64, with or without padding. Returns nullopt if
/// one is not what RFC 8291 demands.
std::optional<subscription_keys> read_keys(std::string_view p256dh, std::string_view auth);

/// The body of a push: one record of `aes128gcm`. A new key pair and salt each time; `plaintext` has at most
/// `plaintext_max` bytes.
std::string encrypt(const subscription_keys& to, std::string_view plaintext);

/// The same with a given key pair and salt of 16 bytes, for tests.
std::string encrypt(const subscription_keys& to, std::string_view plaintext, const crypto::p256_key& sender,
                    std::string_view salt);

} // namespace belfry::io::web_push
