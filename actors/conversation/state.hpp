#pragma once

#include "belfry/actors/conversation/steps.hpp"
#include "belfry/actors/decision/call_machine.hpp"
#include "belfry/actors/decision/request_book.hpp"
#include "belfry/actors/participant/inbox.hpp"
#include "belfry/messages/notification.hpp"

#include <boost/container/deque.hpp>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

/// What a conversation knows: roster, the tail of its messages, the call, open requests. A value that changes only by
/// applying steps.
namespace belfry {

/// Somebody's place in the conversation; it stays when they leave.
struct roster_entry {
  /// Empty: erased.
  person_id person;
  belfry::role role = belfry::role::none;
  bool hidden = false;
  bool muted = false;
  /// Takes part now.
  bool active = true;
  callee in_call() const { return {person, role, hidden, role == belfry::role::none, active}; }

  /// The last record, folded up to `box.seen`; `conversation_state::catch_up` brings it up to date.
  inbox box;
  /// Clients that have the conversation open.
  std::vector<std::string> open;
};

struct message_entry {
  position at = 0;
  message_id id;
  person_id sender;
  slot sender_slot = no_slot;
  message_kind kind = message_kind::text;
  bool internal = false;
  bool to_all = true;
  bool deleted = false;
  slot_set addressed;
  slot_set recipients;
  /// Only while an announcement may need it.
  std::string text;
  millis sent_at = 0;
  millis server_at = 0;
};

/// Why a message that qualified for somebody was not announced, for Explain.
struct kept_back {
  position message = 0;
  slot who = 0;
  reason why = reason::none;
};

/// What an owed read_message names, from the fact that made it due until it has left.
struct owed_read {
  message_id message;
  millis at = 0;
};

struct session_entry {
  slot who = 0;
  session_id session;
  std::string kind;
};

/// A state as it is stored. A small one is all `head`; of a large one the roster (negative numbers) and the log stand
/// in parts, so that a change rewrites only what it concerns.
struct encoded_state {
  std::string head;
  std::map<std::int64_t, std::string> parts = {};

  std::size_t size() const;
  bool operator==(const encoded_state&) const = default;
};

/// Read messages that are kept for Explain, and remembered reasons why messages were kept back.
constexpr std::size_t explained_messages_max = 100;
constexpr std::size_t kept_back_max = 500;
/// Facts kept for participants that have not received them yet; who lags further gets its record anew.
constexpr std::size_t recent_facts_max = 16;

class conversation_state {
public:
  std::int64_t key = 0;
  conversation_id id;
  std::optional<std::string> topic;
  bool auto_join_calls = false;
  millis ended_at = 0;
  /// The newest place in the log.
  position last = 0;
  std::vector<roster_entry> roster;
  boost::container::deque<message_entry> log;
  /// The newest facts, oldest first.
  std::vector<fact> recent;
  std::vector<kept_back> kept_back_messages;
  std::vector<session_entry> sessions;
  std::map<slot, owed_read> owed;
  call_machine call;
  request_book requests;

  bool ended() const { return ended_at != 0; }

  /// The slot of somebody, whether they take part now or did.
  std::optional<slot> find(const person_id& person) const;
  /// The slot of somebody who takes part now.
  std::optional<slot> find_active(const person_id& person) const;
  /// Everybody who ever had a primary role of a side: the few whose presence the secondary rules ask for.
  const std::vector<slot>& primaries() const { return primaries_; }
  message_entry* find_message(const message_id& id);
  message_entry* find_message(position at);
  bool has_session(slot who, const session_id& session) const;
  /// What the owed read_message of somebody names; null: none is owed.
  const owed_read* find_owed(slot who) const;
  const message_entry* newest_message() const { return log.empty() ? nullptr : &log.back(); }

  /// The only way to change: live and when a journal is replayed. False: the step does not fit what came before it, and
  /// the state is of no more use.
  bool apply(step s, const wait_rules& rules);
  /// Folds what `who` has not seen yet.
  inbox& catch_up(slot who, const wait_rules& rules);
  void catch_up_all(const wait_rules& rules);

  /// Unread qualifying messages of `who` beyond `read_to`.
  std::uint32_t unread_beyond(slot who, position read_to) const;
  /// The newest unread message of `who` older than `before` that was not announced yet; 0: none.
  position newest_unannounced(slot who, position before) const;

  /// The earliest moment at which something must happen by itself; nothing: never. Records must be caught up.
  std::optional<engine_time> wake_time() const;
  /// Some wait runs.
  bool waiting() const;

  /// Drops texts nobody will announce, messages everybody has read, facts all have seen.
  void trim(const wait_rules& rules);

  /// The row: binary, versioned. Call `trim` first.
  encoded_state encode() const;
  /// False when the row is damaged or of a newer version.
  bool decode(std::string_view head, const std::map<std::int64_t, std::string>& parts = {});

private:
  bool apply_step(message_step& s);
  bool apply_step(read_step& s);
  bool apply_step(gone_step& s);
  bool apply_step(edited_step& s);
  bool apply_step(announced_step& s);
  bool apply_step(read_message_told_step& s);
  bool apply_step(roster_step& s);
  bool apply_step(open_step& s);
  bool apply_step(session_step& s);
  bool apply_step(ended_step& s);
  bool apply_step(call_step& s);
  bool apply_step(requests_step& s);
  bool apply_step(call_change_step& s);
  bool apply_step(requests_change_step& s);
  bool knows(slot who) const { return who < roster.size(); }
  bool knows(const slot_set& s) const;
  bool is_consistent() const;
  void index_primary(slot who);
  void encode_participant(binary_writer& out, slot who, const inbox& box) const;
  void decode_participant(binary_reader& in, slot who);
  void encode_roster_parts(encoded_state& out) const;
  bool decode_roster_parts(const std::map<std::int64_t, std::string>& parts);
  void encode_log_parts(binary_writer& head, encoded_state& out) const;
  bool decode_log_parts(binary_reader& head, const std::map<std::int64_t, std::string>& parts);
  void decode_message(binary_reader& in);
  void append(fact f);
  void owe(slot who, message_id message, millis at);
  void remember(position message, slot who, reason why);

  /// Not stored.
  std::vector<slot> primaries_;
  /// Only when the roster is large: finding by comparing is quicker in a small one.
  mutable std::unordered_map<person_id, slot> index_;
  /// How many of the roster are in it.
  mutable slot indexed_ = 0;
  const wait_rules* rules_ = nullptr;
};

} // namespace belfry
