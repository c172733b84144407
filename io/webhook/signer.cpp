#include "belfry/io/webhook/signer.hpp"

#include "belfry/io/crypto/encoding.hpp"

#include <utility>

namespace belfry::io::webhooks {

namespace {

constexpr std::string_view standard_prefix = "whsec_";

} // namespace

std::string signing_key(std::string_view secret) {
  if (secret.starts_with(standard_prefix)) {
    auto key = crypto::base64_decode(secret.substr(standard_prefix.size()), crypto::padding::any);
    if (key && !key->empty())
      return *std::move(key);
  }
  return std::string{secret};
}

bool is_usable_secret(std::string_view secret) {
  return !secret.starts_with(standard_prefix) || signing_key(secret) != secret;
}

std::string standard_signature(std::string_view secret, std::string_view id, std::int64_t seconds,
                               std::string_view body) {
  return signer{std::string{secret}}.standard(id, seconds, body);
}

signer::signer(std::string secret)
    : secret_(std::move(secret)),
      sha1_(crypto::hash::sha1, secret_),
      sha256_(crypto::hash::sha256, secret_),
      standard_(crypto::hash::sha256, signing_key(secret_)) {}

std::string signer::sha1(std::string_view body) {
  return crypto::hex(sha1_.sign({body}));
}

std::string signer::sha256(std::string_view body) {
  return crypto::hex(sha256_.sign({body}));
}

std::string signer::standard(std::string_view id, std::int64_t seconds, std::string_view body) {
  return "v1," + crypto::base64_encode(standard_.sign({id, ".", std::to_string(seconds), ".", body}));
}

signer& signers::in(std::optional<signer>& place, const std::string& secret) {
  if (!place || place->secret() != secret)
    place.emplace(secret);
  return *place;
}

} // namespace belfry::io::webhooks
