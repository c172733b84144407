#include "belfry/io/http2_client/tunnel.hpp"

#include "client_fixture.hpp"

#include "belfry/tests/support/providers/tiny_proxy.hpp"

namespace belfry::io::http2 {

namespace {

TEST(Tunnel, ReadsTheAddressOfAProxy) {
  const auto x = parse_proxy("http://us%20er:pa%3Ass@proxy.corp:3128");
  ASSERT_TRUE(x);
  EXPECT_EQ(x->host, "proxy.corp");
  EXPECT_EQ(x->port, 3128);
  EXPECT_EQ(x->authorization, "Basic dXMgZXI6cGE6c3M=");
  EXPECT_EQ(parse_proxy("http://[::1]:8080")->host, "::1");
  EXPECT_EQ(parse_proxy("http://proxy.corp")->port, 1080);
  for (auto url : {"https://proxy.corp", "socks5://proxy.corp:1", "nonsense:", ""})
    EXPECT_FALSE(parse_proxy(url)) << url;
}

TEST(Tunnel, AsksForTheServer) {
  EXPECT_EQ(connect_request({"p", 1, "Basic eA=="}, "push.test:443"),
            "CONNECT push.test:443 HTTP/1.1\r\nHost: push.test:443\r\nProxy-Authorization: Basic eA==\r\n\r\n");
}

TEST(Tunnel, ReadsTheAnswerOnceItIsWhole) {
  EXPECT_FALSE(read_connect_answer("HTTP/1.1 200 OK\r\nX: y\r\n"));
  EXPECT_EQ(read_connect_answer("HTTP/1.1 200 OK\r\nX: y\r\n\r\n"), true);
  EXPECT_EQ(read_connect_answer("HTTP/1.0 204 \r\n\r\n"), true);
  for (auto text : {"HTTP/1.1 407 No\r\n\r\n", "garbage\r\n\r\n", "HTTP/1.1\r\n\r\n"})
    EXPECT_EQ(read_connect_answer(text), false) << text;
  EXPECT_EQ(read_connect_answer(std::string(9000, 'x')), false);
}

} // namespace

} // namespace belfry::io::http2

namespace belfry::io {

namespace {

TEST_F(Http2, ReachesTheServerThroughAProxy) {
  test::http2_server server(serving());
  test::tiny_proxy proxy(server.port());
  options_.proxy_url.value = proxy.url();
  auto client = make_client(names_lead_to({}));
  auto request = post("https://push.test/x");
  request.untrusted = false;
  EXPECT_EQ(call(*client, request).status, 200);
  ASSERT_EQ(proxy.heads().size(), 1U);
  EXPECT_TRUE(proxy.heads()[0].starts_with("CONNECT push.test:443 HTTP/1.1\r\n"));
}

TEST_F(Http2, SaysThatTheProxyRefused) {
  test::tiny_proxy proxy;
  options_.proxy_url.value = proxy.url();
  auto client = make_client(names_lead_to({}));
  const auto answer = call(*client, post("https://push.test/x"));
  EXPECT_EQ(answer.error, transport_error::proxy);
  EXPECT_TRUE(answer.unprocessed);
}

TEST_F(Http2, JudgesNamesThatTheProxyWouldResolve) {
  test::tiny_proxy proxy;
  options_.proxy_url.value = proxy.url();
  auto client = make_client(names_lead_to({"10.0.0.1"}));
  EXPECT_EQ(call(*client, post("https://push.test/x")).error, transport_error::refused_address);
  EXPECT_TRUE(proxy.heads().empty());
}

} // namespace

} // namespace belfry::io
