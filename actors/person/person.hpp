#pragma once

#include "belfry/actors/node.hpp"
#include "belfry/actors/person/core.hpp"
#include "belfry/actors/person/unread_counts.hpp"

#include <deque>
#include <memory>
#include <optional>

namespace belfry {

/// One person: addresses, pause, person-wide count. Turns what it is told into deliveries and clears every attempt.
/// What it decides is in `core`; the actor carries it out.
struct person_state {
  static inline const char* name = "person";

  person_state() = default;
  ~person_state();

  node* shared = nullptr;
  std::optional<person_core> core;
  person_surroundings around;

  /// Mail in the order it came; the first may wait for what is being gathered.
  std::deque<person_mail> mail;
  /// What is being gathered for it; null: nothing.
  std::shared_ptr<belfry::gathering> gathering;
  /// Unread counts of the conversations, and when they were asked for (good for 1 s, SPEC 3).
  unread_counts counts;
  engine_time counted_at = 0;

  std::uint64_t handled = 0;
  std::size_t uncommitted = 0;
  bool falling_asleep = false;
  /// It is being erased: nothing is written, nothing is told.
  bool erased = false;
  /// What is stored of the person after that, in order.
  std::deque<person_order> held;
  engine_time armed = 0;
};

person_actor::behavior_type person_entity(person_actor::stateful_pointer<person_state> self, node* shared,
                                          const person_id& id, const std::shared_ptr<io::stored_person>& row);

} // namespace belfry
