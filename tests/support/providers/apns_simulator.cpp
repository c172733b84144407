#include "belfry/tests/support/providers/apns_simulator.hpp"

#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/crypto/p256.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <set>

namespace belfry::test {

namespace {

using nlohmann::json;
namespace crypto = io::crypto;

constexpr std::size_t payload_max = 4'096;
constexpr std::size_t voip_payload_max = 5'120;
constexpr std::size_t collapse_id_max = 64;
constexpr std::int64_t provider_token_life = 3'600;
constexpr std::string_view device_path = "/3/device/";
constexpr std::string_view bearer = "bearer ";
constexpr std::string_view voip_suffix = ".voip";

std::int64_t seconds_now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

/// What Apple answers: 200 without a reason.
struct ruling {
  int status = 200;
  std::string reason;
};

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// 8-4-4-4-12 digits in lower case.
bool is_uuid(std::string_view text) {
  if (text.size() != 36)
    return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' : !is_hex(text.substr(i, 1)))
      return false;
  return true;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool has_twice(const http2_request& r) {
  std::set<std::string_view> seen;
  return !std::all_of(r.headers.begin(), r.headers.end(), [&](const auto& h) { return seen.insert(h.first).second; });
}

/// The answer that a token asks for by its first digits.
std::optional<ruling> scripted(std::string_view token) {
  if (token.size() < 4 || token[0] != 'e' || !is_number(token.substr(1, 3)))
    return std::nullopt;
  static const std::map<std::string_view, ruling> known{
      {"400", {400, "BadDeviceToken"}},    {"403", {403, "InvalidProviderToken"}},
      {"410", {410, "Unregistered"}},      {"413", {413, "PayloadTooLarge"}},
      {"429", {429, "TooManyRequests"}},   {"500", {500, "InternalServerError"}},
      {"503", {503, "ServiceUnavailable"}}};
  const auto i = known.find(token.substr(1, 3));
  return i == known.end() ? std::nullopt : std::optional(i->second);
}

} // namespace

struct apns_simulator::desk {
  explicit desk(apns_settings s)
      : settings(std::move(s)),
        server({.tls = settings.tls,
                .port = settings.port,
                .streams_first = settings.cautious ? 1U : 0U,
                .handle = [this](const http2_request& r) { return handle(r); }}) {}

  http2_reply handle(const http2_request& r) {
    if (settings.faults)
      if (auto reply = settings.faults(r))
        return *reply;
    apns_push push;
    push.token = r.path.starts_with(device_path) ? r.path.substr(device_path.size()) : "";
    push.topic = r.header("apns-topic");
    push.type = r.header("apns-push-type");
    push.priority = r.header("apns-priority");
    push.id = r.header("apns-id");
    push.collapse_id = r.header("apns-collapse-id");
    push.expiration = r.header("apns-expiration");
    push.payload = r.body;
    push.connection = r.connection;
    const auto verdict = judge(r, push);
    push.status = verdict.status;
    push.reason = verdict.reason;
    if (settings.on_push)
      settings.on_push(push);
    auto reply = reply_to(push);
    std::lock_guard lock(mutex);
    ++count;
    if (log.size() < settings.log_max)
      log.push_back(std::move(push));
    return reply;
  }

  static http2_reply reply_to(const apns_push& push) {
    http2_reply out{.status = push.status, .headers = {{"apns-id", push.id}}};
    if (push.status == 200)
      return out;
    json body{{"reason", push.reason}};
    if (push.status == 410)
      body["timestamp"] = seconds_now() * 1000;
    out.body = body.dump();
    out.distrust = push.reason == "BadDeviceToken";
    return out;
  }

  ruling judge(const http2_request& r, const apns_push& push) {
    if (r.method != "POST")
      return {405, "MethodNotAllowed"};
    if (!r.path.starts_with(device_path))
      return {404, "BadPath"};
    if (has_twice(r))
      return {400, "DuplicateHeaders"};
    if (auto wrong = judge_provider(r.header("authorization")); wrong.status != 200)
      return wrong;
    if (push.token.empty())
      return {400, "MissingDeviceToken"};
    if (!is_hex(push.token))
      return {400, "BadDeviceToken"};
    if (auto wrong = judge_headers(push); wrong.status != 200)
      return wrong;
    if (auto wrong = judge_payload(push); wrong.status != 200)
      return wrong;
    return scripted(push.token).value_or(ruling{});
  }

  ruling judge_provider(std::string_view authorization) {
    if (!authorization.starts_with(bearer))
      return {403, "MissingProviderToken"};
    const std::string token(authorization.substr(bearer.size()));
    const auto known = issued.find(token);
    const auto made_at = known != issued.end() ? std::optional(known->second) : read_token(token);
    if (!made_at)
      return {403, "InvalidProviderToken"};
    std::lock_guard lock(mutex);
    issued.emplace(token, *made_at);
    return seconds_now() - *made_at > provider_token_life ? ruling{403, "ExpiredProviderToken"} : ruling{};
  }

