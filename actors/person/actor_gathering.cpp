#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry::person_parts {

namespace {

/// A person-wide count may be this old (SPEC 3).
constexpr engine_time count_age_max = 1000;

void arrived(const std::shared_ptr<gathering>& g, const person_actor& to) {
  if (g->open == 0)
    caf::anon_send(to, gathered{g});
}

void ask_counts(pointer self, const std::shared_ptr<gathering>& g, const conversation_id& but) {
  auto& st = self->state;
  auto me = caf::actor_cast<person_actor>(self);
  for (const auto& c : st.core->conversations()) {
    if (c == but)
      continue;
    ++g->open;
    st.shared->to_conversation_of(c, ask_unread{st.core->id(), [g, c, me](std::uint32_t n) {
                                                  std::lock_guard guard{g->lock};
                                                  g->counts[c] = n;
                                                  --g->open;
                                                  arrived(g, me);
                                                }});
  }
}

} // namespace

bool gather(pointer self, const tell& t) {
  auto& st = self->state;
  const auto& n = t.record->notification;
  auto others = st.core->conversations().size() - st.core->conversations().count(n.conversation);
  if (!n.message || others == 0 || now(self) - st.counted_at < count_age_max)
    return false;
  auto g = std::make_shared<gathering>();
  std::lock_guard guard{g->lock};
  st.counted_at = now(self);
  st.counts.clear();
  ask_counts(self, g, n.conversation);
  st.gathering = g;
  return true;
}

void complete(pointer self, notification& n) {
  auto& st = self->state;
  if (!n.message)
    return;
  st.counts.set(n.conversation, n.message->count);
  n.total_count = st.counts.total();
}

} // namespace belfry::person_parts
