#pragma once

#include "belfry/messages/admission.hpp"
#include "belfry/messages/events.hpp"

#include <cstdint>
#include <optional>

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

/// What became of one routed event: on disk, or refused.
struct ack {
  std::uint64_t request = 0;
  std::uint32_t index = 0;
  std::optional<refused_event> refused;
};

} // namespace belfry
