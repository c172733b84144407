#include "client_fixture.hpp"

namespace belfry::io {

namespace {

using event = connection_event::what;

/// Asks silent servers early.
http2_settings impatient() {
  http2_settings out;
  out.ping_idle = 100ms;
  out.ping_waiting = 100ms;
  out.ping_timeout = 200ms;
  out.connect_timeout = 300ms;
  return out;
}

std::string by_name(const test::http2_server& server) {
  return "https://push.test:" + std::to_string(server.port()) + "/";
}

TEST_F(Http2, NoticesAServerThatFellSilentAndReachesItOnANewConnection) {
  test::http2_server server(serving([](const test::http2_request& r) {
    return test::http2_reply{.kind = r.number == 1 ? what::freeze : what::answer};
  }));
  auto client = make_client(impatient());
  const auto answer = call(*client, post(server.url()));
  EXPECT_EQ(answer.error, transport_error::timeout);
  EXPECT_FALSE(answer.unprocessed);
  EXPECT_LT(answer.duration, 5s);
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
  EXPECT_EQ(server.connections(), 2U);
  EXPECT_EQ(client->counts().lost, 1U);
}

TEST_F(Http2, AsksAtOnceWhetherTheServerIsThereForAnUrgentRequest) {
  test::http2_server server(serving([](const test::http2_request& r) {
    return test::http2_reply{.kind = r.number == 2 ? what::freeze : what::answer};
  }));
  http2_settings settings;
  settings.ping_idle = settings.ping_waiting = std::chrono::hours{1};
  settings.ping_urgent = 0ms;
  settings.ping_timeout = 100ms;
  auto client = make_client(settings);
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
  auto urgent = post(server.url());
  urgent.urgent = true;
  const auto answer = call(*client, urgent);
  EXPECT_EQ(answer.error, transport_error::timeout);
  EXPECT_LT(answer.duration, 5s);
}

TEST_F(Http2, AsksAnIdleServerWhetherItIsThere) {
  test::http2_server server(serving());
  auto client = make_client(impatient());
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
  EXPECT_TRUE(server.wait_until([&] { return server.pings() >= 3; }, patience));
  EXPECT_EQ(server.open_connections(), 1U);
}

TEST_F(Http2, SaysOfACutConnectionThatNobodyKnows) {
  test::http2_server server(serving([](const test::http2_request& r) {
    return test::http2_reply{.kind = r.number == 1 ? what::cut : what::answer};
  }));
  auto client = make_client();
  const auto answer = call(*client, post(server.url()));
  EXPECT_EQ(answer.error, transport_error::connect);
  EXPECT_FALSE(answer.unprocessed);
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
}

TEST_F(Http2, FindsAKeptConnectionClosedBeforeItIsUsed) {
  test::http2_server server(serving());
  auto client = make_client();
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
  server.cut();
  ASSERT_TRUE(wait_for(event::lost));
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
}

TEST_F(Http2, ClosesAnIdleConnection) {
  test::http2_server server(serving());
  http2_settings settings;
  settings.idle_max = 50ms;
  auto client = make_client(settings);
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
  EXPECT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }, patience));
  EXPECT_TRUE(wait_for(event::closed));
  EXPECT_EQ(call(*client, post(server.url())).status, 200);
}

TEST_F(Http2, FailsAllThatWaitWhenThereIsNoServer) {
  std::string url;
  { url = test::http2_server(serving()).url(); }
  auto client = make_client();
  std::vector<std::future<http_answer>> answers;
  for (int i = 0; i < 20; ++i)
    answers.push_back(begin(*client, post(url)));
  for (auto& a : answers) {
    const auto answer = get(std::move(a));
    EXPECT_EQ(answer.error, transport_error::connect);
    EXPECT_TRUE(answer.unprocessed);
  }
}

TEST_F(Http2, GivesUpAServerThatAcceptsAndSaysNothing) {
  auto settings = serving();
  settings.mute = true;
  test::http2_server server(std::move(settings));
  auto client = make_client(impatient());
  const auto answer = call(*client, post(server.url()));
  EXPECT_EQ(answer.error, transport_error::timeout);
  EXPECT_TRUE(answer.unprocessed);
}

TEST_F(Http2, RefusesAServerThatSpeaksAnotherProtocol) {
  auto settings = serving();
  settings.protocol = "http/1.1";
  test::http2_server server(std::move(settings));
  EXPECT_EQ(call(*make_client(), post(server.url())).error, transport_error::tls);
  EXPECT_EQ(server.count(), 0U);
}

