#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace belfry::test {

/// What a provider does wrong with one request.
struct fault {
  enum class what : std::uint8_t {
    none,
    /// Answers `status`.
    error,
    /// Never answers.
    hang,
    /// Does as told, `delay` later.
    delay,
    /// Breaks the connection in the middle of the answer's header.
    cut,
  };

  what kind = what::none;
  int status = 0;
  std::chrono::milliseconds delay{0};

  bool operator==(const fault&) const = default;
};

/// Which share of requests goes wrong, and how. The same seed gives the same faults in the same order.
struct fault_plan {
  std::uint64_t seed = 0;
  /// Probabilities from 0 to 1; their sum is at most 1.
  double error = 0;
  double hang = 0;
  double delay = 0;
  double cut = 0;
  /// One of these for an error, each as likely.
  std::vector<int> statuses{500, 502, 503, 429};
  /// A delay is between 0 and this.
  std::chrono::milliseconds delay_max{100};

  /// The fate of the request with this number, counted from 0.
  fault at(std::uint64_t number) const;
  /// True when nothing ever goes wrong.
  bool empty() const { return error <= 0 && hang <= 0 && delay <= 0 && cut <= 0; }
};

} // namespace belfry::test
