#pragma once

#include "belfry/actors/interfaces/callbacks.hpp"
#include "belfry/actors/interfaces/declare_message.hpp"
#include "belfry/messages/facts.hpp"
#include "belfry/messages/routing.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace belfry {

/// Asks for the view of GET /v1/conversations/{id}. The answer is ec::not_found if the conversation was never started,
/// or if it ended longer ago than `retention.ended`.
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
/// Explain (SPEC 12): why `person`, or without one everybody on the roster, was not told of `message`. Those who were
/// told of it are left out: what they got is stored.
struct ask_explain {
  std::optional<person_id> person;
  message_id message;
  ticket<std::vector<trace_item>> asker;
};
/// The person is told (`person_left`) when it is on disk.
struct erase_participant {
  person_id person;
};
/// The person turned out to be a bot: it goes on without a role (SPEC 1).
struct become_bot {
  person_id person;
};
/// Nothing but waking it: something is due.
struct wake {};

/// INTERNAL: it may announce now (`want_turn`).
struct take_turn {};

using conversation_command =
    std::variant<routed_event, ask_view, ask_unread, ask_explain, erase_participant, become_bot, wake, take_turn>;

/// A participant's answer to `participant_update`.
struct update_result {
  slot who = 0;
  /// `participant_update::round` of the update that it answers; an answer of an earlier round is ignored.
  std::uint32_t round = 0;
  /// The message that its wait announces; 0: none.
  position announce = 0;
  /// A read_message is owed.
  bool owed = false;
};

/// From the store, which is through with `units` units of this entity: they are on disk, or it refused them for good.
/// `deferred` repeats `commit::deferred`.
struct committed {
  std::size_t units = 1;
  bool deferred = false;
};
struct conversation_alarm {};
/// From the shard: no command came for a while. The entity writes its row if the row is out of date; if `sleep` is set
/// and nothing keeps it awake, it asks to be stopped (`passivate_conversation`, `passivate_person`).
struct idle {
  bool sleep = false;
};

using conversation_actor =
    caf::typed_actor<caf::reacts_to<conversation_command>, caf::reacts_to<update_result>, caf::reacts_to<committed>,
                     // INTERNAL: the earliest wait or call deadline.
                     caf::reacts_to<conversation_alarm>, caf::reacts_to<idle>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(conversation_command)
BELFRY_LOCAL_MESSAGE(update_result)
BELFRY_LOCAL_MESSAGE(committed)
BELFRY_LOCAL_MESSAGE(conversation_alarm)
BELFRY_LOCAL_MESSAGE(idle)
