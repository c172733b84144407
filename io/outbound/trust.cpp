#include "belfry/io/outbound/trust.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace belfry::io {

namespace {

constexpr std::size_t certificates_max = 1000;

} // namespace

result<extra_trust> extra_trust::load(const std::string& path) {
  extra_trust out;
  if (path.empty())
    return out;
  std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "r"), BIO_free);
  while (file && out.certificates_.size() < certificates_max) {
    auto* certificate = PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr);
    if (certificate == nullptr)
      break;
    out.certificates_.emplace_back(certificate, X509_free);
  }
  // The end of the file is reported as an error.
  ERR_clear_error();
  if (out.empty())
    return error{ec::bad_input, "outbound.caFile: no certificate can be read from " + path, {}};
  return out;
}

void extra_trust::add_to(ssl_ctx_st* context) const {
  // The store may be shared by connections: one that is there already is left as it is.
  auto* store = SSL_CTX_get_cert_store(context);
  for (const auto& certificate : certificates_)
    X509_STORE_add_cert(store, certificate.get());
  ERR_clear_error();
}

} // namespace belfry::io
