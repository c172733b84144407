#pragma once

#include "belfry/messages/events.hpp"
#include "belfry/messages/ids.hpp"
#include "belfry/messages/people.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// The nine kinds (SPEC 1), in the order of the platform's documentation. Values are on disk: never renumber.
enum class kind : std::uint8_t {
  new_message,
  read_message,
  incoming_call,
  revoke_call,
  missed_call,
  inbound_request,
  revoke_inbound_request,
  deputy_delegation,
  revoke_deputy_delegation,
};

constexpr int kind_count = 9;

/// "new_message", ...
std::string_view to_string(kind x);
bool from_string(std::string_view text, kind& out);

/// Silent kinds are never shown: they take back what was shown.
constexpr bool is_silent(kind x) {
  return x == kind::read_message || x == kind::revoke_call || x == kind::revoke_inbound_request
         || x == kind::revoke_deputy_delegation;
}

/// Calls use the slots kept for them and are never delayed.
constexpr bool is_call(kind x) {
  return x == kind::incoming_call || x == kind::revoke_call || x == kind::missed_call;
}

/// What replaces and takes back each other on a screen: one tag per conversation and group (SPEC 11).
/// Stored as a number: new values go to the end.
enum class group : std::uint8_t { messages, call, requests };

constexpr group group_of(kind x) {
  if (x == kind::new_message || x == kind::read_message)
    return group::messages;
  return is_call(x) ? group::call : group::requests;
}

/// States of a call (SPEC 4), as `callState` in payloads.
/// Stored as a number, as the next is: new values go to the end.
enum class call_state : std::uint8_t { idle, calling, forwarding, active };
/// "IDLE", ...
std::string_view to_string(call_state x);
bool from_string(std::string_view text, call_state& out);

/// States of a participant in a call (SPEC 4): "NONE", "RINGING", "ACTIVE".
/// Stored as a number: new values go to the end.
enum class ring_state : std::uint8_t { none, ringing, active };
std::string_view to_string(ring_state x);

/// `callEndReason` of a missed call. Stored as a number: new values go to the end.
enum class call_end_reason : std::uint8_t { none, missed_because_timeout, missed_because_terminated };
/// "MISSED_BECAUSE_TIMEOUT", ...; "" for none.
std::string_view to_string(call_end_reason x);

/// Why a ringing ended, for the channels that show it (SPEC 4). Stored as a number: new values go to the end.
enum class revoke_reason : std::uint8_t { none, answered, answered_elsewhere, declined, ended, timeout, left };
/// "ANSWERED", ...; "" for none.
std::string_view to_string(revoke_reason x);

/// What new_message and read_message say.
struct message_content {
  message_id message;
  /// Empty when the privacy setting keeps texts out.
  std::string text;
  /// The text after an edit: for deliveries that had not left by then.
  std::optional<std::string> edited_text;
  person_id sender;
  millis sent_at = 0;
  millis server_at = 0;
  millis read_at = 0;
  /// Unread messages of the recipient in this conversation (absolute).
  std::uint32_t count = 0;
};

/// What the three call kinds say.
struct call_content {
  call_id call;
  call_type type = call_type::audio;
  call_state state = call_state::idle;
  person_id caller;
  millis started_at = 0;
  /// 0: does not ring.
  millis ring_deadline = 0;
  call_end_reason end_reason = call_end_reason::none;
  belfry::revoke_reason revoke_reason = belfry::revoke_reason::none;
};

/// What the four request and deputy kinds say.
struct request_content {
  invitation_id invitation;
  std::optional<person_id> context_person;
  std::optional<person_id> primary_agent;
  std::optional<std::string> engagement_type;
  std::optional<std::string> start_url;
};

/// One thing one person is to be told. Born in a conversation, committed with what caused it, then handed to the
/// recipient's person actor.
struct notification {
  notification_id id;
  /// Order of creation in this store; the cursor of lists.
  std::uint64_t seq = 0;
  belfry::kind kind = belfry::kind::new_message;
  person_id recipient;
  /// What the recipient's role implies, for payloads of somebody without a profile.
  std::optional<person_type> recipient_type;
  conversation_id conversation;
  std::optional<std::string> topic;
  millis created_at = 0;
  /// Not sent from here on (SPEC 12, Time).
  millis expires_at = 0;
  /// Exactly one of these three is set, by the group of the kind.
  std::optional<message_content> message;
  std::optional<call_content> call;
  std::optional<request_content> request;
  /// recipientNotificationCount: unread over all conversations of the recipient; set when it is first expanded and
  /// repeated by retries.
  std::optional<std::uint64_t> total_count;
  /// Those of `people_of` that are known, as they are when an attempt is made; never stored.
  std::vector<person> people;
};

/// Who is named in `n` besides its recipient: sender, caller, context person, primary agent.
std::vector<person_id> people_of(const notification& n);

/// Somebody of `n.people`; nullptr when unknown.
const person* find_person(const notification& n, const person_id& id);

/// The id of the notification that `cause` (message, fact or call id with its round) makes for `recipient`.
notification_id derive_notification_id(kind k, const conversation_id& conversation, const person_id& recipient,
                                       std::string_view cause);

} // namespace belfry
