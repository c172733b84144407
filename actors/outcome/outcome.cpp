#include "belfry/actors/outcome/outcome.hpp"

#include "belfry/actors/supervision.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry {

outcome_actor::behavior_type outcomes(outcome_actor::stateful_pointer<outcome_state> self, context* shared) {
  supervise(self, shared, "outcomes");
  self->state.shared = shared;
  return {
      [self](const reports& r) {
        for (const auto& report : r.list) {
          for (auto& [id, subscriber] : self->state.subscribers)
            subscriber(report);
        }
      },
      [self](subscribe& s) {
        self->state.subscribers[s.id] = std::move(s.on_report);
        self->state.shared->watched = true;
      },
      [self](const unsubscribe& u) {
        self->state.subscribers.erase(u.id);
        self->state.shared->watched = !self->state.subscribers.empty();
      },
  };
}

} // namespace belfry
