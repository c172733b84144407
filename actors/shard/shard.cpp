#include "belfry/actors/shard/shard.hpp"

#include "belfry/actors/conversation/conversation.hpp"
#include "belfry/actors/person/person.hpp"
#include "belfry/actors/supervision.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <iterator>
#include <utility>

namespace belfry {

namespace {

using pointer = shard_actor::stateful_pointer<shard_state>;

constexpr auto sweep_every = std::chrono::milliseconds{100};
/// Every entity is looked at once in so many ticks: rows are written in a trickle, not in a burst that acknowledgements
/// would have to wait behind (paced ingest: p99 297 -> 32 ms).
constexpr std::size_t sweep_slices = 20;
/// Rows are written (and texts leave the journal) after this long without news.
constexpr engine_time write_row_after = 4000;

shard_actor me(pointer self) {
  return caf::actor_cast<shard_actor>(self);
}

/// Passes a command on, or holds it until the entity is loaded. It does not count as use: the entity may fall asleep.
template <class Entity, class Command>
void pass_quietly(pointer self, Entity& e, Command command) {
  if (!e.actor) {
    e.held.push_back(std::move(command));
    return;
  }
  ++e.passed;
  self->send(e.actor, std::move(command));
}

template <class Entity, class Command>
void pass(pointer self, Entity& e, Command command) {
  e.last_used = now(self);
  e.row_requested = false;
  pass_quietly(self, e, std::move(command));
}

void to(pointer self, const conversation_id& id, conversation_command command) {
  auto& st = self->state;
  auto [i, fresh] = st.conversations.try_emplace(id);
  if (fresh)
    self->send(st.shared->reader, load_conversation{id, me(self)});
  pass(self, i->second, std::move(command));
}

void to(pointer self, const person_id& id, person_command command) {
  auto& st = self->state;
  auto [i, fresh] = st.persons.try_emplace(id);
  if (fresh)
    self->send(st.shared->reader, load_person{id, me(self)});
  pass(self, i->second, std::move(command));
}

template <class Entity>
void release_held(pointer self, Entity& e) {
  auto held = std::exchange(e.held, {});
  for (auto& command : held)
    pass(self, e, std::move(command));
}

/// A person need not be woken to be told of its roster; its list of conversations is on disk.
bool only_for_awake(const person_update& m) {
  return std::holds_alternative<roster_change>(m);
}

void on_outbox(pointer self, outbox& p) {
  auto& st = self->state;
  for (auto& m : p.updates) {
    if (only_for_awake(m.update) && !st.persons.contains(m.to))
      continue;
    update_person command;
    command.updates.push_back(std::move(m.update));
    to(self, m.to, person_command{std::move(command)});
  }
  for (auto& c : p.counts) {
    if (auto i = st.persons.find(c.person); i != st.persons.end())
      pass_quietly(self, i->second, person_command{counted{std::move(c.conversation), c.unread, 0}});
  }
}

void on_count_awake(pointer self, count_awake& q) {
  auto& st = self->state;
  asked_awake answer{q.round, 0};
  for (const auto& c : q.conversations) {
    auto i = st.conversations.find(c);
    if (i == st.conversations.end())
      continue;
    ++answer.answers;
    pass_quietly(self, i->second, conversation_command{ask_unread{q.person, q.round, false}});
  }
  st.shared->to_person_of(q.person, person_command{answer});
}

void on_loaded(pointer self, loaded_conversation& l) {
  auto& st = self->state;
  auto i = st.conversations.find(l.id);
  if (i == st.conversations.end())
    return;
  if (l.failed) {
    // The disk may answer later; commands wait.
    self->delayed_send(st.shared->reader, std::chrono::milliseconds{200}, load_conversation{l.id, me(self)});
    return;
  }
  i->second.actor = self->spawn(conversation, st.shared, l.id, std::move(l.row));
  release_held(self, i->second);
}

/// Loads persons who had something unfinished when the process ended: `limits.recoveryBatch` at a time on the whole
/// node, so that commands that come meanwhile find a short queue.
void wake_persons(pointer self) {
  auto& st = self->state;
  const auto at_once = (st.shared->opts.limits.recovery_batch + shard_count - 1) / shard_count;
  while (st.waking < at_once && !st.unfinished.empty()) {
    const auto id = std::move(st.unfinished.front());
    st.unfinished.pop_front();
    to(self, id, person_command{resume{}});
    auto& e = st.persons.at(id);
    if (!e.actor && !std::exchange(e.waking, true))
      ++st.waking;
  }
}

void on_loaded(pointer self, loaded_person& l) {
  auto& st = self->state;
  auto i = st.persons.find(l.id);
  if (i == st.persons.end())
    return;
  if (l.failed) {
    self->delayed_send(st.shared->reader, std::chrono::milliseconds{200}, load_person{l.id, me(self)});
    return;
  }
  i->second.actor = self->spawn(person_entity, st.shared, l.id, std::move(l.row));
  release_held(self, i->second);
  if (std::exchange(i->second.waking, false)) {
    --st.waking;
    wake_persons(self);
  }
}

/// Stops an entity, unless a command is on its way to it. It is loaded from disk when it is needed again.
template <class Map>
void on_passivate(pointer self, Map& map, const std::string& id, std::uint64_t handled) {
  auto i = map.find(id);
  if (i == map.end() || !i->second.actor || i->second.passed != handled)
    return;
  self->send_exit(i->second.actor, caf::exit_reason::user_shutdown);
  map.erase(i);
}

void arm_alarm(pointer self) {
  auto& st = self->state;
  if (st.due.empty())
    return;
  auto first = st.due.begin()->first;
  if (st.armed != 0 && st.armed <= first)
    return;
  st.armed = first;
  auto wait = std::max<engine_time>(first - now(self), 0);
  self->delayed_send(self, std::chrono::milliseconds{wait}, shard_alarm{});
}

/// Wakes what is due, a slice at a time.
void on_alarm(pointer self) {
  auto& st = self->state;
  st.armed = 0;
  auto t = now(self);
  for (std::uint64_t n = 0; n < st.shared->opts.limits.recovery_batch && !st.due.empty(); ++n) {
    auto first = st.due.begin();
    if (first->first > t)
      break;
    to(self, first->second, conversation_command{wake{}});
    st.due.erase(first);
  }
  arm_alarm(self);
}

void give_turns(pointer self) {
  auto& st = self->state;
  auto& gate = st.shared->turns[st.index];
  while (!st.waiting_turns.empty() && gate.serve()) {
    auto i = st.conversations.find(st.waiting_turns.front());
    st.waiting_turns.pop_front();
    if (i == st.conversations.end())
      gate.give_back();
    else
      pass_quietly(self, i->second, conversation_command{take_turn{}});
  }
}

template <class Map, class F>
void each_in_slice(Map& map, std::size_t slice, F&& f) {
  const auto n = map.bucket_count();
  for (auto b = n * slice / sweep_slices; b < n * (slice + 1) / sweep_slices; ++b) {
    for (auto i = map.begin(b); i != map.end(b); ++i)
      f(i->second);
  }
}

/// Looks at one slice of the entities. A conversation is asked to write its row after `write_row_after` without a
/// command, and to sleep after `limits.idleConversation`, or after `write_row_after` while more of them are awake than
/// `limits.awakeConversations` allows for a shard; a person is asked to sleep after `limits.idlePerson`.
void sweep(pointer self) {
  auto& st = self->state;
  auto t = now(self);
  const auto& limits = st.shared->opts.limits;
  auto crowded = st.conversations.size() > limits.awake_conversations / shard_count;
  auto idle_after = crowded ? write_row_after : limits.idle_conversation.count();
  auto slice = st.next_slice;
  st.next_slice = (slice + 1) % sweep_slices;
  each_in_slice(st.conversations, slice, [&](auto& e) {
    auto quiet = t - e.last_used;
    if (!e.actor || (quiet < idle_after && (e.row_requested || quiet < write_row_after)))
      return;
    e.row_requested = true;
    self->send(e.actor, idle{quiet >= idle_after});
  });
  each_in_slice(st.persons, slice, [&](auto& e) {
    if (e.actor && t - e.last_used >= limits.idle_person.count())
      self->send(e.actor, idle{true});
  });
  self->delayed_send(self, sweep_every, shard_sweep{});
}

} // namespace

shard_state::~shard_state() {
  for (auto& [id, e] : conversations) {
    if (e.actor)
      caf::anon_send_exit(e.actor, caf::exit_reason::user_shutdown);
  }
  for (auto& [id, e] : persons) {
    if (e.actor)
      caf::anon_send_exit(e.actor, caf::exit_reason::user_shutdown);
  }
}

shard_actor::behavior_type shard(pointer self, node* shared, std::size_t index) {
  supervise(self, shared, "shard");
  self->state.shared = shared;
  self->state.index = index;
  self->delayed_send(self, sweep_every, shard_sweep{});
  return {
      [self](route& r) {
        for (auto& e : r.events) {
          auto id = e.what.conversation;
          to(self, id, conversation_command{std::move(e)});
        }
      },
      [self](to_conversation& x) { to(self, x.id, std::move(x.command)); },
      [self](to_person& x) { to(self, x.id, std::move(x.command)); },
      [self](outbox& p) { on_outbox(self, p); },
      [self](count_awake& q) { on_count_awake(self, q); },
      [self](loaded_conversation& l) { on_loaded(self, l); },
      [self](loaded_person& l) { on_loaded(self, l); },
      [self](const passivate_conversation& s) { on_passivate(self, self->state.conversations, s.id, s.handled); },
      [self](const passivate_person& s) { on_passivate(self, self->state.persons, s.id, s.handled); },
      [self](arm& a) {
        auto& st = self->state;
        for (auto& d : a.due)
          st.due.emplace(d.due, std::move(d.id));
        std::move(a.persons.begin(), a.persons.end(), std::back_inserter(st.unfinished));
        wake_persons(self);
        arm_alarm(self);
      },
      [self](want_turn& w) {
        self->state.waiting_turns.push_back(std::move(w.id));
        self->state.shared->turns[self->state.index].wait();
        give_turns(self);
      },
      [self](turn_done) { give_turns(self); },
      [self](shard_alarm) { on_alarm(self); },
      [self](shard_sweep) { sweep(self); },
      [self](shard_stop) { self->quit(); },
  };
}

} // namespace belfry
