#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/http_server/access.hpp"
#include "belfry/io/http_server/response.hpp"
#include "belfry/io/service.hpp"
#include "belfry/io/telemetry/telemetry.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace belfry::io::http {

/// Runs things on the server's threads; drops them when the server is gone. Safe from any thread at any time.
class poster {
public:
  virtual ~poster() = default;
  virtual void post(std::function<void()> what) = 0;
};

/// One request on its way to an answer. The engine may keep it longer than the connection and the server live.
class exchange : public std::enable_shared_from_this<exchange> {
public:
  /// Values of the pattern's parameters, in order.
  std::vector<std::string> params;
  std::vector<std::pair<std::string, std::string>> query;
  caller who;
  std::string body;
  /// The body is `application/x-ndjson`.
  bool ndjson = false;
  std::shared_ptr<poster> server;
  /// Called on a thread of the server.
  std::function<void(response)> on_answer;

  void answer(response r) {
    if (on_answer)
      on_answer(std::move(r));
  }

  /// What the engine is given: its result goes back to the server's threads, where `make` turns a value into the
  /// answer; an error becomes a problem.
  template <class T, class Make>
  reply<T> then(Make make) {
    return [self = shared_from_this(), make](result<T> r) {
      self->server->post([self, make, r = std::move(r)] { self->answer(r ? make(*r) : error_response(r.error())); });
    };
  }
};

/// What handlers work with.
struct context {
  io::service& service;
  const options& opts;
  telemetry& own_metrics;
};

using handler = void (*)(const context& c, const std::shared_ptr<exchange>& x);

} // namespace belfry::io::http
