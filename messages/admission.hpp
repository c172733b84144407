#pragma once

#include "belfry/messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// Why the state of a conversation refuses an event (SPEC 2).
enum class refusal : std::uint8_t {
  unknown_conversation,
  conversation_ended,
  not_in_conversation,
  call_in_progress,
  internal_from_visitor,
  /// What is stored of the conversation cannot be read; it is kept as it is.
  conversation_damaged,
};

/// "unknown_conversation", ...
std::string_view to_string(refusal x);

/// One refused event of a request.
struct refused_event {
  /// Zero-based place in the request. The pointer to the field at fault is `pointer`, relative to the event
  /// ("/conversation", "/message/sender"); a server prefixes the place when the request was a batch.
  std::size_t index = 0;
  std::string pointer;
  std::string detail;
  refusal reason = refusal::unknown_conversation;
};

/// The answer to a request of events, given when all that was accepted is on disk.
/// accepted + duplicates + refused.size() = number of events.
struct admission {
  std::size_t accepted = 0;
  std::size_t duplicates = 0;
  std::vector<refused_event> refused;
};

} // namespace belfry
