#include "belfry/io/fcm/access_token.hpp"

#include "belfry/io/crypto/encoding.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace belfry::io::fcm {

namespace {

using nlohmann::json;

constexpr std::string_view scope = "https://www.googleapis.com/auth/firebase.messaging";
constexpr std::string_view grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
constexpr millis second = 1000;
constexpr millis assertion_life = 3600 * second;
/// A token is made anew so long before its end, and never used so shortly before it.
constexpr millis early = 300 * second;
constexpr millis margin = 30 * second;
/// How long somebody who waits for a token waits before asking again.
constexpr millis patience = 200;
constexpr millis failure_wait = 5 * second;
constexpr millis failure_wait_max = 300 * second;

} // namespace

std::optional<service_account> read_service_account(std::string_view text) {
  const auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object())
    return std::nullopt;
  auto field = [&](const char* name) {
    const auto i = parsed.find(name);
    return i != parsed.end() && i->is_string() ? i->get<std::string>() : std::string();
  };
  auto key = crypto::rsa_key::from_pem(field("private_key"));
  if (!key || field("client_email").empty() || field("token_uri").empty())
    return std::nullopt;
  return service_account{field("project_id"), field("client_email"), field("private_key_id"), field("token_uri"),
                         std::move(*key)};
}

http_request token_request(const service_account& account, millis now) {
  const json head{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", account.key_id}};
  const json claims{{"iss", account.client_email},
                    {"scope", scope},
                    {"aud", account.token_uri},
                    {"iat", now / second},
                    {"exp", (now + assertion_life) / second}};
  const auto signed_text = crypto::base64url_encode(head.dump()) + "." + crypto::base64url_encode(claims.dump());
  http_request out;
  out.url = account.token_uri;
  out.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  out.body.append("grant_type=").append(grant).append("&assertion=").append(signed_text).append(".");
  out.body += crypto::base64url_encode(account.key.sign(signed_text));
  out.untrusted = false;
  return out;
}

access_token::step access_token::next(millis now) {
  const bool good = !authorization_.empty() && now < good_until_ - margin && now >= fetched_at_;
  const bool old = !good || now >= good_until_ - std::min(early, (good_until_ - fetched_at_) / 2);
  if (old && !fetching_ && now >= retry_at_) {
    fetching_ = true;
    return step::fetch;
  }
  return good ? step::use : step::wait;
}

millis access_token::ready_at(millis now) const {
  return std::max(retry_at_, now + patience);
}

bool access_token::fetched(const http_answer& a, millis now) {
  fetching_ = false;
  const auto body = json::parse(a.body, nullptr, false);
  const auto token = body.is_object() ? body.find("access_token") : body.end();
  if (a.status != 200 || !body.is_object() || token == body.end() || !token->is_string()) {
    const auto wait = failure_wait << std::min(failures_++, 6);
    retry_at_ = now + std::min(wait, failure_wait_max);
    return false;
  }
  const auto life = body.find("expires_in");
  authorization_ = "Bearer " + token->get<std::string>();
  fetched_at_ = now;
  const auto named = life != body.end() && life->is_number_integer() ? life->get<millis>() * second : assertion_life;
  // However short it is said to live, the next one is not fetched at once.
  good_until_ = now + std::clamp(named, 2 * margin, assertion_life);
  retry_at_ = 0;
  failures_ = 0;
  return true;
}

bool access_token::refused(const std::string& used, millis now) {
  if (used != authorization_)
    return true;
  // Made anew once: a second refusal of a token as young as that is no matter of age.
  if (fresh_ && now - fetched_at_ < early)
    return false;
  fresh_ = true;
  authorization_.clear();
  return true;
}

} // namespace belfry::io::fcm
