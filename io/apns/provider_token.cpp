#include "belfry/io/apns/provider_token.hpp"

#include "belfry/io/crypto/encoding.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace belfry::io::apns {

provider_token::provider_token(crypto::p256_key key, std::string key_id, std::string team_id)
    : key_(std::move(key)), key_id_(std::move(key_id)), team_id_(std::move(team_id)) {}

const std::string& provider_token::authorization(millis now) {
  // A clock that was set back makes a new one too: Apple would call a token of the future wrong.
  const bool old = now < made_at_ || now - made_at_ >= renew_after;
  if (authorization_.empty() || (old && (now < made_at_ || may_make(now))))
    make(now);
  return authorization_;
}

provider_token::advice provider_token::expired(const std::string& used, millis now) {
  if (used != authorization_)
    return advice::resend;
  if (!may_make(now))
    return doubt(now);
  make(now);
  return advice::resend;
}

provider_token::advice provider_token::too_many(const std::string& used, millis now) {
  not_before_ = now + renew_min;
  if (used != authorization_)
    return advice::resend;
  if (former_.empty() || now < former_made_at_ || now - former_made_at_ >= life)
    return advice::wait;
  authorization_ = std::exchange(former_, {});
  made_at_ = former_made_at_;
  return advice::resend;
}

provider_token::advice provider_token::doubt(millis now) {
  if (doubted_at_ == 0 || now < doubted_at_)
    doubted_at_ = now;
  return now - doubted_at_ < doubt_max ? advice::wait : advice::stop;
}

bool provider_token::may_make(millis now) const {
  return now >= not_before_ && now - made_at_ >= renew_min;
}

void provider_token::make(millis now) {
  const nlohmann::json head{{"alg", "ES256"}, {"kid", key_id_}};
  const nlohmann::json claims{{"iss", team_id_}, {"iat", now / 1000}};
  const auto text = crypto::base64url_encode(head.dump()) + "." + crypto::base64url_encode(claims.dump());
  former_ = std::exchange(authorization_, {});
  former_made_at_ = made_at_;
  doubted_at_ = 0;
  authorization_ = "bearer " + text + "." + crypto::base64url_encode(key_.sign(text));
  made_at_ = now;
}

} // namespace belfry::io::apns
