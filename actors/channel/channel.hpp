#pragma once

#include "belfry/actors/channel/lane.hpp"
#include "belfry/actors/channel/overflow.hpp"
#include "belfry/actors/lazy_counter.hpp"
#include "belfry/actors/node.hpp"

#include <array>
#include <memory>
#include <random>
#include <unordered_map>

namespace belfry {

/// A lane with what the actor keeps beside it.
struct managed_lane {
  explicit managed_lane(const lane_options& o, in_flight_budget* budget) : core(o, budget) {}

  lane core;
  /// The address is switched off: everything ends with this reason.
  reason closed = reason::none;
  overflow disk;
  engine_time armed = 0;
  /// As last counted in `channel_state::waiting`.
  std::size_t depth = 0;
};

/// One attempt under way.
struct running_attempt {
  std::string lane;
  queued item;
  /// The question to the person, and when it was asked.
  std::uint64_t ticket = 0;
  engine_time asked = 0;
  /// 0: the person has not answered yet.
  millis began = 0;
  /// When its notification was born, on the wall clock.
  millis born = 0;
};

/// Delivers through one channel: lanes decide what starts when, persons clear each attempt, the channel makes it and
/// says what the answer means. The same actor serves every channel.
struct channel_state {
  static inline const char* name = "channel";

  channel_state() = default;

  node* shared = nullptr;
  std::shared_ptr<io::channel> via;
  std::unique_ptr<in_flight_budget> budget;
  std::unordered_map<std::string, std::unique_ptr<managed_lane>> lanes;
  std::unordered_map<notification_id, running_attempt> attempts;
  std::uint64_t tickets = 0;
  std::mt19937_64 rng;
  std::function<void()> drained;
  bool draining = false;
  io::gauge depth, in_flight;
  /// Deliveries that wait in all lanes.
  std::size_t waiting = 0;
  io::histogram attempt_seconds, delivery_seconds;
  lazy_counter parked;
  /// By final state, and by the provider's verdict.
  std::array<lazy_counter, static_cast<std::size_t>(delivery_state::given_up) + 1> ended;
  std::array<lazy_counter, static_cast<std::size_t>(outcome::verdict::given_up) + 1> attempted;
};

channel_actor::behavior_type channel(channel_actor::stateful_pointer<channel_state> self, node* shared,
                                     std::shared_ptr<io::channel> via);

} // namespace belfry
