// Rules for secrets that are keys: whether they are of the kind that their use needs.
#include "belfry/config/formats.hpp"

#include <nlohmann/json.hpp>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <memory>

namespace belfry::formats {

namespace {

using private_key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

private_key from_pem(std::string_view text) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                                      BIO_free};
  // Without this an encrypted key would ask on the terminal.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  return {bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr, EVP_PKEY_free};
}

bool is_p256_pem(std::string_view text) {
  const auto key = from_pem(text);
  std::array<char, 64> group{};
  std::size_t length = 0;
  return key && EVP_PKEY_is_a(key.get(), "EC")
         && EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), &length)
                == 1
         && std::string_view(group.data(), length) == SN_X9_62_prime256v1;
}

/// Exactly 43 digits of base64url (an "=" behind them is tolerated) are 32 bytes.
bool is_scalar(std::string_view text) {
  if (text.size() == 44 && text.ends_with('='))
    text.remove_suffix(1);
  if (text.size() != 43)
    return false;
  std::string standard{text};
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  standard += '=';
  std::array<unsigned char, 33> bytes{};
  if (EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(standard.data()), 44) != 33)
    return false;
  // A scalar is between 1 and the order of P-256 less 1; big endian text compares as numbers do.
  constexpr std::array<unsigned char, 32> order{0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                                0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                                0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
  const auto end = bytes.begin() + 32;
  return std::any_of(bytes.begin(), end, [](unsigned char b) { return b != 0; })
         && std::lexicographical_compare(bytes.begin(), end, order.begin(), order.end());
}

/// The token address is called with a signed assertion: https, or http on loopback (tests and the demo).
bool is_token_uri(const std::string& text) {
  const auto u = parse_url(text);
  return u && (u->scheme == "https" || (u->scheme == "http" && is_loopback(u->host)));
}

bool is_service_account(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto member = [&json](const char* name) {
    const auto it = json.find(name);
    return it != json.end() && it->is_string() ? it->get<std::string>() : std::string{};
  };
  if (!json.is_object() || member("client_email").empty() || !is_token_uri(member("token_uri")))
    return false;
  const auto key = from_pem(member("private_key"));
  return key && EVP_PKEY_is_a(key.get(), "RSA");
}

} // namespace

const rule vapid_key{[](std::string_view x) { return is_scalar(x) || is_p256_pem(x); },
                     "a P-256 private key: base64url of 32 bytes as `belfry keys vapid` prints it, or PEM"};
const rule apns_key{is_p256_pem, "the text of Apple's .p8 file: a P-256 private key as PEM"};
const rule service_account{is_service_account,
                           "Google's JSON of a service account, with client_email, private_key and token_uri"};
const rule person_token_key{[](std::string_view x) { return x.size() >= 32; }, "at least 32 bytes"};

} // namespace belfry::formats
