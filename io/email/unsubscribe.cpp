#include "belfry/io/email/unsubscribe.hpp"

#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"

namespace belfry::io::email {

namespace {

constexpr std::size_t mac_size = 16;
constexpr char version = 1;

std::string mac_of(std::string_view key, std::string_view content) {
  return crypto::hmac_sha256(key, content).substr(0, mac_size);
}

} // namespace

std::string make_unsubscribe_token(std::string_view key, const unsubscription& what) {
  std::string content{version, static_cast<char>(what.kind)};
  content += what.person;
  return crypto::base64url_encode(mac_of(key, content) + content);
}

std::optional<unsubscription> read_unsubscribe_token(std::string_view key, std::string_view token) {
  const auto bytes = crypto::base64url_decode(token);
  if (!bytes || bytes->size() <= mac_size + 2)
    return std::nullopt;
  const auto content = std::string_view{*bytes}.substr(mac_size);
  const auto known = crypto::equal(std::string_view{*bytes}.substr(0, mac_size), mac_of(key, content));
  if (!known || content[0] != version)
    return std::nullopt;
  return unsubscription{person_id{content.substr(2)}, static_cast<kind>(content[1])};
}

} // namespace belfry::io::email
