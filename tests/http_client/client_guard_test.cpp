#include "client_fixture.hpp"

namespace belfry::io {

namespace {

/// A resolver that the test rules, asked on the client's threads.
class fake_names {
public:
  void set(std::vector<std::string> addresses) {
    std::lock_guard lock(mutex_);
    addresses_ = std::move(addresses);
  }

  client_settings settings() {
    client_settings out;
    out.lookup = [this](const std::string&) {
      std::lock_guard lock(mutex_);
      std::vector<ip> found;
      for (const auto& a : addresses_)
        found.push_back(*parse_ip(a));
      return found;
    };
    return out;
  }

private:
  std::mutex mutex_;
  std::vector<std::string> addresses_;
};

outbound_options only(const std::string& network) {
  auto out = loopback_allowed();
  out.allowed_networks = {network};
  return out;
}

std::string by_name(const test::webhook_sink& sink, const std::string& path = "/ok") {
  return "http://hook.test:" + std::to_string(sink.port()) + path;
}

TEST(HttpClientGuard, RefusesLiteralAddressesInEveryNotation) {
  outbound_options o;
  o.allow_plain_http = true;
  auto client = make_client(o);
  for (auto url : {"http://127.0.0.1:8080/", "http://2130706433:8080/", "http://0x7f.1:8080/",
                   "http://0177.0.0.1:8080/", "http://[::1]:8080/", "http://[::ffff:127.0.0.1]:8080/",
                   "http://169.254.169.254/latest", "http://localhost:8080/", "http://LOCALHOST.:8080/",
                   "http://10.0.0.1/", "https://[fe80::1%25lo]/", "http://%31%32%37.0.0.1:8080/"})
    EXPECT_EQ(call(*client, post(url)).error, transport_error::refused_address) << url;
}

TEST(HttpClientGuard, RefusesPlainHttpPortsAndCredentials) {
  test::webhook_sink sink;
  auto strict = loopback_allowed();
  strict.allow_plain_http = false;
  EXPECT_EQ(call(*make_client(strict), post(sink.url())).error, transport_error::refused_address);
  auto client = make_client();
  for (auto url :
       {"https://127.0.0.1:22/", "http://127.0.0.1:25/", "https://user:secret@127.0.0.1/", "https://user@127.0.0.1/"})
    EXPECT_EQ(call(*client, post(url)).error, transport_error::refused_address) << url;
  EXPECT_EQ(sink.connections(), 0U);
}

TEST(HttpClientGuard, RefusesANameThatLeadsToARefusedAddress) {
  test::webhook_sink sink;
  fake_names names;
  names.set({"127.0.0.1"});
  auto client = make_client(only("10.0.0.0/8"), names.settings());
  EXPECT_EQ(call(*client, post(by_name(sink))).error, transport_error::refused_address);
  EXPECT_EQ(sink.connections(), 0U);
}

TEST(HttpClientGuard, ChecksEveryAddressOfAName) {
  test::webhook_sink allowed;
  test::webhook_sink forbidden({.address = "127.0.0.2", .port = allowed.port()});
  fake_names names;
  names.set({"127.0.0.2", "127.0.0.1"});
  auto client = make_client(only("127.0.0.1/32"), names.settings());
  EXPECT_EQ(call(*client, post(by_name(allowed))).status, 200);
  EXPECT_EQ(forbidden.connections(), 0U);
  EXPECT_EQ(allowed.count(), 1U);
}

TEST(HttpClientGuard, ChecksANameAgainWhenItsAddressChanges) {
  // In this order: connections of other tests begin at ports of 127.0.0.1, never of the other address.
  test::webhook_sink allowed;
  test::webhook_sink forbidden({.address = "127.0.0.2", .port = allowed.port()});
  fake_names names;
  names.set({"127.0.0.1"});
  auto client = make_client(only("127.0.0.1/32"), names.settings());
  EXPECT_EQ(call(*client, post(by_name(allowed, "/ok-close"))).status, 200);
  names.set({"127.0.0.2"});
  // The end of the first connection may not have been seen yet.
  auto again = post(by_name(allowed, "/ok-close"));
  again.fresh_connection = true;
  EXPECT_EQ(call(*client, again).error, transport_error::refused_address);
  EXPECT_EQ(forbidden.connections(), 0U);
}

TEST(HttpClientGuard, AnAllowedAddressThatIsDownMayRecover) {
  std::uint16_t port = 0;
  { port = test::webhook_sink().port(); }
  fake_names names;
  names.set({"127.0.0.2", "127.0.0.1"});
  auto client = make_client(only("127.0.0.1/32"), names.settings());
  auto answer = call(*client, post("http://hook.test:" + std::to_string(port) + "/"));
  EXPECT_EQ(answer.error, transport_error::connect);
}

TEST(HttpClientGuard, TrustedRequestsMayGoAnywhereAndOpenNothingForOthers) {
  test::webhook_sink sink;
  fake_names names;
  names.set({"127.0.0.1"});
  auto client = make_client(only("10.0.0.0/8"), names.settings());
  auto trusted = post(by_name(sink));
  trusted.untrusted = false;
  EXPECT_EQ(call(*client, trusted).status, 200);
  // The connection is there and kept, but not for this one.
  EXPECT_EQ(call(*client, post(by_name(sink))).error, transport_error::refused_address);
  EXPECT_EQ(sink.count(), 1U);
  EXPECT_EQ(call(*client, trusted).status, 200);
}

} // namespace

} // namespace belfry::io
