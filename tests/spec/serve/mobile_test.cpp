#include "belfry/io/crypto/p256.hpp"
#include "belfry/tests/support/providers/apns_simulator.hpp"
#include "belfry/tests/support/providers/fcm_simulator.hpp"
#include "belfry/tests/support/providers/key_pem.hpp"
#include "belfry/tests/support/server/serve_fixture.hpp"
#include "belfry/tests/support/server/stream_reader.hpp"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <thread>

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

const std::string phone_token(64, 'a');
const std::string ring_token(64, 'b');

/// SPEC 10 from outside: `belfry serve` beside the strict ends of Apple and Google.
class Mobile : public serve_fixture {
protected:
  Mobile() {
    write("ca.pem", certificate_.chain);
    write_account(google_);
    set("outbound.caFile", path("ca.pem"));
    set("mobile.enabled", "true");
    set("mobile.fcm.projectId", "belfry-demo");
    set("mobile.fcm.serviceAccountKey", json{{"file", path("account.json")}}.dump());
    set("mobile.fcm.endpoint", google_.url());
    set("mobile.apns.teamId", "TEAMID1234");
    set("mobile.apns.keyId", "KEYID12345");
    set("mobile.apns.key", ec_pem());
    set("mobile.apns.bundleId", "com.example.chat");
    set("mobile.apns.production", apple_.url());
    set("mobile.apns.sandbox", apple_.url());
  }

  void begin() {
    serve();
    ASSERT_EQ(api_->put("/v1/persons/ben", {{"type", "VISITOR"}, {"displayName", "Ben"}}).status, 201);
    ASSERT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}, {"displayName", "Anna"}}).status, 201);
    start_pair();
  }
  void write_account(const fcm_simulator& at) const {
    write("account.json", json{{"project_id", "belfry-demo"},
                               {"private_key_id", "k1"},
                               {"private_key", rsa_pem()},
                               {"client_email", "push@belfry-demo.iam.gserviceaccount.com"},
                               {"token_uri", at.url() + "/token"}}
                              .dump());
  }
  void has_android(const std::string& token = "fcm:token", const std::string& person = "ben") {
    auto r = api_->put("/v1/persons/" + person + "/devices/pixel", {{"platform", "ANDROID"}, {"pushToken", token}});
    ASSERT_EQ(r.status, 201) << r.body;
  }
  void has_iphone(const std::string& token = phone_token) {
    auto r = api_->put("/v1/persons/ben/devices/iphone",
                       {{"platform", "IOS"}, {"pushToken", token}, {"pushKitToken", ring_token}});
    ASSERT_EQ(r.status, 201) << r.body;
  }
  bool wait_reason(const std::string& query, const std::string& reason) {
    return wait_answer("/v1/notifications?" + query, [&](const json& v) {
      return v["items"].size() == 1 && v["items"][0].value("state", "") == "DONE"
             && v["items"][0].value("reason", "") == reason;
    });
  }
  std::string path(const std::string& name) const { return (dir_ / name).string(); }
  void write(const std::string& name, const std::string& text) const { std::ofstream{path(name)} << text; }

  certificate certificate_ = make_certificate({"127.0.0.1"});
  fcm_simulator google_{[this] {
    fcm_settings s;
    s.tls = certificate_;
    return s;
  }()};
  apns_simulator apple_{[this] {
    apns_settings s;
    s.tls = certificate_;
    return s;
  }()};
};

} // namespace

TEST_F(Mobile, TellsAllDevicesOfAPerson) {
  begin();
  has_android();
  has_iphone();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(google_.wait_for(1, limit));
  ASSERT_TRUE(apple_.wait_for(1, limit));
  auto data = json::parse(google_.messages()[0].text)["data"];
  EXPECT_EQ(data["kind"], "new_message");
  EXPECT_EQ(data["conversationId"], "c1");
  EXPECT_EQ(data["notificationCount"], "1");
  auto push = apple_.pushes()[0];
  EXPECT_EQ(push.token, phone_token);
  EXPECT_EQ(json::parse(push.payload)["belfry"]["conversationId"], "c1");
  ASSERT_TRUE(wait_reason("person=ben&kind=new_message", "sent"));
  std::vector<std::string> targets;
  const auto items = traces("person=ben&kind=new_message");
  for (const auto& d : items[0]["deliveries"])
    targets.push_back(d["channel"].get<std::string>() + "/" + d["target"].get<std::string>());
  std::sort(targets.begin(), targets.end());
  EXPECT_EQ(targets, (std::vector<std::string>{"MOBILE/iphone", "MOBILE/pixel"}));
}

