#pragma once

#include "belfry/messages/events.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace belfry::bench {

/// What came of a run of requests.
struct http_figures {
  /// Milliseconds from when a request was due to the last byte of its answer.
  std::vector<double> latencies;
  double seconds = 0;
  /// Requests not answered 202.
  std::uint64_t bad = 0;
  /// The first answer that was wrong.
  std::string first_bad;
};

/// The text of a POST /v1/events with these events as NDJSON. Only conversation.started, message.sent, message.read.
std::string post_of(const std::vector<event>& events);

/// Sends the requests over so many keep-alive connections to a port on loopback, each as soon as a connection is free
/// and, with a pace (requests a second), not before it is due.
http_figures http_load(std::uint16_t port, const std::vector<std::string>& requests, std::size_t connections,
                       double pace = 0);

} // namespace belfry::bench
