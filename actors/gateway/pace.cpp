#include "belfry/actors/gateway/pace.hpp"

#include <algorithm>
#include <cmath>

namespace belfry {

namespace {

constexpr double reserve = 0.5;
/// A clock that stood still measures nothing.
constexpr double busy_min = 1;

} // namespace

void commit_pace::finished(std::size_t events, duration now) {
  const auto took = static_cast<double>((now - busy_since_).count());
  const auto kept = std::exp2(-took / static_cast<double>(half_life.count()));
  events_ = events_ * kept + static_cast<double>(events);
  busy_ = busy_ * kept + std::max(took, 0.0);
  busy_since_ = now;
}

std::size_t commit_pace::capacity(duration wait) const {
  if (events_ == 0)
    return unknown_max;
  const auto expected = reserve * static_cast<double>(wait.count()) * events_ / std::max(busy_, busy_min);
  return static_cast<std::size_t>(std::clamp(expected, 1.0, 1e9));
}

} // namespace belfry