TEST_F(Http2, RefusesCertificatesThatNobodyVouchesForOrThatAreAnotherHosts) {
  auto other = serving();
  other.tls = test::make_certificate({"127.0.0.1"});
  test::http2_server untrusted(std::move(other));
  test::http2_server server(serving());
  EXPECT_EQ(call(*make_client(), post(untrusted.url())).error, transport_error::tls);
  auto client = make_client(names_lead_to({"127.0.0.1"}));
  EXPECT_EQ(call(*client, post("https://else.test:" + std::to_string(server.port()) + "/")).error,
            transport_error::tls);
  EXPECT_EQ(call(*client, post(by_name(server))).status, 200);
}

TEST_F(Http2, TrustsWhatTheFileSaysAfterAReload) {
  const auto next = test::make_certificate({"127.0.0.1"});
  auto settings = serving();
  settings.tls = next;
  test::http2_server old_server(serving());
  test::http2_server new_server(std::move(settings));
  auto client = make_client();
  EXPECT_EQ(call(*client, post(old_server.url())).status, 200);
  EXPECT_EQ(call(*client, post(new_server.url())).error, transport_error::tls);
  std::ofstream(ca_file_) << next.chain;
  ASSERT_TRUE(client->reload_trust());
  EXPECT_EQ(call(*client, post(new_server.url())).status, 200);
  EXPECT_EQ(call(*client, post(old_server.url())).error, transport_error::tls);
  std::ofstream(ca_file_) << "no certificate";
  EXPECT_FALSE(client->reload_trust());
  EXPECT_EQ(call(*client, post(new_server.url())).status, 200);
}

TEST_F(Http2, KeepsGroupsApart) {
  test::http2_server server(serving());
  auto client = make_client();
  auto request = post(server.url());
  EXPECT_EQ(call(*client, request).status, 200);
  request.group = "unproven";
  EXPECT_EQ(call(*client, request).status, 200);
  EXPECT_EQ(call(*client, request).status, 200);
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(Http2, LooksTheNameUpAgainForEachConnection) {
  std::atomic<int> asked = 0;
  http2_settings settings;
  settings.lookup = [&](const std::string&) {
    // Where it led at first nobody listens.
    return std::vector<ip>{*parse_ip(++asked == 1 ? "127.0.0.9" : "127.0.0.1")};
  };
  test::http2_server server(serving());
  auto client = make_client(settings);
  EXPECT_EQ(call(*client, post(by_name(server))).error, transport_error::connect);
  EXPECT_EQ(call(*client, post(by_name(server))).status, 200);
  EXPECT_EQ(asked, 2);
}

TEST_F(Http2, TriesEveryAddressOfAName) {
  test::http2_server server(serving());
  auto client = make_client(names_lead_to({"127.0.0.9", "127.0.0.8", "127.0.0.1"}));
  EXPECT_EQ(call(*client, post(by_name(server))).status, 200);
}

TEST_F(Http2, SaysThatANameCannotBeResolved) {
  const auto answer = call(*make_client(names_lead_to({})), post("https://push.test/"));
  EXPECT_EQ(answer.error, transport_error::connect);
  EXPECT_TRUE(answer.unprocessed);
}

TEST_F(Http2, HoldsUntrustedAddressesToTheRules) {
  options_.allowed_networks = {"10.0.0.0/8"};
  test::http2_server server(serving());
  auto client = make_client(names_lead_to({"127.0.0.1"}));
  for (auto url : {server.url(), by_name(server), std::string("https://[::1]/"), std::string("https://127.1/"),
                   std::string("https://localhost/"), std::string("https://user@push.test/"),
                   std::string("https://push.test:22/")})
    EXPECT_EQ(call(*client, post(url)).error, transport_error::refused_address) << url;
  EXPECT_EQ(server.connections(), 0U);
  auto trusted = post(by_name(server));
  trusted.untrusted = false;
  EXPECT_EQ(call(*client, trusted).status, 200);
  // The connection is there and kept, but not for this one.
  EXPECT_EQ(call(*client, post(by_name(server))).error, transport_error::refused_address);
  EXPECT_EQ(server.count(), 1U);
}

} // namespace

} // namespace belfry::io