TEST_F(Mobile, RingsAndStopsRinging) {
  begin();
  has_iphone();
  accept(call("c1", "call1", "anna"));
  ASSERT_TRUE(apple_.wait_for(1, limit));
  EXPECT_EQ(apple_.pushes()[0].type, "voip");
  EXPECT_EQ(apple_.pushes()[0].token, ring_token);
  accept(accepted("c1", "call1", "ben"));
  ASSERT_TRUE(apple_.wait_for(2, limit));
  auto stop = apple_.pushes()[1];
  EXPECT_EQ(stop.token, phone_token);
  auto data = json::parse(stop.payload)["belfry"];
  EXPECT_EQ(data["kind"], "revoke_call");
  auto ring = json::parse(apple_.pushes()[0].payload)["belfry"];
  for (const auto& d : {ring, data}) {
    EXPECT_EQ(d["notificationCount"], 0) << d;
    EXPECT_EQ(d["recipientNotificationCount"], 0) << d;
    EXPECT_EQ(d["ringDeadline"], ring["ringDeadline"]) << d;
  }
}

TEST_F(Mobile, KnowsATokenInWhateverCaseItIsWritten) {
  begin();
  has_iphone(std::string(64, 'A'));
  EXPECT_EQ(
      api_->put("/v1/persons/anna/devices/other", {{"platform", "IOS"}, {"pushToken", std::string(64, 'a')}}).status,
      201);
  EXPECT_TRUE(wait_answer("/v1/persons/ben/devices", [](const json& v) {
    return v["items"].empty() || v["items"][0]["tokens"] == json{"pushKit"};
  }));
}

TEST_F(Mobile, RemovesADeadTokenAndItsDevice) {
  begin();
  has_android("e404-gone");
  stream_reader stream{*process_->wait_for_url(1s)};
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_answer("/v1/persons/ben/devices", [](const json& v) { return v["items"].empty(); }));
  ASSERT_TRUE(wait_reason("person=ben&kind=new_message", "address_dead"));
  EXPECT_TRUE(stream.wait_until(
      [](const auto& events) {
        return std::any_of(events.begin(), events.end(), [](const auto& e) {
          return e.name == "address_gone" && e.data["channel"] == "MOBILE" && e.data["person"] == "ben";
        });
      },
      limit))
      << "the host learns of it";
  kill();
  serve();
  EXPECT_TRUE(api_->get("/v1/persons/ben/devices").value()["items"].empty());
}

TEST_F(Mobile, KeepsATokenThatWasCalledBadAlone) {
  begin();
  has_iphone("e400" + std::string(60, '0'));
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_reason("person=ben&kind=new_message", "provider_refused"));
  EXPECT_EQ(api_->get("/v1/persons/ben/devices").value()["items"].size(), 1U);
}

TEST_F(Mobile, APausedAgentIsNotPushedToAndLearnsWhy) {
  begin();
  has_android("fcm:anna", "anna");
  ASSERT_EQ(api_->put("/v1/persons/anna/pause", {{"mode", "ON"}}).status, 200);
  accept(sent("c1", "m1", "ben"));
  ASSERT_TRUE(wait_reason("person=anna&kind=new_message", "paused"));
  EXPECT_EQ(google_.count(), 0U);
  ASSERT_EQ(api_->put("/v1/persons/anna/pause", {{"mode", "OFF"}}).status, 200);
  accept(sent("c1", "m2", "ben"));
  EXPECT_TRUE(google_.wait_for(1, limit));
}

TEST_F(Mobile, TakesBackWhatWasShownWhenItIsRead) {
  begin();
  has_android();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(google_.wait_for(1, limit));
  ASSERT_TRUE(wait_reason("person=ben&kind=new_message", "sent"));
  accept(read("c1", "ben"));
  ASSERT_TRUE(google_.wait_for(2, limit));
  EXPECT_EQ(json::parse(google_.messages()[1].text)["data"]["kind"], "read_message");
}

