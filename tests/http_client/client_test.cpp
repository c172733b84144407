#include "client_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace belfry::io {

namespace {

/// A file that goes with the test.
class temporary_file {
public:
  explicit temporary_file(const std::string& text)
      : path_(std::filesystem::temp_directory_path()
              / ("belfry_" + std::to_string(::getpid()) + "_" + std::to_string(counter_++) + ".pem")) {
    std::ofstream(path_) << text;
  }
  ~temporary_file() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

private:
  static inline int counter_ = 0;
  std::filesystem::path path_;
};

/// Answers one connection with the very bytes given, then closes it.
class raw_server {
public:
  explicit raw_server(std::string answer) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const auto client = ::accept(socket_, nullptr, nullptr);
      char request[4096];
      if (::recv(client, request, sizeof request, 0) > 0)
        ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::shutdown(client, SHUT_WR);
      while (::recv(client, request, sizeof request, 0) > 0) {
        // Until the client has seen it.
      }
      ::close(client);
    });
  }
  ~raw_server() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST(HttpClient, SendsTheRequestAsGiven) {
  test::webhook_sink sink;
  auto client = make_client();
  auto request = post(sink.url("/ok?x=1"), std::string("{\"a\":\0\xff}", 8));
  request.headers.emplace_back("X-Empty", "");
  request.headers.emplace_back("X-Two", "a b");
  auto answer = call(*client, request);
  EXPECT_EQ(answer.error, transport_error::none);
  EXPECT_EQ(answer.status, 200);
  ASSERT_TRUE(sink.wait_for(1, patience));
  auto r = sink.requests().at(0);
  EXPECT_EQ(r.method, "POST");
  EXPECT_EQ(r.path, "/ok?x=1");
  EXPECT_EQ(r.body, request.body);
  EXPECT_EQ(r.header("x-empty"), "");
  EXPECT_EQ(r.header("x-two"), "a b");
  EXPECT_EQ(r.header("content-type"), "application/json");
  EXPECT_FALSE(r.header("expect"));
}

TEST(HttpClient, SendsNoExpectHeaderWithALargeBody) {
  test::webhook_sink sink;
  auto client = make_client();
  EXPECT_EQ(call(*client, post(sink.url(), std::string(3'000'000, 'x'))).status, 200);
  EXPECT_EQ(sink.requests().at(0).body.size(), 3'000'000U);
  EXPECT_FALSE(sink.requests().at(0).header("expect"));
}

TEST(HttpClient, ChangesMethodsOnOneConnection) {
  test::webhook_sink sink;
  auto client = make_client();
  for (std::string method : {"POST", "GET", "PUT", "DELETE", "PUT", "POST", "GET"}) {
    auto request = post(sink.url(), method == "GET" || method == "DELETE" ? "" : "body of " + method);
    request.method = method;
    EXPECT_EQ(call(*client, request).status, 200);
    EXPECT_EQ(sink.requests().back().method, method);
    EXPECT_EQ(sink.requests().back().body, request.body);
  }
  EXPECT_EQ(sink.connections(), 1U);
}

TEST(HttpClient, GivesStatusBodyAndRetryAfter) {
  test::webhook_sink sink;
  auto client = make_client();
  for (int status : {200, 201, 204, 400, 404, 410, 429, 500, 503})
    EXPECT_EQ(call(*client, post(sink.url("/status/" + std::to_string(status)))).status, status);
  auto answer = call(*client, post(sink.url("/retry-after/7/429")));
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.retry_after, "7");
  EXPECT_EQ(call(*client, post(sink.url("/big/100"))).body, std::string(100, 'x'));
  EXPECT_EQ(call(*client, post(sink.url())).retry_after, std::nullopt);
}

TEST(HttpClient, NeverFollowsARedirect) {
  test::webhook_sink sink;
  auto client = make_client();
  EXPECT_EQ(call(*client, post(sink.url("/redirect/ok"))).status, 302);
  EXPECT_EQ(call(*client, post(sink.url())).status, 200);
  EXPECT_EQ(sink.count(), 2U);
}

TEST(HttpClient, SendsThousandsOfRequestsOverOneConnection) {
  test::webhook_sink sink;
  auto client = make_client();
  for (int i = 0; i < 2000; ++i)
    ASSERT_EQ(call(*client, post(sink.url(), std::to_string(i))).status, 200);
  EXPECT_EQ(sink.connections(), 1U);
  EXPECT_EQ(sink.count(), 2000U);
}

TEST(HttpClient, AnswersEachOfManyRequestsOnce) {
  test::webhook_sink sink;
  auto client = make_client();
  std::vector<std::atomic<int>> calls(1000);
  std::atomic<int> done = 0;
  std::promise<void> all;
  for (std::size_t i = 0; i < calls.size(); ++i)
    client->send(post(sink.url(), std::to_string(i)), [&, i](http_answer a) {
      EXPECT_EQ(a.status, 200);
      ++calls[i];
      if (++done == 1000)
        all.set_value();
    });
  ASSERT_EQ(all.get_future().wait_for(patience), std::future_status::ready);
  client.reset();
  for (auto& c : calls)
    EXPECT_EQ(c, 1);
  EXPECT_EQ(sink.count(), 1000U);
}

