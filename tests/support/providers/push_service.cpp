#include "belfry/tests/support/providers/push_service.hpp"

#include "belfry/io/crypto/aead.hpp"
#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>
#include <set>

namespace belfry::test {

namespace {

using nlohmann::json;
namespace crypto = io::crypto;
using namespace std::string_view_literals;

constexpr std::size_t body_max = 4'096;
constexpr std::string_view push_path = "/push/";
constexpr std::int64_t token_life_max = 24 * 3'600;

std::int64_t seconds_now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool is_topic(std::string_view text) {
  constexpr auto alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"sv;
  return !text.empty() && text.size() <= 32 && text.size() % 4 != 1 && text.find_first_not_of(alphabet) == text.npos;
}

std::string hkdf(std::string_view salt, std::string_view secret, std::string info, std::size_t size) {
  return crypto::hmac_sha256(crypto::hmac_sha256(salt, secret), info + '\1').substr(0, size);
}

/// The value of `name=` in "vapid t=..., k=...".
std::string parameter(std::string_view text, std::string_view name) {
  auto at = text.find(std::string{name} + "=");
  if (at == text.npos)
    return {};
  auto rest = text.substr(at + name.size() + 1);
  return std::string{rest.substr(0, rest.find(','))};
}

} // namespace

browser::browser() : key_(crypto::p256_key::generate()), auth_(crypto::random_bytes(16)) {}

std::string browser::p256dh() const {
  return crypto::base64url_encode(key_.point());
}

std::string browser::auth() const {
  return crypto::base64url_encode(auth_);
}

std::optional<std::string> browser::open(std::string_view body) const {
  if (body.size() < 86 + 17 || body[20] != 65)
    return std::nullopt;
  const auto salt = body.substr(0, 16);
  const std::string sender{body.substr(21, 65)};
  const auto peer = crypto::p256_peer::from_point(sender);
  if (!peer)
    return std::nullopt;
  auto info = std::string{"WebPush: info\0"sv} + key_.point() + sender;
  auto secret = hkdf(auth_, key_.derive(*peer), info, 32);
  auto key = hkdf(salt, secret, std::string{"Content-Encoding: aes128gcm\0"sv}, 16);
  auto nonce = hkdf(salt, secret, std::string{"Content-Encoding: nonce\0"sv}, 12);
  auto record = crypto::gcm_open(key, nonce, "", body.substr(86));
  if (!record)
    return std::nullopt;
  auto end = record->find_last_not_of('\0');
  if (end == std::string::npos || (*record)[end] != '\2')
    return std::nullopt;
  return record->substr(0, end);
}

std::optional<std::string> browser::open_both(std::string_view body, const std::string& id,
                                              const std::string& secret) const {
  auto text = open(body);
  auto outer = text ? json::parse(*text, nullptr, false) : json{};
  if (!outer.is_object() || outer.value("v", 0) != 1 || outer.value("sub", "") != id)
    return std::nullopt;
  auto key = crypto::base64url_decode(secret);
  auto iv = crypto::base64url_decode(outer.value("iv", ""));
  auto data = crypto::base64url_decode(outer.value("data", ""));
  if (!key || !iv || !data)
    return std::nullopt;
  return crypto::gcm_open(*key, *iv, id, *data);
}

struct push_service::desk {
  explicit desk(push_service_settings s)
      : settings(std::move(s)),
        server({.tls = settings.tls, .handle = [this](const http2_request& r) { return handle(r); }}) {}

  http2_reply handle(const http2_request& r) {
    if (settings.faults)
      if (auto reply = settings.faults(r))
        return *reply;
    web_push push;
    push.token = r.path.starts_with(push_path) ? r.path.substr(push_path.size()) : "";
    push.ttl = r.header("ttl");
    push.urgency = r.header("urgency");
    push.topic = r.header("topic");
    push.body = r.body;
    push.status = judge(r, push);
    if (settings.on_push)
      settings.on_push(push);
    std::lock_guard lock(mutex);
    log.push_back(push);
    return {.status = push.status, .headers = {{"location", "https://127.0.0.1/m/1"}}};
  }

  int judge(const http2_request& r, web_push& push) {
    if (r.method != "POST")
      return 405;
    if (push.token.empty())
      return 404;
    if (auto status = judge_sender(r.header("authorization"), push); status != 0)
      return status;
    static const std::set<std::string_view> urgencies{"very-low", "low", "normal", "high"};
    if (!is_number(push.ttl) || !urgencies.contains(push.urgency))
      return 400;
    if (r.header("content-encoding") != "aes128gcm" || push.body.size() < 103)
      return 400;
    if (!r.header("topic").empty() && !is_topic(push.topic))
      return 400;
    if (push.body.size() > body_max)
      return 413;
    if (push.token.size() > 3 && push.token[0] == 'e' && is_number(push.token.substr(1, 3)))
      return std::stoi(push.token.substr(1, 3));
    return 201;
  }

  /// 0: it may push.
  int judge_sender(std::string_view authorization, web_push& push) {
    if (!authorization.starts_with("vapid "))
      return 401;
    auto token = parameter(authorization, "t");
    push.key = parameter(authorization, "k");
    auto point = crypto::base64url_decode(push.key);
    auto second = token.rfind('.');
    auto first = token.find('.');
    if (!point || first == second)
      return 403;
    auto signature = crypto::base64url_decode(token.substr(second + 1));
    auto claims_text = crypto::base64url_decode(token.substr(first + 1, second - first - 1));
    if (!signature || !claims_text || !crypto::verify_es256(*point, token.substr(0, second), *signature))
      return 403;
    auto claims = json::parse(*claims_text, nullptr, false);
    if (!claims.is_object() || claims.value("aud", "") != origin() || !claims["exp"].is_number_integer())
      return 403;
    auto life = claims["exp"].get<std::int64_t>() - seconds_now();
    auto subject = claims.value("sub", "");
    if (life <= 0 || life > token_life_max || !(subject.starts_with("mailto:") || subject.starts_with("https:")))
      return 403;
    {
      std::lock_guard lock(mutex);
      tokens.insert(token);
    }
    return settings.key.empty() || settings.key == push.key ? 0 : 403;
  }

  std::string origin() const {
    auto url = server.url("/");
    return url.substr(0, url.size() - 1);
  }

  push_service_settings settings;
  mutable std::mutex mutex;
  std::vector<web_push> log;
  std::set<std::string> tokens;
  // The last one, because its thread uses the rest.
  http2_server server;
};

push_service::push_service(push_service_settings settings) : desk_(std::make_unique<desk>(std::move(settings))) {}

push_service::~push_service() = default;

std::string push_service::endpoint(const std::string& token) const {
  return desk_->server.url(std::string{push_path} + token);
}

std::vector<web_push> push_service::pushes() const {
  std::lock_guard lock(desk_->mutex);
  return desk_->log;
}

std::uint64_t push_service::count() const {
  std::lock_guard lock(desk_->mutex);
  return desk_->log.size();
}

std::uint64_t push_service::vapid_tokens() const {
  std::lock_guard lock(desk_->mutex);
  return desk_->tokens.size();
}

bool push_service::wait_for(std::uint64_t count, std::chrono::milliseconds limit) const {
  return desk_->server.wait_until([&] { return this->count() >= count; }, limit);
}

} // namespace belfry::test
