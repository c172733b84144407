#include "client_fixture.hpp"
#include "belfry/tests/support/providers/tiny_proxy.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace belfry::io {

namespace {

using namespace std::chrono_literals;

/// Every name leads to `address`; none: names cannot be resolved.
client_settings names_lead_to(const std::string& address) {
  client_settings out;
  out.lookup = [address](const std::string&) {
    return address.empty() ? std::vector<ip>() : std::vector<ip>{*parse_ip(address)};
  };
  return out;
}

outbound_options through(const test::tiny_proxy& proxy) {
  outbound_options out;
  out.proxy_url.value = proxy.url();
  out.allow_plain_http = true;
  return out;
}

TEST(HttpClientProxy, ForwardsWhatOnlyTheProxyCanResolve) {
  test::tiny_proxy proxy;
  auto client = make_client(through(proxy), names_lead_to(""));
  EXPECT_EQ(call(*client, post("http://inside.corp/hook")).status, 299);
  ASSERT_EQ(proxy.heads().size(), 1U);
  EXPECT_TRUE(proxy.heads()[0].starts_with("POST http://inside.corp/hook HTTP/1.1\r\n"));
}

TEST(HttpClientProxy, ChecksNamesThatWeCanResolve) {
  test::tiny_proxy proxy;
  auto client = make_client(through(proxy), names_lead_to("10.0.0.1"));
  EXPECT_EQ(call(*client, post("http://inside.corp/hook")).error, transport_error::refused_address);
  auto trusted = post("http://inside.corp/hook");
  trusted.untrusted = false;
  EXPECT_EQ(call(*client, trusted).status, 299);
  EXPECT_EQ(proxy.heads().size(), 1U);
  EXPECT_EQ(call(*make_client(through(proxy), names_lead_to("8.8.8.8")), post("http://outside.example/")).status, 299);
}

TEST(HttpClientProxy, ChecksLiteralAddressesBeforeTheProxySeesThem) {
  test::tiny_proxy proxy;
  auto client = make_client(through(proxy), names_lead_to(""));
  for (auto url : {"http://10.0.0.1/", "http://127.1/", "https://[::1]/", "http://localhost/"})
    EXPECT_EQ(call(*client, post(url)).error, transport_error::refused_address) << url;
  EXPECT_TRUE(proxy.heads().empty());
}

TEST(HttpClientProxy, ARequestsOwnProxyWins) {
  test::tiny_proxy general;
  test::tiny_proxy own;
  auto client = make_client(through(general), names_lead_to(""));
  auto request = post("http://inside.corp/");
  request.proxy = own.url();
  EXPECT_EQ(call(*client, request).status, 299);
  EXPECT_EQ(call(*client, post("http://inside.corp/")).status, 299);
  EXPECT_EQ(own.heads().size(), 1U);
  EXPECT_EQ(general.heads().size(), 1U);
}

TEST(HttpClientProxy, TunnelsTlsAndKeepsHeadersFromTheProxy) {
  auto pair = test::make_certificate({"hook.test"});
  auto file = std::filesystem::temp_directory_path() / ("belfry_proxy_" + std::to_string(::getpid()) + ".pem");
  std::ofstream(file) << pair.chain;
  test::webhook_sink sink({.tls = pair});
  test::tiny_proxy proxy(sink.port());
  auto options = through(proxy);
  options.ca_file = file.string();
  auto client = make_client(options, names_lead_to(""));
  auto request = post("https://hook.test/status/201");
  request.headers.emplace_back("X-Signature", "abc");
  auto answer = call(*client, request);
  EXPECT_EQ(answer.status, 201);
  EXPECT_FALSE(answer.retry_after) << "the proxy's own header was taken for the answer's";
  ASSERT_EQ(proxy.heads().size(), 1U);
  EXPECT_TRUE(proxy.heads()[0].starts_with("CONNECT hook.test:443 "));
  EXPECT_EQ(proxy.heads()[0].find("X-Signature"), std::string::npos);
  std::filesystem::remove(file);
}

TEST(HttpClientProxy, ReportsAProxyThatRefusesOrIsDown) {
  test::tiny_proxy proxy;
  auto client = make_client(through(proxy), names_lead_to(""));
  auto answer = call(*client, post("https://inside.corp/"));
  EXPECT_EQ(answer.error, transport_error::proxy);
  EXPECT_EQ(answer.status, 0);
  auto request = post("http://inside.corp/");
  std::uint16_t port = 0;
  { port = test::webhook_sink().port(); }
  request.proxy = "http://127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(call(*client, request).error, transport_error::proxy);
}

TEST(HttpClientProxy, ASlowNameServerDelaysNobodyElse) {
  test::webhook_sink sink;
  test::tiny_proxy proxy;
  struct gate {
    std::promise<void> open;
    std::shared_future<void> opened = open.get_future().share();
  };
  auto g = std::make_shared<gate>();
  client_settings settings;
  settings.lookup = [g](const std::string&) {
    g->opened.wait_for(patience);
    return std::vector<ip>();
  };
  auto client = make_client(loopback_allowed(), settings);
  auto request = post("http://inside.corp/");
  request.proxy = proxy.url();
  request.timeout = 300ms;
  auto slow = begin(*client, request);
  request.timeout = 60s;
  auto unfinished = begin(*client, request);
  EXPECT_EQ(call(*client, post(sink.url())).status, 200);
  EXPECT_EQ(get(std::move(slow)).error, transport_error::timeout);
  client.reset();
  EXPECT_EQ(get(std::move(unfinished)).error, transport_error::cancelled);
  g->open.set_value();
  EXPECT_TRUE(proxy.heads().empty());
}

TEST(HttpClientProxy, IgnoresTheEnvironment) {
  test::tiny_proxy proxy;
  test::webhook_sink sink;
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  EXPECT_EQ(call(*make_client(), post(sink.url())).status, 200);
  ::unsetenv("http_proxy");
  EXPECT_TRUE(proxy.heads().empty());
}

} // namespace

} // namespace belfry::io
