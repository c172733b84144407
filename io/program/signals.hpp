#pragma once

#include <chrono>

namespace belfry::program {

/// Keeps SIGINT and SIGTERM for `wait`: made before any thread is, so that all threads leave them alone.
class stop_signals {
public:
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Returns when one came.
  void wait() const;
  /// True: one came within `limit`.
  bool wait_for(std::chrono::milliseconds limit) const;
};

} // namespace belfry::program
