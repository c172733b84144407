#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>

namespace belfry::test {

/// The private key as PEM; takes it over.
inline std::string private_pem(EVP_PKEY* made) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(made, EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

/// A private RSA key as a service account has one, made once.
inline const std::string& rsa_pem() {
  static const auto pem = private_pem(EVP_RSA_gen(2048));
  return pem;
}

/// A private P-256 key as Apple gives one out, made once.
inline const std::string& ec_pem() {
  static const auto pem = private_pem(EVP_EC_gen("P-256"));
  return pem;
}

} // namespace belfry::test
