#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/admission.hpp"
#include "belfry/messages/binary.hpp"
#include "belfry/messages/facts.hpp"
#include "belfry/messages/reason.hpp"
#include "belfry/messages/views.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// The one call of a conversation (SPEC 4): a value, and one function per event.
namespace belfry {

/// What the call rules need to know of somebody in the roster.
struct callee {
  person_id person;
  belfry::role role = belfry::role::none;
  bool hidden = false;
  bool is_bot = false;
  /// Is in the conversation now.
  bool active = false;

  bool human() const { return !is_bot && role != belfry::role::none; }
};

/// The roster as the call rules see it: read by slot where it is kept, so that an event costs nothing per participant
/// whom it does not concern.
class callee_list {
public:
  callee_list(std::size_t size, std::function<callee(slot)> at) : size_(size), at_(std::move(at)) {}
  /// `list` outlives this.
  callee_list(const std::vector<callee>& list) : callee_list(list.size(), [&list](slot who) { return list[who]; }) {}

  std::size_t size() const { return size_; }
  callee operator[](slot who) const { return at_(who); }

private:
  std::size_t size_;
  std::function<callee(slot)> at_;
};

/// What every event is judged by.
struct call_context {
  engine_time now = 0;
  const call_options& options;
  /// As it is after the event.
  callee_list roster;

  /// `who` is in the conversation.
  bool has(slot who) const { return who < roster.size() && roster[who].active; }
};

/// One notification that the rules ask for. Whether the role is told at all (`push.participants`) is not judged here.
struct call_notice {
  slot to = 0;
  /// incoming_call, revoke_call or missed_call.
  belfry::kind kind = belfry::kind::incoming_call;
  /// `state` is the call's after the change; `ring_deadline` (engine time) is when it rings, or rang, to.
  call_content content;
  /// Which ring of this conversation it belongs to; the three kinds of one ring share it.
  std::uint64_t round = 0;
  /// auto_join: not sent, for the trace only; else none.
  reason suppressed = reason::none;
};

/// What the ids of its notifications are derived from: call id and round.
std::string cause_of(const call_notice& x);

/// Somebody begins or ceases to be ACTIVE in a call that was answered (an auto-pause reason of agents, SPEC 6).
struct call_activity {
  slot who = 0;
  call_id call;
  bool active = false;

  bool operator==(const call_activity&) const = default;
};

/// A call that ended by itself: nobody answered, or `calls.activeTimeout` is over.
struct call_timed_out {
  call_id call;
  bool answered = false;

  bool operator==(const call_timed_out&) const = default;
};

/// What an event did, in the order in which it is to be carried out.
struct call_change {
  /// Set: the event had no effect (time-outs that were due before it may still stand here).
  std::optional<refusal> refused;
  /// Per person a revoke stands before the missed call.
  std::vector<call_notice> notices;
  std::vector<call_activity> activities;
  std::optional<call_timed_out> timed_out;

  bool empty() const { return !refused && notices.empty() && activities.empty() && !timed_out; }
};

///                start                        not answered, hidden agents
///      IDLE ---------------> CALLING -----------------------------------> FORWARDING
///      ^  \                   |   |                                        ^   |   |
///      |   +-- start, no visible callee but hidden agents -----------------+   |   |
///      |                      |   | accept                            accept   |   |
///      |                      |   +-------------> ACTIVE <-------------------+   |
///      |                      |                     |                            |
///      +----------------------+---------------------+----------------------------+
///        nobody rings, ended,   nobody active, ended,   nobody rings, ended,
///        not answered           active too long         not answered
///
/// Participant: NONE -> RINGING -> ACTIVE -> NONE, RINGING -> NONE; the caller NONE -> ACTIVE.
///
/// Each function first lets the time-outs take effect that are due at `now`, so that an answer after the deadline is
/// late however late the alarm is. A forwarded call rings until twice the time-out after its start.
class call_machine {
public:
  /// Refused: not_in_conversation (no such caller), call_in_progress. The current call's own id changes nothing. A
  /// call that can ring for nobody ends at once, without a trace. `at` is its time stamp in payloads.
  call_change start(const call_context& c, const call_id& call, call_type type, std::optional<slot> caller, millis at,
                    bool auto_join);
  /// No effect unless that call rings for `who`; so has `decline`.
  call_change accept(const call_context& c, const call_id& call, slot who);
  call_change decline(const call_context& c, const call_id& call, slot who);
  /// No effect for an unknown call.
  call_change end(const call_context& c, const call_id& call);
  call_change participant_joined(const call_context& c, slot who);
  call_change participant_left(const call_context& c, slot who);
  /// Somebody became visible (rings while CALLING, also after a decline) or hidden: `c.roster` says which.
  call_change visibility_changed(const call_context& c, slot who);
  call_change conversation_ended(const call_context& c);
  /// Time went by.
  call_change tick(const call_context& c);

