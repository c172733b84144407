#pragma once

#include <algorithm>
#include <cstddef>

/// What attempts may cost: slots over all lanes of a channel, and tokens for retries.
namespace belfry {

/// Requests in flight over all lanes of a channel (`limits.channelInFlight`). Messages wait when it is used up; but a
/// lane with nothing in flight always gets one, and calls always start, so that stalled lanes can stop neither other
/// lanes nor calls. Thus at most `max` + one per lane + the calls in flight (bounded per lane) are used.
class in_flight_budget {
public:
  explicit in_flight_budget(std::size_t max) : max_(max) {}

  bool spent() const { return used_ >= max_; }
  std::size_t used() const { return used_; }
  void take() { ++used_; }
  void give_back(std::size_t n = 1) { used_ -= n; }

private:
  std::size_t max_;
  std::size_t used_ = 0;
};

/// Keeps retries of messages from crowding out first attempts: `free_max` retries at once cost nothing; beyond that a
/// retry costs a token, and every accepted delivery pays a tenth of one. A retry without a token is put off once, by
/// `retry.first`, and then starts all the same: the schedule of SPEC 8 holds but for that wait. Calls are exempt.
class retry_budget {
public:
  static constexpr std::size_t free_max = 3;
  static constexpr int tokens_max = 10;
  static constexpr int successes_per_token = 10;

  /// True: a retry may start while `retries_in_flight` others are on their way.
  bool take(std::size_t retries_in_flight) {
    if (retries_in_flight < free_max)
      return true;
    if (tenths_ < successes_per_token)
      return false;
    tenths_ -= successes_per_token;
    return true;
  }
  void succeeded() { tenths_ = std::min(tenths_ + 1, tokens_max * successes_per_token); }

private:
  int tenths_ = tokens_max * successes_per_token;
};

} // namespace belfry
