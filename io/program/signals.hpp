#pragma once

#include <chrono>
#include <functional>

namespace belfry::program {

/// Keeps SIGINT, SIGTERM and SIGHUP for `wait`: made before any thread is, so that all threads leave them alone.
class stop_signals {
public:
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Returns when SIGINT or SIGTERM came; calls `on_hangup` at each SIGHUP before.
  void wait(const std::function<void()>& on_hangup) const;
  /// True: SIGINT or SIGTERM came within `limit`.
  bool wait_for(std::chrono::milliseconds limit) const;
};

} // namespace belfry::program
