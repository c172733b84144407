// The call's part of a conversation's row, and what changed of it for the journal.
#include "belfry/actors/decision/call_machine.hpp"

#include <algorithm>
#include <limits>

namespace belfry {

static constexpr std::uint64_t call_row_version = 1;

static slot read_slot(binary_reader& in) {
  return in.enumeration(std::numeric_limits<slot>::max());
}

/// Everything but the parties.
void call_machine::encode_call(binary_writer& out) const {
  out.number(call_row_version);
  out.number(rounds_);
  out.number(static_cast<std::uint64_t>(state_));
  if (state_ == call_state::idle)
    return;
  out.text(call_);
  out.number(static_cast<std::uint64_t>(type_));
  out.number(caller_);
  out.text(caller_person_);
  out.signed_number(started_at_);
  out.flag(auto_join_);
  out.signed_number(ring_deadline_);
  out.signed_number(active_deadline_);
}

bool call_machine::decode_call(binary_reader& in) {
  if (in.number() != call_row_version)
    return false;
  rounds_ = in.number();
  state_ = in.enumeration(call_state::active);
  if (state_ == call_state::idle)
    return in.ok();
  call_ = in.text();
  type_ = in.enumeration(call_type::video);
  caller_ = read_slot(in);
  caller_person_ = in.text();
  started_at_ = in.signed_number();
  auto_join_ = in.flag();
  ring_deadline_ = in.signed_number();
  active_deadline_ = in.signed_number();
  return in.ok();
}

void call_machine::encode(binary_writer& out) const {
  encode_call(out);
  if (state_ == call_state::idle)
    return;
  out.number(parties_.size());
  for (const auto& p : parties_) {
    out.number(p.who);
    out.number(static_cast<std::uint64_t>(p.state));
    out.number(p.round);
  }
}

bool call_machine::decode(binary_reader& in) {
  call_machine x;
  if (!x.decode_call(in))
    return false;
  for (auto n = x.state_ == call_state::idle ? 0 : in.count(); n > 0; --n) {
    auto who = read_slot(in);
    auto state = in.enumeration(ring_state::active);
    x.parties_.push_back({who, state, in.number()});
    ++x.count_[static_cast<std::size_t>(state)];
  }
  if (!in.ok() || !x.consistent())
    return false;
  *this = std::move(x);
  return true;
}

void call_machine::encode_changes(binary_writer& out) {
  encode_call(out);
  out.flag(fresh_);
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  out.number(changed_.size());
  for (auto who : changed_) {
    const auto* p = find(who);
    out.number(who);
    out.flag(p != nullptr);
    if (!p)
      continue;
    out.number(static_cast<std::uint64_t>(p->state));
    out.number(p->round);
  }
  changed_ = {};
  fresh_ = false;
}

bool call_machine::apply_changes(binary_reader& in) {
  call_machine x;
  if (!x.decode_call(in))
    return false;
  auto fresh = in.flag();
  std::vector<party> here;
  std::vector<slot> gone;
  for (auto n = in.count(); n > 0; --n) {
    auto who = read_slot(in);
    if (!in.flag()) {
      gone.push_back(who);
      continue;
    }
    auto state = in.enumeration(ring_state::active);
    here.push_back({who, state, in.number()});
  }
  if (!in.ok())
    return false;
  if (!fresh) {
    x.parties_ = std::move(parties_);
    x.count_ = count_;
  }
  x.illegal_steps_ = illegal_steps_;
  *this = std::move(x);
  for (const auto& p : here)
    put(p);
  for (auto who : gone)
    forget(who);
  return plausible();
}

/// Slots ascend, rounds were given out, and the state is plausible.
bool call_machine::consistent() const {
  for (std::size_t i = 0; i < parties_.size(); ++i) {
    if (parties_[i].round > rounds_ || (i > 0 && parties_[i - 1].who >= parties_[i].who))
      return false;
  }
  return plausible();
}

/// Somebody does what the state says.
bool call_machine::plausible() const {
  if (state_ == call_state::idle)
    return parties_.empty();
  if (state_ == call_state::active)
    return count(ring_state::active) > 0;
  return rings() && ring_of(caller_) == ring_state::active;
}

} // namespace belfry
