#include "belfry/tests/support/providers/webhook_check.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>
#include <strings.h>

namespace belfry::test {

namespace {

using json = nlohmann::json;
using problem_text = std::optional<std::string>;
constexpr std::int64_t clock_tolerance_seconds = 300;

std::string hmac(const EVP_MD* how, std::string_view key, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(how, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       out, &size);
  return {reinterpret_cast<char*>(out), size};
}

std::string hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned char c : bytes) {
    out += digits[c >> 4];
    out += digits[c & 15];
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                              reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

/// The key of the Standard Webhooks signature: base64 after "whsec_", else the bytes themselves.
std::string signing_key(const std::string& secret) {
  if (!secret.starts_with("whsec_"))
    return secret;
  auto text = secret.substr(6);
  std::string out(text.size(), '\0');
  auto size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                              reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0)
    return secret;
  auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == text.npos;
}

/// True when `value` holds `wanted` among words parted by blanks.
bool has_word(std::string_view value, std::string_view wanted) {
  while (!value.empty()) {
    auto end = std::min(value.find(' '), value.size());
    if (value.substr(0, end) == wanted)
      return true;
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return false;
}

struct body_rule {
  std::string type;
  std::vector<std::string> fields;
};

/// By event name without "push_notification.": the type, and the fields that can never be left out.
const std::map<std::string, body_rule, std::less<>>& body_rules() {
  static const std::map<std::string, body_rule, std::less<>> rules{
      {"new_message",
       {"NewMessagePushNotificationEvent",
        {"messageId", "messageSendTimestamp", "messageServerTimestamp", "senderPersonId", "notificationCount",
         "recipientNotificationCount"}}},
      {"read_message",
       {"ReadMessagePushNotificationEvent",
        {"messageId", "readTimestamp", "notificationCount", "recipientNotificationCount"}}},
      {"incoming_call",
       {"IncomingCallPushNotificationEvent", {"callState", "callType", "callStartTimestamp", "callerPersonId"}}},
      {"revoke_call", {"RevokeCallPushNotificationEvent", {"callState"}}},
      {"revoked_call", {"RevokeCallPushNotificationEvent", {"callState"}}},
      {"missed_call",
       {"MissedCallPushNotificationEvent",
        {"callState", "callType", "callStartTimestamp", "callerPersonId", "callEndReason"}}},
      {"inbound_request", {"InboundRequestPushNotificationEvent", {"invitationId"}}},
      {"revoke_inbound_request", {"RevokeInboundRequestPushNotificationEvent", {"invitationId"}}},
      {"deputy_delegation", {"DeputyDelegationPushNotificationEvent", {"invitationId"}}},
      {"revoke_deputy_delegation", {"RevokeDeputyDelegationPushNotificationEvent", {"invitationId"}}},
  };
  return rules;
}

problem_text check_recipient(const json& body) {
  const auto i = body.find("recipient");
  if (i == body.end() || !i->is_object())
    return "body: recipient is no object";
  if (i->value("$_type", json()) != "PersonData" || !i->value("id", json()).is_string())
    return "body: recipient is no PersonData with an id";
  if (i->contains("labels") || i->contains("metadata"))
    return "body: recipient shows labels or metadata";
  return std::nullopt;
}

problem_text check_common(const json& body, const std::string& event) {
  if (!body.is_object())
    return "body is no JSON object";
  if (!body.value("timestamp", json()).is_number_integer())
    return "body: timestamp is no integer";
  if (body.value("eventType", json()) != event)
    return "body: eventType is not the header's " + event;
  if (!body.value("accountId", json()).is_string())
    return "body: accountId is no text";
  return std::nullopt;
}

problem_text check_body(const std::string& text, const std::string& event) {
  const auto body = json::parse(text, nullptr, false);
  if (auto p = check_common(body, event))
    return p;
  if (event == "ping") {
    const bool good = body.value("$_type", json()) == "WebhookPingEvent" && body.contains("webhookConfiguration");
    return good ? std::nullopt : problem_text("body: no WebhookPingEvent with webhookConfiguration");
  }
  constexpr std::string_view prefix = "push_notification.";
  const auto rule = body_rules().find(event.starts_with(prefix) ? event.substr(prefix.size()) : event);
  if (!event.starts_with(prefix) || rule == body_rules().end())
    return "unknown event " + event;
  if (body.value("$_type", json()) != rule->second.type)
    return "body: $_type is not " + rule->second.type;
  for (const auto& field : {"locale", "conversationId"})
    if (!body.value(field, json()).is_string())
      return std::string("body: ") + field + " is no text";
  if (!body.value("deviceTokens", json()).is_array())
    return "body: deviceTokens is no list";
  for (const auto& field : rule->second.fields)
    if (!body.contains(field))
      return "body: " + field + " is missing";
  return check_recipient(body);
}

problem_text check_platform_signatures(const received_request& r, const std::string& secret,
                                       const std::string& prefix) {
  const auto sha1 = r.header(prefix + "Signature");
  const auto sha256 = r.header(prefix + "Signature-256");
  const auto standard = r.header("webhook-signature");
  if (secret.empty())
    return sha1 || sha256 || standard ? problem_text("signed without a secret") : std::nullopt;
  if (sha1 != hex(hmac(EVP_sha1(), secret, r.body)))
    return prefix + "Signature is wrong or missing";
  if (sha256 != hex(hmac(EVP_sha256(), secret, r.body)))
    return prefix + "Signature-256 is wrong or missing";
  const auto text =
      r.header("webhook-id").value_or("") + "." + r.header("webhook-timestamp").value_or("") + "." + r.body;
  if (!has_word(standard.value_or(""), "v1," + base64(hmac(EVP_sha256(), signing_key(secret), text))))
    return "webhook-signature is wrong or missing";
  return std::nullopt;
}

problem_text check_headers(const received_request& r, const std::string& prefix) {
  if (r.method != "POST")
    return "method is " + r.method + ", not POST";
  if (r.header("Content-Type") != "application/json")
    return "Content-Type is not application/json";
  if (r.header("Expect"))
    return "Expect is sent";
  for (const auto& name : {prefix + "Event", prefix + "Event-ID", prefix + "Delivery", std::string("User-Agent")})
    if (r.header(name).value_or("").empty())
      return name + " is missing";
  if (!is_number(r.header(prefix + "Retry-No").value_or("")))
    return prefix + "Retry-No is no number";
  const auto id = r.header("webhook-id").value_or("");
  if (id != r.header(prefix + "Event-ID") || id.find('.') != id.npos)
    return "webhook-id is not the event id, or has a dot";
  const auto stamp = r.header("webhook-timestamp").value_or("");
  if (!is_number(stamp) || std::llabs(std::time(nullptr) - std::stoll(stamp)) > clock_tolerance_seconds)
    return "webhook-timestamp is not the present in seconds";
  return std::nullopt;
}

} // namespace

std::optional<std::string> received_request::header(std::string_view name) const {
  for (const auto& [n, value] : headers)
    if (n.size() == name.size() && ::strncasecmp(n.data(), name.data(), name.size()) == 0)
      return value;
  return std::nullopt;
}

std::optional<std::string> webhook_violation(const received_request& r, const std::string& secret,
                                             const std::string& header_prefix) {
  if (auto p = check_headers(r, header_prefix))
    return p;
  if (auto p = check_platform_signatures(r, secret, header_prefix))
    return p;
  return check_body(r.body, *r.header(header_prefix + "Event"));
}

} // namespace belfry::test
