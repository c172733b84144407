#include "belfry/io/crypto/digest.hpp"

#include "belfry/io/crypto/demand.hpp"
#include "belfry/io/crypto/encoding.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>

namespace belfry::io::crypto {

namespace {

std::string hmac(const EVP_MD* md, std::string_view key, std::string_view data) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  demand(HMAC(md, bytes(key), static_cast<int>(key.size()), bytes(data), data.size(), bytes(out), &size) != nullptr,
         "make an HMAC");
  out.resize(size);
  return out;
}

/// Looked up in the library once: that costs as much as a short signature.
EVP_MAC* hmac_method() {
  static auto* const method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  return method;
}

} // namespace

void hmac_key::release::operator()(evp_mac_ctx_st* x) const {
  EVP_MAC_CTX_free(x);
}

hmac_key::hmac_key(hash h, std::string_view key) : state_(EVP_MAC_CTX_new(hmac_method())) {
  char sha1[] = "SHA1", sha256[] = "SHA256";
  const OSSL_PARAM settings[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, h == hash::sha1 ? sha1 : sha256, 0),
      OSSL_PARAM_construct_end()};
  demand(state_ && EVP_MAC_init(state_.get(), bytes(key), key.size(), settings) == 1, "take an HMAC key");
}

hmac_key::~hmac_key() = default;
hmac_key::hmac_key(hmac_key&&) noexcept = default;
hmac_key& hmac_key::operator=(hmac_key&&) noexcept = default;

std::string hmac_key::sign(std::initializer_list<std::string_view> parts) {
  auto* state = state_.get();
  // Without a key: that of before.
  auto done = EVP_MAC_init(state, nullptr, 0, nullptr) == 1;
  for (auto part : parts)
    done = done && EVP_MAC_update(state, bytes(part), part.size()) == 1;
  std::string out(EVP_MAX_MD_SIZE, '\0');
  std::size_t size = 0;
  done = done && EVP_MAC_final(state, bytes(out), &size, out.size()) == 1;
  demand(done, "make an HMAC");
  out.resize(size);
  return out;
}

std::string sha256(std::string_view data) {
  std::string out(32, '\0');
  demand(EVP_Digest(data.data(), data.size(), bytes(out), nullptr, EVP_sha256(), nullptr) == 1, "make a SHA-256");
  return out;
}

std::string sha256_hex(std::string_view data) {
  return hex(sha256(data));
}

std::string hmac_sha1(std::string_view key, std::string_view data) {
  return hmac(EVP_sha1(), key, data);
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  return hmac(EVP_sha256(), key, data);
}

std::string random_bytes(std::size_t n) {
  std::string out(n, '\0');
  demand(RAND_bytes(bytes(out), static_cast<int>(n)) == 1, "give random bytes");
  return out;
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace belfry::io::crypto
