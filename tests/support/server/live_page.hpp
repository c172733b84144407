#pragma once

#include "belfry/tests/support/server/http_client.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace belfry::test {

/// A page at /v1/live, on a thread of its own until it is destroyed: keeps what the server says.
class live_page {
public:
  struct request {
    /// "http://127.0.0.1:8080".
    std::string base;
    /// Behind "/v1/live".
    std::string query = {};
    /// Sec-WebSocket-Protocol; empty: none.
    std::string protocols = {};
    std::string authorization = {};
    std::string origin = {};
  };
  /// Connected when this returns, or refused: see `status`.
  explicit live_page(const request& r);
  ~live_page();
  live_page(const live_page&) = delete;
  live_page& operator=(const live_page&) = delete;

  /// 101 when it is open.
  int status() const;
  /// The subprotocol that the server chose.
  std::string protocol() const;
  std::vector<json> messages() const;
  /// Waits until the messages are as `wanted` says; false when the limit passed first.
  bool wait_until(const std::function<bool(const std::vector<json>&)>& wanted, std::chrono::milliseconds limit) const;
  /// Waits for a message of that type; a discarded value when none comes.
  json wait_for(const std::string& type, std::chrono::milliseconds limit) const;
  /// Waits until the server has closed it.
  bool wait_closed(std::chrono::milliseconds limit) const;

private:
  struct page;
  std::unique_ptr<page> page_;
};

} // namespace belfry::test
