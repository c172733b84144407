#pragma once

#include "belfry/actors/interfaces/callbacks.hpp"
#include "belfry/actors/interfaces/declare_message.hpp"
#include "belfry/messages/facts.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace belfry {

/// One event on its way to its conversation.
struct routed_event {
  event what;
  /// 0: nobody waits for the answer (derived events).
  std::uint64_t request = 0;
  std::uint32_t index = 0;
  /// Fingerprints that become known in the same transaction (`io::known_id`); 0: none.
  std::uint64_t id = 0;
  std::uint64_t subject = 0;
};

/// ec::not_found: there is no such conversation.
struct ask_view {
  ticket<conversation_view> asker;
};
/// Asked by a person in this round of its questions; the person is answered with `counted`.
struct ask_unread {
  person_id person;
  std::uint64_t round = 0;
  /// The store does not know the count: it is written with the next row.
  bool write = false;
};
struct ask_explain {
  std::optional<person_id> person;
  message_id message;
  ticket<std::vector<trace_item>> asker;
};
/// The person is told (`person_left`) when it is on disk.
struct order_erase {
  person_id person;
};
/// The person turned out to be a bot: it goes on without a role (SPEC 1).
struct order_bot {
  person_id person;
};
/// Nothing but waking it: something is due.
struct order_wake {};

/// INTERNAL: it may announce now (`want_turn`).
struct order_turn {};

using conversation_order =
    std::variant<routed_event, ask_view, ask_unread, ask_explain, order_erase, order_bot, order_wake, order_turn>;

/// A participant's answer to `hear`.
struct heard {
  slot who = 0;
  /// Of the question.
  std::uint32_t round = 0;
  /// The message that its wait announces; 0: none.
  position announce = 0;
  bool owed = false;
  /// It has nothing to live for.
  bool quiet = false;
};

/// The unit that carried this row or these notifications is on disk.
struct committed {
  std::size_t units = 1;
  bool at_leisure = false;
};
struct conversation_alarm {};
/// Nothing was asked for a while: write what is not written yet, and go to sleep if `sleep`.
struct rest {
  bool sleep = false;
};

using conversation_actor =
    caf::typed_actor<caf::reacts_to<conversation_order>, caf::reacts_to<heard>, caf::reacts_to<committed>,
                     // INTERNAL: the earliest wait or call deadline.
                     caf::reacts_to<conversation_alarm>, caf::reacts_to<rest>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(conversation_order)
BELFRY_LOCAL_MESSAGE(heard)
BELFRY_LOCAL_MESSAGE(committed)
BELFRY_LOCAL_MESSAGE(conversation_alarm)
BELFRY_LOCAL_MESSAGE(rest)
