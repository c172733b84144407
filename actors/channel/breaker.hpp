#pragma once

#include "belfry/messages/facts.hpp"

/// Spares an endpoint that fails, and us the slots it would hold (SPEC 8).
namespace belfry {

/// Failures in a row that open the breaker (SPEC 8).
constexpr int breaker_failures_max = 5;

///             5 failures in a row
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

  bool open() const { return failures_ >= breaker_failures_max; }
  /// The earliest time at which an attempt may start, given that it is `now`: `now` itself while closed.
  engine_time may_start_at(engine_time now) const;
  bool may_start(engine_time now) const { return may_start_at(now) <= now; }

  /// An attempt starts. True: it is the probe, and no other may start for `probe_every`.
  bool started(engine_time now);
  void succeeded() { failures_ = 0; }
  void failed(engine_time now);
  /// The probe said nothing about the endpoint (it was withdrawn): another one may start at once.
  void probe_lost(engine_time now);

private:
  engine_time probe_every_;
  int failures_ = 0;
  engine_time probe_at_ = 0;
};

} // namespace belfry
