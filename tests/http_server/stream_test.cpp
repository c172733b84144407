#include "fixture.hpp"

namespace belfry::test {
namespace {

trace_item done_notification() {
  trace_item x;
  x.id = notification_id{};
  x.recipient = "anna";
  x.conversation = "c";
  x.state = trace_state::done;
  x.reason = reason::sent;
  return x;
}

class Stream : public http_fixture {
protected:
  /// The numbers behind "id: ".
  static std::vector<std::uint64_t> ids_in(const std::string& text) {
    std::vector<std::uint64_t> out;
    for (auto at = text.find("\nid: "); at != text.npos; at = text.find("\nid: ", at + 1))
      out.push_back(std::stoull(text.substr(at + 5)));
    return out;
  }

  /// A reader whose subscription stands; `last_seen` is its Last-Event-ID.
  std::unique_ptr<http_probe> reader(std::optional<std::uint64_t> last_seen = {}) {
    auto p = std::make_unique<http_probe>(port);
    p->send(last_seen ? "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: " + std::to_string(*last_seen)
                            + "\r\n\r\n"
                      : request_text("GET", "/v1/stream"));
    EXPECT_TRUE(p->hears("\r\n\r\n"));
    return p;
  }
};

TEST_F(Stream, TellsReportsWithIdsThatCountUp) {
  start();
  auto p = reader();
  EXPECT_TRUE(p->hears("Content-Type: text/event-stream\r\n"));
  service.report_all(done_notification());
  service.report_all(call_timeout{"c", "call1", 17});
  service.report_all(pause_changed{"anna", {}});
  ASSERT_TRUE(p->hears("event: pause"));
  const auto& text = p->heard();
  auto ids = ids_in(text);
  ASSERT_EQ(ids.size(), 3U);
  EXPECT_EQ(ids[1], ids[0] + 1);
  EXPECT_EQ(ids[2], ids[0] + 2);
  EXPECT_LT(ids[2], std::uint64_t{1} << 53) << "readers of JSON take it exactly";
  EXPECT_LT(text.find("event: notification\ndata: {"), text.find("event: call_timeout\n"));
  EXPECT_LT(text.find("event: call_timeout\n"), text.find("event: pause\n"));
  EXPECT_NE(text.find(R"("recipient":"anna")"), std::string::npos);
}

TEST_F(Stream, ReachesEveryReader) {
  start();
  auto a = reader(), b = reader();
  service.report_all(call_timeout{"c", "call1", 17});
  EXPECT_TRUE(a->hears("event: call_timeout"));
  EXPECT_TRUE(b->hears("event: call_timeout"));
}

TEST_F(Stream, SendsCommentsWhileItIsQuiet) {
  settings.heartbeat = 50ms;
  start();
  EXPECT_TRUE(reader()->hears(": still here\n\n: still here\n\n"));
}

TEST_F(Stream, GivesAReaderThatComesBackWhatItMissed) {
  start();
  std::uint64_t seen = 0;
  {
    auto a = reader();
    service.report_all(call_timeout{"c", "call1", 1});
    ASSERT_TRUE(a->hears("call1"));
    seen = ids_in(a->heard()).at(0);
  }
  service.report_all(call_timeout{"c", "call2", 2});
  service.report_all(call_timeout{"c", "call3", 3});
  auto again = reader(seen);
  ASSERT_TRUE(again->hears("call3"));
  EXPECT_EQ(ids_in(again->heard()), (std::vector<std::uint64_t>{seen + 1, seen + 2}));
  EXPECT_EQ(again->heard().find("event: gap"), std::string::npos);
  service.report_all(call_timeout{"c", "call4", 4});
  EXPECT_TRUE(again->hears("call4"));
}

TEST_F(Stream, TellsAReaderThatComesBackWhatIsNotKeptAnyMore) {
  opts.limits.stream_backlog = 2;
  start();
  std::uint64_t seen = 0;
  {
    auto a = reader();
    service.report_all(call_timeout{"c", "call1", 1});
    ASSERT_TRUE(a->hears("call1"));
    seen = ids_in(a->heard()).at(0);
  }
  for (int i = 2; i <= 5; ++i)
    service.report_all(call_timeout{"c", "call" + std::to_string(i), i});
  auto again = reader(seen);
  ASSERT_TRUE(again->hears("call5"));
  auto gap = "event: gap\ndata: {\"from\":" + std::to_string(seen + 1) + ",\"to\":" + std::to_string(seen + 2) + "}";
  EXPECT_NE(again->heard().find(gap), std::string::npos) << again->heard();
  EXPECT_EQ(again->heard().find("call3"), std::string::npos);
  EXPECT_NE(again->heard().find("call4"), std::string::npos);
}

TEST_F(Stream, TellsAReaderOfAnEarlierLifeThatThereIsAGap) {
  start();
  auto a = reader(17);
  EXPECT_TRUE(a->hears("event: gap\ndata: {\"from\":18,"));
}

TEST_F(Stream, TakesWhatIsNoIdForNone) {
  start();
  http_probe p{port};
  p.send("GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: x1\r\n\r\n");
  ASSERT_TRUE(p.hears(": hello"));
  service.report_all(call_timeout{"c", "call1", 1});
  EXPECT_TRUE(p.hears("call1"));
  EXPECT_EQ(p.heard().find("event: gap"), std::string::npos);
}

TEST_F(Stream, StaysWithTheEngineForReadersThatComeBack) {
  start();
  EXPECT_EQ(service.listeners(), 0U);
  { auto a = reader(); }
  EXPECT_TRUE(eventually([&] { return service.listeners() == 1; }));
}

TEST_F(Stream, HasABoundOfReaders) {
  opts.limits.stream_readers = 1;
  start();
  auto a = reader();
  auto refused = ask("GET", "/v1/stream");
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.header("retry-after"), "");
}

TEST_F(Stream, CutsOffAReaderThatIsTooSlow) {
  opts.limits.stream_backlog = 10;
  start();
  auto slow = reader();
  auto big = done_notification();
  big.conversation = std::string(100'000, 'c');
  auto cut = metrics.get_counter(io::metric::http_stream_cut_off);
  // More than any socket buffer takes, so that the queue fills up.
  EXPECT_TRUE(eventually([&] {
    service.report_all(big);
    return cut.value() == 1;
  }));
  EXPECT_TRUE(slow->ends());
}

TEST_F(Stream, EndsWhenTheServerStops) {
  start();
  auto p = reader();
  server->stop();
  EXPECT_TRUE(p->ends());
  EXPECT_EQ(service.listeners(), 0U);
  EXPECT_EQ(metrics.get_counter(io::metric::http_stream_cut_off).value(), 0);
}

TEST_F(Stream, AnswersHeadWithItsTypeOnly) {
  start();
  auto head = ask("HEAD", "/v1/stream");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-type"), "text/event-stream");
  EXPECT_EQ(service.listeners(), 0U);
}

} // namespace
} // namespace belfry::test
