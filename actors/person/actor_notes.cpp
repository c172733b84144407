#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry::person_parts {

void on_command(pointer self, get_notes& q) {
  const auto& data = self->state.core->data();
  known_addresses out{data.profile, {}};
  std::copy_if(data.notes.begin(), data.notes.end(), std::back_inserter(out.notes),
               [&](const address_note& n) { return n.channel == q.channel; });
  reply(self, q.asker, std::move(out));
}

void on_command(pointer self, put_note& p) {
  auto& st = self->state;
  if (!st.core->data().profile)
    return reply(self, p.asker, error{ec::not_found, "no person with this id", {}});
  p.note.since = st.shared->wall.now();
  st.core->remember(std::move(p.note));
  save_row(self, answer_when_written(self, p.asker, success{}));
}

void on_command(pointer self, erase_notes& o) {
  auto& notes = self->state.core->data().notes;
  auto gone = std::erase_if(
      notes, [&](const address_note& n) { return n.channel == o.channel && n.what != address_note::mark::proven; });
  if (gone == 0)
    return reply(self, o.asker, success{});
  save_row(self, answer_when_written(self, o.asker, success{}));
}

} // namespace belfry::person_parts
