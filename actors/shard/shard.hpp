#pragma once

#include "belfry/actors/node.hpp"

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace belfry {

/// An entity as its shard sees it.
///
///   (absent) --command--> loading --row--> awake --nothing to do--> (absent)
template <class Handle, class Command>
struct entity {
  /// Null while it is being loaded.
  Handle actor;
  /// Commands that came while loading, in order; bounded by what may be in flight at the gateway and the lanes.
  std::vector<Command> held;
  /// Commands passed on since it woke.
  std::uint64_t passed = 0;
  engine_time last_used = 0;
  /// It was asked to write its row since it was last used.
  bool row_requested = false;
  /// It is loaded for what was unfinished when the process ended.
  bool waking = false;
};

/// Owns a slice of ids: makes entities on first use, puts idle ones to sleep, wakes those that are due.
struct shard_state {
  static inline const char* name = "shard";

  shard_state() = default;
  /// However a shard ends, its entities end with it: nobody else knows them.
  ~shard_state();

  node* shared = nullptr;
  std::unordered_map<conversation_id, entity<conversation_actor, conversation_command>> conversations;
  std::unordered_map<person_id, entity<person_actor, person_command>> persons;
  /// Persons that were not told everything when the process ended. Few of them are loaded at a time, so that commands
  /// which come meanwhile find a short queue.
  std::deque<person_id> unfinished;
  std::size_t waking = 0;
  /// Sleeping conversations by the time at which they must be woken.
  std::multimap<engine_time, conversation_id> due;
  engine_time armed = 0;
  /// Which of the shards it is, and its conversations that wait to announce.
  std::size_t index = 0;
  std::deque<conversation_id> waiting_turns;
  /// Which part of the entities the next sweep looks at.
  std::size_t next_slice = 0;
};

shard_actor::behavior_type shard(shard_actor::stateful_pointer<shard_state> self, node* shared, std::size_t index);

} // namespace belfry
