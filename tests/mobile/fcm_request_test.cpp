#include "belfry/io/fcm/request.hpp"

#include "fixture.hpp"

#include <gtest/gtest.h>

namespace belfry::io::fcm {

namespace {

using namespace mobile;
using nlohmann::json;

const app_settings app{"my-project",
                       "https://fcm.test",
                       {"com.example.chat", "TEAM", "https://prod.test", "https://sand.test", "secret"},
                       "tags"};

json message_to(const notification& n, const device& d = android()) {
  const auto out = message_of(to(n, d), app, message_max);
  if (!out) {
    ADD_FAILURE() << "no message";
    return {};
  }
  return json::parse(*out).at("message");
}

TEST(FcmRequest, GoesToTheProject) {
  const auto r = make_request(to(message("x"), android()), app, "Bearer t", message_max);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->url, "https://fcm.test/v1/projects/my-project/messages:send");
  EXPECT_EQ(r->headers[0].second, "Bearer t");
  EXPECT_GE(r->timeout.count(), 10'000);
  EXPECT_FALSE(r->untrusted);
}

TEST(FcmRequest, ShowsAMessageThatReplacesTheFormerOne) {
  const auto n = message("hello", 2);
  const auto m = message_to(n);
  EXPECT_EQ(m.at("token"), "fcm:token");
  EXPECT_EQ(m.at("android"),
            (json{{"priority", "HIGH"},
                  {"ttl", "60s"},
                  {"notification", {{"title", "Anna (2)"}, {"body", "hello"}, {"tag", collapse_id("tags", n, true)}}}}));
  EXPECT_EQ(m.at("data").at("notificationCount"), "2");
  EXPECT_EQ(m.at("data").at("tag"), collapse_id("tags", n, true));
  EXPECT_EQ(message_to(message("", 0, kind::read_message)).at("data").at("tag"), collapse_id("tags", n, true))
      << "by it an app takes the message back";
}

TEST(FcmRequest, DataIsStringsAloneAndUsesNoNameOfFcm) {
  for (const auto& n : {message("x"), message("", 0, kind::read_message), call(kind::incoming_call),
                        call(kind::revoke_call, revoke_reason::left), call(kind::missed_call)}) {
    for (const auto& d : {android(), sealing(android())}) {
      const auto m = message_to(n, d);
      for (const auto& [name, value] : m.at("data").items()) {
        EXPECT_TRUE(value.is_string()) << name;
        EXPECT_FALSE(reserved(name)) << name;
      }
    }
  }
  for (auto name : {"from", "message_type", "google.x", "gcm", "gcm_y"})
    EXPECT_TRUE(reserved(name)) << name;
}

TEST(FcmRequest, RingsByDataWithHighPriorityWhileItRings) {
  const auto m = message_to(call(kind::incoming_call));
  EXPECT_EQ(m.at("android"), (json{{"priority", "HIGH"}, {"ttl", "60s"}}));
  EXPECT_EQ(m.at("data").at("ringDeadline"), "1700000060000");
  EXPECT_EQ(m.at("data").at("callerName"), "Anna");
}

TEST(FcmRequest, TakesBackWithNormalPriority) {
  for (const auto& n : {message("", 0, kind::read_message), call(kind::revoke_call, revoke_reason::ended)}) {
    const auto m = message_to(n);
    EXPECT_EQ(m.at("android").at("priority"), "NORMAL");
    EXPECT_FALSE(m.at("android").contains("notification"));
  }
}

TEST(FcmRequest, TheLifeIsWhatIsLeftOfIt) {
  auto n = message("x");
  n.expires_at = now - 1;
  EXPECT_EQ(message_to(n).at("android").at("ttl"), "0s");
  n.expires_at = now + 100LL * 24 * 3600 * 1000;
  EXPECT_EQ(message_to(n).at("android").at("ttl"), "2419200s");
}

TEST(FcmRequest, ShowsNoTextOutsideTheSealedPart) {
  for (const auto& n : {message("secret words"), call(kind::incoming_call), call(kind::missed_call)}) {
    const auto text = *message_of(to(n, sealing(android())), app, message_max);
    EXPECT_EQ(text.find("secret words"), text.npos);
    EXPECT_EQ(text.find("Anna"), text.npos);
    EXPECT_EQ(text.find("\"notification\""), text.npos);
    EXPECT_TRUE(json::parse(text).at("message").at("data").contains("payload"));
  }
}

TEST(FcmRequest, ReachesIphonesByAllButTheRinging) {
  const auto m = message_to(message("hello"), iphone());
  EXPECT_EQ(m.at("token"), std::string(64, 'a'));
  EXPECT_EQ(m.at("apns").at("headers").at("apns-push-type"), "alert");
  EXPECT_EQ(m.at("apns").at("payload").at("aps").at("alert").at("body"), "hello");
  EXPECT_EQ(m.at("apns").at("payload").at("belfry").at("kind"), "new_message");
  EXPECT_EQ(m.at("data").at("kind"), "new_message");
  EXPECT_FALSE(m.contains("android"));
  EXPECT_FALSE(message_of(to(call(kind::incoming_call), iphone()), app, message_max));
}

TEST(FcmRequest, FitsWhateverTheTextsAre) {
  for (const auto& d : {android(), iphone(), sealing(android())}) {
    const auto text = message_of(to(message(std::string(20'000, '"')), d), app, message_max);
    ASSERT_TRUE(text);
    EXPECT_LE(text->size(), message_max);
  }
}

TEST(FcmRequest, IsUrgentForCallsAlone) {
  EXPECT_TRUE(make_request(to(call(kind::incoming_call), android()), app, "Bearer t", message_max)->urgent);
  EXPECT_FALSE(make_request(to(message("x"), android()), app, "Bearer t", message_max)->urgent);
}

TEST(FcmRequest, NeedsATokenAndAKindForPhones) {
  auto d = android();
  d.push_token.reset();
  EXPECT_FALSE(message_of(to(message("x"), d), app, message_max));
  EXPECT_FALSE(message_of(to(about(kind::inbound_request), android()), app, message_max));
}

} // namespace

} // namespace belfry::io::fcm
