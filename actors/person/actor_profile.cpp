#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry::person_parts {

namespace {

/// When no conversation knows the person any more, the rest is erased.
void erase_if_left(pointer self) {
  auto& st = self->state;
  if (!st.erased->open.empty())
    return;
  commit c;
  c.unit.changes.emplace_back(io::person_removed{st.core->id()});
  c.after_deferred = true;
  c.after.push_back({caf::actor_cast<caf::actor>(st.shared->shard_of(st.core->id())),
                     caf::make_message(to_person{st.core->id(), erasure_done{}})});
  self->send(st.shared->writer, std::move(c));
}

} // namespace

error unknown_person() {
  return {ec::not_found, "no person with this id", {}};
}

void on_command(pointer self, put_profile& p) {
  auto& st = self->state;
  auto& data = st.core->data();
  auto created = !data.profile.has_value();
  auto was_agent = data.profile && data.profile->type == person_type::agent;
  data.profile = std::move(p.profile);
  if (was_agent && data.profile->type != person_type::agent)
    data.pause = pause_machine{st.shared->opts.pause_initial_mode};
  auto bot = data.profile->type == person_type::bot;
  st.shared->profiles.set(st.core->id(), data.profile);
  // Whoever stores a bot and then starts a conversation with it finds it known as one.
  self->send(st.shared->gateway, bot_changed{st.core->id(), bot});
  if (bot) {
    for (const auto& c : st.core->conversations())
      st.shared->to_conversation_of(c, become_bot{st.core->id()});
  }
  person stored{st.core->id(), *data.profile};
  save_row(self, answer_when_written(self, p.asker, io::stored<person>{std::move(stored), created}));
}

void on_command(pointer self, get_profile& q) {
  const auto& core = *self->state.core;
  if (!core.data().profile)
    return reply(self, q.asker, unknown_person());
  reply(self, q.asker, person{core.id(), *core.data().profile});
}

void on_command(pointer self, erase_person& o) {
  auto& st = self->state;
  self->send(st.shared->reader, ask_store{[shared = st.shared, id = st.core->id(), asker = o.asker](io::store& s) {
               auto row = s.load_person(id);
               if (!row)
                 return shared->answer(asker, row.error());
               std::vector<conversation_id> left;
               for (auto& c : row->conversations)
                 left.push_back(std::move(c.id));
               shared->to_person_of(id, erase_from{std::move(left), asker});
             }});
}

void on_command(pointer self, erase_from& o) {
  auto& st = self->state;
  auto id = st.core->id();
  auto conversations = std::exchange(st.core->conversations(), {});
  conversations.insert(o.conversations.begin(), o.conversations.end());
  person_effects fx;
  st.core->erase(fx);
  carry_out(self, std::move(fx));
  st.pending.clear();
  forget_counts(self);
  st.erased = erasure{o.asker, {}};
  st.shared->profiles.set(id, std::nullopt);
  self->send(st.shared->gateway, bot_changed{id, false});
  self->send(st.shared->gateway, erase_presence{id});
  for (const auto& c : conversations)
    st.shared->to_conversation_of(c, erase_participant{id});
  st.erased->open = std::move(conversations);
  erase_if_left(self);
}

void on_command(pointer self, person_left& l) {
  auto& e = self->state.erased;
  if (e && e->open.erase(l.conversation) > 0)
    erase_if_left(self);
}

void on_command(pointer self, erasure_done&) {
  auto& st = self->state;
  // Whoever read the disk before that does not know of it.
  st.shared->profiles.set(st.core->id(), std::nullopt);
  const auto asker = std::exchange(st.erased, std::nullopt)->asker;
  reply(self, asker, success{});
  while (!st.held.empty() && !st.erased) {
    auto command = std::move(st.held.front());
    st.held.pop_front();
    std::visit([self](auto& x) { on_command(self, x); }, command);
  }
}

} // namespace belfry::person_parts
