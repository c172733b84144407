#pragma once

#include "belfry/messages/delivery.hpp"

#include <string>

namespace belfry {

/// Where a person can be reached for a kind.
struct address {
  channel_kind channel{};
  /// Registration, device or subscription; "email".
  std::string target;
  /// What shares its fate there (`io::endpoint::lane`); empty: nothing.
  std::string lane = {};

  bool operator==(const address& x) const { return channel == x.channel && target == x.target; }
};

/// "<channel>/<target>", as `shown_at` lists it.
inline std::string to_string(const address& a) {
  return std::string{to_string(a.channel)} + "/" + a.target;
}

/// Name of the lane that serves it: "<channel>/<lane or target>".
inline std::string lane_of(const address& a) {
  return std::string{to_string(a.channel)} + "/" + (a.lane.empty() ? a.target : a.lane);
}

inline address address_of(const delivery& d) {
  return {d.channel, d.target, d.lane};
}

} // namespace belfry
