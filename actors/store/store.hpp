#pragma once

#include "belfry/actors/clock_anchor.hpp"
#include "belfry/actors/node.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace belfry {

/// The only writer: whatever is waiting goes into the next transaction (group commit), then acknowledgements and
/// sends are released. Runs on a thread of its own. When a commit fails its units are kept and tried again, first of
/// all, so that nothing in memory runs ahead of the disk for ever; meanwhile the gateway answers 503.
struct store_actor_state {
  static inline const char* name = "store";

  store_actor_state() = default;

  node* shared = nullptr;
  std::vector<commit> waiting;
  /// The last that was handed to the store.
  std::optional<clock_anchor> anchor;
  /// A flush is on its way in the mailbox, behind everything that is waiting.
  bool flushing = false;
  /// What is deferred, in order; by notification, which of it has the newest row.
  struct deferred_unit {
    commit what;
    engine_time since = 0;
    /// It says that a notification is over.
    bool over = false;
    /// Whose it is (the actor's id).
    std::uint64_t entity = 0;
  };
  std::vector<deferred_unit> deferred;
  std::unordered_map<std::uint64_t, std::size_t> newest_rows;
  /// Engine times: when it last went, and when it goes next (0: there is none).
  engine_time deferred_released_at = 0;
  engine_time deferred_due = 0;
  bool failed = false;
  /// Something was erased or written since the log was last cut back.
  bool busy = false;
  /// When something was last written, and when the log was last cut back.
  std::chrono::steady_clock::time_point written{};
  std::chrono::steady_clock::time_point cut{};
  io::counter commits, errors;
  io::histogram seconds, units;
  io::gauge writable;
};

/// Spawn detached.
store_actor::behavior_type store_writer(store_actor::stateful_pointer<store_actor_state> self, node* shared);

struct reader_state {
  static inline const char* name = "reader";

  reader_state() = default;

  node* shared = nullptr;
};

/// Answers questions to the store, so that no scheduler thread waits for the disk. Spawn detached.
reader_actor::behavior_type store_reader(reader_actor::stateful_pointer<reader_state> self, node* shared);

} // namespace belfry
