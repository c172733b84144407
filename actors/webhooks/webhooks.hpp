#pragma once

#include "belfry/actors/node.hpp"

#include <random>

namespace belfry {

/// The webhook registrations: one owner for all changes, ours (an endpoint failed too long) and the operator's.
/// Everybody else reads the published list.
struct webhooks_state {
  static inline const char* name = "webhooks";

  webhooks_state() = default;

  node* shared = nullptr;
  registrations list;
  std::mt19937_64 dice;
};

webhooks_actor::behavior_type webhooks(webhooks_actor::stateful_pointer<webhooks_state> self, node* shared,
                                       registrations list);

/// Publishes the list and which kinds it takes.
void publish_registrations(node& shared, registrations list);

} // namespace belfry
