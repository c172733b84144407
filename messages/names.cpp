// The names of all enumerations, as they stand in JSON, traces and metrics.
#include "belfry/messages/admission.hpp"
#include "belfry/messages/delivery.hpp"
#include "belfry/messages/error.hpp"
#include "belfry/messages/outcome.hpp"
#include "belfry/messages/webhook.hpp"

#include <array>
#include <utility>

namespace belfry {

namespace {

/// The value whose name is `text`; values are 0, 1, ... in the order of `names`. The empty name is not a name.
template <class Enum, std::size_t N>
bool find(const std::array<std::string_view, N>& names, std::string_view text, Enum& out) {
  for (std::size_t i = 0; i < N; ++i) {
    if (!text.empty() && names[i] == text) {
      out = static_cast<Enum>(i);
      return true;
    }
  }
  return false;
}

template <class Enum, std::size_t N>
std::string_view name(const std::array<std::string_view, N>& names, Enum x) {
  return names.at(static_cast<std::size_t>(x));
}

} // namespace

static constexpr std::array<std::string_view, 4> person_type_names{"AGENT", "VISITOR", "BOT", "SYSTEM"};
static_assert(static_cast<std::size_t>(person_type::system) + 1 == person_type_names.size());

std::string_view to_string(person_type x) {
  return name(person_type_names, x);
}

bool from_string(std::string_view text, person_type& out) {
  return find(person_type_names, text, out);
}

static constexpr std::array<std::string_view, 5> role_names{"", "ASSIGNED_AGENT", "CONTEXT_PERSON", "SECONDARY_AGENT",
                                                            "SECONDARY_VISITOR"};
static_assert(static_cast<std::size_t>(role::secondary_visitor) + 1 == role_names.size());

std::string_view to_string(role x) {
  return name(role_names, x);
}

bool from_string(std::string_view text, role& out) {
  return find(role_names, text, out);
}

static constexpr std::array<std::string_view, 2> device_platform_names{"ANDROID", "IOS"};
static_assert(static_cast<std::size_t>(device_platform::ios) + 1 == device_platform_names.size());

std::string_view to_string(device_platform x) {
  return name(device_platform_names, x);
}

bool from_string(std::string_view text, device_platform& out) {
  return find(device_platform_names, text, out);
}

static constexpr std::array<std::string_view, 2> device_environment_names{"PRODUCTION", "SANDBOX"};
static_assert(static_cast<std::size_t>(device_environment::sandbox) + 1 == device_environment_names.size());

std::string_view to_string(device_environment x) {
  return name(device_environment_names, x);
}

bool from_string(std::string_view text, device_environment& out) {
  return find(device_environment_names, text, out);
}

static constexpr std::array<std::string_view, 3> message_version_names{"NOT_ENCRYPTED", "ENCRYPTED",
                                                                       "ENCRYPTED_SERVICE"};
static_assert(static_cast<std::size_t>(message_version::encrypted_service) + 1 == message_version_names.size());

std::string_view to_string(message_version x) {
  return name(message_version_names, x);
}

bool from_string(std::string_view text, message_version& out) {
  return find(message_version_names, text, out);
}

static constexpr std::array<std::string_view, 3> pause_mode_names{"OFF", "ON", "AUTO"};
static_assert(static_cast<std::size_t>(pause_mode::automatic) + 1 == pause_mode_names.size());

std::string_view to_string(pause_mode x) {
  return name(pause_mode_names, x);
}

bool from_string(std::string_view text, pause_mode& out) {
  return find(pause_mode_names, text, out);
}

static constexpr std::array<std::string_view, 2> call_type_names{"AUDIO", "VIDEO"};
static_assert(static_cast<std::size_t>(call_type::video) + 1 == call_type_names.size());

std::string_view to_string(call_type x) {
  return name(call_type_names, x);
}

bool from_string(std::string_view text, call_type& out) {
  return find(call_type_names, text, out);
}

static constexpr std::array<std::string_view, 3> request_kind_names{"AGENT_FORWARDING", "AGENT_INVITATION",
                                                                    "ASSIGNMENT_REQUEST"};
static_assert(static_cast<std::size_t>(request_kind::assignment_request) + 1 == request_kind_names.size());

std::string_view to_string(request_kind x) {
  return name(request_kind_names, x);
}

bool from_string(std::string_view text, request_kind& out) {
  return find(request_kind_names, text, out);
}

static constexpr std::array<std::string_view, 4> close_reason_names{"ACCEPTED", "DECLINED", "REVOKED", "EXPIRED"};
static_assert(static_cast<std::size_t>(close_reason::expired) + 1 == close_reason_names.size());

std::string_view to_string(close_reason x) {
  return name(close_reason_names, x);
}

bool from_string(std::string_view text, close_reason& out) {
  return find(close_reason_names, text, out);
}

static constexpr std::array<std::string_view, 9> kind_names{"new_message",
                                                            "read_message",
                                                            "incoming_call",
                                                            "revoke_call",
                                                            "missed_call",
                                                            "inbound_request",
                                                            "revoke_inbound_request",
                                                            "deputy_delegation",
                                                            "revoke_deputy_delegation"};
static_assert(static_cast<std::size_t>(kind::revoke_deputy_delegation) + 1 == kind_names.size());

std::string_view to_string(kind x) {
  return name(kind_names, x);
}

bool from_string(std::string_view text, kind& out) {
  return find(kind_names, text, out);
}

static constexpr std::array<std::string_view, 4> call_state_names{"IDLE", "CALLING", "FORWARDING", "ACTIVE"};
static_assert(static_cast<std::size_t>(call_state::active) + 1 == call_state_names.size());

std::string_view to_string(call_state x) {
  return name(call_state_names, x);
}

bool from_string(std::string_view text, call_state& out) {
  return find(call_state_names, text, out);
}

static constexpr std::array<std::string_view, 3> ring_state_names{"NONE", "RINGING", "ACTIVE"};
static_assert(static_cast<std::size_t>(ring_state::active) + 1 == ring_state_names.size());

std::string_view to_string(ring_state x) {
  return name(ring_state_names, x);
}

static constexpr std::array<std::string_view, 3> call_end_reason_names{"", "MISSED_BECAUSE_TIMEOUT",
                                                                       "MISSED_BECAUSE_TERMINATED"};
static_assert(static_cast<std::size_t>(call_end_reason::missed_because_terminated) + 1 == call_end_reason_names.size());

std::string_view to_string(call_end_reason x) {
  return name(call_end_reason_names, x);
}

static constexpr std::array<std::string_view, 7> revoke_reason_names{
    "", "ANSWERED", "ANSWERED_ELSEWHERE", "DECLINED", "ENDED", "TIMEOUT", "LEFT"};
static_assert(static_cast<std::size_t>(revoke_reason::left) + 1 == revoke_reason_names.size());

std::string_view to_string(revoke_reason x) {
  return name(revoke_reason_names, x);
}

static constexpr std::array<std::string_view, 35> reason_names{"",
                                                               "sent",
                                                               "own_message",
                                                               "system_message",
                                                               "not_in_conversation",
                                                               "not_visible",
                                                               "role_disabled",
                                                               "bot_messages_disabled",
                                                               "secondary_rule",
                                                               "muted",
                                                               "push_disabled",
                                                               "auto_join",
                                                               "read_before_due",
                                                               "superseded",
                                                               "deleted",
                                                               "left",
                                                               "conversation_ended",
                                                               "no_address",
                                                               "paused",
                                                               "taken_back",
                                                               "person_erased",
                                                               "channel_disabled",
                                                               "registration_inactive",
                                                               "registration_deleted",
                                                               "refused_address",
                                                               "endpoint_gone",
                                                               "expired",
                                                               "http_status",
                                                               "timeout",
                                                               "connection_failed",
                                                               "tls_failed",
                                                               "proxy_failed",
                                                               "address_suppressed",
                                                               "address_dead",
                                                               "provider_refused"};
static_assert(static_cast<std::size_t>(reason::provider_refused) + 1 == reason_names.size());

std::string_view to_string(reason x) {
  return name(reason_names, x);
}

bool from_string(std::string_view text, reason& out) {
  return find(reason_names, text, out);
}

static constexpr std::array<std::string_view, 4> channel_kind_names{"EMAIL", "MOBILE", "WEBHOOK", "WEB_PUSH"};
static_assert(static_cast<std::size_t>(channel_kind::web_push) + 1 == channel_kind_names.size());

std::string_view to_string(channel_kind x) {
  return name(channel_kind_names, x);
}

static constexpr std::array<std::string_view, 8> delivery_state_names{
    "QUEUED", "RETRYING", "ACCEPTED", "ADDRESS_GONE", "REFUSED", "EXPIRED", "CANCELLED", "GIVEN_UP"};
static_assert(static_cast<std::size_t>(delivery_state::given_up) + 1 == delivery_state_names.size());

std::string_view to_string(delivery_state x) {
  return name(delivery_state_names, x);
}

static constexpr std::array<std::string_view, 4> trace_state_names{"WAITING", "QUEUED", "DONE", "NOT_SENT"};
static_assert(static_cast<std::size_t>(trace_state::not_sent) + 1 == trace_state_names.size());

std::string_view to_string(trace_state x) {
  return name(trace_state_names, x);
}

bool from_string(std::string_view text, trace_state& out) {
  return find(trace_state_names, text, out);
}

static constexpr std::array<std::string_view, 5> outcome_verdict_names{"accepted", "again", "gone", "refused",
                                                                       "given_up"};
static_assert(static_cast<std::size_t>(outcome::verdict::given_up) + 1 == outcome_verdict_names.size());

std::string_view to_string(outcome::verdict x) {
  return name(outcome_verdict_names, x);
}

static constexpr std::array<std::string_view, 3> webhook_status_names{"ACTIVE", "INACTIVE", "INACTIVE_UNAVAILABLE"};
static_assert(static_cast<std::size_t>(webhook_status::inactive_unavailable) + 1 == webhook_status_names.size());

std::string_view to_string(webhook_status x) {
  return name(webhook_status_names, x);
}

bool from_string(std::string_view text, webhook_status& out) {
  return find(webhook_status_names, text, out);
}

static constexpr std::array<std::string_view, 6> refusal_names{"unknown_conversation",  "conversation_ended",
                                                               "not_in_conversation",   "call_in_progress",
                                                               "internal_from_visitor", "conversation_damaged"};
static_assert(static_cast<std::size_t>(refusal::conversation_damaged) + 1 == refusal_names.size());

std::string_view to_string(refusal x) {
  return name(refusal_names, x);
}

std::string_view to_string(ec code) {
  switch (code) {
  case ec::bad_input:
    return "bad_input";
  case ec::not_found:
    return "not_found";
  case ec::conflict:
    return "conflict";
  case ec::overloaded:
    return "overloaded";
  case ec::store_unavailable:
    return "store_unavailable";
  case ec::stopping:
    return "stopping";
  case ec::not_supported_yet:
    return "not_supported_yet";
  case ec::too_large:
    return "too_large";
  }
  return "";
}

static constexpr std::array<std::string_view, std::variant_size_v<event_body>> event_types{
    "conversation.started", "conversation.ended", "participant.joined",  "participant.changed", "participant.left",
    "presence.changed",     "presence.reset",     "conversation.opened", "conversation.closed", "message.sent",
    "message.read",         "message.edited",     "message.deleted",     "call.started",        "call.accepted",
    "call.declined",        "call.ended",         "request.offered",     "request.closed",      "deputy.delegated",
    "deputy.closed",        "session.started",    "session.ended"};

std::string_view type_of(const event& x) {
  return event_types.at(x.body.index());
}

} // namespace belfry
