#include "belfry/actors/recovery.hpp"

#include "belfry/actors/callbacks/callbacks.hpp"
#include "belfry/actors/channel/absent_channel.hpp"
#include "belfry/actors/channel/channel.hpp"
#include "belfry/actors/clock_anchor.hpp"
#include "belfry/actors/conversation/core.hpp"
#include "belfry/actors/outcome/outcome.hpp"
#include "belfry/actors/shard/shard.hpp"
#include "belfry/actors/store/store.hpp"
#include "belfry/actors/webhooks/webhooks.hpp"
#include "belfry/io/telemetry/log.hpp"
#include "belfry/io/webhook/registration.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <unordered_set>

namespace belfry {

namespace {

/// Unfinished notifications read at once.
constexpr std::size_t page = 1000;

result<success> recover_gateway(const context& shared, recovered& r) {
  auto& store = shared.store;
  auto& g = *r.gateway;
  // Both spaces share the rows, and each keeps as many as the limit says.
  auto ids = store.each_known_id(2 * shared.opts.limits.event_ids, [&](const io::known_id& k, millis at) {
    (k.space == 0 ? g.events : g.subjects).insert(k.fingerprint, at);
  });
  if (!ids)
    return ids.error();
  auto presence = store.presence();
  if (!presence)
    return presence.error();
  for (const auto& row : *presence)
    g.presence.load(row);
  auto bots = store.bots();
  if (!bots)
    return bots.error();
  g.bots.insert(bots->begin(), bots->end());
  return success{};
}

result<success> recover_webhooks(const context& shared, recovered& r) {
  auto rows = shared.store.webhooks();
  if (!rows)
    return rows.error();
  for (const auto& row : *rows) {
    auto w = io::webhooks::decode(row.blob);
    if (!w)
      return error{ec::store_unavailable, "the row of webhook registration " + row.id + " is damaged", {}};
    r.webhooks.push_back(std::move(*w));
  }
  return success{};
}

result<success> recover_due(const context& shared, recovered& r) {
  auto due = shared.store.due_conversations();
  if (!due)
    return due.error();
  r.due = std::move(*due);
  return shared.store.each_journaled([&](io::stored_conversation&& c) {
    conversation_core core{shared.opts, shared.lookups};
    if (!core.load(c.key, c.id, c.blob, c.entries, c.parts))
      return;
    auto wake = core.wake_time();
    if (!core.state().sessions.empty())
      wake = 1;
    if (wake)
      r.due.push_back({std::move(c.id), *wake});
  });
}

/// A stop is remembered once: after a crash it says nothing.
engine_time end_of_last_life(const context& shared) {
  const auto now = shared.engine_clock.start();
  auto stopped = shared.store.setting(stopped_at_name);
  if (!stopped || !*stopped || (*stopped)->empty())
    return now;
  io::unit forgotten{{io::setting{std::string{stopped_at_name}, ""}}};
  if (!shared.store.commit({&forgotten}, now))
    return now;
  engine_time at = 0;
  const auto& text = **stopped;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), at);
  return failed == std::errc{} && end == text.data() + text.size() ? at : now;
}

} // namespace

result<recovered> recover(const context& shared) {
  recovered r;
  r.gateway = std::make_shared<gateway_memory>(shared.opts);
  for (auto part : {recover_gateway, recover_webhooks, recover_due}) {
    if (auto ok = part(shared, r); !ok)
      return ok.error();
  }
  auto lanes = shared.store.parked_lanes();
  if (!lanes)
    return lanes.error();
  r.parked_lanes = std::move(*lanes);
  r.last_life_ended = end_of_last_life(shared);
  return r;
}

void spawn_actors(caf::actor_system& system, node& n, const recovered& r,
                  const std::vector<std::shared_ptr<io::channel>>& channels, disk_threads threads) {
  for (std::size_t i = 0; i < n.channels.size(); ++i)
    n.channels[i] = std::make_shared<absent_channel>(static_cast<channel_kind>(i));
  for (const auto& c : channels)
    n.channels[static_cast<std::size_t>(c->kind())] = c;
  n.first_seq = n.store.new_notification_seq();
  n.last_life_ended = r.last_life_ended;
  publish_registrations(n, r.webhooks);
  if (threads == disk_threads::own) {
    n.writer = system.spawn<caf::detached>(store_writer, &n);
    n.reader = system.spawn<caf::detached>(store_reader, &n);
    n.traces = system.spawn<caf::detached>(store_reader, &n);
  } else {
    n.writer = system.spawn(store_writer, &n);
    n.reader = system.spawn(store_reader, &n);
    n.traces = system.spawn(store_reader, &n);
  }
  n.callbacks = system.spawn(callbacks, &n);
  n.outcomes = system.spawn(outcomes, &n);
  n.registrations = system.spawn(webhooks, &n, r.webhooks);
  for (std::size_t i = 0; i < shard_count; ++i)
    n.shards.push_back(system.spawn(shard, &n, i));
  for (std::size_t i = 0; i < n.channels.size(); ++i)
    n.channel_actors[i] = system.spawn(channel, &n, n.channels[i]);
  n.gateway = system.spawn(gateway, &n, r.gateway);
}

result<success> rearm(node& n, recovered& r) {
  std::vector<arm> by_shard(n.shards.size());
  std::unordered_set<person_id> woken;
  auto wake_person = [&](const person_id& id) {
    if (woken.insert(id).second)
      by_shard[n.shard_index(id)].persons.push_back(id);
  };
  for (std::uint64_t after = 0;;) {
    auto list = n.store.unfinished(after, page);
    if (!list)
      return list.error();
    for (const auto& u : *list) {
      after = u.seq;
      wake_person(u.person);
    }
    if (list->size() < page)
      break;
  }
  auto timed = n.store.timed_persons();
  if (!timed)
    return timed.error();
  for (const auto& id : *timed)
    wake_person(id);
  for (auto& d : r.due)
    by_shard[n.shard_index(d.id)].due.push_back(std::move(d));
  for (std::size_t i = 0; i < by_shard.size(); ++i) {
    if (!by_shard[i].due.empty() || !by_shard[i].persons.empty())
      caf::anon_send(n.shards[i], std::move(by_shard[i]));
  }
  for (const auto& c : n.channels) {
    parked_lanes mine;
    auto prefix = std::string{to_string(c->kind())} + "/";
    std::copy_if(r.parked_lanes.begin(), r.parked_lanes.end(), std::back_inserter(mine.lanes),
                 [&](const std::string& lane) { return lane.starts_with(prefix); });
    if (!mine.lanes.empty())
      caf::anon_send(n.channel(c->kind()), std::move(mine));
  }
  n.armed = true;
  return success{};
}

} // namespace belfry
