#include "belfry/io/web_push/encryption.hpp"

#include "belfry/io/crypto/aead.hpp"
#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"

#include <algorithm>

namespace belfry::io::web_push {

namespace {

constexpr std::size_t salt_size = 16;
constexpr std::size_t auth_size = 16;
constexpr std::size_t content_key_size = 16;
constexpr std::uint32_t record_size = 4'096;
/// Ends the last record.
constexpr char delimiter = 2;

/// HKDF (RFC 5869) for results of at most 32 bytes.
std::string hkdf(std::string_view salt, std::string_view secret, std::string info, std::size_t size) {
  auto key = crypto::hmac_sha256(salt, secret);
  info += '\1';
  auto out = crypto::hmac_sha256(key, info);
  crypto::wipe(key);
  out.resize(size);
  return out;
}

std::optional<std::string> read_base64(std::string_view text) {
  std::string alphabet{text};
  std::replace(alphabet.begin(), alphabet.end(), '+', '-');
  std::replace(alphabet.begin(), alphabet.end(), '/', '_');
  return crypto::base64url_decode(alphabet, crypto::padding::any);
}

} // namespace

std::optional<subscription_keys> read_keys(std::string_view p256dh, std::string_view auth) {
  const auto point = read_base64(p256dh);
  auto secret = read_base64(auth);
  auto key = point ? crypto::p256_peer::from_point(*point) : std::nullopt;
  if (!key || !secret || secret->size() != auth_size)
    return std::nullopt;
  return subscription_keys{std::move(*key), std::move(*secret)};
}

std::string encrypt(const subscription_keys& to, std::string_view plaintext, const crypto::p256_key& sender,
                    std::string_view salt) {
  using namespace std::string_view_literals;
  auto shared = sender.derive(to.key);
  auto secret = hkdf(to.auth, shared, std::string{"WebPush: info\0"sv} + to.key.point() + sender.point(), 32);
  auto key = hkdf(salt, secret, std::string{"Content-Encoding: aes128gcm\0"sv}, content_key_size);
  auto nonce = hkdf(salt, secret, std::string{"Content-Encoding: nonce\0"sv}, crypto::gcm_iv_size);
  std::string out{salt};
  for (const auto shift : {24, 16, 8, 0})
    out += static_cast<char>(record_size >> shift & 0xFF);
  out += static_cast<char>(sender.point().size());
  out += sender.point();
  auto record = std::string{plaintext} + delimiter;
  out += crypto::gcm_seal(key, nonce, "", record);
  for (auto* x : {&shared, &secret, &key, &nonce, &record})
    crypto::wipe(*x);
  return out;
}

std::string encrypt(const subscription_keys& to, std::string_view plaintext) {
  return encrypt(to, plaintext, crypto::p256_key::generate(), crypto::random_bytes(salt_size));
}

} // namespace belfry::io::web_push
