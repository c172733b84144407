#pragma once

#include "belfry/messages/delivery.hpp"

#include <optional>

namespace belfry {

/// The longest wait that a provider may impose (Retry-After, SPEC 8): 24 h, in milliseconds.
constexpr std::int64_t retry_after_max = 24LL * 60 * 60 * 1000;

/// How one attempt ended, as a provider's codec reads it. It answers: final? retry when? forget the address?
struct outcome {
  enum class verdict : std::uint8_t {
    /// The provider took it.
    accepted,
    /// Try again, not before `retry_after`.
    again,
    /// The address is dead: forget it (webhooks: the registration is switched off).
    gone,
    /// Never to be accepted; the address stays.
    refused,
    /// It failed, and the channel's own rules stop trying before its life is over.
    given_up,
  };

  verdict what = verdict::accepted;
  belfry::reason why = reason::sent;
  /// The provider's status; 0: none.
  int status = 0;
  /// Code for the trace: never a body.
  std::string answer;
  /// Lower bound of the wait before the next attempt, in milliseconds from now.
  std::optional<std::int64_t> retry_after;
  /// True: the whole endpoint asked for less (429, 502, 504): hold its lane, not only this delivery.
  bool throttle = false;
  /// The endpoint works, and only this recipient has to wait: it counts nothing against the others.
  bool endpoint_healthy = false;
  /// The connection, kept from an earlier request, was closed before a byte of the answer came.
  bool kept_connection_lost = false;

  constexpr bool final() const { return what != verdict::again; }
};

/// The label of metrics: "accepted", "again", "gone", "refused", "given_up".
std::string_view to_string(outcome::verdict x);

} // namespace belfry
