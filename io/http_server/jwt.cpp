#include "belfry/io/http_server/jwt.hpp"

#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"
#include "belfry/messages/validate.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace belfry::io::http {

namespace {

using nlohmann::json;

/// The JSON object inside one part of the token; discarded when it is none.
json decode(std::string_view part) {
  auto bytes = crypto::base64url_decode(part);
  if (!bytes)
    return json(json::value_t::discarded);
  auto x = json::parse(*bytes, nullptr, false);
  return x.is_object() ? x : json(json::value_t::discarded);
}

bool is_hs256(const json& header) {
  auto alg = header.find("alg");
  // `crit` names what a reader must understand: we understand nothing of it.
  return alg != header.end() && alg->is_string() && *alg == "HS256" && !header.contains("crit");
}

bool signed_by_one(std::string_view text, std::string_view signature, const std::vector<secret>& keys) {
  auto found = false;
  for (const auto& key : keys)
    found |= !key.empty() && crypto::equal(crypto::hmac_sha256(key.value, text), signature);
  return found;
}

bool for_us(const json& claims) {
  auto aud = claims.find("aud");
  if (aud == claims.end())
    return false;
  if (aud->is_array())
    return std::any_of(aud->begin(), aud->end(), [](const json& x) { return x == "belfry"; });
  return *aud == "belfry";
}

/// Seconds since 1970 as milliseconds.
std::optional<double> time_claim(const json& claims, const char* name) {
  auto i = claims.find(name);
  if (i == claims.end() || !i->is_number())
    return std::nullopt;
  return i->get<double>() * 1000;
}

bool in_time(const json& claims, millis now) {
  auto at = static_cast<double>(now);
  auto exp = time_claim(claims, "exp");
  // Hosts write whole seconds: the bound is that of the second which has begun.
  auto whole_seconds = (now + 999) / 1000;
  auto latest = static_cast<double>(whole_seconds * 1000 + jwt_life_max);
  if (!exp || *exp <= at || *exp > latest)
    return false;
  if (!claims.contains("nbf"))
    return true;
  auto nbf = time_claim(claims, "nbf");
  return nbf && *nbf <= at;
}

} // namespace

std::optional<person_token> verify_person_token(std::string_view token, const std::vector<secret>& keys, millis now) {
  if (token.size() > jwt_max || std::count(token.begin(), token.end(), '.') != 2)
    return std::nullopt;
  auto first = token.find('.'), last = token.rfind('.');
  auto signature = crypto::base64url_decode(token.substr(last + 1));
  if (!signature || !signed_by_one(token.substr(0, last), *signature, keys))
    return std::nullopt;
  auto header = decode(token.substr(0, first));
  auto claims = decode(token.substr(first + 1, last - first - 1));
  if (header.is_discarded() || claims.is_discarded() || !is_hs256(header) || !for_us(claims) || !in_time(claims, now))
    return std::nullopt;
  auto sub = claims.find("sub");
  if (sub == claims.end() || !sub->is_string() || !wrong_id(sub->get_ref<const std::string&>()).empty())
    return std::nullopt;
  return person_token{sub->get<std::string>(), static_cast<millis>(time_claim(claims, "exp").value_or(0))};
}

} // namespace belfry::io::http
