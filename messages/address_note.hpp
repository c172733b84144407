#pragma once

#include "belfry/messages/delivery.hpp"

#include <string>

namespace belfry {

/// What is known of one address of a person beyond the address itself: an answer said so, or its owner asked for it.
/// Kept with the person; it says nothing of another value that the target gets later.
struct address_note {
  /// Stored as a number: new values go to the end.
  enum class mark : std::uint8_t {
    /// The provider took something that was sent there.
    proven,
    /// Nothing is sent there before `until` (mail: SPEC 9).
    suppressed,
    /// Its owner wants nothing of `about` there.
    declined,
  };

  channel_kind channel = channel_kind::webhook;
  /// As `delivery::target`.
  std::string target;
  mark what = mark::proven;
  /// What the target stood for when this became known, or a key derived from it (`derive_token_key`).
  std::string value = {};
  /// Of `declined`.
  kind about = kind::new_message;
  /// A known code, fit for the API; never the body of an answer.
  std::string code = {};
  /// Wall time. `until` 0: for good.
  millis since = 0;
  millis until = 0;

  bool operator==(const address_note&) const = default;
};

} // namespace belfry
