#pragma once

#include "belfry/messages/notification.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

/// Which steps the two state machines of a call may take (SPEC 4, the table).
namespace belfry {

/// A call starts ringing for visible callees or, without any, for hidden agents at once.
constexpr bool is_legal(call_state from, call_state to) {
  switch (from) {
  case call_state::idle:
    return to == call_state::calling || to == call_state::forwarding;
  case call_state::calling:
    return to == call_state::forwarding || to == call_state::active || to == call_state::idle;
  case call_state::forwarding:
    return to == call_state::active || to == call_state::idle;
  case call_state::active:
    return to == call_state::idle;
  }
  return false;
}

/// Only the caller goes from NONE to ACTIVE; nobody goes back to RINGING without having been at NONE.
constexpr bool is_legal(ring_state from, ring_state to) {
  switch (from) {
  case ring_state::none:
    return to == ring_state::ringing || to == ring_state::active;
  case ring_state::ringing:
    return to == ring_state::active || to == ring_state::none;
  case ring_state::active:
    return to == ring_state::none;
  }
  return false;
}

/// Takes a legal step and returns true. An illegal one is a mistake of ours: it aborts the process where assertions
/// are on; in a release it changes nothing, is counted, and false is returned.
template <class State>
bool step(State& at, State to, std::uint64_t& illegal_steps) {
  if (is_legal(at, to)) {
    at = to;
    return true;
  }
  ++illegal_steps;
#ifndef NDEBUG
  std::fprintf(stderr, "illegal transition %s -> %s\n", std::string{to_string(at)}.c_str(),
               std::string{to_string(to)}.c_str());
  std::abort();
#else
  return false;
#endif
}

} // namespace belfry
