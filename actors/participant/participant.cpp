#include "belfry/actors/participant/participant.hpp"

#include "belfry/actors/supervision.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry {

namespace {

/// What the participant announces and owes by its own record. Announcing ends its wait at once, although the
/// conversation may still refuse; therefore the conversation sends it a fresh record with the next update (`stale`).
update_result answer(inbox& box, slot self, const participant_update& update) {
  const auto now = update.now;
  update_result out{self, update.round, box.due_at(now) ? box.pending : 0, box.owed != 0};
  if (out.announce != 0)
    fold_announced(box, box.pending, true);
  box.owed = 0;
  return out;
}

} // namespace

participant_actor::behavior_type participant(participant_actor::stateful_pointer<participant_state> self,
                                             context* shared, conversation_actor conversation, slot who, inbox box,
                                             const wait_rules* rules) {
  supervise(self, shared, "participant");
  auto& st = self->state;
  st.conversation = std::move(conversation);
  st.self = who;
  st.box = box;
  st.rules = rules;
  return {
      [self](const participant_update& update) {
        auto& st = self->state;
        if (update.record)
          st.box = *update.record;
        if (update.facts) {
          for (const auto& f : *update.facts)
            fold(st.box, st.self, f, *st.rules);
        }
        if (update.answer)
          self->send(st.conversation, answer(st.box, st.self, update));
      },
  };
}

} // namespace belfry
