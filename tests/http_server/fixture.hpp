#pragma once

#include "fake_service.hpp"
#include "http_probe.hpp"

#include "belfry/io/http_server/http_server.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace belfry::test {

/// A server on loopback over a scripted service. Tests change options and settings before `start`.
class http_fixture : public ::testing::Test {
protected:
  http_fixture() {
    opts.http.listen = "127.0.0.1:0";
    settings.linger = 200ms;
  }

  void TearDown() override {
    if (server)
      server->stop();
    for (const auto& call : service.calls())
      EXPECT_FALSE(call.starts_with("unexpected")) << call;
  }

  unsigned short start() {
    server.emplace(opts, service, metrics, settings);
    auto started = server->start();
    if (!started) {
      ADD_FAILURE() << started.error().detail;
      return 0;
    }
    return port = *started;
  }

  /// One request on a connection of its own.
  http_reply ask(std::string_view method, std::string_view target, const headers& more = {},
                 std::string_view body = {}) {
    http_probe p{port};
    p.send(request_text(method, target, more, body));
    return p.receive(method == "HEAD");
  }

  http_reply post_events(std::string_view body, const std::string& type = "application/json") {
    return ask("POST", "/v1/events", {{"Content-Type", type}}, body);
  }

  /// Every event is accepted.
  void accept_all() {
    service.on_publish = [](std::vector<event> events) { return admission{events.size(), 0, {}}; };
  }

  options opts;
  io::http_settings settings;
  fake_service service;
  io::telemetry metrics{io::metric_owner::http_server};
  std::optional<io::http_server> server;
  unsigned short port = 0;
};

/// The tokens "host-token", "read-token" and "admin-token".
inline std::vector<http_token> three_tokens() {
  return {{"h", token_role::host, "ea5ac2eb186bca34e2e6ba462c609ebc992b23924d693ab43a94508cb977f18f"},
          {"r", token_role::read, "0328587016f9e316b9c31c94f944a2c453e1494a564062b5eab68039c75b58bf"},
          {"a", token_role::admin, "10a4c7c9fc5206d6f36dc6944a81bb6f4a3cb0e25014ae3b12e6c3e52712292a"}};
}

/// The Authorization header of a token.
inline std::pair<std::string, std::string> with_token(const std::string& token) {
  return {"Authorization", "Bearer " + token};
}

} // namespace belfry::test
