// The call's part of a conversation's row.
#include "belfry/actors/decision/call_machine.hpp"

#include <algorithm>
#include <limits>

namespace belfry {

static constexpr std::uint64_t call_row_version = 1;

void call_machine::encode(binary_writer& out) const {
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
  out.number(parties_.size());
  for (const auto& p : parties_) {
    out.number(p.who);
    out.number(static_cast<std::uint64_t>(p.state));
    out.number(p.round);
  }
}

namespace {

/// Reads a value of an enumeration up to `last`.
template <class Enum>
bool read(binary_reader& in, Enum last, Enum& out) {
  auto x = in.number();
  if (x > static_cast<std::uint64_t>(last))
    return false;
  out = static_cast<Enum>(x);
  return in.ok();
}

bool read(binary_reader& in, slot& out) {
  auto x = in.number();
  if (x > std::numeric_limits<slot>::max())
    return false;
  out = static_cast<slot>(x);
  return in.ok();
}

} // namespace

bool call_machine::decode(binary_reader& in) {
  call_machine x;
  if (in.number() != call_row_version)
    return false;
  x.rounds_ = in.number();
  if (!read(in, call_state::active, x.state_))
    return false;
  if (x.state_ != call_state::idle) {
    x.call_ = in.text();
    if (!read(in, call_type::video, x.type_) || !read(in, x.caller_))
      return false;
    x.caller_person_ = in.text();
    x.started_at_ = in.signed_number();
    x.auto_join_ = in.flag();
    x.ring_deadline_ = in.signed_number();
    x.active_deadline_ = in.signed_number();
    for (auto n = in.count(); n > 0; --n) {
      party p;
      if (!read(in, p.who) || !read(in, ring_state::active, p.state))
        return false;
      p.round = in.number();
      x.parties_.push_back(p);
    }
  }
  if (!in.ok() || !x.consistent())
    return false;
  *this = std::move(x);
  return true;
}

/// Slots ascend, rounds were given out, and somebody does what the state says.
bool call_machine::consistent() const {
  for (std::size_t i = 0; i < parties_.size(); ++i) {
    if (parties_[i].round > rounds_ || (i > 0 && parties_[i - 1].who >= parties_[i].who))
      return false;
  }
  auto someone = [&](ring_state s) {
    return std::any_of(parties_.begin(), parties_.end(), [&](const party& p) { return p.state == s; });
  };
  if (state_ == call_state::idle)
    return true;
  if (state_ == call_state::active)
    return someone(ring_state::active);
  return someone(ring_state::ringing) && ring_of(caller_) == ring_state::active;
}

} // namespace belfry
