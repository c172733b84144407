#include "belfry/io/crypto/p256.hpp"

#include "belfry/io/crypto/demand.hpp"
#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/crypto/owned.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

namespace belfry::io::crypto {

namespace {

constexpr auto half = static_cast<int>(p256_scalar_size);

using key_context = owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using number = owned<BIGNUM, BN_clear_free>;
using signature_parts = owned<ECDSA_SIG, ECDSA_SIG_free>;
using parameters = owned<OSSL_PARAM, OSSL_PARAM_free>;
using builder = owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;

/// A private key of this curve from its parts; nullptr if the library refuses them.
EVP_PKEY* make_key(std::string_view point, const BIGNUM* scalar) {
  builder b{OSSL_PARAM_BLD_new()};
  const auto built =
      b && OSSL_PARAM_BLD_push_utf8_string(b.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1
      && OSSL_PARAM_BLD_push_octet_string(b.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1
      && OSSL_PARAM_BLD_push_BN(b.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1;
  parameters p{built ? OSSL_PARAM_BLD_to_param(b.get()) : nullptr};
  key_context c{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
  EVP_PKEY* key = nullptr;
  if (p && c && EVP_PKEY_fromdata_init(c.get()) == 1)
    EVP_PKEY_fromdata(c.get(), &key, EVP_PKEY_KEYPAIR, p.get());
  ERR_clear_error();
  return key;
}

/// A public key of this curve; nullptr if the point is not on it. The curve is taken from a key that is there: looking
/// it up by name costs eight times as much.
EVP_PKEY* make_public_key(std::string_view point) {
  static EVP_PKEY* const model = EVP_EC_gen("P-256");
  auto* key = EVP_PKEY_new();
  if (key == nullptr || EVP_PKEY_copy_parameters(key, model) != 1
      || EVP_PKEY_set1_encoded_public_key(key, bytes(point), point.size()) != 1) {
    EVP_PKEY_free(key);
    key = nullptr;
  }
  ERR_clear_error();
  return key;
}

std::string point_of(const EVP_PKEY* key) {
  std::string out(p256_point_size, '\0');
  std::size_t size = 0;
  const auto got = EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes(out), out.size(), &size);
  return got == 1 && size == p256_point_size && out[0] == 4 ? out : std::string{};
}

/// scalar * G.
std::string multiply(const BIGNUM* scalar) {
  owned<EC_GROUP, EC_GROUP_free> group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  owned<EC_POINT, EC_POINT_free> point{group ? EC_POINT_new(group.get()) : nullptr};
  std::string out(p256_point_size, '\0');
  demand(point && EC_POINT_mul(group.get(), point.get(), scalar, nullptr, nullptr, nullptr) == 1, "multiply a point");
  const auto in_range = BN_is_zero(scalar) == 0 && BN_cmp(scalar, EC_GROUP_get0_order(group.get())) < 0;
  const auto size =
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes(out), out.size(), nullptr);
  return in_range && size == p256_point_size ? out : std::string{};
}

} // namespace

// -- peer ---------------------------------------------------------------------

std::optional<p256_peer> p256_peer::from_point(std::string_view point) {
  if (point.size() != p256_point_size || point[0] != 4)
    return std::nullopt;
  // The library checks that the point is on the curve.
  std::shared_ptr<EVP_PKEY> key{make_public_key(point), EVP_PKEY_free};
  if (!key)
    return std::nullopt;
  p256_peer out;
  out.key_ = std::move(key);
  out.point_ = point;
  return out;
}

// -- key ----------------------------------------------------------------------

p256_key::p256_key(evp_pkey_st* key) : key_(key, EVP_PKEY_free), point_(point_of(key)) {
  // nop
}

p256_key p256_key::generate() {
  // Kept by each thread: looking the curve up costs more than a key does.
  thread_local const key_context maker = [] {
    key_context c{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
    demand(c && EVP_PKEY_keygen_init(c.get()) == 1 && EVP_PKEY_CTX_set_group_name(c.get(), "P-256") == 1, "make keys");
    return c;
  }();
  EVP_PKEY* key = nullptr;
  demand(EVP_PKEY_generate(maker.get(), &key) == 1, "make a key");
  return p256_key{key};
}

std::optional<p256_key> p256_key::from_scalar(std::string_view scalar) {
  if (scalar.size() != p256_scalar_size)
    return std::nullopt;
  number n{BN_bin2bn(bytes(scalar), half, nullptr)};
  demand(n != nullptr, "read a number");
  const auto point = multiply(n.get());
  auto* key = point.empty() ? nullptr : make_key(point, n.get());
  return key != nullptr ? std::optional{p256_key{key}} : std::nullopt;
}

std::optional<p256_key> p256_key::from_text(std::string_view text) {
  if (text.find("-----BEGIN") == text.npos) {
    auto scalar = base64url_decode(text, padding::any);
    return scalar ? from_scalar(*scalar) : std::nullopt;
  }
  const auto file = reader_of(text);
  auto* key = PEM_read_bio_PrivateKey(file.get(), nullptr, no_passphrase, nullptr);
  ERR_clear_error();
  if (key == nullptr)
    return std::nullopt;
  p256_key out{key};
  return out.point_.empty() ? std::nullopt : std::optional{std::move(out)};
}

std::string p256_key::derive(const p256_peer& peer) const {
  key_context c{EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr)};
  std::string out(p256_scalar_size, '\0');
  auto size = out.size();
  // Checked when it was read: checking again would cost half of the time of a push (PROTOCOLS, fact 5).
  constexpr int check_again = 0;
  demand(c && EVP_PKEY_derive_init(c.get()) == 1
             && EVP_PKEY_derive_set_peer_ex(c.get(), peer.key_.get(), check_again) == 1
             && EVP_PKEY_derive(c.get(), bytes(out), &size) == 1 && size == out.size(),
         "derive a secret");
  return out;
}

std::string p256_key::sign(std::string_view text) const {
  owned_digest c{EVP_MD_CTX_new()};
  std::string der(128, '\0');
  auto size = der.size();
  demand(c && EVP_DigestSignInit_ex(c.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) == 1
             && EVP_DigestSign(c.get(), bytes(der), &size, bytes(text), text.size()) == 1,
         "sign");
  const auto* at = bytes(std::string_view{der});
  signature_parts parts{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size))};
  std::string out(2 * p256_scalar_size, '\0');
  demand(parts && BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), bytes(out), half) == half
             && BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), bytes(out) + half, half) == half,
         "write a signature");
  return out;
}

bool verify_es256(std::string_view point, std::string_view text, std::string_view signature) {
  owned_key key{make_public_key(point)};
  if (!key || signature.size() != 2 * p256_scalar_size)
    return false;
  signature_parts parts{ECDSA_SIG_new()};
  ECDSA_SIG_set0(parts.get(), BN_bin2bn(bytes(signature), half, nullptr),
                 BN_bin2bn(bytes(signature.substr(p256_scalar_size)), half, nullptr));
  unsigned char* der = nullptr;
  const auto size = i2d_ECDSA_SIG(parts.get(), &der);
  owned_digest c{EVP_MD_CTX_new()};
  const auto good = EVP_DigestVerifyInit_ex(c.get(), nullptr, "SHA256", nullptr, nullptr, key.get(), nullptr) == 1
                    && EVP_DigestVerify(c.get(), der, static_cast<std::size_t>(size), bytes(text), text.size()) == 1;
  OPENSSL_free(der);
  ERR_clear_error();
  return good;
}

} // namespace belfry::io::crypto
