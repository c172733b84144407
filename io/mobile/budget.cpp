#include "belfry/io/mobile/budget.hpp"

#include <algorithm>

namespace belfry::io::mobile {

millis device_budget::take(std::string_view device, millis now) {
  if (full_at_.size() >= devices_max)
    forget(now);
  auto& b = full_at_[std::string{device}];
  millis wait = 0, every = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    // Full only after so long: nothing is left in it.
    const auto missing = std::max(b.full_at[i], now) - now - (limits_[i].burst - 1) * limits_[i].every;
    if (missing > wait) {
      wait = missing;
      every = limits_[i].every;
    }
  }
  if (wait > 0)
    return wait + every * b.waiting++;
  b.waiting = std::max<millis>(b.waiting - 1, 0);
  for (std::size_t i = 0; i < 2; ++i)
    b.full_at[i] = std::max(b.full_at[i], now) + limits_[i].every;
  return 0;
}

void device_budget::forget(millis now) {
  std::erase_if(full_at_, [&](const auto& x) { return x.second.full_at[0] <= now && x.second.full_at[1] <= now; });
  if (full_at_.size() >= devices_max)
    full_at_.clear();
}

} // namespace belfry::io::mobile
