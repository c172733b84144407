#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry::person_parts {

error unknown_person() {
  return {ec::not_found, "no person of this id", {}};
}

void on_order(pointer self, put_profile& p) {
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
      st.shared->to_conversation_of(c, order_bot{st.core->id()});
  }
  person stored{st.core->id(), *data.profile};
  save_row(self, answer_with(std::move(p.done), io::stored<person>{std::move(stored), created}));
}

void on_order(pointer self, get_profile& q) {
  const auto& core = *self->state.core;
  if (!core.data().profile)
    return q.done(unknown_person());
  q.done(person{core.id(), *core.data().profile});
}

void on_order(pointer self, erase_person& o) {
  auto& st = self->state;
  self->send(st.shared->reader, ask_store{[shared = st.shared, id = st.core->id(), done = o.done](io::store& s) {
               auto row = s.load_person(id);
               if (!row)
                 return done(row.error());
               std::vector<conversation_id> left;
               for (auto& c : row->conversations)
                 left.push_back(std::move(c.id));
               shared->to_person_of(id, erase_from{std::move(left), done});
             }});
}

void on_order(pointer self, erase_from& o) {
  auto& st = self->state;
  auto id = st.core->id();
  auto conversations = std::exchange(st.core->conversations(), {});
  conversations.insert(o.conversations.begin(), o.conversations.end());
  person_effects fx;
  st.core->erase(fx);
  carry_out(self, std::move(fx));
  st.mail.clear();
  forget_counts(self);
  st.erased = true;
  st.shared->profiles.set(id, std::nullopt);
  self->send(st.shared->gateway, bot_changed{id, false});
  self->send(st.shared->gateway, erase_presence{id});
  auto finish = [shared = st.shared, id, done = std::move(o.done)] {
    commit c;
    c.unit.changes.emplace_back(io::person_removed{id});
    c.behind_leisure = true;
    c.then.push_back([shared, id, done] {
      // Whoever read the disk before this commit does not know of it.
      shared->profiles.set(id, std::nullopt);
      shared->to_person_of(id, erasure_done{});
      done(success{});
    });
    caf::anon_send(shared->writer, std::move(c));
  };
  auto left = std::make_shared<std::atomic<std::size_t>>(conversations.size() + 1);
  auto arrive = [left, finish] {
    if (--*left == 0)
      finish();
  };
  for (const auto& c : conversations)
    st.shared->to_conversation_of(c, order_erase{id, arrive});
  arrive();
}

void on_order(pointer self, erasure_done&) {
  auto& st = self->state;
  st.erased = false;
  while (!st.held.empty() && !st.erased) {
    auto order = std::move(st.held.front());
    st.held.pop_front();
    std::visit([self](auto& x) { on_order(self, x); }, order);
  }
}

} // namespace belfry::person_parts
