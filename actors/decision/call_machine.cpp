#include "belfry/actors/decision/call_machine.hpp"

#include "belfry/actors/decision/call_states.hpp"

#include <algorithm>

namespace belfry {

namespace {

engine_time ring_time(const call_context& c) {
  return c.options.not_answered_timeout.count();
}

} // namespace

std::string cause_of(const call_notice& x) {
  // Call ids hold no control characters, so no two causes look alike.
  return x.content.call + '\n' + std::to_string(x.round);
}

// -- events -----------------------------------------------------------------------------------------------------------

call_change call_machine::start(const call_context& c, const call_id& call, call_type type, std::optional<slot> caller,
                                millis at, bool auto_join) {
  call_change out;
  settle(c, out);
  if (state_ != call_state::idle && call_ == call)
    return out;
  if (!caller || !c.has(*caller)) {
    out.refused = refusal::not_in_conversation;
    return out;
  }
  if (state_ != call_state::idle) {
    out.refused = refusal::call_in_progress;
    return out;
  }
  call_ = call;
  type_ = type;
  caller_ = *caller;
  caller_person_ = c.roster[caller_].person;
  started_at_ = at;
  auto_join_ = auto_join;
  begin(c, out);
  return out;
}

/// Rings for the visible callees, without any for hidden agents, without those for nobody.
void call_machine::begin(const call_context& c, call_change& out) {
  ring_deadline_ = c.now + ring_time(c);
  std::vector<slot> visible;
  for (slot s = 0; s < c.roster.size(); ++s) {
    if (may_ring_openly(c, s))
      visible.push_back(s);
  }
  if (!visible.empty()) {
    step(state_, call_state::calling, illegal_steps_);
    for (auto s : visible)
      ring(s, out);
  } else if (!forward(c, ring_deadline_, out)) {
    reset();
    return;
  }
  activate(find_or_add(caller_), out);
}

call_change call_machine::accept(const call_context& c, const call_id& call, slot who) {
  call_change out;
  settle(c, out);
  auto* p = find(who);
  if (!p || p->state != ring_state::ringing || call_ != call)
    return out;
  if (state_ != call_state::active)
    answer(c, out);
  notify(*p, kind::revoke_call, revoke_reason::answered, call_end_reason::none, out);
  activate(*p, out);
  if (!c.options.keep_ringing_after_answer)
    stop_all_ringing(revoke_reason::answered_elsewhere, call_end_reason::none, out);
  return out;
}

/// The first answer: from now on the call keeps those busy who take part, the caller too.
void call_machine::answer(const call_context& c, call_change& out) {
  step(state_, call_state::active, illegal_steps_);
  auto limit = c.options.active_timeout.count();
  active_deadline_ = limit > 0 ? c.now + limit : 0;
  for (const auto& p : parties_) {
    if (p.state == ring_state::active)
      out.activities.push_back({p.who, call_, true});
  }
}

call_change call_machine::decline(const call_context& c, const call_id& call, slot who) {
  call_change out;
  settle(c, out);
  auto* p = find(who);
  if (!p || p->state != ring_state::ringing || call_ != call)
    return out;
  if (count(ring_state::ringing) == 1 && state_ != call_state::active)
    finish(revoke_reason::declined, call_end_reason::none, out);
  else
    stop_ringing(*p, revoke_reason::declined, call_end_reason::none, out);
  return out;
}

call_change call_machine::end(const call_context& c, const call_id& call) {
  call_change out;
  settle(c, out);
  if (state_ != call_state::idle && call_ == call)
    finish(revoke_reason::ended, call_end_reason::missed_because_terminated, out);
  return out;
}

call_change call_machine::participant_joined(const call_context& c, slot who) {
  call_change out;
  settle(c, out);
  auto* p = find(who);
  if (state_ == call_state::calling && may_ring_openly(c, who) && (!p || p->state == ring_state::none))
    ring(who, out);
  return out;
}

call_change call_machine::participant_left(const call_context& c, slot who) {
  call_change out;
  settle(c, out);
  auto* p = find(who);
  if (!p)
    return out;
  auto was = p->state;
  if (was == ring_state::active && state_ != call_state::active) {
    // The caller, while it rings: hangs up.
    finish(revoke_reason::ended, call_end_reason::missed_because_terminated, out);
    return out;
  }
  auto others = count(was) > 1;
  if (was == ring_state::ringing && !others && state_ != call_state::active) {
    finish(revoke_reason::left, call_end_reason::none, out);
    return out;
  }
  if (was == ring_state::active && !others) {
    finish(revoke_reason::ended, call_end_reason::missed_because_terminated, out);
    return out;
  }
  if (was == ring_state::ringing)
    stop_ringing(*p, revoke_reason::left, call_end_reason::none, out);
  else if (was == ring_state::active)
    release(*p, true, out);
  // Forgotten, so that joining again rings anew.
  forget(who);
  changed_.push_back(who);
  return out;
}

call_change call_machine::visibility_changed(const call_context& c, slot who) {
  // Becoming visible is joining as far as rings go; becoming hidden fails `may_ring_openly` and changes nothing.
  return participant_joined(c, who);
}

call_change call_machine::conversation_ended(const call_context& c) {
  call_change out;
  settle(c, out);
  if (state_ != call_state::idle)
    finish(revoke_reason::ended, call_end_reason::none, out);
  return out;
}

call_change call_machine::tick(const call_context& c) {
  call_change out;
  settle(c, out);
  return out;
}

// -- time-outs --------------------------------------------------------------------------------------------------------

void call_machine::settle(const call_context& c, call_change& out) {
  if (state_ == call_state::active) {
    settle_active(c, out);
    return;
  }
  if (state_ == call_state::idle || c.now < ring_deadline_)
    return;
  // After a long sleep the time for hidden agents may be over too: then they are not bothered.
  auto second = ring_deadline_ + ring_time(c);
  if (state_ == call_state::calling && c.now < second && forward(c, second, out))
    return;
  out.timed_out = call_timed_out{call_, false};
  finish(revoke_reason::timeout, call_end_reason::missed_because_timeout, out);
}

void call_machine::settle_active(const call_context& c, call_change& out) {
  auto over = active_deadline_ != 0 && c.now >= active_deadline_;
  auto rang_out = c.now >= ring_deadline_ && (!over || ring_deadline_ <= active_deadline_);
  if (rang_out)
    stop_all_ringing(revoke_reason::timeout, call_end_reason::missed_because_timeout, out);
  if (!over)
    return;
  out.timed_out = call_timed_out{call_, true};
  finish(revoke_reason::ended, call_end_reason::missed_because_terminated, out);
}

std::optional<engine_time> call_machine::next_deadline() const {
  if (state_ == call_state::idle)
    return std::nullopt;
  if (state_ != call_state::active)
    return ring_deadline_;
  std::optional<engine_time> next;
  if (rings())
    next = ring_deadline_;
  if (active_deadline_ != 0)
    next = std::min(next.value_or(active_deadline_), active_deadline_);
  return next;
}

/// False (and nothing changed): the setting or the roster does not allow it.
bool call_machine::forward(const call_context& c, engine_time until, call_change& out) {
  if (c.options.forward_to_hidden_agents != forward_rule::on_timeout)
    return false;
  std::vector<slot> hidden;
  for (slot s = 0; s < c.roster.size(); ++s) {
    if (may_be_forwarded_to(c, s))
      hidden.push_back(s);
  }
  if (hidden.empty())
    return false;
  step(state_, call_state::forwarding, illegal_steps_);
  stop_all_ringing(revoke_reason::timeout, call_end_reason::missed_because_timeout, out);
  ring_deadline_ = until;
  for (auto s : hidden)
    ring(s, out);
  return true;
}

} // namespace belfry
