#include "belfry/io/web_push/vapid.hpp"

#include "belfry/config/formats.hpp"
#include "belfry/io/crypto/encoding.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace belfry::io::web_push {

std::string origin_of(std::string_view endpoint) {
  const auto url = formats::parse_url(endpoint);
  if (!url || (url->scheme != "https" && url->scheme != "http") || url->host.empty())
    return {};
  const auto host = url->host.find(':') != std::string::npos ? "[" + url->host + "]" : url->host;
  const auto usual = url->scheme == "https" ? "443" : "80";
  return url->scheme + "://" + host + (url->port.empty() || url->port == usual ? "" : ":" + url->port);
}

vapid_signer::vapid_signer(crypto::p256_key key, std::string subject)
    : key_(std::move(key)), subject_(std::move(subject)), public_key_(crypto::base64url_encode(key_.point())) {
  // nop
}

const std::string& vapid_signer::authorization(const std::string& origin, millis now) {
  if (tokens_.size() >= origins_max && !tokens_.contains(origin))
    tokens_.clear();
  auto& t = tokens_[origin];
  // A clock that was set back makes a new one too: its time stamps would lie ahead.
  if (t.header.empty() || now < t.made_at || now - t.made_at >= life / 2)
    t = {make(origin, now), now};
  return t.header;
}

void vapid_signer::forget(const std::string& origin) {
  tokens_.erase(origin);
}

std::string vapid_signer::make(const std::string& origin, millis now) const {
  static const auto header = crypto::base64url_encode(R"({"typ":"JWT","alg":"ES256"})");
  const nlohmann::json claims{{"aud", origin}, {"exp", (now + life) / 1000}, {"sub", subject_}};
  const auto text = header + "." + crypto::base64url_encode(claims.dump());
  return "vapid t=" + text + "." + crypto::base64url_encode(key_.sign(text)) + ", k=" + public_key_;
}

} // namespace belfry::io::web_push
