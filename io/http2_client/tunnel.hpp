#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Asking a proxy for a tunnel (RFC 9110 9.3.6); pure.
namespace belfry::io::http2 {

/// Where a proxy listens.
struct proxy_address {
  std::string host;
  std::uint16_t port = 0;
  /// The value of Proxy-Authorization; empty: none is sent.
  std::string authorization;
};

/// "http://[user:password@]host[:port]"; nothing for any other scheme.
std::optional<proxy_address> parse_proxy(const std::string& url);

/// The request for a tunnel to `server` (host and port).
std::string connect_request(const proxy_address& proxy, std::string_view server);

/// What became of the request, from all that the proxy sent: nothing yet, or whether the tunnel stands.
std::optional<bool> read_connect_answer(std::string_view received);

} // namespace belfry::io::http2
