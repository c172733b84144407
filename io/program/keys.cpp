#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/program/commands.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <array>
#include <iostream>
#include <memory>
#include <string>

namespace belfry::program {

namespace {

/// A private key of P-256.
constexpr int scalar_size = 32;
/// Uncompressed point: 4, x, y.
constexpr std::size_t point_size = 65;

struct free_key {
  void operator()(EVP_PKEY* x) const { EVP_PKEY_free(x); }
};

struct free_number {
  void operator()(BIGNUM* x) const { BN_clear_free(x); }
};

/// Base64url of the private scalar; empty when the library fails.
std::string private_part(const EVP_PKEY* key) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &raw) != 1)
    return {};
  std::unique_ptr<BIGNUM, free_number> number{raw};
  std::string bytes(scalar_size, '\0');
  if (BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()), scalar_size) != scalar_size)
    return {};
  return io::crypto::base64url_encode(bytes);
}

/// Base64url of the public point; empty when the library fails.
std::string public_part(const EVP_PKEY* key) {
  std::array<unsigned char, point_size + 1> bytes{};
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size(), &size) != 1
      || size != point_size)
    return {};
  return io::crypto::base64url_encode({reinterpret_cast<const char*>(bytes.data()), size});
}

} // namespace

int vapid_keys() {
  std::unique_ptr<EVP_PKEY, free_key> key{EVP_EC_gen("P-256")};
  auto shown = key ? public_part(key.get()) : std::string{};
  auto hidden = key ? private_part(key.get()) : std::string{};
  if (shown.empty() || hidden.empty()) {
    std::cerr << "belfry: no key could be made\n";
    return failed;
  }
  std::cout << "{\n  \"publicKey\": \"" << shown << "\",\n  \"privateKey\": \"" << hidden << "\"\n}\n";
  return succeeded;
}

} // namespace belfry::program
