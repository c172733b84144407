#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// How the push services differ (PROTOCOLS WP-6 to WP-10), as one table. Pure.
namespace belfry::io::web_push {

enum class service : std::uint8_t { fcm, mozilla, wns, apple, unknown };

struct service_policy {
  service who = service::unknown;
  /// The host, or what it ends with behind a dot of its own; "": any other.
  std::string_view host;
  /// A `Topic` replaces what was not delivered yet.
  bool topic = true;
  /// Bytes of the outer plaintext.
  std::size_t plaintext_max = 2'048;
  /// A push that shows nothing does no harm while a page is open: health checks.
  bool silent = true;
  /// `X-WNS-Cache-Policy` is sent.
  bool cache_policy = false;
  /// 406 means too many requests.
  bool throttles_by_406 = false;
  /// Its browsers know the declarative form (WP-11).
  bool declarative = false;
};

/// The policy for an endpoint's host.
const service_policy& policy_of(std::string_view host);

/// Whether `host` is named by one of the patterns, which may begin with "*.".
bool matches_host(std::string_view pattern, std::string_view host);

} // namespace belfry::io::web_push
