#pragma once

#include "belfry/actors/interfaces/conversation.hpp"
#include "belfry/actors/interfaces/declare_message.hpp"
#include "belfry/actors/interfaces/person.hpp"
#include "belfry/io/ports.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace belfry {

struct to_conversation {
  conversation_id id;
  conversation_command command;
};
/// Events of one request for conversations of one shard, in order.
struct route {
  std::vector<routed_event> events;
};
struct to_person {
  person_id id;
  person_command command;
};
/// What conversations tell persons of one shard: updates in order, then new unread counts. An update wakes its person,
/// except for a `roster_change`; a count reaches only those who are awake.
struct outbox {
  std::vector<addressed_update> updates;
  std::vector<unread_count> counts = {};
};
/// Asks those of these conversations that are awake for the person's unread count. Each answers the person with
/// `counted`; the shard tells the person with `asked_awake` how many answers to expect.
struct count_awake {
  person_id person;
  std::uint64_t round = 0;
  std::vector<conversation_id> conversations;
};
/// From the reader. `failed`: the store could not be read, and the shard asks again after 200 ms. `row` is null when
/// nothing is stored.
struct loaded_conversation {
  conversation_id id;
  bool failed = false;
  std::shared_ptr<io::stored_conversation> row;
};
struct loaded_person {
  person_id id;
  bool failed = false;
  std::shared_ptr<io::stored_person> row;
};
/// An entity asks to be stopped. `handled` is the number of commands that it has handled since it was spawned: if the
/// shard has passed more on, one is still on its way, and the request is ignored.
struct passivate_conversation {
  conversation_id id;
  std::uint64_t handled = 0;
};
struct passivate_person {
  person_id id;
  std::uint64_t handled = 0;
};
/// After a start: persons to load, a few at a time, and conversations to wake when they are due (engine time).
struct arm {
  std::vector<io::due_conversation> due;
  std::vector<person_id> persons = {};
};
/// A conversation has waits that ended and asks to announce. Only a bounded number per shard announces at a time
/// (`turn_gate`), so that many waits that end together do not delay calls. The shard answers with `take_turn`.
struct want_turn {
  conversation_id id;
};
/// A turn is free again while somebody waits for one.
struct turn_done {};
struct shard_alarm {};
struct shard_sweep {};
struct shard_stop {};

using shard_actor =
    caf::typed_actor<caf::reacts_to<route>, caf::reacts_to<to_conversation>, caf::reacts_to<to_person>,
                     caf::reacts_to<outbox>, caf::reacts_to<count_awake>, caf::reacts_to<loaded_conversation>,
                     caf::reacts_to<loaded_person>, caf::reacts_to<passivate_conversation>,
                     caf::reacts_to<passivate_person>, caf::reacts_to<arm>, caf::reacts_to<want_turn>,
                     caf::reacts_to<turn_done>,
                     // INTERNAL
                     caf::reacts_to<shard_alarm>, caf::reacts_to<shard_sweep>, caf::reacts_to<shard_stop>>;

} // namespace belfry

BELFRY_SHARED_MESSAGE(route)
BELFRY_SHARED_MESSAGE(to_conversation)
BELFRY_SHARED_MESSAGE(to_person)
BELFRY_SHARED_MESSAGE(outbox)
BELFRY_SHARED_MESSAGE(count_awake)
BELFRY_LOCAL_MESSAGE(loaded_conversation)
BELFRY_LOCAL_MESSAGE(loaded_person)
BELFRY_LOCAL_MESSAGE(passivate_conversation)
BELFRY_LOCAL_MESSAGE(passivate_person)
BELFRY_LOCAL_MESSAGE(arm)
BELFRY_LOCAL_MESSAGE(want_turn)
BELFRY_LOCAL_MESSAGE(turn_done)
BELFRY_LOCAL_MESSAGE(shard_alarm)
BELFRY_LOCAL_MESSAGE(shard_sweep)
BELFRY_LOCAL_MESSAGE(shard_stop)