TEST(HttpClient, SendsNothingTwiceWhenAKeptConnectionIsClosed) {
  test::webhook_sink sink;
  auto client = make_client();
  std::size_t lost = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    auto answer = call(*client, post(sink.url("/ok-close")));
    lost += answer.error == transport_error::kept_connection_lost ? 1 : 0;
    EXPECT_TRUE(answer.status == 200 || answer.error == transport_error::kept_connection_lost);
    EXPECT_EQ(sink.count(), i + 1 - lost) << "each answer is of one request";
  }
}

TEST(HttpClient, SaysWhenAKeptConnectionIsClosedUnderARequest) {
  test::webhook_sink sink;
  auto client = make_client();
  EXPECT_EQ(call(*client, post(sink.url())).status, 200);
  EXPECT_EQ(call(*client, post(sink.url("/close"))).error, transport_error::kept_connection_lost);
  EXPECT_EQ(sink.count(), 2U);
  auto fresh = post(sink.url("/close"));
  fresh.fresh_connection = true;
  EXPECT_EQ(call(*client, fresh).error, transport_error::connect) << "a new connection was not kept";
}

TEST(HttpClient, OpensAConnectionForARequestThatWantsAFreshOne) {
  test::webhook_sink sink;
  auto client = make_client();
  EXPECT_EQ(call(*client, post(sink.url())).status, 200);
  auto fresh = post(sink.url());
  fresh.fresh_connection = true;
  EXPECT_EQ(call(*client, fresh).status, 200);
  EXPECT_EQ(sink.connections(), 2U);
  EXPECT_EQ(call(*client, post(sink.url())).status, 200);
  EXPECT_EQ(sink.connections(), 2U) << "later ones are not as picky";
}

TEST(HttpClient, TakesAnAnswerThatIsNoHttpForABrokenConnection) {
  // Plain text, a TLS alert, and the settings of an HTTP/2 server.
  for (std::string answer : {std::string{"hello there\r\n"}, std::string{"\x15\x03\x01\x00\x02\x02\x28", 7},
                             std::string{"\0\0\0\x04\0\0\0\0\0", 9}}) {
    raw_server server{answer};
    EXPECT_EQ(call(*make_client(), post(server.url())).error, transport_error::connect);
  }
}

TEST(HttpClient, ReportsARefusedConnection) {
  std::uint16_t port = 0;
  { port = test::webhook_sink().port(); }
  auto client = make_client();
  auto answer = call(*client, post("http://127.0.0.1:" + std::to_string(port) + "/"));
  EXPECT_EQ(answer.error, transport_error::connect);
  EXPECT_EQ(answer.status, 0);
}

TEST(HttpClient, ReportsABrokenAnswer) {
  test::webhook_sink sink;
  auto client = make_client();
  EXPECT_EQ(call(*client, post(sink.url("/close"))).error, transport_error::connect);
  EXPECT_EQ(call(*client, post(sink.url("/cut"))).error, transport_error::connect);
}

TEST(HttpClient, RefusesWhatIsNoUrl) {
  auto client = make_client();
  for (auto url : {"", "nonsense", "ftp://example.com/", "file:///etc/hostname", "http://", "https://a b/"})
    EXPECT_EQ(call(*client, post(url)).error, transport_error::bad_url) << url;
}

TEST(HttpClient, RefusesHeadersThatWouldBreakTheRequest) {
  test::webhook_sink sink;
  auto client = make_client();
  auto request = post(sink.url());
  request.headers.emplace_back("X-Bad", "a\r\nX-Injected: b");
  EXPECT_EQ(call(*client, request).error, transport_error::other);
  request.headers.back() = {"X Bad:", "a"};
  EXPECT_EQ(call(*client, request).error, transport_error::other);
  EXPECT_EQ(sink.count(), 0U);
}

TEST(HttpClientTls, TrustsTheExtraCertificates) {
  auto pair = test::make_certificate({"127.0.0.1"});
  temporary_file ca(pair.chain);
  test::webhook_sink sink({.tls = pair});
  auto options = loopback_allowed();
  options.ca_file = ca.path();
  auto client = make_client(options);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(call(*client, post(sink.url())).status, 200);
  EXPECT_EQ(sink.connections(), 1U);
}

TEST(HttpClientTls, RefusesUnknownWrongAndExpiredCertificates) {
  auto known = test::make_certificate({"127.0.0.2"});
  auto unknown = test::make_certificate({"127.0.0.1"});
  auto expired = test::make_certificate({"127.0.0.1"}, true);
  temporary_file ca(known.chain + expired.chain);
  auto options = loopback_allowed();
  options.ca_file = ca.path();
  auto client = make_client(options);
  for (const auto& pair : {known, unknown, expired}) {
    test::webhook_sink sink({.tls = pair});
    EXPECT_EQ(call(*client, post(sink.url())).error, transport_error::tls);
    EXPECT_EQ(sink.count(), 0U);
  }
}

TEST(HttpClientTls, RefusesAPlainServer) {
  test::webhook_sink sink;
  auto client = make_client();
  EXPECT_EQ(call(*client, post("https://127.0.0.1:" + std::to_string(sink.port()))).error, transport_error::tls);
}

TEST(HttpClientTls, NamesACaFileThatCannotBeRead) {
  outbound_options options;
  options.ca_file = "/nonexistent/ca.pem";
  auto client = make_http_client(options);
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().detail.find("/nonexistent/ca.pem"), std::string::npos);
}

} // namespace

} // namespace belfry::io
