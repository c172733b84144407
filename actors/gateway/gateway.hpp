#pragma once

#include "belfry/actors/gateway/known_ids.hpp"
#include "belfry/actors/gateway/pace.hpp"
#include "belfry/actors/gateway/presence.hpp"
#include "belfry/actors/node.hpp"

#include <deque>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace belfry {

/// What the gateway knew before a restart.
struct gateway_memory {
  gateway_memory(const options& o)
      : events(o.limits.event_ids), subjects(o.limits.event_ids), presence(o.presence_timeout.count()) {}

  known_ids events;
  known_ids subjects;
  presence_table presence;
  std::unordered_set<person_id> bots;
};

/// One event of a request in work.
struct event_in_work {
  std::uint64_t id = 0;
  std::uint64_t subject = 0;
  /// Acknowledgements still to come: the event's own and those of what was derived from it.
  std::uint32_t parts = 1;
  /// Presence is never refused, whatever the conversations it closes say.
  bool presence = false;
  /// conversation.opened: what is taken back when the conversation refuses it.
  std::unique_ptr<opening> opened;
};

/// An event that waits for the verdict on another one of the same id, or behind such a one in its request.
struct waiting_event {
  std::uint64_t request = 0;
  std::uint32_t index = 0;
  event what;
};

struct request_in_work {
  io::reply<admission> done;
  std::chrono::steady_clock::time_point began;
  admission answer;
  std::vector<event_in_work> events;
  std::size_t open = 0;
  /// One of its events waits for a verdict; those behind it wait too, so that the order of the request is kept.
  bool waiting = false;
  std::deque<waiting_event> behind;
};

/// The door: tells duplicates from news, keeps presence, passes events on to their shards in order, and answers a
/// request when everything accepted is on disk.
struct gateway_state {
  static inline const char* name = "gateway";

  gateway_state() = default;

  node* shared = nullptr;
  std::shared_ptr<gateway_memory> memory;
  std::unordered_map<std::uint64_t, request_in_work> requests;
  std::uint64_t last_request = 0;
  std::size_t in_flight = 0;
  /// Ids whose event is on its way, with those that wait for it. Keys of the two spaces differ in the lowest bit.
  std::unordered_map<std::uint64_t, std::vector<waiting_event>> undecided;
  commit_pace pace;
  bool open = false;
  std::function<void()> drained;
  io::counter accepted, duplicates, refused, overloaded, unavailable;
  io::gauge in_flight_gauge;
  io::histogram seconds;
};

gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self, node* shared,
                                     std::shared_ptr<gateway_memory> memory);

} // namespace belfry
