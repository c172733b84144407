#pragma once

#include "belfry/actors/gateway/core.hpp"
#include "belfry/actors/node.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>

namespace belfry {

/// A request whose events are in work.
struct waiting_request {
  /// Empty: answered already, because the store cannot be written or it took too long.
  io::reply<admission> done;
  std::chrono::steady_clock::time_point began;
  /// Whoever still waits then is told that nobody knows whether it took effect.
  engine_time deadline = 0;
};

/// The door: tells duplicates from news, keeps presence, passes events on to their shards in order, and answers a
/// request when everything accepted is on disk. What it decides is in `gateway_core`.
struct gateway_state {
  static inline const char* name = "gateway";

  gateway_state() = default;

  node* shared = nullptr;
  std::optional<gateway_core> core;
  /// By their number, so that those that came first are first.
  std::map<std::uint64_t, waiting_request> requests;
  bool open = false;
  std::function<void()> drained;
  io::counter accepted, duplicates, refused, overloaded, unavailable;
  io::gauge in_flight_gauge;
  io::histogram seconds;
};

gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self, node* shared,
                                     std::shared_ptr<gateway_memory> memory);

} // namespace belfry
