#include "belfry/io/webhook/answer.hpp"

#include "belfry/io/outbound/retry_after.hpp"

namespace belfry::io::webhooks {

namespace {

using verdict = outcome::verdict;

/// SPEC 8, PROTOCOLS H-4: the status alone decides; only 2xx is success, and a redirect is a failure.
outcome of_status(const http_answer& a, millis now) {
  outcome x;
  x.status = a.status;
  x.answer = "http_" + std::to_string(a.status);
  if (a.status >= 200 && a.status <= 299)
    return x;
  if (a.status == 410) {
    x.what = verdict::gone;
    x.why = reason::endpoint_gone;
    return x;
  }
  x.what = verdict::again;
  x.why = reason::http_status;
  x.throttle = a.status == 429 || a.status == 502 || a.status == 504;
  if (a.retry_after)
    x.retry_after = parse_retry_after(*a.retry_after, now);
  return x;
}

outcome failed(verdict what, reason why, const char* answer) {
  outcome x;
  x.what = what;
  x.why = why;
  x.answer = answer;
  return x;
}

} // namespace

outcome read_answer(const http_answer& a, millis now) {
  switch (a.error) {
  case transport_error::none:
    return of_status(a, now);
  case transport_error::timeout:
    return failed(verdict::again, reason::timeout, "timeout");
  case transport_error::connect:
    return failed(verdict::again, reason::connection_failed, "connection_failed");
  case transport_error::kept_connection_lost: {
    auto x = failed(verdict::again, reason::connection_failed, "connection_failed");
    x.kept_connection_lost = true;
    return x;
  }
  case transport_error::tls:
    return failed(verdict::again, reason::tls_failed, "tls_failed");
  case transport_error::refused_address:
    return failed(verdict::refused, reason::refused_address, "refused_address");
  case transport_error::proxy:
    return failed(verdict::again, reason::proxy_failed, "proxy_failed");
  case transport_error::bad_url:
    return failed(verdict::refused, reason::refused_address, "bad_url");
  case transport_error::busy:
    return failed(verdict::again, reason::connection_failed, "too_many_waiting");
  case transport_error::not_begun:
    return failed(verdict::again, reason::connection_failed, "not_begun");
  case transport_error::cancelled:
    return failed(verdict::again, reason::connection_failed, "cancelled");
  case transport_error::other:
    return failed(verdict::again, reason::connection_failed, "transport_failed");
  }
  return failed(verdict::again, reason::connection_failed, "transport_failed");
}

} // namespace belfry::io::webhooks
