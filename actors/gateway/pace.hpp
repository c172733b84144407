#pragma once

#include <chrono>
#include <cstddef>

/// How fast events come to disk: pure.
namespace belfry {

/// Judges by the last commits how many events may be in flight so that each is expected to be answered in time (SPEC
/// 12, backpressure). Before the first commit it lets a few through, because nothing is known of the disk.
class commit_pace {
public:
  using duration = std::chrono::microseconds;

  /// Events in flight before anything is known.
  static constexpr std::size_t unknown_max = 2'000;
  /// Commits longer ago than this count for half.
  static constexpr duration half_life{1'000'000};

  /// Something is in flight from now on.
  void begun(duration now) { busy_since_ = now; }
  /// So many events were answered.
  void finished(std::size_t events, duration now);
  /// Events that are expected to be answered within `wait`, with a reserve of half.
  std::size_t capacity(duration wait) const;

private:
  duration busy_since_{0};
  /// Of late: events answered, and the time it took, in microseconds.
  double events_ = 0;
  double busy_ = 0;
};

} // namespace belfry
