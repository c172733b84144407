#include "belfry/tests/support/providers/fcm_simulator.hpp"

#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/crypto/rsa.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>
#include <regex>
#include <set>

namespace belfry::test {

namespace {

using nlohmann::json;
namespace crypto = io::crypto;
using clock = std::chrono::steady_clock;

constexpr std::size_t message_max = 4'096;
constexpr std::string_view bearer = "Bearer ";
constexpr std::string_view grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";

/// What FCM answers: 200 without a reason.
struct ruling {
  int status = 200;
  /// Of FcmError; empty: the error has none.
  std::string code{};
  std::string text{};
};

ruling invalid(const std::string& text) {
  return {400, "INVALID_ARGUMENT", text};
}

std::string status_text(int status) {
  static const std::map<int, std::string> known{
      {400, "INVALID_ARGUMENT"},   {401, "UNAUTHENTICATED"}, {403, "PERMISSION_DENIED"}, {404, "NOT_FOUND"},
      {429, "RESOURCE_EXHAUSTED"}, {500, "INTERNAL"},        {503, "UNAVAILABLE"}};
  const auto i = known.find(status);
  return i == known.end() ? "UNKNOWN" : i->second;
}

http2_reply reply_of(const ruling& r, const std::string& name) {
  http2_reply out{.status = r.status, .headers = {{"content-type", "application/json; charset=UTF-8"}}};
  if (r.status == 200) {
    out.body = json{{"name", name}}.dump();
    return out;
  }
  json error{{"code", r.status}, {"message", r.text}, {"status", status_text(r.status)}};
  if (!r.code.empty())
    error["details"] =
        json::array({{{"@type", "type.googleapis.com/google.firebase.fcm.v1.FcmError"}, {"errorCode", r.code}}});
  out.body = json{{"error", error}}.dump();
  return out;
}

bool reserved(const std::string& name) {
  return name == "from" || name == "message_type" || name.starts_with("google") || name.starts_with("gcm");
}

/// The name of a field that is not on the list; empty: all are.
std::string stranger(const json& object, const std::set<std::string>& known) {
  for (const auto& [name, value] : object.items())
    if (!known.contains(name))
      return name;
  return {};
}

ruling judge_android(const json& android) {
  if (!android.is_object())
    return invalid("android is no object");
  if (auto name = stranger(android, {"collapse_key", "priority", "ttl", "notification", "data", "direct_boot_ok"});
      !name.empty())
    return invalid("Unknown name \"" + name + "\" at 'message.android'");
  if (const auto p = android.value("priority", "NORMAL"); p != "HIGH" && p != "NORMAL")
    return invalid("Invalid value at 'message.android.priority'");
  static const std::regex duration(R"(\d{1,7}(\.\d{1,9})?s)");
  if (const auto ttl = android.value("ttl", "0s"); !std::regex_match(ttl, duration) || std::stod(ttl) > 2'419'200)
    return invalid("Illegal duration format at 'message.android.ttl'");
  if (android.contains("notification"))
    if (auto name = stranger(android["notification"], {"title", "body", "tag", "icon", "color", "sound", "channel_id"});
        !name.empty())
      return invalid("Unknown name \"" + name + "\" at 'message.android.notification'");
  return {};
}

ruling judge_data(const json& data) {
  if (!data.is_object())
    return invalid("data is no object");
  for (const auto& [name, value] : data.items()) {
    if (!value.is_string())
      return invalid("Invalid value at 'message.data[" + name + "]' (TYPE_STRING)");
    if (reserved(name))
      return invalid("Invalid data payload key: " + name);
  }
  return {};
}

std::optional<ruling> scripted(const std::string& token) {
  static const std::map<std::string, ruling> known{{"e400", {400, "INVALID_ARGUMENT", "bad token"}},
                                                   {"e401", {401, "THIRD_PARTY_AUTH_ERROR", "APNs"}},
                                                   {"e403", {403, "SENDER_ID_MISMATCH", "another project"}},
                                                   {"e404", {404, "UNREGISTERED", "Requested entity was not found."}},
                                                   {"e429", {429, "QUOTA_EXCEEDED", "quota"}},
                                                   {"e500", {500, "INTERNAL", "trouble"}},
                                                   {"e503", {503, "UNAVAILABLE", "trouble"}}};
  const auto i = known.find(token.substr(0, 4));
  return i == known.end() ? std::nullopt : std::optional(i->second);
}

} // namespace

struct fcm_simulator::desk {
  explicit desk(fcm_settings s)
      : settings(std::move(s)),
        path("/v1/projects/" + settings.project_id + "/messages:send"),
        server({.tls = settings.tls, .port = settings.port, .handle = [this](const http2_request& r) {
                  return handle(r);
                }}) {}

