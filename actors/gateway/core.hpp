#pragma once

#include "belfry/actors/gateway/known_ids.hpp"
#include "belfry/actors/gateway/pace.hpp"
#include "belfry/actors/gateway/presence.hpp"
#include "belfry/config/options.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/messages/error.hpp"
#include "belfry/messages/routing.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

/// Which events of a request are taken, in which order, and when the request is answered (SPEC 2 and 12): pure.
///
///                  known before: a duplicate
///                 /
///   publish -> event -- another of its id is on its way: waits, and those behind it in the request with it
///                 \                                          ^            |
///                  routed, or a row of presence              |            v
///                            |                        the verdict on the other: looked at again
///                            v                               |
///                     acknowledged or refused ---------------+---> all of the request: answered
namespace belfry {

/// What the gateway knew before a restart.
struct gateway_memory {
  explicit gateway_memory(const options& o)
      : events(o.limits.event_ids), subjects(o.limits.event_ids), presence(o.presence_timeout.count()) {}

  known_ids events;
  known_ids subjects;
  presence_table presence;
  std::unordered_set<person_id> bots;
};

/// The moment in which something happens.
struct gateway_time {
  engine_time engine = 0;
  /// Of a clock that nobody sets, for the pace of the disk.
  commit_pace::duration steady{0};
};

/// Changes to be written before `gateway_effects::routed` goes out; what they acknowledge.
struct gateway_unit {
  io::unit unit;
  std::vector<ack> acks;
};

struct ended_request {
  std::uint64_t request = 0;
  admission answer;
};

/// What the gateway does next, each list in its order.
struct gateway_effects {
  std::vector<gateway_unit> units;
  std::vector<routed_event> routed;
  /// Who came (true) and who went.
  std::vector<std::pair<person_id, bool>> online;
  std::vector<ended_request> ended;
};

class gateway_core {
public:
  gateway_core(std::shared_ptr<gateway_memory> memory, const limit_options& limits)
      : memory_(std::move(memory)), limits_(&limits) {}

  /// Takes a request that is not empty; its number, which `ended` names when all that was accepted is on disk.
  /// ec::overloaded: more events are in flight than the disk is expected to write in `limits.admissionWait`.
  result<std::uint64_t> publish(std::vector<event> events, gateway_time now, gateway_effects& fx);
  void acknowledged(ack a, gateway_time now, gateway_effects& fx);
  /// What was said of presence longer ago than its time-out, and ids from before `horizon`, are forgotten.
  void expire(engine_time now, engine_time horizon, gateway_effects& fx);
  /// A profile was stored or erased: whoever is a bot takes part without a role.
  void bot_changed(const person_id& p, bool bot);
  /// DELETE of a person: nobody of that id is online.
  void erase_presence(const person_id& p, gateway_effects& fx);

  std::vector<person_id> everybody_online() const { return memory_->presence.everybody_online(); }
  /// Events without an answer.
  std::size_t in_flight() const { return in_flight_; }

private:
  /// One event of a request.
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
    admission answer;
    std::vector<event_in_work> events;
    std::size_t open = 0;
    /// One of its events waits for a verdict; those behind it wait too, so that the order of the request is kept.
    bool waiting = false;
    std::deque<waiting_event> behind;
  };

  void admit(waiting_event e, gateway_time now, gateway_effects& fx);
  void admit_next(std::uint64_t request, gateway_time now, gateway_effects& fx);
  void admit_presence(const waiting_event& e, event_in_work& work, engine_time now, gateway_effects& fx);
  void admit_conversation_event(waiting_event e, event_in_work& work, engine_time now, gateway_effects& fx);
  void strip_bots(event& e) const;
  void decide(std::uint64_t id, unsigned space, bool accepted, gateway_time now, gateway_effects& fx);
  void close_event(std::uint64_t request, gateway_time now, gateway_effects& fx);

  std::shared_ptr<gateway_memory> memory_;
  const limit_options* limits_;
  std::unordered_map<std::uint64_t, request_in_work> requests_;
  std::uint64_t last_request_ = 0;
  std::size_t in_flight_ = 0;
  /// Ids whose event is on its way, with those that wait for it. Keys of the two spaces differ in the lowest bit.
  std::unordered_map<std::uint64_t, std::vector<waiting_event>> undecided_;
  commit_pace pace_;
};

} // namespace belfry
