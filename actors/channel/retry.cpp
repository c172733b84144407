#include "belfry/actors/channel/retry.hpp"

#include <algorithm>
#include <cmath>

namespace belfry {

engine_time retry_wait(const retry_policy& p, std::uint32_t failures, std::optional<std::int64_t> retry_after,
                       double jitter) {
  auto grown = static_cast<double>(p.first) * std::pow(p.factor, failures > 0 ? failures - 1 : 0);
  // In floating point up to the cap: the power overflows to infinity, not to a negative wait.
  auto capped = std::min(grown, static_cast<double>(p.max));
  auto moved = static_cast<engine_time>(std::llround(capped * (1 + p.jitter * (2 * jitter - 1))));
  return std::max({engine_time{0}, moved, std::min<engine_time>(retry_after.value_or(0), retry_after_max)});
}

} // namespace belfry