  http2_reply handle(const http2_request& r) {
    if (settings.faults)
      if (auto reply = settings.faults(r))
        return *reply;
    if (r.path == "/token")
      return give_token(r);
    fcm_message m;
    const auto body = json::parse(r.body, nullptr, false);
    const auto found = body.is_object() ? body.find("message") : body.end();
    const auto message = body.is_object() && found != body.end() && found->is_object() ? *found : json();
    m.token = message.is_object() && message.contains("token") && message["token"].is_string()
                  ? message["token"].get<std::string>()
                  : "";
    m.text = message.dump(-1, ' ', false, json::error_handler_t::replace);
    const auto verdict = judge(r, body, message, m.token);
    m.status = verdict.status;
    m.reason = verdict.status == 200 ? "" : verdict.code.empty() ? status_text(verdict.status) : verdict.code;
    if (settings.on_message)
      settings.on_message(m);
    std::lock_guard lock(mutex);
    ++count;
    if (log.size() < settings.log_max)
      log.push_back(std::move(m));
    return reply_of(verdict, "projects/" + settings.project_id + "/messages/" + std::to_string(count));
  }

  ruling judge(const http2_request& r, const json& body, const json& message, const std::string& token) {
    if (r.method != "POST" || r.path != path)
      return {404, "", "no such method"};
    const std::string authorization(r.header("authorization"));
    if (!authorization.starts_with(bearer) || !is_good(authorization.substr(bearer.size())))
      return {401, "", "Request had invalid authentication credentials."};
    if (!message.is_object() || !stranger(body, {"message", "validate_only"}).empty())
      return invalid("no message");
    if (auto name = stranger(message, {"token", "data", "notification", "android", "apns", "fcm_options"});
        !name.empty())
      return invalid("Unknown name \"" + name + "\" at 'message'");
    if (token.empty())
      return invalid("The registration token is missing");
    if (message.dump().size() > message_max)
      return invalid("Android message is too big");
    if (message.contains("data"))
      if (auto wrong = judge_data(message["data"]); wrong.status != 200)
        return wrong;
    if (message.contains("android"))
      if (auto wrong = judge_android(message["android"]); wrong.status != 200)
        return wrong;
    return scripted(token).value_or(ruling{});
  }

  http2_reply give_token(const http2_request& r) {
    if (r.method != "POST" || !r.body.starts_with(grant) || !is_assertion(r.body.substr(grant.size())))
      return {.status = 400, .body = R"({"error":"invalid_grant"})"};
    const auto token = "ya29." + crypto::hex(crypto::random_bytes(16));
    {
      std::lock_guard lock(mutex);
      tokens[token] = clock::now() + settings.token_life;
      ++given;
    }
    return {.body = json{{"access_token", token}, {"expires_in", settings.token_life.count()}, {"token_type", "Bearer"}}
                        .dump()};
  }

  bool is_assertion(const std::string& text) const {
    const auto last = text.rfind('.');
    const auto middle = text.find('.');
    if (last == text.npos || middle == last)
      return false;
    const auto claims =
        json::parse(crypto::base64url_decode(text.substr(middle + 1, last - middle - 1)).value_or(""), nullptr, false);
    const auto signature = crypto::base64url_decode(text.substr(last + 1));
    if (!signature || !claims.is_object()
        || claims.value("scope", "") != "https://www.googleapis.com/auth/firebase.messaging"
        || !claims.value("aud", "").ends_with("/token") || claims.value("exp", 0LL) - claims.value("iat", 0LL) > 3600)
      return false;
    return settings.public_key.empty() || crypto::verify_rs256(settings.public_key, text.substr(0, last), *signature);
  }

  bool is_good(const std::string& token) {
    std::lock_guard lock(mutex);
    const auto i = tokens.find(token);
    return i != tokens.end() && clock::now() < i->second;
  }

  fcm_settings settings;
  std::string path;
  mutable std::mutex mutex;
  std::map<std::string, clock::time_point> tokens;
  std::uint64_t given = 0;
  std::vector<fcm_message> log;
  std::uint64_t count = 0;
  // Last: its thread uses all of the above.
  http2_server server;
};

fcm_simulator::fcm_simulator(fcm_settings settings) : desk_(std::make_unique<desk>(std::move(settings))) {}

fcm_simulator::~fcm_simulator() = default;

std::string fcm_simulator::url() const {
  return desk_->server.url("");
}

std::vector<fcm_message> fcm_simulator::messages() const {
  std::lock_guard lock(desk_->mutex);
  return desk_->log;
}

std::uint64_t fcm_simulator::count() const {
  std::lock_guard lock(desk_->mutex);
  return desk_->count;
}

std::uint64_t fcm_simulator::access_tokens() const {
  std::lock_guard lock(desk_->mutex);
  return desk_->given;
}

void fcm_simulator::revoke_access() {
  std::lock_guard lock(desk_->mutex);
  desk_->tokens.clear();
}

bool fcm_simulator::wait_for(std::uint64_t wanted, std::chrono::milliseconds limit) const {
  return desk_->server.wait_until([&] { return count() >= wanted; }, limit);
}

http2_server& fcm_simulator::server() {
  return desk_->server;
}

std::string to_json_line(const fcm_message& m) {
  return json{{"provider", "fcm"},
              {"token", m.token},
              {"status", m.status},
              {"reason", m.reason},
              {"message", json::parse(m.text, nullptr, false)}}
      .dump();
}

} // namespace belfry::test
