#include "fixture.hpp"

namespace belfry::test {
namespace {

constexpr auto read_event = R"({"type":"message.read","conversation":"c","person":"anna"})";

class Connection : public http_fixture {};

TEST_F(Connection, AnswersSeveralRequestsInARow) {
  accept_all();
  http_probe p{start()};
  for (int i = 0; i < 3; ++i) {
    p.send(request_text("POST", "/v1/events", {{"Content-Type", "application/json"}}, read_event));
    EXPECT_EQ(p.receive().status, 202);
  }
}

TEST_F(Connection, AnswersPipelinedRequestsInTheirOrder) {
  accept_all();
  http_probe p{start()};
  p.send(request_text("GET", "/healthz")
         + request_text("POST", "/v1/events", {{"Content-Type", "application/json"}}, read_event)
         + request_text("GET", "/v1/nothing"));
  EXPECT_EQ(p.receive().status, 200);
  EXPECT_EQ(p.receive().status, 202);
  EXPECT_EQ(p.receive().status, 404);
}

TEST_F(Connection, ClosesWhenTheClientAsksForIt) {
  http_probe p{start()};
  p.send(request_text("GET", "/healthz", {{"Connection", "close"}}));
  EXPECT_EQ(p.receive().header("connection"), "close");
  EXPECT_TRUE(p.ends());
}

TEST_F(Connection, ReadsChunkedBodies) {
  accept_all();
  http_probe p{start()};
  p.send("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Transfer-Encoding: chunked\r\n\r\n");
  std::string_view body = read_event;
  p.send("10\r\n" + std::string{body.substr(0, 16)} + "\r\n");
  p.send("2a\r\n" + std::string{body.substr(16)} + "\r\n0\r\n\r\n");
  ASSERT_EQ(body.size(), 16U + 0x2a);
  EXPECT_EQ(p.receive().status, 202);
}

TEST_F(Connection, SaysContinueBeforeTheBodyIsSent) {
  accept_all();
  http_probe p{start()};
  p.send("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
         + std::to_string(std::string_view{read_event}.size()) + "\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(p.hears("HTTP/1.1 100 Continue\r\n\r\n"));
  p.send(read_event);
  EXPECT_EQ(p.receive().status, 202);
}

TEST_F(Connection, RefusesBeforeTheBodyIsSent) {
  http_probe p{start()};
  p.send("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 9000000\r\n"
         "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(p.receive().status, 415);
  EXPECT_TRUE(p.ends());
}

TEST_F(Connection, KeepsGoingBehindASmallBodyThatNobodyWants) {
  http_probe p{start()};
  p.send(request_text("POST", "/v1/events", {{"Content-Type", "text/plain"}}, "hello"));
  EXPECT_EQ(p.receive().status, 415);
  p.send(request_text("GET", "/healthz"));
  EXPECT_EQ(p.receive().status, 200);
}

TEST_F(Connection, AnswersHeadWithoutABody) {
  http_probe p{start()};
  p.send(request_text("HEAD", "/healthz") + request_text("GET", "/healthz"));
  auto head = p.receive(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "15");
  EXPECT_EQ(p.receive().body, R"({"status":"ok"})");
}

TEST_F(Connection, Answers408WhenHeadersTakeTooLongInAll) {
  settings.headers = 150ms;
  http_probe p{start()};
  auto until = std::chrono::steady_clock::now() + 5s;
  // Each byte alone would be in time.
  for (p.send("GET /healthz HTTP/1.1\r\nX-Slow: "); std::chrono::steady_clock::now() < until; p.send("x"))
    if (p.hears("408 Request Timeout", 20ms))
      break;
  EXPECT_EQ(p.receive().status, 408);
  EXPECT_TRUE(p.ends());
}

TEST_F(Connection, Answers408WhenTheBodyTakesTooLongInAll) {
  settings.body = 150ms;
  http_probe p{start()};
  p.send("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
         "1000000\r\n\r\n{");
  auto until = std::chrono::steady_clock::now() + 5s;
  for (; std::chrono::steady_clock::now() < until; p.send(" "))
    if (p.hears("408 Request Timeout", 20ms))
      break;
  EXPECT_EQ(p.receive().status, 408);
  EXPECT_TRUE(p.ends());
}

TEST_F(Connection, ClosesAnIdleConnectionWithoutAWord) {
  opts.http.idle_timeout = 100ms;
  http_probe p{start()};
  p.send(request_text("GET", "/healthz"));
  EXPECT_EQ(p.receive().status, 200);
  EXPECT_TRUE(p.ends());
  EXPECT_EQ(p.heard(), "");
}

TEST_F(Connection, Answers431BeyondSixteenKibibytesOfHeaders) {
  start();
  EXPECT_EQ(ask("GET", "/healthz", {{"X-Big", std::string(15 * 1024, 'x')}}).status, 200);
  EXPECT_EQ(ask("GET", "/healthz", {{"X-Big", std::string(17 * 1024, 'x')}}).status, 431);
}

TEST_F(Connection, CountsTheWholeHeadExactly) {
  start();
  const std::string begin = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Big: ";
  const auto fill = 16 * 1024 - begin.size() - 4;
  for (std::size_t more : {0U, 1U}) {
    http_probe p{port};
    p.send(begin + std::string(fill + more, 'x') + "\r\n\r\n");
    EXPECT_EQ(p.receive().status, more == 0 ? 200 : 431);
  }
}

TEST_F(Connection, CountsAHeadThatComesInPieces) {
  start();
  http_probe p{port};
  p.send("GET /healthz HTTP/1.1\r\nHost: localhost\r");
  p.send("\nX-Small: y\r\n\r");
  p.send("\n");
  EXPECT_EQ(p.receive().status, 200);
}

TEST_F(Connection, RefusesFoldedHeaderLines) {
  start();
  for (auto blank : {" ", "\t"}) {
    http_probe p{port};
    p.send(std::string{"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n"} + blank + "c\r\n\r\n");
    EXPECT_EQ(p.receive().status, 400);
  }
}

TEST_F(Connection, Answers400ToWhatIsNoHttp) {
  start();
  for (auto text : {"hello\r\n\r\n", "GET /healthz\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n",
                    "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                    "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    http_probe p{port};
    p.send(text);
    EXPECT_EQ(p.receive().status, 400) << text;
  }
}

TEST_F(Connection, Answers413BeyondTheLimitOfItsForm) {
  accept_all();
  start();
  auto blanks = [](std::size_t n) { return std::string(n, ' '); };
  std::string event = read_event, list = "[" + event + "]";
  EXPECT_EQ(post_events(event + blanks(1024 * 1024 - event.size())).status, 202);
  EXPECT_EQ(post_events(event + blanks(1024 * 1024 - event.size() + 1)).status, 413);
  EXPECT_EQ(post_events(" \n" + list + blanks(8 * 1024 * 1024 - list.size() - 2)).status, 202);
  EXPECT_EQ(post_events(list + blanks(8 * 1024 * 1024 - list.size() + 1)).status, 413);
  EXPECT_EQ(post_events(event + blanks(8 * 1024 * 1024 - event.size()), "application/x-ndjson").status, 202);
  EXPECT_EQ(post_events(event + blanks(8 * 1024 * 1024 - event.size() + 1), "application/x-ndjson").status, 413);
  EXPECT_EQ(ask("PUT", "/v1/persons/anna", {{"Content-Type", "application/json"}}, blanks(1024 * 1024 + 1)).status,
            413);
}

TEST_F(Connection, Answers413ToAChunkedBodyBeyondTheLimit) {
  http_probe p{start()};
  p.send("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Transfer-Encoding: chunked\r\n\r\n");
  auto chunk = "10000\r\n" + std::string(0x10000, '{') + "\r\n";
  for (int i = 0; i < 32 && p.send(chunk); ++i) {
  }
  EXPECT_EQ(p.receive().status, 413);
}

TEST_F(Connection, Answers429WhenAllBodiesTogetherAreTooMuch) {
  settings.bodies_max = 1000;
  accept_all();
  start();
  EXPECT_EQ(post_events(read_event).status, 202);
  auto refused = post_events(std::string(2000, ' ') + read_event);
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.header("retry-after"), "");
  EXPECT_EQ(post_events(read_event).status, 202);
}

TEST_F(Connection, Answers503BeyondTheBoundOfConnections) {
  opts.limits.connections = 2;
  start();
  http_probe a{port}, b{port};
  for (auto* p : {&a, &b}) {
    p->send(request_text("GET", "/healthz"));
    EXPECT_EQ(p->receive().status, 200);
  }
  http_probe c{port};
  auto refused = c.receive();
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.header("retry-after"), "");
  EXPECT_TRUE(c.ends());
  EXPECT_EQ(metrics.get_counter(io::metric::http_connections_refused).value(), 1);
}

TEST_F(Connection, Answers503WhenTheEngineDoesNotAnswer) {
  settings.answer = 100ms;
  accept_all();
  service.hold = true;
  start();
  auto late = post_events(read_event);
  EXPECT_EQ(late.status, 503);
  EXPECT_NE(late.header("retry-after"), "");
  service.hold = false;
  service.release();
  EXPECT_EQ(post_events(read_event).status, 202);
}

TEST_F(Connection, OutlivesAnAnswerThatComesAfterItsClientLeft) {
  accept_all();
  service.hold = true;
  start();
  {
    http_probe p{port};
    p.send(request_text("POST", "/v1/events", {{"Content-Type", "application/json"}}, read_event));
    ASSERT_TRUE(eventually([&] { return service.held() == 1; }));
  }
  service.hold = false;
  service.release();
  EXPECT_EQ(post_events(read_event).status, 202);
}

TEST_F(Connection, FinishesItsAnswerWhenTheServerStops) {
  accept_all();
  service.hold = true;
  http_probe p{start()};
  p.send(request_text("POST", "/v1/events", {{"Content-Type", "application/json"}}, read_event));
  ASSERT_TRUE(eventually([&] { return service.held() == 1; }));
  std::thread stopping{[&] { server->stop(); }};
  EXPECT_TRUE(eventually([&] { return http_probe{port}.ends(100ms); }));
  service.release();
  auto last = p.receive();
  EXPECT_EQ(last.status, 202);
  EXPECT_EQ(last.header("connection"), "close");
  EXPECT_TRUE(p.ends());
  stopping.join();
}

TEST_F(Connection, OutlivesAnAnswerThatComesAfterTheServer) {
  accept_all();
  settings.drain = 50ms;
  service.hold = true;
  http_probe p{start()};
  p.send(request_text("POST", "/v1/events", {{"Content-Type", "application/json"}}, read_event));
  ASSERT_TRUE(eventually([&] { return service.held() == 1; }));
  server.reset();
  service.hold = false;
  service.release();
  EXPECT_TRUE(p.ends());
}

TEST_F(Connection, ServesManyAtOnceOnSeveralThreads) {
  accept_all();
  settings.threads = 3;
  start();
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int i = 0; i < 6; ++i)
    clients.emplace_back([&] {
      http_probe p{port};
      for (int n = 0; n < 50; ++n) {
        p.send(request_text("POST", "/v1/events", {{"Content-Type", "application/json"}}, read_event));
        good += p.receive().status == 202;
      }
    });
  for (auto& c : clients)
    c.join();
  EXPECT_EQ(good, 300);
}

TEST_F(Connection, RefusesToListenElsewhereWithoutTokens) {
  opts.http.listen = "0.0.0.0:0";
  server.emplace(opts, service, metrics, settings);
  auto started = server->start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("http.tokens"), std::string::npos);
}

TEST_F(Connection, NamesAnAddressThatIsTaken) {
  start();
  opts.http.listen = "127.0.0.1:" + std::to_string(port);
  io::http_server second{opts, service, metrics};
  auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find(opts.http.listen), std::string::npos);
}

} // namespace
} // namespace belfry::test
