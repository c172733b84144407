#pragma once

#include "belfry/actors/gateway/gateway.hpp"
#include "belfry/actors/node.hpp"

#include <memory>
#include <vector>

namespace belfry {

/// What a store holds for a node that starts.
struct recovered {
  std::shared_ptr<gateway_memory> gateway;
  registrations webhooks;
  std::vector<io::due_conversation> due;
  std::vector<std::string> parked_lanes;
};

/// Reads it. Conversations with journal entries are folded to learn when they are due; others only say so.
result<recovered> recover(const context& shared);

/// Arms every wait and delivery of it: the node's actors are running.
result<success> rearm(node& n, recovered& r);

} // namespace belfry
