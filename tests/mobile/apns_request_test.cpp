#include "belfry/io/apns/request.hpp"

#include "fixture.hpp"

#include <gtest/gtest.h>

namespace belfry::io::apns {

namespace {

using namespace mobile;
using nlohmann::json;

const app_settings app{"com.example.chat", "TEAM", "https://prod.test", "https://sand.test", "secret"};

http_request made(const notification& n, const device& d = iphone(), bool proven = true) {
  auto out = make_request(to(n, d), app, "bearer x", proven, payload_max_of(n.kind));
  if (!out) {
    ADD_FAILURE() << "no request";
    return {};
  }
  return *out;
}

std::string header(const http_request& r, std::string_view name) {
  for (const auto& [n, value] : r.headers)
    if (n == name)
      return value;
  return {};
}

TEST(ApnsRequest, ShowsAMessage) {
  const auto n = message("hello", 2);
  const auto r = made(n);
  EXPECT_EQ(r.url, "https://prod.test/3/device/" + std::string(64, 'a'));
  EXPECT_EQ(header(r, "authorization"), "bearer x");
  EXPECT_EQ(header(r, "apns-topic"), "com.example.chat");
  EXPECT_EQ(header(r, "apns-push-type"), "alert");
  EXPECT_EQ(header(r, "apns-priority"), "10");
  EXPECT_EQ(header(r, "apns-expiration"), "1700000060");
  EXPECT_EQ(header(r, "apns-id"), "d1d1d1d1-d1d1-d1d1-d1d1-d1d1d1d1d1d1");
  EXPECT_EQ(header(r, "apns-collapse-id"), collapse_id("secret", n, true));
  EXPECT_FALSE(r.untrusted);
  const auto body = json::parse(r.body);
  EXPECT_EQ(body.at("aps"), (json{{"alert", {{"title", "Anna (2)"}, {"body", "hello"}}},
                                  {"badge", 7},
                                  {"sound", "default"},
                                  {"thread-id", "c-1"},
                                  {"interruption-level", "active"}}));
  EXPECT_EQ(body.at("belfry"), (json{{"kind", "new_message"},
                                     {"notificationId", to_string(n.id)},
                                     {"conversationId", "c-1"},
                                     {"notificationCount", 2},
                                     {"recipientNotificationCount", 7}}));
}

TEST(ApnsRequest, RingsByPushKitAlone) {
  const auto n = call(kind::incoming_call);
  const auto r = made(n);
  EXPECT_EQ(r.url, "https://prod.test/3/device/" + std::string(64, 'b'));
  EXPECT_EQ(header(r, "apns-topic"), "com.example.chat.voip");
  EXPECT_EQ(header(r, "apns-push-type"), "voip");
  EXPECT_EQ(header(r, "apns-priority"), "10");
  EXPECT_EQ(header(r, "apns-expiration"), "1700000060");
  EXPECT_EQ(header(r, "apns-collapse-id"), "");
  const auto body = json::parse(r.body);
  EXPECT_EQ(body.at("aps"), json::object());
  EXPECT_EQ(body.at("belfry").at("ringDeadline"), now + 60'000);
  EXPECT_EQ(body.at("belfry").at("callerName"), "Anna");
  auto without = iphone();
  without.push_kit_token.reset();
  EXPECT_FALSE(make_request(to(n, without), app, "", true, payload_max));
}

TEST(ApnsRequest, NothingButAnIncomingCallRings) {
  for (auto k : {kind::new_message, kind::read_message, kind::revoke_call, kind::missed_call})
    EXPECT_NE(form_of(k), form::voip) << to_string(k);
  for (auto k :
       {kind::inbound_request, kind::revoke_inbound_request, kind::deputy_delegation, kind::revoke_deputy_delegation})
    EXPECT_FALSE(form_of(k)) << to_string(k);
}

TEST(ApnsRequest, TakesACallBackByAnAlertWithoutASound) {
  const auto n = call(kind::revoke_call, revoke_reason::answered);
  const auto r = made(n);
  EXPECT_EQ(r.url, "https://prod.test/3/device/" + std::string(64, 'a'));
  EXPECT_EQ(header(r, "apns-push-type"), "alert");
  EXPECT_EQ(header(r, "apns-collapse-id"), header(made(call(kind::missed_call)), "apns-collapse-id"));
  const auto body = json::parse(r.body);
  EXPECT_FALSE(body.at("aps").contains("sound"));
  EXPECT_EQ(body.at("belfry").at("reason"), "ANSWERED");
  auto without = iphone();
  without.push_token.reset();
  EXPECT_FALSE(make_request(to(n, without), app, "", true, payload_max));
}

TEST(ApnsRequest, TakesMessagesBackByTheBadgeAlone) {
  const auto r = made(message("", 0, kind::read_message));
  EXPECT_EQ(header(r, "apns-push-type"), "alert");
  EXPECT_EQ(header(r, "apns-priority"), "5");
  EXPECT_EQ(header(r, "apns-collapse-id"), "");
  EXPECT_EQ(json::parse(r.body).at("aps"), (json{{"badge", 7}}));
}

TEST(ApnsRequest, ChoosesTheHostByTheDevice) {
  auto d = iphone();
  d.environment = device_environment::sandbox;
  EXPECT_TRUE(made(message("x"), d).url.starts_with("https://sand.test/3/device/"));
}

TEST(ApnsRequest, IsUrgentForCallsAlone) {
  EXPECT_TRUE(made(call(kind::incoming_call)).urgent);
  EXPECT_FALSE(made(message("x")).urgent);
}

TEST(ApnsRequest, KeepsTeamsAndUnprovenTokensApart) {
  EXPECT_EQ(made(message("x")).group, "TEAM");
  EXPECT_NE(made(message("x"), iphone(), false).group, "TEAM");
}

TEST(ApnsRequest, KeepsOutOfTheCompressionTableWhatNeverComesAgain) {
  const auto r = made(message("x"));
  for (std::size_t i = 0; i < r.headers.size(); ++i) {
    const auto& name = r.headers[i].first;
    const bool single = name == "apns-id" || name == "apns-expiration" || name == "apns-collapse-id";
    EXPECT_EQ((r.unindexed >> i & 1) != 0, single) << name;
  }
}

TEST(ApnsRequest, ShowsNoTextOutsideTheSealedPart) {
  for (auto v : {message_version::encrypted, message_version::encrypted_service}) {
    const auto d = sealing(iphone(), v);
    for (const auto& n : {message("secret words"), call(kind::incoming_call), call(kind::missed_call),
                          call(kind::revoke_call, revoke_reason::ended)}) {
      const auto r = made(n, d);
      EXPECT_EQ(r.body.find("secret words"), r.body.npos);
      EXPECT_EQ(r.body.find("Anna"), r.body.npos);
      const auto body = json::parse(r.body);
      EXPECT_EQ(json::parse(body.at("belfry").at("payload").get<std::string>()).at("v"), 1);
      const bool service = v == message_version::encrypted_service && n.kind != kind::incoming_call;
      EXPECT_EQ(body.at("aps").contains("mutable-content"), service);
    }
  }
  auto keyless = sealing(iphone());
  keyless.encryption_key.reset();
  EXPECT_FALSE(make_request(to(message("x"), keyless), app, "", true, payload_max));
}

TEST(ApnsRequest, FitsWhateverTheTextsAre) {
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += i % 3 == 0 ? "\"" : i % 3 == 1 ? "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7" : "\n";
  for (const auto& d : {iphone(), sealing(iphone())}) {
    const auto r = made(message(text), d);
    EXPECT_LE(r.body.size(), payload_max);
    EXPECT_GT(r.body.size(), payload_max / 2);
    EXPECT_TRUE(json::accept(r.body));
  }
  EXPECT_LE(make_request(to(message(text), iphone()), app, "", true, 1000)->body.size(), 1000U);
}

TEST(ApnsRequest, TakesNoTokenThatWouldChangeThePath) {
  auto d = iphone();
  for (auto token : {"", "../x", "abc?x", "x y", "x%2f"}) {
    d.push_token = token;
    EXPECT_FALSE(make_request(to(message("x"), d), app, "", true, payload_max)) << token;
  }
  // What is no token of today's form is for Apple to judge.
  d.push_token = "xyz:A-b_1";
  EXPECT_TRUE(make_request(to(message("x"), d), app, "", true, payload_max)->url.ends_with("/3/device/xyz:A-b_1"));
}

} // namespace

} // namespace belfry::io::apns
