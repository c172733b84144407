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
  /// A reader whose subscription stands.
  std::unique_ptr<http_probe> reader() {
    auto p = std::make_unique<http_probe>(port);
    p->send(request_text("GET", "/v1/stream"));
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
  auto first = text.find("id: 1\nevent: notification\ndata: {"), second = text.find("id: 2\nevent: call_timeout\n");
  EXPECT_NE(first, std::string::npos);
  EXPECT_LT(first, second);
  EXPECT_LT(second, text.find("id: 3\nevent: pause\n"));
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

TEST_F(Stream, LeavesTheEngineWithItsLastReader) {
  start();
  {
    auto a = reader();
    EXPECT_EQ(service.listeners(), 1U);
  }
  EXPECT_TRUE(eventually([&] { return service.listeners() == 0; }));
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
