#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/service.hpp"
#include "belfry/io/telemetry/telemetry.hpp"

#include <cstddef>
#include <memory>

namespace belfry::io {

/// Time-outs and sizes of SPEC 13 that are not options; tests make them short.
struct http_settings {
  /// For the headers of a request, in all, from their first byte; also for a TLS handshake.
  duration headers = 10s;
  /// For a body, in all, from its first byte.
  duration body = 30s;
  /// For the engine; then 503 (the effect is unknown).
  duration answer = 60s;
  /// For writing one answer.
  duration write = 30s;
  /// Between two comments of a quiet stream.
  duration heartbeat = 15s;
  /// For what is being answered when the server stops.
  duration drain = 5s;
  /// How long a connection that was refused something is still read, so that the answer arrives.
  duration linger = 2s;
  std::size_t headers_max = 16 * 1024;
  std::size_t body_max = 1024 * 1024;
  /// Of arrays and NDJSON.
  std::size_t batch_max = 8 * 1024 * 1024;
  /// Of all bodies being read or parsed at one time; beyond it 429.
  std::size_t bodies_max = 256 * 1024 * 1024;
  unsigned threads = 1;
};

/// The HTTP API of SPEC 13 over a service, on threads of its own. `own` is the telemetry of metric_owner::http_server;
/// `/metrics` answers the service's text followed by it. All arguments outlive the server.
class http_server {
public:
  http_server(const options& o, service& s, telemetry& own, http_settings settings = {});
  /// Stops.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Listens and serves; the port (of interest when `http.listen` says 0). ec::bad_input names what is wrong with the
  /// address, the certificate or the key, or that there are no tokens and the address is not loopback.
  result<unsigned short> start();

  /// Reads certificate and key again, for connections from now on; goes on with what it has if they are wrong. A log
  /// line says which.
  void reload();

  /// Takes no more connections, finishes what is being answered within `drain`, closes everything. Not to be called
  /// on a thread of the server.
  void stop();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Whether the server could use certificate and key; ec::bad_input names what is wrong.
result<success> check_certificate(const http_options& o);

} // namespace belfry::io
