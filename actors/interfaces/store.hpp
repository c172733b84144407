#pragma once

#include "belfry/actors/interfaces/declare_message.hpp"
#include "belfry/actors/interfaces/shard.hpp"
#include "belfry/io/ports.hpp"

#include <caf/actor.hpp>
#include <caf/message.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace belfry {

/// Something that may be said only when a unit is on disk.
struct envelope {
  caf::actor to;
  caf::message what;
};

/// A unit of work: what to write, and what to release when it is on disk.
struct commit {
  io::unit unit;
  std::vector<ack> acks;
  std::vector<envelope> after;
  /// Answers to the API: once, when it is on disk or could not be written at the first try (it is tried again).
  std::vector<std::function<void(bool written)>> answers;
  /// Nothing of it is in force before it is on disk: it is given up when it could not be written at the first try.
  bool once = false;
  /// Nobody waits for it, and after a crash what it says is found out again: many are written together, a moment later,
  /// and of the rows of one notification only the newest.
  bool at_leisure = false;
  /// Something of its entity is written at leisure: that goes first.
  bool behind_leisure = false;
};

/// What is answered when a change could not be written: the effect is unknown, and repeating the request is safe.
inline error not_written() {
  return {ec::store_unavailable, "the store cannot be written; try again", {}};
}

/// INTERNAL: everything that was waiting is gathered; write it.
struct store_flush {};
struct store_tick {};

using store_actor = caf::typed_actor<caf::reacts_to<commit>, caf::reacts_to<store_flush>, caf::reacts_to<store_tick>,
                                     // Writes what came before, once, then says so.
                                     caf::reacts_to<drain>>;

struct load_conversation {
  conversation_id id;
  shard_actor reply_to;
};
struct load_person {
  person_id id;
  shard_actor reply_to;
};
/// Any other question to the store, off the scheduler's threads.
struct ask_store {
  std::function<void(io::store&)> ask;
};

using reader_actor =
    caf::typed_actor<caf::reacts_to<load_conversation>, caf::reacts_to<load_person>, caf::reacts_to<ask_store>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(commit)
BELFRY_LOCAL_MESSAGE(store_flush)
BELFRY_LOCAL_MESSAGE(store_tick)
BELFRY_LOCAL_MESSAGE(load_conversation)
BELFRY_LOCAL_MESSAGE(load_person)
BELFRY_LOCAL_MESSAGE(ask_store)