  /// When `tick` has something to do; absent: never.
  std::optional<engine_time> next_deadline() const;

  call_state state() const { return state_; }
  /// One more than the greatest slot that takes part.
  std::size_t slots() const { return parties_.empty() ? 0 : std::size_t{parties_.back().who} + 1; }
  ring_state ring_of(slot who) const;
  /// Absent when idle.
  std::optional<call_view> view() const;
  /// Steps that were refused because no arrow of the diagram allows them (release builds; not stored).
  std::uint64_t illegal_steps() const { return illegal_steps_; }

  void encode(binary_writer& out) const;
  /// False (and nothing changed) when the row is damaged or of another version.
  bool decode(binary_reader& in);

  /// Something changed since `encode_changes`.
  bool changed() const { return fresh_ || !changed_.empty(); }
  /// Writes the call and those parties that changed since the last time.
  void encode_changes(binary_writer& out);
  /// Brings a machine that is as it was before those changes (or after them) to where it was after them. False when
  /// they are damaged or do not fit: then the machine is of no more use.
  bool apply_changes(binary_reader& in);

private:
  /// Somebody this call rings or rang for, or who is active in it. NONE: rang before.
  struct party {
    slot who = 0;
    ring_state state = ring_state::none;
    std::uint64_t round = 0;
  };

  std::size_t count(ring_state s) const { return count_[static_cast<std::size_t>(s)]; }
  bool rings() const { return count(ring_state::ringing) > 0; }
  bool move_to(party& p, ring_state to);
  void put(const party& p);
  void forget(slot who);
  bool may_ring_openly(const call_context& c, slot who) const;
  bool may_be_forwarded_to(const call_context& c, slot who) const;
  const party* find(slot who) const;
  party* find(slot who);
  party& find_or_add(slot who);

  void begin(const call_context& c, call_change& out);
  void settle(const call_context& c, call_change& out);
  void settle_active(const call_context& c, call_change& out);
  bool forward(const call_context& c, engine_time until, call_change& out);
  void ring(slot who, call_change& out);
  void stop_ringing(party& p, revoke_reason why, call_end_reason missed, call_change& out);
  void stop_all_ringing(revoke_reason why, call_end_reason missed, call_change& out);
  void answer(const call_context& c, call_change& out);
  void activate(party& p, call_change& out);
  void release(party& p, bool answered, call_change& out);
  void finish(revoke_reason why, call_end_reason missed, call_change& out);
  void reset();
  void notify(const party& p, kind k, revoke_reason why, call_end_reason missed, call_change& out) const;
  void encode_call(binary_writer& out) const;
  bool decode_call(binary_reader& in);
  bool consistent() const;
  bool plausible() const;

  call_state state_ = call_state::idle;
  call_id call_;
  call_type type_ = call_type::audio;
  slot caller_ = 0;
  person_id caller_person_;
  millis started_at_ = 0;
  bool auto_join_ = false;
  /// When those who ring stop to.
  engine_time ring_deadline_ = 0;
  /// 0: not answered, or no limit.
  engine_time active_deadline_ = 0;
  /// Ascending by slot.
  std::vector<party> parties_;
  /// How many of them are in each state.
  std::array<std::uint32_t, 3> count_{};
  /// Since `encode_changes`: whose state changed, and whether all parties from before were forgotten.
  std::vector<slot> changed_;
  bool fresh_ = false;
  /// Rings so far in this conversation.
  std::uint64_t rounds_ = 0;
  std::uint64_t illegal_steps_ = 0;
};

} // namespace belfry
