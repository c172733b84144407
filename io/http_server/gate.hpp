#pragma once

#include "belfry/io/http_server/router.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace belfry::io::http {

/// What the head of a request says, as far as it matters here. Absent headers are empty.
struct request_head {
  std::string method;
  std::string target;
  std::string host;
  /// How often Host was given.
  std::size_t hosts = 1;
  /// 10 or 11.
  unsigned version = 11;
  std::string authorization, origin, content_type, content_encoding, expect;
  /// Access-Control-Request-Method of a preflight.
  std::string requested_method;
  /// Sec-WebSocket-Protocol; "" for none.
  std::string protocols;
  /// Last-Event-ID of a reader that comes back; "" for none.
  std::string last_event_id;
  /// How often Transfer-Encoding was given, and what it says.
  std::size_t transfer_encodings = 0;
  std::string transfer_encoding;
};

/// A request that may go on to its handler.
struct admitted {
  const route* what = nullptr;
  std::vector<std::string> params;
  std::vector<std::pair<std::string, std::string>> query;
  caller who;
  /// The body comes as NDJSON.
  bool ndjson = false;
};

/// What the head of a request decides.
struct verdict {
  /// An answer, which needs no body; or what to do with the body.
  std::variant<response, admitted> what;
  /// The label of metrics: the pattern of the route, or "none".
  std::string_view route = "none";
};

/// Whether the head says beyond doubt where the body ends (RFC 9112 6.1, 6.3). If not, nothing that follows on the
/// connection can be trusted.
bool has_clear_end(const request_head& head);

/// Everything that can be judged before the body: host, token, role, path, method, query, content type (SPEC 13).
verdict judge(const request_head& head, const http_options& o, bool tls, millis now);

/// The headers that every answer to such a request carries: CORS, caching, sniffing.
std::vector<std::pair<std::string, std::string>> common_headers(const request_head& head, const http_options& o);

} // namespace belfry::io::http
