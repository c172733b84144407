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
  /// Answers to the API. Each is called exactly once: with true when the unit is on disk, with false when the first
  /// attempt to write it failed or the store refused it. After a failed attempt the unit is tried again, unless `once`.
  std::vector<std::function<void(bool written)>> answers;
  /// The change takes effect only when it is on disk; if the first attempt to write it fails, it is dropped.
  bool once = false;
  /// A deferred write: nobody waits for it, and after a crash its content would be found out again. It is written a
  /// moment later, together with others, and of several rows of one notification only the newest is written.
  bool deferred = false;
  /// Its entity has deferred units that are not written yet: they are written before this one.
  bool after_deferred = false;
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
