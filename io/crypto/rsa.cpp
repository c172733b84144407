#include "belfry/io/crypto/rsa.hpp"

#include "belfry/io/crypto/demand.hpp"
#include "belfry/io/crypto/owned.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace belfry::io::crypto {

namespace {

constexpr int bits_min = 2'048;

} // namespace

std::optional<rsa_key> rsa_key::from_pem(std::string_view text) {
  auto in = reader_of(text);
  std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  if (!key || EVP_PKEY_is_a(key.get(), "RSA") == 0 || EVP_PKEY_get_bits(key.get()) < bits_min)
    return std::nullopt;
  rsa_key out;
  out.key_ = std::move(key);
  return out;
}

std::string rsa_key::sign(std::string_view text) const {
  const owned_digest c{EVP_MD_CTX_new()};
  std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  auto size = out.size();
  demand(c && EVP_DigestSignInit(c.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1
             && EVP_DigestSign(c.get(), bytes(out), &size, bytes(text), text.size()) == 1,
         "sign");
  out.resize(size);
  return out;
}

std::string rsa_key::public_pem() const {
  const owned_bio out{BIO_new(BIO_s_mem())};
  demand(out && PEM_write_bio_PUBKEY(out.get(), key_.get()) == 1, "write a public key");
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

bool verify_rs256(std::string_view public_pem, std::string_view text, std::string_view signature) {
  auto in = reader_of(public_pem);
  const owned_key key{PEM_read_bio_PUBKEY(in.get(), nullptr, no_passphrase, nullptr)};
  const owned_digest c{EVP_MD_CTX_new()};
  const bool good = key && c && EVP_DigestVerifyInit(c.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1
                    && EVP_DigestVerify(c.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
  ERR_clear_error();
  return good;
}

} // namespace belfry::io::crypto
