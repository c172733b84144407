#include "belfry/tests/support/providers/certificate.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>

namespace belfry::test {

namespace {

constexpr long day = 24 * 3600;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* x, int what, const std::string& value) {
  if (auto* e = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str())) {
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
  }
}

bool is_address(const std::string& name) {
  return name.find_first_not_of("0123456789.") == name.npos || name.find(':') != name.npos;
}

} // namespace

certificate make_certificate(const std::vector<std::string>& names, bool expired) {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> x(X509_new(), X509_free);
  std::unique_ptr<BIO, decltype(&BIO_free)> chain_out(BIO_new(BIO_s_mem()), BIO_free);
  std::unique_ptr<BIO, decltype(&BIO_free)> key_out(BIO_new(BIO_s_mem()), BIO_free);
  if (!key || !x || names.empty())
    return {};
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial));
  X509_set_version(x.get(), 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x.get()), serial | 1U);
  X509_gmtime_adj(X509_getm_notBefore(x.get()), expired ? -10 * day : -day);
  X509_gmtime_adj(X509_getm_notAfter(x.get()), expired ? -day : 9 * day);
  X509_set_pubkey(x.get(), key.get());
  auto* subject = X509_get_subject_name(x.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("belfry test"), -1, -1,
                             0);
  X509_set_issuer_name(x.get(), subject);
  std::string all;
  for (const auto& name : names)
    all += (all.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  add_extension(x.get(), NID_subject_alt_name, all);
  add_extension(x.get(), NID_basic_constraints, "critical,CA:TRUE");
  if (X509_sign(x.get(), key.get(), EVP_sha256()) == 0 || PEM_write_bio_X509(chain_out.get(), x.get()) != 1
      || PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return {};
  return {text_of(chain_out.get()), text_of(key_out.get())};
}

} // namespace belfry::test
