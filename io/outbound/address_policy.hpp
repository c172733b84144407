#pragma once

#include "belfry/config/options.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which addresses a request from outside may reach (PROTOCOLS H-9, SPEC 8). Pure: nothing here resolves or connects.
namespace belfry::io {

/// An IPv4 or IPv6 address, in network order. IPv4 is kept as IPv4-mapped IPv6, with `v4` true when it was not written
/// in the mapped form.
struct ip {
  std::array<std::uint8_t, 16> bytes{};
  bool v4 = false;

  bool operator==(const ip&) const = default;
};

/// The IPv4 address of four octets, host order.
ip make_v4(std::uint32_t address);

/// "a.b.c.d" or IPv6 text without brackets or zone, as the system prints it; nothing when it is neither.
std::optional<ip> parse_ip(std::string_view text);

/// A range of addresses in CIDR form.
struct network {
  ip base;
  /// Leading bits that count, of 128 (an IPv4 prefix of n counts 96 + n).
  int bits = 128;

  bool contains(const ip& x) const;
};

/// "127.0.0.0/8", "fd00::/8", or a single address; nothing when it is no network.
std::optional<network> parse_network(std::string_view text);

/// The address that a host of a URL spells: dotted, short ("127.1"), decimal, hex and octal IPv4, IPv6 with or without
/// brackets and zone, a final dot allowed. Nothing when the host is a name.
std::optional<ip> literal_host(std::string_view host);

/// Says which addresses may be called. Entries of `allowed_networks` that are no networks allow nothing.
class address_policy {
public:
  explicit address_policy(const outbound_options& options);

  /// False for every range of H-9 that is not in `allowed_networks`. An IPv4-mapped IPv6 address is refused unless the
  /// IPv4 address it stands for is expressly in `allowed_networks`.
  bool allowed(const ip& x) const;
  /// "http" needs `outbound.allowPlainHttp`; "https" is always allowed, all others never.
  bool scheme_allowed(std::string_view scheme) const;
  /// 80, 443 and all above 1023.
  static bool port_allowed(std::uint32_t port);

private:
  std::vector<network> allowed_;
  bool plain_http_;
};

/// True when the host of a URL shows by itself that it may not be called: a refused literal address, "localhost" (or
/// below it) unless 127.0.0.1 or ::1 is allowed, or an empty host. Names are judged when they are resolved.
bool literal_refused(std::string_view host, const address_policy& policy);

} // namespace belfry::io
