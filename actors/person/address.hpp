#pragma once

#include "belfry/messages/delivery.hpp"

#include <string>

namespace belfry {

/// Where a person can be reached for a kind.
struct address {
  channel_kind channel = channel_kind::webhook;
  /// Registration, device or subscription; "email".
  std::string target;

  bool operator==(const address&) const = default;
};

/// "<channel>/<target>", as `shown_at` lists it.
inline std::string to_string(const address& a) {
  return std::string{to_string(a.channel)} + "/" + a.target;
}

/// Name of the lane that serves it.
inline std::string lane_of(const address& a) {
  return to_string(a);
}

inline address address_of(const delivery& d) {
  return {d.channel, d.target};
}

} // namespace belfry
