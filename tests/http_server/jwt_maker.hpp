#pragma once

#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"

#include <string>
#include <string_view>

namespace belfry::test {

/// A JWT over these two JSON texts, signed with `key` as HS256 whatever the header says.
inline std::string make_jwt(std::string_view header, std::string_view claims, std::string_view key) {
  using namespace io::crypto;
  auto text = base64url_encode(header) + "." + base64url_encode(claims);
  return text + "." + base64url_encode(hmac_sha256(key, text));
}

/// A good token of `person` that ends `seconds` after `now`.
inline std::string person_jwt(std::string_view person, std::string_view key, std::int64_t now, int seconds = 600) {
  auto claims =
      R"({"sub":")" + std::string{person} + R"(","aud":"belfry","exp":)" + std::to_string(now / 1000 + seconds) + "}";
  return make_jwt(R"({"alg":"HS256","typ":"JWT"})", claims, key);
}

} // namespace belfry::test
