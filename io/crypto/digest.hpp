#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;

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

enum class hash { sha1, sha256 };

/// An HMAC key that signs many texts: what depends on the key alone is computed once. Used by one thread at a time.
class hmac_key {
public:
  hmac_key(hash h, std::string_view key);
  ~hmac_key();
  hmac_key(hmac_key&&) noexcept;
  hmac_key& operator=(hmac_key&&) noexcept;

  /// 20 or 32 bytes, over the parts one after the other.
  std::string sign(std::initializer_list<std::string_view> parts);

private:
  struct release {
    void operator()(evp_mac_ctx_st* x) const;
  };
  std::unique_ptr<evp_mac_ctx_st, release> state_;
};

/// Bytes fit for keys and secrets.
std::string random_bytes(std::size_t n);

/// Compares in a time that depends on the lengths only.
bool equal(std::string_view a, std::string_view b);

} // namespace belfry::io::crypto
