#pragma once

#include "belfry/io/outbound/inbox.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::io::http2 {

/// A request on its way through the client, and what came of it so far.
struct exchange {
  http_job job;
  std::chrono::steady_clock::time_point deadline;
  /// Host, and port unless it is 443: what the request calls `:authority`.
  std::string_view authority;
  /// Path and query, a part of the request's URL.
  std::string_view path;
  /// How often it was begun again after the server did not process it.
  int resends = 0;

  // The stream that carries it.
  std::int32_t stream = 0;
  /// Where the session keeps it among its open ones.
  std::size_t place = 0;
  std::size_t body_sent = 0;
  std::size_t header_bytes = 0;
  /// The header of the answer is complete, and none of a provisional one (1xx).
  bool answered = false;
  http_answer answer;
};

} // namespace belfry::io::http2
