#pragma once

#include "belfry/messages/facts.hpp"

#include <cstddef>
#include <optional>
#include <vector>

/// Spares an endpoint that fails, and us the slots it would hold (SPEC 8).
namespace belfry {

/// Failures in a row, of different recipients, that open the breaker (SPEC 8).
constexpr std::size_t breaker_failures_max = 5;
/// An endpoint that took one of so many attempts is not down; some of its recipients are. One that took none is down
/// whosever they were: where few are told, nobody else can speak for it.
constexpr std::size_t breaker_window = 100;

///             5 recipients, or `breaker_window` attempts, failed in a row,
///             and nothing was taken for `probe_every` or `breaker_window` attempts
///   closed ------------------------> open --+
///     ^                               |  ^  | every `probe_every`: one attempt may start (the probe);
///     +-------------------------------+  +--+ it fails: stays open
///               any success
///
/// Waiting for a probe is no attempt. A probe that hangs does not keep the next one from starting on time.
class breaker {
public:
  /// `probe_every` is `retry.first`, in milliseconds.
  explicit breaker(engine_time probe_every) : probe_every_(probe_every) {}

  bool open() const { return open_; }
  /// Somebody failed since the last success.
  bool has_recent_failures() const { return !row_.empty(); }
  /// The earliest time at which an attempt may start, given that it is `now`: `now` itself while closed.
  engine_time may_start_at(engine_time now) const;
  bool may_start(engine_time now) const { return may_start_at(now) <= now; }

  /// An attempt starts. True: it is the probe, and no other may start for `probe_every`.
  bool started(engine_time now);
  void succeeded(engine_time now);
  /// `recipient` tells recipients apart (a hash will do): one that fails again says nothing new of the endpoint.
  void failed(engine_time now, std::size_t recipient);
  /// The probe said nothing about the endpoint (it was withdrawn): another one may start at once.
  void probe_inconclusive(engine_time now);

private:
  engine_time probe_every_;
  bool open_ = false;
  /// The recipients that failed since the last success, as many as it takes.
  std::vector<std::size_t> row_;
  std::size_t attempts_since_success_ = 0;
  std::optional<engine_time> last_success_;
  engine_time probe_at_ = 0;
};

} // namespace belfry
