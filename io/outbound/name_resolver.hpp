#pragma once

#include "belfry/io/outbound/address_policy.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace belfry::io {

/// Looks names up without blocking the caller, on a few threads of its own that start when first needed. Destroying it
/// drops what waits and does not wait for a look-up under way.
class name_resolver {
public:
  using lookup = std::function<std::vector<ip>(const std::string& name)>;

  /// `how` replaces the system's resolver unless it is empty.
  explicit name_resolver(lookup how);
  ~name_resolver();
  name_resolver(const name_resolver&) = delete;
  name_resolver& operator=(const name_resolver&) = delete;

  /// `found` is called on a thread of the resolver, with no addresses when the name cannot be resolved, and never after
  /// the resolver ended but for a look-up under way. False: too many wait; nothing will be called.
  bool resolve(std::string name, std::function<void(std::vector<ip>)> found);

private:
  struct state;
  std::shared_ptr<state> state_;
};

/// All addresses of a name by the system's resolver; blocks.
std::vector<ip> system_lookup(const std::string& name);

/// The address of a socket; nothing when the family is neither IPv4 nor IPv6.
std::optional<ip> from_socket_address(int family, const void* address);

} // namespace belfry::io
