#pragma once

#include "belfry/actors/interfaces/declare_message.hpp"
#include "belfry/io/service.hpp"
#include "belfry/messages/admission.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/routing.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace belfry {

/// The events of one request, in order. `done` is called once: with the admission when everything that was accepted is
/// on disk, or with an error.
struct publish {
  std::vector<event> events;
  io::reply<admission> done;
};

/// Verdicts on routed events: from the store when they are on disk or will never be taken, from a conversation when its
/// state refuses one.
struct acks {
  std::vector<ack> list;
};

/// A profile was stored or erased: bots have no role wherever they take part.
struct bot_changed {
  person_id person;
  bool bot = false;
};

/// DELETE of a person: nobody of that id is online.
struct erase_presence {
  person_id person;
};
/// The store can (not) be written.
struct store_state {
  bool writable = true;
  std::string detail;
};
struct gateway_tick {};
/// No new events; `done` when nothing is in flight any more.
struct drain {
  std::function<void()> done;
};

using gateway_actor = caf::typed_actor<caf::reacts_to<publish>,
                                       // From the store actor, after a commit; from conversations for refused events.
                                       caf::reacts_to<acks>, caf::reacts_to<bot_changed>,
                                       caf::reacts_to<erase_presence>, caf::reacts_to<store_state>,
                                       // INTERNAL: presence time-outs, forgetting of ids.
                                       caf::reacts_to<gateway_tick>, caf::reacts_to<drain>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(publish)
BELFRY_SHARED_MESSAGE(acks)
BELFRY_SHARED_MESSAGE(bot_changed)
BELFRY_SHARED_MESSAGE(erase_presence)
BELFRY_LOCAL_MESSAGE(store_state)
BELFRY_LOCAL_MESSAGE(gateway_tick)
BELFRY_LOCAL_MESSAGE(drain)
