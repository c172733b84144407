#pragma once

#include "belfry/io/outbound/target.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace belfry::io::http2 {

/// Where a request goes, as parts of its URL.
struct url_parts {
  /// "https://host[:port]", as written.
  std::string_view origin;
  /// Path and query, byte for byte; "/" when there is none.
  std::string_view path;
};

/// Nothing when the URL is not https or holds what no path may hold. A fragment is left out.
std::optional<url_parts> split_url(std::string_view url);

/// "host:port"; without `always` the usual port is left out, as `:authority` wants it.
std::string host_and_port(const target& where, bool always);

} // namespace belfry::io::http2
