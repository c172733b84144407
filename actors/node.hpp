#pragma once

#include "belfry/actors/context.hpp"
#include "belfry/actors/interfaces.hpp"
#include "belfry/messages/placement.hpp"

#include <caf/send.hpp>

#include <array>
#include <string_view>
#include <vector>

namespace belfry {

/// One running node: what is shared, and the handles by which its actors reach each other. Filled once by the engine
/// before any actor handles a message.
struct node : context {
  using context::context;

  gateway_actor gateway;
  std::vector<shard_actor> shards;
  store_actor writer;
  reader_actor reader;
  /// Answers queries of the trace, which nothing else waits behind.
  reader_actor traces;
  /// By `channel_kind`.
  std::array<channel_actor, channel_count> channel_actors;
  webhooks_actor registrations;
  outcome_actor outcomes;

  /// Entities are addressed by id through the shard that owns it.
  std::size_t shard_index(std::string_view id) const { return place_of(id) % shards.size(); }
  const shard_actor& shard_of(std::string_view id) const { return shards[shard_index(id)]; }

  void to_conversation_of(const conversation_id& id, conversation_order what) const {
    caf::anon_send(shard_of(id), to_conversation{id, std::move(what)});
  }
  void to_person_of(const person_id& id, person_order what) const {
    caf::anon_send(shard_of(id), to_person{id, std::move(what)});
  }
  const channel_actor& channel(channel_kind kind) const { return channel_actors[static_cast<std::size_t>(kind)]; }
};

/// Shards per node, which share the places evenly. More than cores, so that few entities share one.
constexpr std::size_t shard_count = 16;

} // namespace belfry