  /// When it was made; nothing when it is not the team's.
  std::optional<std::int64_t> read_token(const std::string& token) const {
    const auto middle = token.find('.');
    const auto last = token.rfind('.');
    if (middle == token.npos || last == middle)
      return std::nullopt;
    const auto head = crypto::base64url_decode(token.substr(0, middle));
    const auto claims = crypto::base64url_decode(token.substr(middle + 1, last - middle - 1));
    const auto signature = crypto::base64url_decode(token.substr(last + 1));
    const auto h = json::parse(head.value_or(""), nullptr, false);
    const auto c = json::parse(claims.value_or(""), nullptr, false);
    if (!signature || !h.is_object() || !c.is_object() || h.value("alg", "") != "ES256"
        || c.value("iss", "") != settings.team_id || !c.contains("iat") || !c["iat"].is_number_integer())
      return std::nullopt;
    if (!settings.keys.empty()) {
      const auto key = settings.keys.find(h.value("kid", ""));
      if (key == settings.keys.end() || !crypto::verify_es256(key->second, token.substr(0, last), *signature))
        return std::nullopt;
    }
    return c["iat"].get<std::int64_t>();
  }

  ruling judge_headers(const apns_push& push) const {
    if (push.topic.empty())
      return {400, "MissingTopic"};
    const bool voip = push.type == "voip";
    const bool voip_topic = push.topic == settings.bundle_id + std::string(voip_suffix);
    if (push.topic != settings.bundle_id && !voip_topic)
      return {400, "DeviceTokenNotForTopic"};
    if (voip != voip_topic || (!voip && push.type != "alert" && push.type != "background"))
      return {400, "InvalidPushType"};
    const bool allowed = push.priority == "10" ? push.type != "background" : push.priority == "5" && !voip;
    if (!allowed)
      return {400, "BadPriority"};
    if (!is_uuid(push.id))
      return {400, "BadMessageId"};
    if (!is_number(push.expiration))
      return {400, "BadExpirationDate"};
    if (push.collapse_id.size() > collapse_id_max)
      return {400, "BadCollapseId"};
    return {};
  }

  static ruling judge_payload(const apns_push& push) {
    if (push.payload.empty())
      return {400, "PayloadEmpty"};
    if (push.payload.size() > (push.type == "voip" ? voip_payload_max : payload_max))
      return {413, "PayloadTooLarge"};
    const auto body = json::parse(push.payload, nullptr, false);
    const auto aps = body.is_object() ? body.find("aps") : body.end();
    if (!body.is_object() || aps == body.end() || !aps->is_object())
      return {400, "PayloadEmpty"};
    if (push.type == "background" && (aps->size() != 1 || !aps->contains("content-available")))
      return {400, "InvalidPushType"};
    if (push.type == "alert" && !aps->contains("alert") && !aps->contains("badge") && !aps->contains("sound"))
      return {400, "InvalidPushType"};
    return {};
  }

  apns_settings settings;
  mutable std::mutex mutex;
  std::map<std::string, std::int64_t> issued;
  std::vector<apns_push> log;
  std::uint64_t count = 0;
  // Last: its thread uses all of the above.
  http2_server server;
};

apns_simulator::apns_simulator(apns_settings settings) : desk_(std::make_unique<desk>(std::move(settings))) {}

apns_simulator::~apns_simulator() = default;

std::string apns_simulator::url() const {
  return desk_->server.url("");
}

std::vector<apns_push> apns_simulator::pushes() const {
  std::lock_guard lock(desk_->mutex);
  return desk_->log;
}

std::uint64_t apns_simulator::count() const {
  std::lock_guard lock(desk_->mutex);
  return desk_->count;
}

std::uint64_t apns_simulator::provider_tokens() const {
  std::lock_guard lock(desk_->mutex);
  return desk_->issued.size();
}

bool apns_simulator::wait_for(std::uint64_t wanted, std::chrono::milliseconds limit) const {
  return desk_->server.wait_until([&] { return count() >= wanted; }, limit);
}

http2_server& apns_simulator::server() {
  return desk_->server;
}

std::string to_json_line(const apns_push& push) {
  return json{{"provider", "apns"},
              {"token", push.token},
              {"topic", push.topic},
              {"type", push.type},
              {"priority", push.priority},
              {"id", push.id},
              {"collapseId", push.collapse_id},
              {"expiration", push.expiration},
              {"status", push.status},
              {"reason", push.reason},
              {"payload", json::parse(push.payload, nullptr, false)}}
      .dump();
}

} // namespace belfry::test
