#include "belfry/tests/config/support.hpp"

#include <nlohmann/json.hpp>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>

namespace belfry::test {

std::string pem_of_new_key(std::string_view kind) {
  EVP_PKEY* fresh = kind == "RSA" ? EVP_RSA_gen(2048) : EVP_EC_gen(kind == "EC" ? "P-256" : "P-384");
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{fresh, EVP_PKEY_free};
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new(BIO_s_mem()), BIO_free};
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string service_account(std::string_view pem, std::string_view token_uri) {
  return nlohmann::json{{"type", "service_account"},
                        {"client_email", "push@example.iam.gserviceaccount.com"},
                        {"private_key", pem},
                        {"token_uri", token_uri}}
      .dump();
}

scratch_file::scratch_file(std::string_view text) {
  std::string pattern = testing::TempDir() + "belfry-config-XXXXXX";
  const int fd = mkstemp(pattern.data());
  if (fd >= 0)
    close(fd);
  path_ = pattern;
  std::ofstream{path_, std::ios::binary} << text;
}

scratch_file::~scratch_file() {
  std::remove(path_.c_str());
}

} // namespace belfry::test
