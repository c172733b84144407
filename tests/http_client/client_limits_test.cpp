#include "client_fixture.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace belfry::io {

namespace {

using namespace std::chrono_literals;

TEST(HttpClientLimits, KeepsAtMost64KibOfABody) {
  test::webhook_sink sink;
  auto client = make_client();
  auto answer = call(*client, post(sink.url("/big/65536")));
  EXPECT_EQ(answer.body.size(), 65536U);
  answer = call(*client, post(sink.url("/big/3000000")));
  EXPECT_EQ(answer.error, transport_error::none);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.size(), 65536U);
  EXPECT_EQ(call(*client, post(sink.url())).status, 200);
}

TEST(HttpClientLimits, TimesOutWhenNoAnswerComes) {
  test::webhook_sink sink;
  auto client = make_client();
  auto request = post(sink.url("/hang"));
  request.timeout = 150ms;
  auto answer = call(*client, request);
  EXPECT_EQ(answer.error, transport_error::timeout);
  EXPECT_GE(answer.duration, 140ms);
  EXPECT_LT(answer.duration, 5s);
}

TEST(HttpClientLimits, OneSlowEndpointDelaysNobodyElse) {
  test::webhook_sink sink;
  auto client = make_client();
  std::vector<std::future<http_answer>> slow;
  for (int i = 0; i < 100; ++i)
    slow.push_back(begin(*client, post(sink.url("/hang"))));
  ASSERT_TRUE(sink.wait_for(100, patience));
  EXPECT_LT(call(*client, post(sink.url())).duration, 3s);
  client.reset();
  for (auto& s : slow)
    EXPECT_EQ(get(std::move(s)).error, transport_error::cancelled);
}

TEST(HttpClientLimits, TheStatusCountsWhenTheBodyBreaksOffOrStalls) {
  test::webhook_sink sink;
  auto client = make_client();
  EXPECT_EQ(call(*client, post(sink.url("/cut-body"))).status, 200);
  auto request = post(sink.url("/stall-body"));
  request.timeout = 150ms;
  auto answer = call(*client, request);
  EXPECT_EQ(answer.error, transport_error::none);
  EXPECT_EQ(answer.status, 200);
}

TEST(HttpClientLimits, ConnectingHasItsOwnLimit) {
  // A listener with a full backlog does not answer: one connection fills a backlog of 0.
  int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(where);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&where), size), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size), 0);
  client_settings settings;
  settings.connect_timeout = 200ms;
  auto client = make_client(loopback_allowed(), settings);
  auto url = "https://127.0.0.1:" + std::to_string(ntohs(where.sin_port));
  // TLS belongs to connecting: whoever is accepted by the kernel waits for a handshake that never comes.
  auto answer = call(*client, post(url));
  EXPECT_EQ(answer.error, transport_error::timeout);
  EXPECT_LT(answer.duration, 5s);
  ::close(listener);
}

TEST(HttpClientShutdown, CancelsEverythingOnce) {
  test::webhook_sink sink;
  auto client = make_client();
  std::atomic<int> cancelled = 0;
  for (int i = 0; i < 50; ++i)
    client->send(post(sink.url("/hang")), [&](http_answer a) { cancelled += a.error == transport_error::cancelled; });
  ASSERT_TRUE(sink.wait_for(50, patience));
  for (int i = 0; i < 50; ++i)
    client->send(post(sink.url("/hang")), [&](http_answer a) { cancelled += a.error == transport_error::cancelled; });
  client.reset();
  EXPECT_EQ(cancelled, 100);
}

TEST(HttpClientShutdown, CancelsWhatIsSentWhileItStops) {
  test::webhook_sink sink;
  auto client = make_client();
  std::atomic<int> second = 0;
  auto* c = client.get();
  client->send(post(sink.url("/hang")), [&, c](http_answer) {
    c->send(post(sink.url("/ok")), [&](http_answer a) { second += a.error == transport_error::cancelled; });
  });
  ASSERT_TRUE(sink.wait_for(1, patience));
  client.reset();
  EXPECT_EQ(second, 1);
}

TEST(HttpClient, SendsAgainFromWithinAnAnswer) {
  test::webhook_sink sink;
  auto client = make_client();
  std::promise<int> last;
  client->send(post(sink.url()),
               [&](http_answer) { client->send(post(sink.url()), [&](http_answer a) { last.set_value(a.status); }); });
  auto answer = last.get_future();
  ASSERT_EQ(answer.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(answer.get(), 200);
}

} // namespace

} // namespace belfry::io
