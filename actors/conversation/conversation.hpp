#pragma once

#include "belfry/actors/conversation/core.hpp"
#include "belfry/actors/node.hpp"

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace belfry {

/// One conversation: roster, the tail of messages that counts need, the call. Everything it decides is in `core`;
/// the actor carries it out: units to the store, facts to participants, and one alarm at the earliest moment at
/// which something must happen by itself.
struct conversation_actor_state {
  static inline const char* name = "conversation";

  conversation_actor_state() = default;
  ~conversation_actor_state();

  /// Set before the first message is handled, as `core` is.
  node* shared = nullptr;
  std::optional<conversation_core> core;

  /// Participants that live, by slot; null where nobody does.
  std::vector<participant_actor> participants;
  slot_set live;
  /// Up to where each live participant has received the facts.
  std::vector<position> sent_up_to;
  /// Whose announcement may have been decided otherwise: they get their record anew.
  slot_set stale;
  /// Whether it may announce what waits ended for (`want_turn`): it asks for that, may, has asked whom it may announce
  /// to, has announced and waits for the disk.
  enum class turn { none, wanted, held, used, ending };
  turn announcing = turn::none;
  /// Answers of participants that are still to come.
  std::size_t answers_outstanding = 0;
  /// By then they have answered; else they are made anew, and asked by another number.
  engine_time answers_due = 0;
  std::uint32_t round = 0;
  /// Everything that was applied and is not with the store yet, in the order in which it was applied: what is gathered
  /// while answers are to come goes out before, or with, whatever happens meanwhile. Null: nothing.
  std::unique_ptr<effects> unwritten;
  /// Facts beyond `unsent_facts_after`, made once for all who have not received anything since then.
  fact_list unsent_facts;
  position unsent_facts_after = 0;

  /// Whose unread count changed since the person was last told of it; when persons were last told (0: never).
  slot_set unreported;
  engine_time reported_at = 0;

  /// The next alarm that counts; 0: none.
  engine_time armed = 0;
  /// Orders handled, and units that are not on disk yet.
  std::uint64_t handled = 0;
  std::size_t uncommitted = 0;
  /// Bytes of journal since the row was written, and of that row.
  std::size_t journal_bytes = 0;
  std::size_t row_bytes = 0;
  /// The row says nothing of what is unread.
  bool uncounted = false;
  /// What the disk has of a large state: a digest of each part.
  std::map<std::int64_t, std::size_t> parts_on_disk;
  /// Asked to sleep as soon as everything is on disk.
  bool falling_asleep = false;
};

/// `row` is null for a conversation that is not on disk. A row that cannot be read is kept: its events are refused.
conversation_actor::behavior_type conversation(conversation_actor::stateful_pointer<conversation_actor_state> self,
                                               node* shared, const conversation_id& id,
                                               const std::shared_ptr<io::stored_conversation>& row);

} // namespace belfry
