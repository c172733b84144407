#pragma once

#include "belfry/actors/node.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <variant>

namespace belfry {

/// A change of one registration on its way to the disk.
struct registration_change {
  webhook_id id;
  /// Nothing: it is removed.
  std::optional<webhook> after;
  /// Tells who asked for it.
  std::function<void(bool written)> answer;
};

/// The webhook registrations: one owner for all changes, ours (an endpoint failed too long) and the operator's.
/// Everybody else reads the published list.
struct webhooks_state {
  static inline const char* name = "webhooks";

  webhooks_state() = default;

  node* shared = nullptr;
  /// In force, and on disk.
  registrations list;
  std::optional<registration_change> writing;
  std::deque<std::variant<create_webhook, replace_webhook, remove_webhook>> waiting;
  /// Pings that wait for their answer.
  std::map<webhook_id, std::size_t> pings;
  std::size_t open_pings = 0;
  std::mt19937_64 rng;
};

webhooks_actor::behavior_type webhooks(webhooks_actor::stateful_pointer<webhooks_state> self, node* shared,
                                       registrations list);

/// The channel that delivers to the registrations of this node.
std::shared_ptr<io::channel> make_webhook_channel(node& shared);

/// Publishes the list and which kinds it takes.
void publish_registrations(node& shared, registrations list);

} // namespace belfry
