#include "belfry/io/crypto/aead.hpp"

#include "belfry/io/crypto/demand.hpp"
#include "belfry/io/crypto/owned.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace belfry::io::crypto {

namespace {

using cipher_context = owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

/// Fetched once: looking a cipher up costs more than a short message.
const EVP_CIPHER* cipher_for(std::string_view key) {
  static auto* const aes128 = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
  static auto* const aes256 = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  demand(key.size() == 16 || key.size() == 32, "use a key of this size");
  return key.size() == 16 ? aes128 : aes256;
}

} // namespace

std::string gcm_seal(std::string_view key, std::string_view iv, std::string_view additional,
                     std::string_view plaintext) {
  cipher_context c{EVP_CIPHER_CTX_new()};
  std::string out(plaintext.size() + gcm_tag_size, '\0');
  int n = 0;
  const auto size = static_cast<int>(plaintext.size());
  auto done = c && iv.size() == gcm_iv_size
              && EVP_EncryptInit_ex2(c.get(), cipher_for(key), bytes(key), bytes(iv), nullptr) == 1;
  if (!additional.empty())
    done = done && EVP_EncryptUpdate(c.get(), nullptr, &n, bytes(additional), static_cast<int>(additional.size())) == 1;
  done = done && EVP_EncryptUpdate(c.get(), bytes(out), &n, bytes(plaintext), size) == 1
         && EVP_EncryptFinal_ex(c.get(), bytes(out) + size, &n) == 1
         && EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_GET_TAG, gcm_tag_size, bytes(out) + size) == 1;
  demand(done, "seal");
  return out;
}

std::optional<std::string> gcm_open(std::string_view key, std::string_view iv, std::string_view additional,
                                    std::string_view sealed) {
  if (sealed.size() < gcm_tag_size || iv.size() != gcm_iv_size)
    return std::nullopt;
  cipher_context c{EVP_CIPHER_CTX_new()};
  const auto size = sealed.size() - gcm_tag_size;
  std::string out(size, '\0');
  std::string tag{sealed.substr(size)};
  int n = 0;
  demand(c && EVP_DecryptInit_ex2(c.get(), cipher_for(key), bytes(key), bytes(iv), nullptr) == 1, "open");
  if (!additional.empty())
    EVP_DecryptUpdate(c.get(), nullptr, &n, bytes(additional), static_cast<int>(additional.size()));
  const auto good = EVP_DecryptUpdate(c.get(), bytes(out), &n, bytes(sealed), static_cast<int>(size)) == 1
                    && EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_SET_TAG, gcm_tag_size, tag.data()) == 1
                    && EVP_DecryptFinal_ex(c.get(), bytes(out) + size, &n) == 1;
  if (!good)
    return std::nullopt;
  return out;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

} // namespace belfry::io::crypto
