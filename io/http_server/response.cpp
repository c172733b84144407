#include "belfry/io/http_server/response.hpp"

namespace belfry::io::http {

namespace {

/// Seconds after which a refused request may be tried again.
constexpr std::string_view retry_after = "1";

int status_of(ec code) {
  switch (code) {
  case ec::bad_input:
    return 400;
  case ec::not_found:
    return 404;
  case ec::conflict:
    return 409;
  case ec::overloaded:
    return 429;
  case ec::store_unavailable:
  case ec::stopping:
    return 503;
  case ec::not_supported_yet:
    // A route that is not there yet is told by the router; here it is a value in a body.
    return 400;
  case ec::too_large:
    return 413;
  }
  return 500;
}

} // namespace

response json_response(int status, std::string body) {
  return {status, std::string{json_type}, std::move(body), {}};
}

response problem_response(const problem_document& x) {
  return {x.status, std::string{problem_type}, to_json(x), {}};
}

response problem_response(int status, std::string_view code, std::string detail, std::vector<problem> errors) {
  problem_document x;
  x.code = code;
  x.status = status;
  x.detail = std::move(detail);
  x.errors = std::move(errors);
  return problem_response(x);
}

response error_response(const belfry::error& e) {
  auto out = problem_response(status_of(e.code), to_string(e.code), e.detail, e.problems);
  if (out.status == 429 || out.status == 503)
    out.headers.emplace_back("Retry-After", retry_after);
  return out;
}

} // namespace belfry::io::http
