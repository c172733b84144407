#pragma once

#include "belfry/actors/node.hpp"
#include "belfry/actors/person/core.hpp"
#include "belfry/actors/person/unread_counts.hpp"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace belfry {

/// Questions to conversations whose answers are to come.
struct count_round {
  std::uint64_t number = 0;
  /// It goes on without the answers that have not come by then.
  engine_time ends = 0;
  /// Shards that have not said yet how many will answer.
  std::size_t shards = 0;
  /// Answers that are outstanding; below 0 while some came before their shard's word.
  std::int64_t open = 0;
  std::map<conversation_id, std::uint32_t> answers;
  /// What was reported meanwhile: newer than an answer, or followed by a newer report.
  std::map<conversation_id, std::uint32_t> reports;
  std::vector<ticket<count_view>> questions;
};

/// Something that may hold what others hold (device tokens, endpoints) was stored: it is answered when they dropped it.
struct handover {
  std::uint64_t asker = 0;
  api_answer what;
  engine_time since = 0;
  /// Others who have not dropped it yet.
  std::size_t open = 0;
  /// The store could say who they are.
  bool complete = true;
};

/// The person leaves its conversations, then the disk.
struct erasure {
  ticket<success> asker;
  /// Those that have not said yet that the person is off.
  std::set<conversation_id> open;
};

/// One person: addresses, pause, person-wide count. Turns what it is told into deliveries and clears every attempt.
/// What it decides is in `core`; the actor carries it out.
struct person_state {
  static inline const char* name = "person";

  person_state() = default;
  ~person_state();

  node* shared = nullptr;
  std::optional<person_core> core;
  person_lookups lookups;

  /// Updates in the order they came; the first may wait for counts.
  std::list<person_update> pending;
  /// Unread counts of the conversations, at most 1 s old (SPEC 3), but for those that must be asked first.
  unread_counts counts;
  std::set<conversation_id> uncounted;
  std::optional<count_round> round;
  std::uint64_t rounds = 0;
  /// Of the API; the next round answers them.
  std::vector<ticket<count_view>> questions;
  /// By the number of the claim.
  std::map<std::uint64_t, handover> handovers;

  /// Open pages of the person: they are told what concerns pages, and keep it awake.
  std::set<std::uint64_t> pages;

  std::uint64_t handled = 0;
  /// Units on their way to the disk, and how many of them are deferred.
  std::size_t uncommitted = 0;
  std::size_t deferred = 0;
  bool falling_asleep = false;
  /// It is being erased: nothing is written, nothing is told.
  std::optional<erasure> erased;
  /// What is stored of the person after that, in order.
  std::list<person_command> held;
  engine_time armed = 0;
};

person_actor::behavior_type person_entity(person_actor::stateful_pointer<person_state> self, node* shared,
                                          const person_id& id, const std::shared_ptr<io::stored_person>& row);

} // namespace belfry
