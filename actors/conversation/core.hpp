#pragma once

#include "belfry/actors/conversation/state.hpp"
#include "belfry/actors/decision/new_message.hpp"
#include "belfry/config/options.hpp"
#include "belfry/messages/admission.hpp"
#include "belfry/messages/person_update.hpp"
#include "belfry/messages/views.hpp"

#include <functional>
#include <optional>
#include <utility>
#include <vector>

/// What a conversation does with what happens: pure. Every function applies its steps to the state and says in
/// `effects` what must be written, whom to tell and what to answer.
namespace belfry {

/// What the rules look up outside the conversation.
struct conversation_lookups {
  /// Somebody is online (SPEC 1).
  std::function<bool(const person_id&)> online;
  /// Some channel might take this kind at all; if none does, nobody need be asked for addresses.
  std::function<bool(kind)> takes_kind;
};

struct moment {
  /// On the engine's timeline, for waits.
  engine_time now = 0;
  /// Wall clock, for time stamps.
  millis wall = 0;
};

/// What was applied and is not written yet. Whatever is applied goes to the end of it, so that journal, mails and
/// members stand in the order in which they came about.
struct effects {
  /// An entry of the journal; empty: nothing changed.
  binary_writer journal;
  /// The row must be written now (a new or ended conversation).
  bool snapshot = false;
  /// Participants whose wait begins, and live ones whom a fact concerns.
  slot_set begins;
  slot_set concerned;
  std::vector<addressed_update> updates;
  /// Who became or ceased to be a member.
  std::vector<std::pair<person_id, bool>> members;
  std::optional<refused_event> refused;
  std::vector<report> reports;

  bool changed() const { return journal.size() > 0 || snapshot || !updates.empty() || !reports.empty(); }
};

class conversation_core {
public:
  conversation_core(const options& o, const conversation_lookups& s);

  conversation_state& state() { return state_; }
  const conversation_state& state() const { return state_; }
  const wait_rules& waits() const { return waits_; }

  /// False for one that was never started: only conversation.started makes it be.
  bool exists() const { return exists_; }
  /// What is stored cannot be read: every event is refused, and nothing is written over it.
  bool damaged() const { return damaged_; }
  /// False: damaged.
  bool load(std::int64_t key, const conversation_id& id, std::string_view row, const std::vector<std::string>& entries,
            const std::map<std::int64_t, std::string>& parts = {});
  void name(std::int64_t key, const conversation_id& id);

  /// SPEC 2: applies one event.
  void on_event(const event& e, moment m, effects& fx);
  /// Participants whose wait is over, and those to whom a read_message is owed.
  std::vector<slot> due(engine_time now);
  /// A participant says that its wait ended with this message. It is accepted only if the conversation's own record
  /// waits for exactly this message and the wait is over; otherwise nothing happens, and the next alarm asks again.
  void on_announce(slot who, position message, moment m, effects& fx);
  /// A participant says that a read_message is owed.
  void on_owed(slot who, moment m, effects& fx);
  /// Deadlines of the call.
  void on_time(moment m, effects& fx);
  /// DELETE of a person: leaves silently.
  void erase_person(const person_id& p, moment m, effects& fx);
  /// A participant is known as a bot from now on: it goes on without a role, and what it waits for is not told.
  void become_bot(const person_id& p, effects& fx);
  /// Tells agents again which sessions and calls they take part in: after a restart persons do not know (SPEC 6).
  void repeat_activity(effects& fx);

  std::optional<engine_time> wake_time();

  /// Times of engine time are shown as the wall clock of `m` would show them.
  conversation_view view(const moment& m);
  std::uint32_t unread(const person_id& p);
  std::uint32_t unread(slot who);
  /// Whose unread count may have changed since this was last taken.
  slot_set take_recounted() { return std::exchange(recounted_, {}); }
  /// Why somebody was not told of a message; nothing: the message is not known, or it was announced.
  std::optional<trace_item> explain(const person_id& p, const message_id& message);

private:
  void on(const conversation_started& e, moment m, millis at, effects& fx);
  void on(const conversation_ended& e, moment m, millis at, effects& fx);
  void on(const participant_joined& e, moment m, millis at, effects& fx);
  void on(const participant_changed& e, moment m, millis at, effects& fx);
  void on(const participant_left& e, moment m, millis at, effects& fx);
  void on(const conversation_opened& e, moment m, millis at, effects& fx);
  void on(const conversation_closed& e, moment m, millis at, effects& fx);
  void on(const message_sent& e, moment m, millis at, effects& fx);
  void on(const message_read& e, moment m, millis at, effects& fx);
  void on(const message_edited& e, moment m, millis at, effects& fx);
  void on(const message_deleted& e, moment m, millis at, effects& fx);
  void on(const call_started& e, moment m, millis at, effects& fx);
  void on(const call_accepted& e, moment m, millis at, effects& fx);
  void on(const call_declined& e, moment m, millis at, effects& fx);
  void on(const call_ended& e, moment m, millis at, effects& fx);
  void on(const request_offered& e, moment m, millis at, effects& fx);
  void on(const request_closed& e, moment m, millis at, effects& fx);
  void on(const deputy_delegated& e, moment m, millis at, effects& fx);
  void on(const deputy_closed& e, moment m, millis at, effects& fx);
  void on(const session_started& e, moment m, millis at, effects& fx);
  void on(const session_ended& e, moment m, millis at, effects& fx);
  void on(const presence_changed&, moment, millis, effects&) {}
  void on(const presence_reset&, moment, millis, effects&) {}

  void apply(step s, effects& fx);
  /// Notes whose unread count the step may change.
  void note_recounted(const step& s);
  void join(const participant_spec& spec, moment m, millis at, effects& fx);
  void leave(slot who, moment m, millis at, reason why, bool silent, effects& fx);
  void read_all(slot who, position upto, const message_id& cause, moment m, millis at, reason why, effects& fx);
  void forget_oldest(moment m, effects& fx);
  message_step make_message_step(const message_sent& e, slot sender, moment m, millis at);
  bool primary_online(role r) const;
  void tell_of_message(slot who, const message_entry& msg, moment m, effects& fx);
  /// Runs one function of the call machine and carries out what it returns.
  template <class F>
  call_change with_call(moment m, effects& fx, F&& f);
  void carry_out(const call_change& change, moment m, effects& fx);
  void tell_of_call(const call_notice& notice, moment m, effects& fx);
  /// The call machine is told of roster changes while a call goes on.
  void roster_changed(moment m, effects& fx, const std::function<call_change(const call_context&)>& f);
  /// Writes the request book and tells those concerned.
  void close_request(const invitation_id& invitation, moment m, effects& fx);
  void with_requests(const std::vector<request_notice>& notices, moment m, effects& fx);
  /// Takes part in a call that was answered.
  bool in_call(slot who) const;
  void push_activity(slot who, effects& fx);
  notification make(kind k, const person_id& recipient, std::string_view cause, moment m) const;
  void refuse(refusal why, std::string pointer, std::string detail, effects& fx) const;

  const options& options_;
  const conversation_lookups& lookups_;
  message_rules rules_;
  wait_rules waits_;
  conversation_state state_;
  slot_set recounted_;
  bool exists_ = false;
  bool damaged_ = false;
};

} // namespace belfry
