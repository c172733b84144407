#pragma once

#include "belfry/io/telemetry/telemetry.hpp"

#include <atomic>
#include <initializer_list>
#include <string_view>

namespace belfry {

/// A counter whose series is looked up by its labels when it first counts: looking up costs more than counting. Safe
/// from any thread; always of the same series.
class lazy_counter {
public:
  void increment(io::telemetry& t, io::metric m, std::initializer_list<std::string_view> values) {
    if (!made_.load(std::memory_order_acquire)) {
      // Whoever else does it meanwhile finds the same series.
      series_.store(t.get_counter(m, values), std::memory_order_relaxed);
      made_.store(true, std::memory_order_release);
    }
    series_.load(std::memory_order_relaxed).increment();
  }

private:
  std::atomic<io::counter> series_;
  std::atomic<bool> made_{false};
};

} // namespace belfry
