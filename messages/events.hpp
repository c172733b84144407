#pragma once

#include "belfry/messages/people.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The events a host reports (SPEC 2). Field names are the JSON names in snake_case.
namespace belfry {

struct participant_spec {
  person_id person;
  /// none: a bot.
  belfry::role role = belfry::role::none;
  bool hidden = false;
  bool muted = false;
};

struct conversation_started {
  std::optional<std::string> topic;
  std::optional<bool> auto_join_calls;
  std::vector<participant_spec> participants;
};

struct conversation_ended {};

struct participant_joined {
  participant_spec participant;
};

struct participant_changed {
  person_id person;
  std::optional<belfry::role> role;
  std::optional<bool> hidden;
  std::optional<bool> muted;
};

struct participant_left {
  person_id person;
};

struct presence_changed {
  person_id person;
  bool online = false;
  /// Empty: the unnamed client.
  std::string client;
};

struct presence_reset {};

struct conversation_opened {
  person_id person;
  std::string client;
};

struct conversation_closed {
  person_id person;
  std::string client;
};

/// SYSTEM is told apart; every other kind (TEXT, FILE, CARD, unknown ones) is treated alike.
/// Stored as a number: new values go to the end.
enum class message_kind : std::uint8_t { text, system };

struct message_sent {
  message_id message;
  /// Empty only for SYSTEM messages.
  person_id sender;
  message_kind kind = message_kind::text;
  std::string text;
  bool internal = false;
  /// Absent: everybody. Never empty when present.
  std::optional<std::vector<person_id>> recipients;
  std::optional<millis> sent_at;
};

struct message_read {
  person_id person;
  /// Absent: up to the newest.
  std::optional<message_id> message;
};

struct message_edited {
  message_id message;
  std::string text;
};

struct message_deleted {
  message_id message;
};

/// Stored as a number: new values go to the end.
enum class call_type : std::uint8_t { audio, video };
std::string_view to_string(call_type x);
bool from_string(std::string_view text, call_type& out);

struct call_started {
  call_id call;
  call_type type = call_type::audio;
  person_id caller;
};

struct call_accepted {
  call_id call;
  person_id person;
};

struct call_declined {
  call_id call;
  person_id person;
};

struct call_ended {
  call_id call;
  std::optional<std::string> reason;
};

enum class request_kind : std::uint8_t { agent_forwarding, agent_invitation, assignment_request };
std::string_view to_string(request_kind x);
bool from_string(std::string_view text, request_kind& out);

enum class close_reason : std::uint8_t { accepted, declined, revoked, expired };
std::string_view to_string(close_reason x);
bool from_string(std::string_view text, close_reason& out);

struct request_offered {
  invitation_id invitation;
  request_kind kind = request_kind::agent_forwarding;
  /// Exactly one of the two is set.
  std::optional<person_id> agent;
  std::optional<std::string> team;
  std::optional<person_id> context_person;
  /// A value of the platform's EInitialEngagementType, e.g. "CHAT_REQUEST"; carried through.
  std::optional<std::string> engagement_type;
  std::optional<std::string> start_url;
};

struct request_closed {
  invitation_id invitation;
  close_reason reason = close_reason::revoked;
  std::optional<person_id> person;
};

struct deputy_delegated {
  invitation_id invitation;
  std::vector<person_id> deputies;
  person_id primary_agent;
  std::optional<person_id> context_person;
  std::optional<std::string> engagement_type;
  std::optional<std::string> start_url;
};

struct deputy_closed {
  invitation_id invitation;
  close_reason reason = close_reason::revoked;
  std::optional<person_id> person;
};

struct session_started {
  person_id person;
  session_id session;
  std::string kind;
};

struct session_ended {
  person_id person;
  session_id session;
  std::string kind;
};

using event_body =
    std::variant<conversation_started, conversation_ended, participant_joined, participant_changed, participant_left,
                 presence_changed, presence_reset, conversation_opened, conversation_closed, message_sent, message_read,
                 message_edited, message_deleted, call_started, call_accepted, call_declined, call_ended,
                 request_offered, request_closed, deputy_delegated, deputy_closed, session_started, session_ended>;

/// One thing that happened in the host.
struct event {
  /// Idempotency key; empty: none.
  std::string id;
  /// Fills time stamps only; waits and deadlines count from acceptance. Absent: now.
  std::optional<millis> at;
  /// Empty for presence.* only.
  conversation_id conversation;
  event_body body;
};

/// The `type` of the envelope: "message.sent", ...
std::string_view type_of(const event& x);

} // namespace belfry
