#pragma once

#include "belfry/io/ports.hpp"

#include <chrono>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

/// What the tests of every HTTP client ask of one.
namespace belfry::io {

constexpr std::chrono::seconds patience{20};

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
