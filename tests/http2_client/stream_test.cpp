#include "client_fixture.hpp"

#include <nghttp2/nghttp2.h>

namespace belfry::io {

namespace {

/// What requests say of themselves.
std::string name_of(const test::http2_request& r) {
  return r.path;
}

TEST_F(Http2, ObeysALimitOfStreamsThatChanges) {
  test::http2_server server(serving([](const auto&) { return test::http2_reply{.delay = 5ms}; }));
  server.set_streams_max(1);
  auto client = make_client();
  std::vector<std::future<http_answer>> answers;
  for (int i = 0; i < 10; ++i)
    answers.push_back(begin(*client, post(server.url())));
  for (auto& a : answers)
    ASSERT_EQ(get(std::move(a)).status, 200);
  EXPECT_EQ(server.streams_peak(), 1U);
  server.set_streams_max(100);
  answers.clear();
  for (int i = 0; i < 400; ++i)
    answers.push_back(begin(*client, post(server.url())));
  for (auto& a : answers)
    ASSERT_EQ(get(std::move(a)).status, 200);
  EXPECT_GT(server.streams_peak(), 20U);
  EXPECT_LE(server.streams_peak(), 100U);
  EXPECT_TRUE(server.violations().empty());
}

TEST_F(Http2, OpensNoSecondConnectionBeforeTheFirstProvedItself) {
  test::http2_server server(serving([](const test::http2_request& r) {
    return r.number == 1 ? test::http2_reply{.delay = 100ms} : test::http2_reply{};
  }));
  server.set_streams_max(1);
  auto client = make_client();
  std::vector<std::future<http_answer>> answers;
  for (int i = 0; i < 10; ++i)
    answers.push_back(begin(*client, post(server.url())));
  ASSERT_TRUE(server.wait_until([&] { return server.count() == 1; }, patience));
  server.set_streams_max(1000);
  for (auto& a : answers)
    ASSERT_EQ(get(std::move(a)).status, 200);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(Http2, SendsARefusedRequestAgain) {
  test::http2_server server(serving([](const test::http2_request& r) {
    return test::http2_reply{.kind = r.number <= 2 ? what::refuse : what::answer};
  }));
  auto client = make_client();
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
  EXPECT_EQ(server.count(), 3U);
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_EQ(client->counts().resent, 2U);
}

TEST_F(Http2, GivesUpWhatIsRefusedAgainAndAgainAndSaysThatItWasNotProcessed) {
  test::http2_server server(serving([](const auto&) { return test::http2_reply{.kind = what::refuse}; }));
  http2_settings settings;
  settings.resends_max = 3;
  auto client = make_client(settings);
  const auto answer = call(*client, post(server.url()));
  EXPECT_EQ(answer.error, transport_error::connect);
  EXPECT_TRUE(answer.unprocessed);
  EXPECT_EQ(server.count(), 4U);
}

TEST_F(Http2, AResetHurtsNoOtherRequest) {
  test::http2_server server(serving([](const test::http2_request& r) {
    return name_of(r) == "/reset" ? test::http2_reply{.kind = what::reset, .code = NGHTTP2_INTERNAL_ERROR}
                                  : test::http2_reply{.delay = 50ms};
  }));
  auto client = make_client();
  auto good = begin(*client, post(server.url("/good")));
  const auto answer = call(*client, post(server.url("/reset")));
  EXPECT_EQ(answer.error, transport_error::connect);
  EXPECT_FALSE(answer.unprocessed);
  EXPECT_EQ(get(std::move(good)).status, 200);
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_EQ(server.count(), 2U);
}

TEST_F(Http2, SendsAgainWhatGoawayDoesNotCover) {
  std::mutex mutex;
  std::map<std::string, int> answered;
  test::http2_server server(serving([&](const test::http2_request& r) {
    if (r.number == 50)
      return test::http2_reply{.kind = what::go_away_before, .text = R"({"reason":"Shutdown"})"};
    std::lock_guard lock(mutex);
    ++answered[name_of(r)];
    return test::http2_reply{.delay = r.connection == 1 ? 50ms : 0ms};
  }));
  auto client = make_client();
  std::vector<std::future<http_answer>> answers;
  for (int i = 0; i < 200; ++i)
    answers.push_back(begin(*client, post(server.url("/" + std::to_string(i)))));
  for (auto& a : answers)
    ASSERT_EQ(get(std::move(a)).status, 200);
  std::lock_guard lock(mutex);
  EXPECT_EQ(answered.size(), 200U);
  for (const auto& [name, times] : answered)
    EXPECT_EQ(times, 1) << name;
  EXPECT_EQ(server.connections(), 2U);
  const auto seen = events();
  const auto left =
      std::find_if(seen.begin(), seen.end(), [](auto& e) { return e.kind == connection_event::what::leaving; });
  ASSERT_NE(left, seen.end());
  EXPECT_EQ(left->text, R"({"reason":"Shutdown"})");
}

TEST_F(Http2, OpensTheReplacementBeforeWhatGoawayCoversIsOver) {
  test::http2_server server(serving([](const test::http2_request& r) {
    return r.number == 1 ? test::http2_reply{.delay = 300ms} : test::http2_reply{};
  }));
  auto client = make_client();
  auto slow = begin(*client, post(server.url()));
  ASSERT_TRUE(server.wait_until([&] { return server.count() == 1; }, patience));
  server.go_away("bye");
  ASSERT_TRUE(server.wait_until([&] { return server.connections() == 2; }, patience));
  EXPECT_NE(slow.wait_for(0s), std::future_status::ready);
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
  EXPECT_EQ(get(std::move(slow)).status, 200);
  EXPECT_TRUE(server.wait_until([&] { return server.open_connections() == 1; }, patience));
  EXPECT_EQ(server.count(), 2U);
}

TEST_F(Http2, EndsARequestAtItsTimeAndGoesOnWithTheConnection) {
  test::http2_server server(serving([](const test::http2_request& r) {
    return test::http2_reply{.kind = name_of(r) == "/hang" ? what::hang : what::answer};
  }));
  auto client = make_client();
  auto request = post(server.url("/hang"));
  request.timeout = 150ms;
  const auto answer = call(*client, request);
  EXPECT_EQ(answer.error, transport_error::timeout);
  EXPECT_FALSE(answer.unprocessed);
  EXPECT_GE(answer.duration, 150ms);
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(Http2, EndsAWaitingRequestAtItsTimeAsNotProcessed) {
  test::http2_server server(serving([](const auto&) { return test::http2_reply{.kind = what::hang}; }));
  server.set_streams_max(1);
  auto client = make_client();
  auto first = begin(*client, post(server.url()));
  ASSERT_TRUE(server.wait_until([&] { return server.count() == 1; }, patience));
  auto request = post(server.url());
  request.timeout = 100ms;
  const auto answer = call(*client, request);
  EXPECT_EQ(answer.error, transport_error::timeout);
  EXPECT_TRUE(answer.unprocessed);
  EXPECT_EQ(server.count(), 1U);
}

TEST_F(Http2, DoesNotBeginWhatWaitedTooLongForItsTurn) {
  test::http2_server server(serving([](const auto&) { return test::http2_reply{.kind = what::hang}; }));
  server.set_streams_max(1);
  auto client = make_client({.turn_max = 100ms});
  auto first = begin(*client, post(server.url()));
  ASSERT_TRUE(server.wait_until([&] { return server.count() == 1; }, patience));
  const auto answer = call(*client, post(server.url()));
  EXPECT_EQ(answer.error, transport_error::not_begun);
  EXPECT_TRUE(answer.unprocessed);
  EXPECT_EQ(server.count(), 1U);
}

TEST_F(Http2, BeginsUrgentRequestsFirst) {
  std::vector<std::string> order;
  test::http2_server server(serving([&](const test::http2_request& r) {
    order.push_back(r.path);
    return test::http2_reply{.delay = r.number == 1 ? 200ms : 0ms};
  }));
  server.set_streams_max(1);
  auto client = make_client();
  std::vector<std::future<http_answer>> answers;
  answers.push_back(begin(*client, post(server.url() + "0")));
  ASSERT_TRUE(server.wait_until([&] { return server.count() == 1; }, patience));
  for (const auto* path : {"1", "2", "urgent-1", "3", "urgent-2"}) {
    auto r = post(server.url() + path);
    r.urgent = r.url.find("urgent") != std::string::npos;
    answers.push_back(begin(*client, std::move(r)));
  }
  for (auto& a : answers)
    EXPECT_EQ(get(std::move(a)).status, 200);
  EXPECT_EQ(order, (std::vector<std::string>{"/0", "/urgent-1", "/urgent-2", "/1", "/2", "/3"}));
}

} // namespace

} // namespace belfry::io
