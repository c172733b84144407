#pragma once

#include "belfry/messages/error.hpp"
#include "belfry/messages/json.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::io::http {

/// What is answered; Content-Length, Date and Connection are the session's.
struct response {
  int status = 200;
  /// Empty: no Content-Type.
  std::string type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

constexpr std::string_view json_type = "application/json";
constexpr std::string_view problem_type = "application/problem+json";

response json_response(int status, std::string body);

/// RFC 9457: `type` becomes urn:belfry:<code>.
response problem_response(const problem_document& x);
response problem_response(int status, std::string_view code, std::string detail, std::vector<problem> errors = {});

/// What an error of the engine or of reading a body means over HTTP; 429 and 503 carry Retry-After (SPEC 13).
response error_response(const belfry::error& e);

} // namespace belfry::io::http
