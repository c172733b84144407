#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry::person_parts {

void on_order(pointer self, get_notes& q) {
  const auto& data = self->state.core->data();
  known_addresses out{data.profile, {}};
  std::copy_if(data.notes.begin(), data.notes.end(), std::back_inserter(out.notes),
               [&](const address_note& n) { return n.channel == q.channel; });
  q.done(std::move(out));
}

void on_order(pointer self, put_note& p) {
  auto& st = self->state;
  if (!st.core->data().profile)
    return p.done(error{ec::not_found, "no person with this id", {}});
  p.note.since = st.shared->wall.now();
  st.core->remember(std::move(p.note));
  save_row(self, answer_with(std::move(p.done), success{}));
}

void on_order(pointer self, erase_notes& o) {
  auto& notes = self->state.core->data().notes;
  auto gone = std::erase_if(
      notes, [&](const address_note& n) { return n.channel == o.channel && n.what != address_note::mark::proven; });
  if (gone == 0)
    return o.done(success{});
  save_row(self, answer_with(std::move(o.done), success{}));
}

} // namespace belfry::person_parts
