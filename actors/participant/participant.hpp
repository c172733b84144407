#pragma once

#include "belfry/actors/interfaces.hpp"
#include "belfry/actors/participant/inbox.hpp"

namespace belfry {

/// One person in one conversation, while something is unread, a wait runs or a read_message is owed. It holds its own
/// count and wait, receives facts with `participant_update`, and answers whether its wait is over (DESIGN 2.1). It has
/// no timer of its own: the conversation asks it when its wait may have ended.
struct participant_state {
  static inline const char* name = "participant";

  participant_state() = default;

  conversation_actor conversation;
  slot self = 0;
  inbox box;
  const wait_rules* rules = nullptr;
};

struct context;

/// `rules` outlives the actor.
participant_actor::behavior_type participant(participant_actor::stateful_pointer<participant_state> self,
                                             context* shared, conversation_actor conversation, slot who, inbox box,
                                             const wait_rules* rules);

} // namespace belfry
