#include "belfry/actors/outcome/outcome.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry {

outcome_actor::behavior_type outcomes(outcome_actor::stateful_pointer<outcome_state> self, std::atomic<bool>* watched) {
  self->state.watched = watched;
  return {
      [self](const reports& r) {
        for (const auto& report : r.list) {
          for (auto& [id, subscriber] : self->state.subscribers)
            subscriber(report);
        }
      },
      [self](subscribe& s) {
        self->state.subscribers[s.id] = std::move(s.on_report);
        *self->state.watched = true;
      },
      [self](const unsubscribe& u) {
        self->state.subscribers.erase(u.id);
        *self->state.watched = !self->state.subscribers.empty();
      },
  };
}

} // namespace belfry
