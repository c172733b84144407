#pragma once

#include "belfry/io/http_server/access.hpp"
#include "belfry/io/http_server/exchange.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::io::http {

/// What a route takes as a body.
enum class body_kind : std::uint8_t {
  none,
  json,
  /// JSON or NDJSON, with the larger limit for arrays and NDJSON.
  events,
};

enum class query_kind : std::uint8_t {
  /// Any parameter is 400.
  none,
  /// The handler reads them.
  handler,
  /// Not looked at.
  ignored,
};

/// One line of the table of SPEC 13.
struct route {
  /// "GET" serves HEAD too.
  std::string_view method;
  /// Segments, `{name}` for a parameter, `*` at the end for all that follows.
  std::string_view pattern;
  audience who;
  /// nullptr: the session serves it (`stream`, `socket`).
  handler serve = nullptr;
  body_kind body = body_kind::none;
  query_kind query = query_kind::none;
  /// Server-sent events, or a WebSocket: the session serves it.
  bool stream = false;
  bool socket = false;
};

/// All routes.
std::span<const route> all_routes();

/// What a path and a method stand for.
struct route_match {
  /// nullptr: 404, or 405 when `allow` is not empty.
  const route* found = nullptr;
  std::vector<std::string> params;
  /// The methods that the path has, for `Allow`.
  std::string allow;
};

route_match find_route(const std::vector<std::string>& segments, std::string_view method);

} // namespace belfry::io::http
