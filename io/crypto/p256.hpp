#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

/// The curve P-256: key pairs, shared secrets (ECDH) and signatures (ES256).
namespace belfry::io::crypto {

constexpr std::size_t p256_point_size = 65;
constexpr std::size_t p256_scalar_size = 32;

/// Somebody else's public key, checked once when it is read and not at each use.
class p256_peer {
public:
  /// From 65 bytes: 4, x, y. Returns nullopt if they are no point of the curve.
  static std::optional<p256_peer> from_point(std::string_view point);

  const std::string& point() const { return point_; }

private:
  friend class p256_key;
  std::shared_ptr<evp_pkey_st> key_;
  std::string point_;
};

/// A private key with its public point. May be used by several threads at once.
class p256_key {
public:
  static p256_key generate();
  /// From the 32 bytes of the scalar; nullopt if they are zero or not below the order of the curve.
  static std::optional<p256_key> from_scalar(std::string_view scalar);
  /// From PEM (SEC 1 or PKCS #8), or from the scalar as base64url: what options take.
  static std::optional<p256_key> from_text(std::string_view text);

  /// 65 bytes: 4, x, y.
  const std::string& point() const { return point_; }
  /// The x coordinate of the shared point: 32 bytes.
  std::string derive(const p256_peer& peer) const;
  /// ES256 (RFC 7518): 64 bytes, r and s.
  std::string sign(std::string_view text) const;

private:
  explicit p256_key(evp_pkey_st* key);

  std::shared_ptr<evp_pkey_st> key_;
  std::string point_;
};

/// Whether `signature` (r and s) over `text` is of the owner of `point`.
bool verify_es256(std::string_view point, std::string_view text, std::string_view signature);

} // namespace belfry::io::crypto
