#include "belfry/io/webhook/payload.hpp"

#include "belfry/io/outbound/json_text.hpp"
#include "belfry/messages/json.hpp"

#include <algorithm>

namespace belfry::io::webhooks {

namespace {

/// What a body without texts and tokens takes, so that one allocation is the rule.
constexpr std::size_t body_size_usual = 1024;
constexpr std::size_t token_size_usual = 192;

std::string_view type_name(kind k) {
  switch (k) {
  case kind::new_message:
    return "NewMessagePushNotificationEvent";
  case kind::read_message:
    return "ReadMessagePushNotificationEvent";
  case kind::incoming_call:
    return "IncomingCallPushNotificationEvent";
  case kind::revoke_call:
    return "RevokeCallPushNotificationEvent";
  case kind::missed_call:
    return "MissedCallPushNotificationEvent";
  case kind::inbound_request:
    return "InboundRequestPushNotificationEvent";
  case kind::revoke_inbound_request:
    return "RevokeInboundRequestPushNotificationEvent";
  case kind::deputy_delegation:
    return "DeputyDelegationPushNotificationEvent";
  case kind::revoke_deputy_delegation:
    return "RevokeDeputyDelegationPushNotificationEvent";
  }
  return "";
}

/// Renders one body; holds what every part of it needs.
class renderer {
public:
  renderer(const notification& n, const render_options& o, std::size_t reserve) : n_(n), o_(o), out_(reserve) {}

  std::string run(const person& recipient, const std::vector<std::string>& tokens, std::string_view event_name) {
    out_.begin_object();
    common(recipient, event_name);
    device_tokens(tokens);
    if (n_.message)
      message(*n_.message);
    else if (n_.call)
      call(*n_.call);
    else if (n_.request)
      request(*n_.request);
    out_.end_object();
    return out_.take();
  }

private:
  void common(const person& recipient, std::string_view event_name) {
    out_.member("$_type", type_name(n_.kind));
    out_.member("timestamp", n_.created_at);
    out_.member("eventType", event_name);
    out_.member("accountId", o_.account_id);
    person_object("recipient", recipient);
    out_.member("locale", recipient.profile.locale ? *recipient.profile.locale : o_.default_locale);
    out_.member("conversationId", n_.conversation);
  }

  void device_tokens(const std::vector<std::string>& tokens) {
    out_.begin_array("deviceTokens");
    // A person has few devices: looking back is cheaper than a set.
    for (auto token = tokens.begin(); token != tokens.end(); ++token)
      if (std::find(tokens.begin(), token, *token) == token)
        out_.element(*token);
    out_.end_array();
  }

  void person_object(std::string_view name, const person& p) {
    out_.begin_object(name);
    out_.member("$_type", "PersonData");
    out_.member("id", p.id);
    out_.member("accountId", o_.account_id);
    out_.member("personType", to_string(p.profile.type));
    out_.optional_member("firstName", p.profile.first_name);
    out_.optional_member("lastName", p.profile.last_name);
    out_.optional_member("username", p.profile.username);
    out_.optional_member("nickname", p.profile.nickname);
    out_.optional_member("displayName", p.profile.display_name);
    out_.optional_member("email", p.profile.email);
    out_.optional_member("phone", p.profile.phone);
    out_.optional_member("sourceId", p.profile.source_id);
    out_.end_object();
  }

  /// Somebody named by id; who is not known has the type that the place implies.
  void person_of(std::string_view name, const std::optional<person_id>& id, person_type implied) {
    if (!id)
      return;
    if (auto known = find_person(n_, *id)) {
      person_object(name, *known);
      return;
    }
    person unknown;
    unknown.id = *id;
    unknown.profile.type = implied;
    person_object(name, unknown);
  }

  /// Name and id of a sender or caller.
  void somebody(std::string_view name, std::string_view id_name, const person_id& id) {
    if (id.empty())
      return;
    if (auto known = find_person(n_, id))
      out_.optional_member(name, name_of(known->profile));
    out_.member(id_name, id);
  }

  void message(const message_content& m) {
    out_.member("messageId", m.message);
    if (n_.kind == kind::new_message) {
      if (o_.message_text && !m.text.empty())
        out_.member("messageText", m.text);
      out_.member("messageSendTimestamp", m.sent_at);
      out_.member("messageServerTimestamp", m.server_at);
      somebody("senderName", "senderPersonId", m.sender);
    } else {
      out_.member("readTimestamp", m.read_at);
    }
    out_.member("notificationCount", std::uint64_t{m.count});
    if (n_.total_count)
      out_.member("recipientNotificationCount", *n_.total_count);
  }

  void call(const call_content& c) {
    out_.member("callState", to_string(c.state));
    if (n_.kind == kind::revoke_call)
      return;
    out_.member("callType", to_string(c.type));
    out_.member("callStartTimestamp", c.started_at);
    somebody("callerName", "callerPersonId", c.caller);
    if (n_.kind == kind::missed_call && c.end_reason != call_end_reason::none)
      out_.member("callEndReason", to_string(c.end_reason));
  }

  void request(const request_content& r) {
    out_.member("invitationId", r.invitation);
    out_.optional_member("initialEngagementType", r.engagement_type);
    person_of("contextPerson", r.context_person, person_type::visitor);
    out_.optional_member("conversationStartUrl", r.start_url);
    if (n_.kind == kind::deputy_delegation || n_.kind == kind::revoke_deputy_delegation)
      person_of("primaryAgentPerson", r.primary_agent, person_type::agent);
  }

  const notification& n_;
  const render_options& o_;
  json_text out_;
};

} // namespace

render_options render_options_of(const options& o) {
  return {o.account.id, o.push.default_locale, o.privacy_message_text == message_text_privacy::full};
}

std::string render(const notification& n, const person& recipient, const std::vector<std::string>& device_tokens,
                   std::string_view event_name, const render_options& o) {
  auto text = n.message ? n.message->text.size() : 0;
  renderer r{n, o, body_size_usual + text + token_size_usual * device_tokens.size()};
  return r.run(recipient, device_tokens, event_name);
}

std::string render_ping(const webhook& w, millis now, const render_options& o) {
  json_text out{body_size_usual};
  out.begin_object();
  out.member("$_type", "WebhookPingEvent");
  out.member("timestamp", now);
  out.member("eventType", "ping");
  out.member("accountId", o.account_id);
  out.raw_member("webhookConfiguration", to_json(w, o.account_id, endpoint_shown::whole));
  out.end_object();
  return out.take();
}

} // namespace belfry::io::webhooks
