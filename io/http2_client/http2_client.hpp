#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/outbound/name_resolver.hpp"
#include "belfry/io/ports.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace belfry::io {

/// Something that happened to a connection, for logs.
struct connection_event {
  enum class what : std::uint8_t {
    opened,
    /// It was never open.
    failed,
    /// The server said GOAWAY: `code` and `text` are its own.
    leaving,
    /// It broke, or went silent, while open.
    lost,
    /// It ended in an orderly way.
    closed,
  };

  what kind = what::opened;
  /// Host and port.
  std::string server;
  transport_error error = transport_error::none;
  std::uint32_t code = 0;
  /// Debug data of GOAWAY, 1 KiB at most.
  std::string text;
};

/// What a client counted since it began.
struct http2_counts {
  std::uint64_t opened = 0;
  std::uint64_t failed = 0;
  std::uint64_t goaways = 0;
  std::uint64_t lost = 0;
  /// Requests begun again, because the server had processed nothing of them.
  std::uint64_t resent = 0;
  /// Requests turned away at a bound (`transport_error::busy`, `not_begun`).
  std::uint64_t busy = 0;
};

/// What only tests and benchmarks change.
struct http2_settings {
  /// Connections per server and group that take requests; those that only finish what they have do not count.
  std::size_t connections_max = 4;
  /// Requests at a time on one connection, if the server allows more.
  std::size_t streams_max = 1000;
  /// Requests per server and group that wait for a stream; more end as `busy`.
  std::size_t waiting_max = 10'000;
  /// So long a request waits for a stream of an open connection; then it ends as `not_begun`.
  std::chrono::milliseconds turn_max{1'000};
  /// Servers and groups known at a time; beyond it the longest unused one without a request goes, or `busy` is said.
  std::size_t pools_max = 1024;
  /// How often a request that was not processed is begun again.
  int resends_max = 10;
  /// From the look-up of the name to the server's SETTINGS.
  std::chrono::milliseconds connect_timeout{10'000};
  /// Without a byte from the server for so long it is asked whether it is there (PROTOCOLS A-7) ...
  std::chrono::milliseconds ping_idle{15'000};
  /// ... and earlier when requests wait for it, ...
  std::chrono::milliseconds ping_waiting{2'000};
  /// ... with an urgent request after so long; ...
  std::chrono::milliseconds ping_urgent{1'000};
  /// ... without an answer for so long it is taken for dead.
  std::chrono::milliseconds ping_timeout{3'000};
  /// A connection without requests for so long is closed.
  std::chrono::milliseconds idle_max{1'800'000};
  /// Used instead of the system's resolver. Called on other threads.
  name_resolver::lookup lookup = {};
  /// Called on the client's thread; must not block.
  std::function<void(const connection_event&)> on_event = {};
};

/// An HTTP/2 client over TLS (https alone), with one thread of its own and long-lived connections.
///
/// A request goes out once, or again after the server said that it processed nothing of it (a refused stream, or one
/// above what GOAWAY covers): at most `resends_max` times, within its time-out, on another connection if need be. All
/// else is the caller's to repeat; `http_answer::unprocessed` says when that doubles nothing. No redirects, verified
/// TLS, 64 KiB of an answer; an answer whose header arrived counts, whatever became of its body. For untrusted requests
/// PROTOCOLS H-9 holds at every connection; names are looked up again for each. A proxy is asked to CONNECT.
class http2_client : public http_transport {
public:
  virtual http2_counts counts() const = 0;
};

/// When the client is destroyed, whatever is under way ends as `cancelled`; the destructor waits for these calls and
/// must not run on the client's own thread. ec::bad_input: `outbound.caFile` cannot be read, or `outbound.proxyUrl` is
/// no http proxy.
result<std::unique_ptr<http2_client>> make_http2_client(const outbound_options& options, http2_settings settings = {});

} // namespace belfry::io
