#pragma once

#include "belfry/actors/interfaces/conversation.hpp"
#include "belfry/actors/interfaces/declare_message.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <memory>

namespace belfry {

struct inbox;

/// The facts that a participant has not seen yet. If `answer` is set, it replies with one `update_result`.
struct participant_update {
  /// Set instead of `facts` when the conversation no longer keeps all of them, or when an announcement of the
  /// participant may have been refused: its record as the conversation has it.
  std::shared_ptr<const inbox> record;
  fact_list facts;
  engine_time now = 0;
  bool answer = false;
  std::uint32_t round = 0;
};

using participant_actor = caf::typed_actor<caf::reacts_to<participant_update>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(participant_update)
