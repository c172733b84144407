#pragma once

#include "belfry/messages/ids.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace belfry::io::mobile {

/// How often one device may be told: providers take so many messages for it, and refuse the rest (PROTOCOLS F-8). Pure.
///
/// Each limit is a bucket that holds `burst` messages and is filled by one every `every` ms (the generic cell rate
/// algorithm: of a bucket only the time is kept at which it will be full again).
class device_budget {
public:
  struct limit {
    millis burst = 1;
    millis every = 1;
  };
  /// Devices remembered at a time; beyond it those whose buckets are full go, and with them, if need be, all.
  static constexpr std::size_t devices_max = 200'000;

  /// 240 a minute and 5,000 an hour.
  device_budget() : device_budget({240, 60'000 / 240}, {5'000, 3'600'000 / 5'000}) {}
  device_budget(limit first, limit second) : limits_{first, second} {}

  /// 0: the device may be told now, which is counted. Else so many milliseconds from now.
  millis take(std::string_view device, millis now);
  std::size_t devices() const { return full_at_.size(); }

private:
  struct buckets {
    millis full_at[2] = {0, 0};
    /// Who were told to wait and have not been let through: the next one waits behind them, so that they do not all
    /// come back at once.
    millis waiting = 0;
  };

  void forget(millis now);

  limit limits_[2];
  std::unordered_map<std::string, buckets> full_at_;
};

} // namespace belfry::io::mobile
