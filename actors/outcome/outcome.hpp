#pragma once

#include "belfry/actors/context.hpp"
#include "belfry/actors/interfaces.hpp"

#include <map>

namespace belfry {

/// Passes reports (changes of notifications, call time-outs, pauses, dead addresses) to whoever subscribed.
struct outcome_state {
  static inline const char* name = "outcome";

  outcome_state() = default;

  std::map<std::uint64_t, std::function<void(const report&)>> subscribers;
  context* shared = nullptr;
};

/// `shared->watched` tells others whether reports are worth making.
outcome_actor::behavior_type outcomes(outcome_actor::stateful_pointer<outcome_state> self, context* shared);

} // namespace belfry
