#pragma once

#include "belfry/tests/support/server/http_client.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace belfry::test {

/// One server-sent event.
struct stream_event {
  std::string id, name;
  json data;
};

/// Reads /v1/stream on a thread of its own until it is destroyed.
class stream_reader {
public:
  /// Connected when this returns (or refused: see `status`).
  explicit stream_reader(const std::string& base, const std::string& token = {});
  ~stream_reader();
  stream_reader(const stream_reader&) = delete;
  stream_reader& operator=(const stream_reader&) = delete;

  int status() const;
  std::string content_type() const;
  std::vector<stream_event> events() const;
  /// Waits until the events are as `wanted` says; false when the limit passed first.
  bool wait_until(const std::function<bool(const std::vector<stream_event>&)>& wanted,
                  std::chrono::milliseconds limit) const;

private:
  struct shared;
  std::unique_ptr<shared> shared_;
};

} // namespace belfry::test
