#pragma once

#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <gtest/gtest.h>

#include <future>

namespace belfry::io {

constexpr std::chrono::seconds patience{20};

/// Loopback may be called, and by plain http.
inline outbound_options loopback_allowed() {
  outbound_options out;
  out.allowed_networks = {"127.0.0.0/8"};
  out.allow_plain_http = true;
  return out;
}

inline std::unique_ptr<http_transport> make_client(const outbound_options& o = loopback_allowed(),
                                                   const client_settings& s = {}) {
  auto client = make_http_client(o, s);
  if (!client) {
    ADD_FAILURE() << client.error().detail;
    return nullptr;
  }
  return std::move(*client);
}

inline http_request post(const std::string& url, const std::string& body = "{}") {
  http_request out;
  out.url = url;
  out.headers = {{"Content-Type", "application/json"}};
  out.body = body;
  out.timeout = std::chrono::seconds(10);
  return out;
}

inline std::future<http_answer> begin(http_transport& client, http_request request) {
  auto promise = std::make_shared<std::promise<http_answer>>();
  client.send(std::move(request), [promise](http_answer a) { promise->set_value(std::move(a)); });
  return promise->get_future();
}

/// The answer; a failure of the test when none comes.
inline http_answer get(std::future<http_answer> answer) {
  if (answer.wait_for(patience) != std::future_status::ready) {
    ADD_FAILURE() << "no answer";
    return {};
  }
  return answer.get();
}

inline http_answer call(http_transport& client, http_request request) {
  return get(begin(client, std::move(request)));
}

} // namespace belfry::io
