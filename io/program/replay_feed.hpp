#pragma once

#include "belfry/io/program/replay_poster.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace belfry::program {

/// One thread with one connection and a bounded queue of batches; a batch that fails ends it.
class replay_lane {
public:
  /// Batches that wait; beyond it `put` blocks.
  static constexpr std::size_t queue_max = 8;

  explicit replay_lane(const replay_arguments& a);
  ~replay_lane();
  replay_lane(const replay_lane&) = delete;
  replay_lane& operator=(const replay_lane&) = delete;

  /// Waits for room; false: the lane failed.
  bool put(replay_batch batch);
  /// Waits until all is posted (or it failed).
  void finish();

  /// Events answered so far.
  std::uint64_t done() const { return done_; }
  /// Valid after `finish`.
  const replay_totals& totals() const { return totals_; }
  /// Empty: all went well. Valid after `finish`.
  const std::string& failure() const { return failure_; }

private:
  void run();

  replay_poster poster_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<replay_batch> queue_;
  bool closed_ = false;
  bool broken_ = false;
  std::atomic<std::uint64_t> done_{0};
  replay_totals totals_;
  std::string failure_;
  std::thread thread_;
};

/// The lane (of so many) that an event goes to: all events of a conversation, or of a person's presence, to one.
std::size_t lane_of(const std::string& line, std::size_t lanes);

/// The smallest value that so great a share (0 to 1) of `values` does not exceed; sorts them. 0 of none.
double percentile(std::vector<double>& values, double share);

} // namespace belfry::program
