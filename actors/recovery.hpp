#pragma once

#include "belfry/actors/gateway/gateway.hpp"
#include "belfry/actors/node.hpp"

#include <caf/fwd.hpp>

#include <memory>
#include <vector>

namespace belfry {

/// What a store holds for a node that starts.
struct recovered {
  std::shared_ptr<gateway_memory> gateway;
  registrations webhooks;
  std::vector<io::due_conversation> due;
  std::vector<std::string> parked_lanes;
  engine_time last_life_ended = 0;
};

/// Reads it. Conversations with journal entries are folded to learn when they are due; others only say so.
result<recovered> recover(const context& shared);

/// Where the actors that wait for the disk run: on threads of their own, or (tests on a fake clock) with all others.
enum class disk_threads : std::uint8_t { own, shared };

/// Spawns all actors of a node and publishes what was recovered. `channels`: at most one of each kind.
void spawn_actors(caf::actor_system& system, node& n, const recovered& r,
                  const std::vector<std::shared_ptr<io::channel>>& channels, disk_threads threads);

/// Arms every wait and delivery of it: the node's actors are running.
result<success> rearm(node& n, recovered& r);

} // namespace belfry
