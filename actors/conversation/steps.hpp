#pragma once

#include "belfry/messages/binary.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/facts.hpp"
#include "belfry/messages/reason.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <variant>

/// What can happen to a conversation, as decided: the entries of its journal. Applying a step needs no rule, option
/// or clock, so that a restart replays what was decided then.
namespace belfry {

/// An entry of the journal begins with this number, then come its steps. A number below belongs to the first step of an
/// entry of the first format, which said no version.
constexpr std::uint64_t entry_version = 32;

constexpr slot no_slot = 0xffffffff;

struct message_step {
  position at = 0;
  engine_time time = 0;
  message_id id;
  person_id sender;
  /// no_slot: a SYSTEM message.
  slot sender_slot = no_slot;
  message_kind kind = message_kind::text;
  bool internal = false;
  bool to_all = true;
  slot_set addressed;
  std::string text;
  millis sent_at = 0;
  millis server_at = 0;
  slot_set recipients;
  slot_set open;
};

struct read_step {
  position at = 0;
  engine_time time = 0;
  slot reader = 0;
  position read_to = 0;
  std::uint32_t unread = 0;
  /// What a read_message names, and when it was read.
  message_id cause;
  millis read_at = 0;
  /// Why a wait that it ends ends.
  reason why = reason::read_before_due;
};

/// A message is gone: deleted, or (`forgotten`) fallen out of the newest that are kept.
struct gone_step {
  position at = 0;
  engine_time time = 0;
  position message = 0;
  slot_set recipients;
  /// Ascending.
  std::vector<std::pair<slot, position>> replacements;
  bool forgotten = false;
  message_id cause;
  millis read_at = 0;
};

struct edited_step {
  position message = 0;
  std::string text;
};

/// A wait ended: the message was announced (`why` none) or a rule kept it back.
struct announced_step {
  slot who = 0;
  position message = 0;
  reason why = reason::none;
};

/// The read_message that was owed is a notification now.
struct read_message_told_step {
  slot who = 0;
};

struct roster_step {
  slot who = 0;
  person_id person;
  belfry::role role = belfry::role::none;
  bool hidden = false;
  bool muted = false;
  bool active = true;
};

struct open_step {
  slot who = 0;
  std::string client;
  bool open = false;
};

struct session_step {
  slot who = 0;
  session_id session;
  std::string kind;
  bool active = false;
};

struct ended_step {
  millis at = 0;
};

/// The whole of the call machine or the request book after a change: in entries of the first format only.
struct call_step {
  std::string blob;
};
struct requests_step {
  std::string blob;
};

/// What changed of the call machine or the request book.
struct call_change_step {
  std::string blob;
};
struct requests_change_step {
  std::string blob;
};

/// A step is stored with its place in this list: new ones go to the end, and none is ever taken out.
using step =
    std::variant<message_step, read_step, gone_step, edited_step, announced_step, read_message_told_step, roster_step,
                 open_step, session_step, ended_step, call_step, requests_step, call_change_step, requests_change_step>;

void encode(binary_writer& out, const step& s);
/// False when the bytes are not a step.
bool decode(binary_reader& in, step& s);

/// Appends a step to an entry, which it begins if nothing is in it.
void append(binary_writer& entry, const step& s);
/// Calls `apply` for each step of an entry; false when the bytes are no entry, or `apply` returned false.
bool each_step(std::string_view entry, const std::function<bool(step)>& apply);

void encode(binary_writer& out, const slot_set& s);
void decode(binary_reader& in, slot_set& s);

/// What a participant needs to know of a step.
fact to_fact(const message_step& s);
fact to_fact(const read_step& s);
fact to_fact(const gone_step& s);

} // namespace belfry