TEST_F(Mobile, TakesBackWhatWasShownAlsoWhilePaused) {
  begin();
  has_android("fcm:anna", "anna");
  accept(sent("c1", "m1", "ben"));
  ASSERT_TRUE(wait_reason("person=anna&kind=new_message", "sent"));
  ASSERT_EQ(api_->put("/v1/persons/anna/pause", {{"mode", "ON"}}).status, 200);
  accept(read("c1", "anna"));
  ASSERT_TRUE(google_.wait_for(2, limit));
  EXPECT_EQ(json::parse(google_.messages()[1].text)["data"]["kind"], "read_message");
}

TEST_F(Mobile, ShowsNoDoubleOfWhatIsSentAgainAfterAKill) {
  // Neither provider answers the first request, so that a restart must repeat it.
  std::mutex lock;
  std::vector<http2_request> asked;
  auto hang_once = [&](const http2_request& r) -> std::optional<http2_reply> {
    if (r.path == "/token")
      return {};
    std::lock_guard guard{lock};
    asked.push_back(r);
    const auto before = std::count_if(asked.begin(), asked.end(), [&](const auto& x) { return x.path == r.path; });
    return before == 1 ? std::optional{http2_reply{.kind = http2_reply::what::hang}} : std::nullopt;
  };
  auto of = [&](std::string_view path) {
    std::lock_guard guard{lock};
    std::vector<http2_request> out;
    std::copy_if(asked.begin(), asked.end(), std::back_inserter(out),
                 [&](const auto& x) { return x.path.find(path) != x.path.npos; });
    return out;
  };
  apns_settings apple_settings;
  apple_settings.tls = certificate_;
  apple_settings.faults = hang_once;
  apns_simulator apple{apple_settings};
  fcm_settings google_settings;
  google_settings.tls = certificate_;
  google_settings.faults = hang_once;
  fcm_simulator google{google_settings};
  set("mobile.apns.production", apple.url());
  set("mobile.fcm.endpoint", google.url());
  write_account(google);
  begin();
  has_iphone();
  has_android();
  accept(sent("c1", "m1", "anna"));
  auto arrived = [&](std::size_t n) {
    return [&, n] { return of("/3/device").size() >= n && of("messages:send").size() >= n; };
  };
  ASSERT_TRUE(apple.server().wait_until(arrived(1), limit));
  kill();
  serve();
  ASSERT_TRUE(wait_reason("person=ben&kind=new_message", "sent"));
  ASSERT_TRUE(arrived(2)());
  const auto pushes = of("/3/device");
  for (const auto* name : {"apns-id", "apns-collapse-id"}) {
    EXPECT_NE(pushes[0].header(name), "");
    EXPECT_EQ(pushes[0].header(name), pushes[1].header(name)) << name;
  }
  const auto messages = of("messages:send");
  const auto tag = [&](std::size_t i) { return json::parse(messages[i].body)["message"]["data"].value("tag", ""); };
  EXPECT_NE(tag(0), "");
  EXPECT_EQ(tag(0), tag(1));
}

TEST_F(Mobile, TakesANewKeyOnAHangupAndSendsWhatWaitedForIt) {
  // Apple knows another key than the one that is configured.
  apns_settings strict;
  strict.tls = certificate_;
  strict.keys = {{"KEYID12345", belfry::io::crypto::p256_key::from_text(ec_pem())->point()}};
  apns_simulator apple{strict};
  write("apns.p8", private_pem(EVP_EC_gen("P-256")));
  set("mobile.apns.key", json{{"file", path("apns.p8")}}.dump());
  set("mobile.apns.production", apple.url());
  begin();
  has_iphone();
  accept(sent("c1", "m1", "anna"));
  auto line = std::string{R"(belfry_alarms_total{channel="MOBILE",reason="credentials_refused"} 1)"};
  auto alarmed = [&] { return api_->get("/metrics").body.find(line) != std::string::npos; };
  for (auto end = std::chrono::steady_clock::now() + limit; !alarmed() && std::chrono::steady_clock::now() < end;)
    std::this_thread::sleep_for(20ms);
  ASSERT_TRUE(alarmed());
  write("apns.p8", "broken");
  process_->signal(SIGHUP);
  write("apns.p8", ec_pem());
  process_->signal(SIGHUP);
  EXPECT_TRUE(wait_reason("person=ben&kind=new_message", "sent")) << "at once, not at the next probe";
}
