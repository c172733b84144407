#include "belfry/actors/person/person.hpp"

#include "belfry/actors/person/actor_parts.hpp"
#include "belfry/actors/supervision.hpp"
#include "belfry/io/channel.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry {

using namespace person_parts;

namespace {

void fall_asleep(pointer self) {
  auto& st = self->state;
  self->send(st.shared->shard_of(st.core->id()), passivate_person{st.core->id(), st.handled});
}

void on_idle(pointer self, bool sleep) {
  auto& st = self->state;
  if (!sleep)
    return;
  if (!st.pending.empty() || st.round || st.erased || st.core->busy() || st.armed != 0 || !st.pages.empty()
      || handing_over(self))
    return;
  if (st.uncommitted == 0)
    fall_asleep(self);
  else
    st.falling_asleep = true;
}

io::addressee as_addressee(const node& n, const person_id& id, const person_data& data) {
  return {id, data.profile ? &*data.profile : nullptr, data.devices, data.notes, n.wall.now(), data.subscriptions};
}

/// Every address of a person, channel by channel.
std::vector<address> addresses(const node& n, const person_id& id, const person_data& data, kind k) {
  std::vector<address> out;
  auto who = as_addressee(n, id, data);
  for (const auto& c : n.channels) {
    for (auto& e : c->endpoints(who, k))
      out.push_back({c->kind(), std::move(e.target), std::move(e.lane)});
  }
  return out;
}

const io::channel& channel_of(const node& n, channel_kind kind) {
  return *n.channels[static_cast<std::size_t>(kind)];
}

/// It makes the person anew, or erases it again: one order for all of them, in memory and on disk.
bool stores(const person_command& command) {
  return std::holds_alternative<put_profile>(command) || std::holds_alternative<put_device>(command)
         || std::holds_alternative<put_subscription>(command) || std::holds_alternative<erase_person>(command)
         || std::holds_alternative<erase_from>(command);
}

void start(pointer self, node* shared, const person_id& id, const std::shared_ptr<io::stored_person>& row) {
  auto& st = self->state;
  st.shared = shared;
  st.lookups.addresses = [shared, id](const person_data& d, kind k) { return addresses(*shared, id, d, k); };
  st.lookups.delay = [shared](channel_kind c) { return channel_of(*shared, c).policy().delay; };
  st.lookups.usable = [shared, id](const address& a, const person_data& d, kind k) {
    return channel_of(*shared, a.channel).usable(a.target, as_addressee(*shared, id, d), k);
  };
  st.core.emplace(id, shared->opts, st.lookups);
  if (row) {
    if (!st.core->load(*row, shared->first_seq, shared->last_life_ended))
      shared->metrics.alarm("STORE", "damaged_person", id);
    for (const auto& c : row->conversations) {
      if (c.unread)
        st.counts.set(c.id, *c.unread);
      else
        st.uncounted.insert(c.id);
    }
  }
  shared->counters.awake_persons.fetch_add(1, std::memory_order_relaxed);
  if (row && !row->lost_tokens.empty())
    save_devices(self);
  auto& pause = st.core->data().pause;
  after_pause(self, pause.view(now(self)));
  for (auto& update : st.core->take_unapplied())
    enqueue_or_apply(self, std::move(update));
  process_pending(self);
}

} // namespace

person_state::~person_state() {
  if (shared)
    shared->counters.awake_persons.fetch_sub(1, std::memory_order_relaxed);
}

person_actor::behavior_type person_entity(pointer self, node* shared, const person_id& id,
                                          const std::shared_ptr<io::stored_person>& row) {
  supervise(self, shared, "person");
  start(self, shared, id, row);
  return {
      [self](person_command& command) {
        ++self->state.handled;
        self->state.falling_asleep = false;
        if (self->state.erased && stores(command))
          self->state.held.push_back(std::move(command));
        else
          std::visit([self](auto& x) { on_command(self, x); }, command);
      },
      [self](const committed& c) {
        auto& st = self->state;
        st.uncommitted -= c.units;
        st.deferred -= c.deferred ? c.units : 0;
        if (st.uncommitted == 0 && std::exchange(st.falling_asleep, false))
          fall_asleep(self);
      },
      [self](person_alarm) { on_alarm(self); },
      [self](const idle& r) { on_idle(self, r.sleep); },
  };
}

} // namespace belfry
