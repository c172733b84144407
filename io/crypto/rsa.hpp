#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace belfry::io::crypto {

/// A private RSA key of 2,048 bits or more, for signatures RS256. May be used by several threads at once.
class rsa_key {
public:
  /// From PEM (PKCS #1 or PKCS #8, not encrypted); nullopt if it is none, or too short.
  static std::optional<rsa_key> from_pem(std::string_view text);

  /// RS256 (RFC 7518 3.3).
  std::string sign(std::string_view text) const;
  /// The public key as PEM, for those who verify.
  std::string public_pem() const;

private:
  std::shared_ptr<evp_pkey_st> key_;
};

/// Whether `signature` over `text` is RS256 by the owner of the public key (PEM).
bool verify_rs256(std::string_view public_pem, std::string_view text, std::string_view signature);

} // namespace belfry::io::crypto
