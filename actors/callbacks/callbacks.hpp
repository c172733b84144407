#pragma once

#include "belfry/actors/node.hpp"

#include <functional>
#include <map>

namespace belfry {

/// The border between values and functions: what somebody asked is answered to a number (`ticket`), and the function
/// that waits for it is here. Whoever gets no answer in time is told so.
struct callbacks_state {
  static inline const char* name = "callbacks";

  callbacks_state() = default;

  struct question {
    std::function<void(api_answer)> done;
    engine_time deadline = 0;
  };

  node* shared = nullptr;
  /// Numbers grow, so the first one waits longest.
  std::map<std::uint64_t, question> questions;
  std::map<std::uint64_t, std::function<void(const page_message&)>> pages;
};

callbacks_actor::behavior_type callbacks(callbacks_actor::stateful_pointer<callbacks_state> self, node* shared);

} // namespace belfry
