#include "belfry/io/webhook/answer.hpp"

#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::io;
using verdict = outcome::verdict;

namespace {

http_answer status(int code, std::optional<std::string> retry_after = {}) {
  http_answer a;
  a.status = code;
  a.retry_after = std::move(retry_after);
  return a;
}

outcome read(const http_answer& a) {
  return webhooks::read_answer(a, 1'000);
}

} // namespace

TEST(WebhookAnswer, MapsEveryStatusThatThereIs) {
  for (int code = 100; code <= 599; ++code) {
    auto x = read(status(code));
    auto expected = code / 100 == 2 ? verdict::accepted : code == 410 ? verdict::gone : verdict::again;
    EXPECT_EQ(x.what, expected) << code;
    EXPECT_EQ(x.throttle, code == 429 || code == 502 || code == 504) << code;
    EXPECT_EQ(x.status, code);
    EXPECT_EQ(x.answer, "http_" + std::to_string(code));
    EXPECT_EQ(x.why, expected == verdict::accepted ? reason::sent
                     : expected == verdict::gone   ? reason::endpoint_gone
                                                   : reason::http_status);
    EXPECT_FALSE(x.retry_after);
  }
}

TEST(WebhookAnswer, MapsEveryErrorOfTheTransport) {
  struct row {
    transport_error error;
    verdict what;
    reason why;
    const char* answer;
  };
  const row table[] = {
      {transport_error::timeout, verdict::again, reason::timeout, "timeout"},
      {transport_error::connect, verdict::again, reason::connection_failed, "connection_failed"},
      {transport_error::kept_connection_lost, verdict::again, reason::connection_failed, "connection_failed"},
      {transport_error::tls, verdict::again, reason::tls_failed, "tls_failed"},
      {transport_error::refused_address, verdict::refused, reason::refused_address, "refused_address"},
      {transport_error::proxy, verdict::again, reason::proxy_failed, "proxy_failed"},
      {transport_error::bad_url, verdict::refused, reason::refused_address, "bad_url"},
      {transport_error::cancelled, verdict::again, reason::connection_failed, "cancelled"},
      {transport_error::busy, verdict::again, reason::connection_failed, "too_many_waiting"},
      {transport_error::other, verdict::again, reason::connection_failed, "transport_failed"},
  };
  for (auto& r : table) {
    http_answer a;
    a.error = r.error;
    auto x = read(a);
    EXPECT_EQ(x.what, r.what) << r.answer;
    EXPECT_EQ(x.why, r.why) << r.answer;
    EXPECT_EQ(x.answer, r.answer);
    EXPECT_EQ(x.status, 0);
    EXPECT_FALSE(x.throttle);
  }
}

TEST(WebhookAnswer, HonoursRetryAfterOnAnyFailedAnswer) {
  for (int code : {301, 400, 404, 429, 500, 502, 503, 504})
    EXPECT_EQ(read(status(code, "30")).retry_after, 30'000) << code;
  EXPECT_FALSE(read(status(200, "30")).retry_after);
  EXPECT_FALSE(read(status(410, "30")).retry_after);
}

TEST(WebhookAnswer, CountsARetryAfterDateFromNow) {
  EXPECT_EQ(webhooks::read_answer(status(503, "Sun, 06 Nov 1994 08:49:37 GMT"), 784111777000 - 5'000).retry_after,
            5'000);
}

TEST(WebhookAnswer, IgnoresARetryAfterThatCannotBeRead) {
  EXPECT_FALSE(read(status(503, "soon")).retry_after);
}

TEST(WebhookAnswer, NeverCarriesTheBody) {
  auto a = status(500);
  a.body = "private";
  EXPECT_EQ(read(a).answer, "http_500");
}
