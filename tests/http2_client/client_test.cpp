#include "client_fixture.hpp"

namespace belfry::io {

namespace {

TEST_F(Http2, CarriesARequestAndItsAnswer) {
  test::http2_request seen;
  test::http2_server server(serving([&](const test::http2_request& r) {
    seen = r;
    return test::http2_reply{.status = 410, .headers = {{"apns-id", "x-1"}, {"retry-after", "7"}}, .body = "gone"};
  }));
  auto client = make_client();
  auto request = post(server.url("/3/device/aB%20?q=1"), "hello");
  request.headers.emplace_back("Apns-Topic", "com.example");
  const auto answer = call(*client, request);
  EXPECT_EQ(answer.error, transport_error::none);
  EXPECT_EQ(answer.status, 410);
  EXPECT_EQ(answer.body, "gone");
  EXPECT_EQ(answer.header("apns-id"), "x-1");
  EXPECT_EQ(answer.retry_after, "7");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/3/device/aB%20?q=1");
  EXPECT_EQ(seen.authority, "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(seen.body, "hello");
  EXPECT_EQ(seen.header("apns-topic"), "com.example");
  EXPECT_EQ(seen.header("content-length"), "5");
}

TEST_F(Http2, CarriesThousandsOfRequestsOnOneConnection) {
  test::http2_server server(serving());
  auto client = make_client();
  std::vector<std::future<http_answer>> answers;
  for (int i = 0; i < 3000; ++i)
    answers.push_back(begin(*client, post(server.url())));
  for (auto& a : answers)
    ASSERT_EQ(get(std::move(a)).status, 200);
  EXPECT_EQ(server.count(), 3000U);
  // The burst is over what one connection carries at a time, but none was opened per request.
  EXPECT_LE(server.connections(), 2U);
  EXPECT_TRUE(server.violations().empty());
}

TEST_F(Http2, CarriesLongBodiesBothWaysAndKeepsSixtyFourKibibytes) {
  const std::string longest(300'000, 'x');
  std::size_t came = 0;
  test::http2_server server(serving([&](const test::http2_request& r) {
    came = r.body.size();
    return test::http2_reply{.body = r.path == "/long" ? longest : "short"};
  }));
  auto client = make_client();
  const auto answer = call(*client, post(server.url("/long"), longest));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.size(), 64U * 1024);
  EXPECT_EQ(came, longest.size());
  EXPECT_EQ(call(*client, post(server.url("/short"))).body, "short");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(Http2, KeepsSixteenKibibytesOfAHeader) {
  test::http2_server server(serving([&](const test::http2_request&) {
    test::http2_reply out{.body = "b"};
    for (int i = 0; i < 30; ++i)
      out.headers.emplace_back("x-" + std::to_string(i), std::string(1000, 'v'));
    return out;
  }));
  auto client = make_client();
  const auto answer = call(*client, post(server.url()));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "b");
  std::size_t kept = 0;
  for (const auto& [name, value] : answer.headers)
    kept += name.size() + value.size();
  EXPECT_GT(kept, 10'000U);
  EXPECT_LE(kept, 16U * 1024);
}

TEST_F(Http2, RefusesUrlsAndHeadersThatHttp2DoesNotKnow) {
  test::http2_server server(serving());
  auto client = make_client();
  for (auto url : {"http://127.0.0.1/", "ftp://127.0.0.1/", "https://", "https://h ost/", "https://127.0.0.1?a", ""})
    EXPECT_EQ(call(*client, post(url)).error, transport_error::bad_url) << url;
  for (auto name : {"connection", "Host", "a b", ":path", ""}) {
    auto request = post(server.url());
    request.headers.emplace_back(name, "x");
    EXPECT_EQ(call(*client, request).error, transport_error::other) << name;
  }
  auto request = post(server.url());
  request.headers.emplace_back("x", "a\r\nb: c");
  EXPECT_EQ(call(*client, request).error, transport_error::other);
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
}

TEST_F(Http2, EndsWhatIsUnderWayAsCancelledWhenItGoes) {
  test::http2_server server(serving([](const auto&) { return test::http2_reply{.kind = what::hang}; }));
  auto client = make_client();
  auto first = begin(*client, post(server.url()));
  ASSERT_TRUE(server.wait_until([&] { return server.count() == 1; }, patience));
  auto second = begin(*client, post("https://127.0.0.1:1/"));
  client.reset();
  EXPECT_EQ(get(std::move(first)).error, transport_error::cancelled);
  EXPECT_NE(get(std::move(second)).error, transport_error::none);
  EXPECT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }, patience));
}

TEST_F(Http2, NeedsAFileOfCertificatesAndAnHttpProxy) {
  auto wrong = options_;
  wrong.ca_file = "/does/not/exist";
  EXPECT_FALSE(make_http2_client(wrong));
  wrong = options_;
  wrong.proxy_url.value = "socks5://127.0.0.1:1080";
  EXPECT_FALSE(make_http2_client(wrong));
}

TEST_F(Http2, TellsRequestsBeyondTheBoundThatTooManyWait) {
  test::http2_server server(serving([](const auto&) { return test::http2_reply{.kind = what::hang}; }));
  server.set_streams_max(1);
  http2_settings settings;
  settings.waiting_max = 5;
  auto client = make_client(settings);
  auto carried = begin(*client, post(server.url()));
  ASSERT_TRUE(server.wait_until([&] { return server.count() == 1; }, patience));
  std::vector<std::future<http_answer>> waiting;
  for (int i = 0; i < 5; ++i)
    waiting.push_back(begin(*client, post(server.url())));
  const auto answer = call(*client, post(server.url()));
  EXPECT_EQ(answer.error, transport_error::busy);
  EXPECT_TRUE(answer.unprocessed);
  EXPECT_EQ(client->counts().busy, 1U);
  for (auto& w : waiting)
    EXPECT_NE(w.wait_for(0s), std::future_status::ready);
}

TEST_F(Http2, ForgetsTheServerThatWasLongestUnusedAtTheBound) {
  test::http2_server first(serving());
  test::http2_server second(serving([](const auto&) { return test::http2_reply{.kind = what::hang}; }));
  http2_settings settings;
  settings.pools_max = 1;
  auto client = make_client(settings);
  EXPECT_EQ(call(*client, post(first.url())).status, 200);
  auto hanging = begin(*client, post(second.url()));
  ASSERT_TRUE(second.wait_until([&] { return second.count() == 1; }, patience));
  EXPECT_TRUE(first.wait_until([&] { return first.open_connections() == 0; }, patience));
  EXPECT_EQ(call(*client, post(first.url())).error, transport_error::busy);
}

} // namespace

} // namespace belfry::io
