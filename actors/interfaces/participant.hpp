#pragma once

#include "belfry/actors/interfaces/conversation.hpp"
#include "belfry/actors/interfaces/declare_message.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <memory>

namespace belfry {

struct inbox;

/// Facts that a participant has not heard. The participant answers with `update_result` if `answer`.
struct participant_update {
  /// Instead of unheard facts: the record as it was, when too much was missed.
  std::shared_ptr<const inbox> record;
  fact_list facts;
  engine_time now = 0;
  bool answer = false;
  std::uint32_t round = 0;
};

using participant_actor = caf::typed_actor<caf::reacts_to<participant_update>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(participant_update)
