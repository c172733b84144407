// The steps that the events of a call are made of, and the answers to questions.
#include "belfry/actors/decision/call_machine.hpp"
#include "belfry/actors/decision/call_states.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

// -- steps ------------------------------------------------------------------------------------------------------------

/// Every change of a party's state goes this way, so that counts and journal follow.
bool call_machine::move_to(party& p, ring_state to) {
  auto from = p.state;
  if (!step(p.state, to, illegal_steps_))
    return false;
  --count_[static_cast<std::size_t>(from)];
  ++count_[static_cast<std::size_t>(to)];
  changed_.push_back(p.who);
  return true;
}

void call_machine::put(const party& p) {
  auto& known = find_or_add(p.who);
  --count_[static_cast<std::size_t>(known.state)];
  ++count_[static_cast<std::size_t>(p.state)];
  known = p;
}

void call_machine::forget(slot who) {
  auto* p = find(who);
  if (!p)
    return;
  --count_[static_cast<std::size_t>(p->state)];
  parties_.erase(parties_.begin() + (p - parties_.data()));
}

bool call_machine::may_ring_openly(const call_context& c, slot who) const {
  return c.has(who) && who != caller_ && c.roster[who].human() && !c.roster[who].hidden;
}

/// Hidden agents who got nothing of this call yet.
bool call_machine::may_be_forwarded_to(const call_context& c, slot who) const {
  return c.has(who) && who != caller_ && c.roster[who].human() && c.roster[who].hidden && is_agent(c.roster[who].role)
         && !find(who);
}

const call_machine::party* call_machine::find(slot who) const {
  auto at = std::lower_bound(parties_.begin(), parties_.end(), who, [](const party& p, slot s) { return p.who < s; });
  return at != parties_.end() && at->who == who ? &*at : nullptr;
}

call_machine::party* call_machine::find(slot who) {
  return const_cast<party*>(std::as_const(*this).find(who));
}

call_machine::party& call_machine::find_or_add(slot who) {
  auto at = std::lower_bound(parties_.begin(), parties_.end(), who, [](const party& p, slot s) { return p.who < s; });
  if (at == parties_.end() || at->who != who) {
    at = parties_.insert(at, party{who});
    ++count_[static_cast<std::size_t>(ring_state::none)];
  }
  return *at;
}

void call_machine::ring(slot who, call_change& out) {
  auto& p = find_or_add(who);
  if (!move_to(p, ring_state::ringing))
    return;
  p.round = ++rounds_;
  notify(p, kind::incoming_call, revoke_reason::none, call_end_reason::none, out);
}

/// Without a `missed` reason there is no missed call.
void call_machine::stop_ringing(party& p, revoke_reason why, call_end_reason missed, call_change& out) {
  if (!move_to(p, ring_state::none))
    return;
  notify(p, kind::revoke_call, why, call_end_reason::none, out);
  if (missed != call_end_reason::none)
    notify(p, kind::missed_call, revoke_reason::none, missed, out);
}

void call_machine::stop_all_ringing(revoke_reason why, call_end_reason missed, call_change& out) {
  for (auto& p : parties_) {
    if (p.state == ring_state::ringing)
      stop_ringing(p, why, missed, out);
  }
}

void call_machine::activate(party& p, call_change& out) {
  if (move_to(p, ring_state::active) && state_ == call_state::active)
    out.activities.push_back({p.who, call_, true});
}

void call_machine::release(party& p, bool answered, call_change& out) {
  if (move_to(p, ring_state::none) && answered)
    out.activities.push_back({p.who, call_, false});
}

void call_machine::finish(revoke_reason why, call_end_reason missed, call_change& out) {
  auto answered = state_ == call_state::active;
  step(state_, call_state::idle, illegal_steps_);
  stop_all_ringing(why, missed, out);
  for (auto& p : parties_) {
    if (p.state == ring_state::active)
      release(p, answered, out);
  }
  reset();
}

void call_machine::reset() {
  call_machine fresh;
  fresh.rounds_ = rounds_;
  fresh.illegal_steps_ = illegal_steps_;
  fresh.fresh_ = true;
  *this = std::move(fresh);
}

void call_machine::notify(const party& p, kind k, revoke_reason why, call_end_reason missed, call_change& out) const {
  call_notice x;
  x.to = p.who;
  x.kind = k;
  x.content.call = call_;
  x.content.type = type_;
  x.content.state = state_;
  x.content.caller = caller_person_;
  x.content.started_at = started_at_;
  x.content.ring_deadline = ring_deadline_;
  x.content.end_reason = missed;
  x.content.revoke_reason = why;
  x.round = p.round;
  x.suppressed = auto_join_ ? reason::auto_join : reason::none;
  out.notices.push_back(std::move(x));
}

// -- answers ----------------------------------------------------------------------------------------------------------

ring_state call_machine::ring_of(slot who) const {
  const auto* p = find(who);
  return p ? p->state : ring_state::none;
}

std::optional<call_view> call_machine::view() const {
  if (state_ == call_state::idle)
    return std::nullopt;
  call_view v{call_, type_, caller_person_, started_at_, std::nullopt};
  if (rings())
    v.ring_deadline = ring_deadline_;
  return v;
}

} // namespace belfry
