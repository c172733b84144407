#pragma once

#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/workload.hpp"
#include "belfry/io/http_server/http_server.hpp"

#include <stdexcept>
#include <thread>

namespace belfry::bench {

/// An engine with so many started conversations behind an HTTP server, until the helper is told to stop; `each_turn` is
/// called all the time.
template <class F>
void serve_http(board& b, options o, std::size_t conversations, std::size_t participants, F&& each_turn) {
  o.http.listen = "127.0.0.1:0";
  auto e = start_engine(o);
  start_conversations(*e, 0, conversations, participants);
  io::telemetry own{io::metric_owner::http_server};
  io::http_server server{o, *e, own};
  auto port = server.start();
  if (!port)
    throw std::runtime_error(port.error().detail);
  b.port = *port;
  b.ready = 1;
  for (; b.stop == 0; std::this_thread::sleep_for(std::chrono::microseconds{200}))
    each_turn(*e);
  server.stop();
}

} // namespace belfry::bench
