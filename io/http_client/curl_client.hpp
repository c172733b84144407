#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/outbound/address_policy.hpp"
#include "belfry/io/ports.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace belfry::io {

/// The addresses of a name; empty: it cannot be resolved.
using name_lookup = std::function<std::vector<ip>(const std::string& name)>;

/// What only tests and benchmarks change.
struct client_settings {
  /// Open connections that are kept; beyond it the longest idle is closed.
  std::size_t connections_max = 1024;
  /// Connecting, name and TLS included, takes no longer than this (and no longer than the request's own time-out).
  std::chrono::milliseconds connect_timeout{10000};
  /// Used instead of the system's resolver. Called on the transport's threads.
  name_lookup lookup;
};

/// An HTTP/1.1 client with one thread of its own. All rules of SPEC 8 on outgoing requests hold: no redirects, verified
/// TLS, at most 64 KiB of an answer, and for untrusted requests PROTOCOLS H-9 at every connection and every request.
/// An answer whose header arrived counts as an answer, even when its body broke off or ran out of time.
/// When the client is destroyed, whatever is under way ends as `cancelled`; the destructor waits for these calls and
/// must not run on the client's own thread. ec::bad_input: `outbound.caFile` cannot be read.
result<std::unique_ptr<http_transport>> make_http_client(const outbound_options& options,
                                                         const client_settings& settings = {});

} // namespace belfry::io
