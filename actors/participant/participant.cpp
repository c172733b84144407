#include "belfry/actors/participant/participant.hpp"

#include "belfry/actors/supervision.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry {

namespace {

/// What the record says for itself. An announcement ends the wait here at once; if the conversation refuses it, the
/// record comes anew.
update_result answer(inbox& box, slot self, const participant_update& news) {
  const auto now = news.now;
  update_result h{self, news.round, box.due_at(now) ? box.pending : 0, box.owed != 0, box.quiet()};
  if (h.announce != 0)
    fold_announced(box, box.pending, true);
  box.owed = 0;
  return h;
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
      [self](const participant_update& news) {
        auto& st = self->state;
        if (news.record)
          st.box = *news.record;
        if (news.facts) {
          for (const auto& f : *news.facts)
            fold(st.box, st.self, f, *st.rules);
        }
        if (news.answer)
          self->send(st.conversation, answer(st.box, st.self, news));
      },
  };
}

} // namespace belfry
