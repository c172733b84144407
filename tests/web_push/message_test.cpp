#include "belfry/io/web_push/message.hpp"

#include "belfry/io/crypto/aead.hpp"
#include "belfry/io/crypto/encoding.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace belfry::io::web_push {

namespace {

using nlohmann::json;

notification message() {
  notification n;
  n.kind = kind::new_message;
  n.recipient = "anna";
  n.conversation = "c 1";
  n.message.emplace();
  n.message->text = "the secret words";
  n.message->sender = "ben";
  n.message->count = 2;
  n.total_count = 5;
  return n;
}

web_push_subscription subscription() {
  web_push_subscription s;
  s.id = "sub";
  s.secret = crypto::base64url_encode(std::string(32, 's'));
  return s;
}

json opened(const json& outer) {
  auto text = [&](const char* name) {
    return crypto::base64url_decode(outer.at(name).get<std::string>()).value_or("");
  };
  auto plain = crypto::gcm_open(std::string(32, 's'), text("iv"), "sub", text("data"));
  return plain ? json::parse(*plain) : json{};
}

constexpr std::string_view url = "/desk/?conversation=${conversationId}";

TEST(WebPushMessage, InTheDeclarativeFormShowsTheDefaultTitleByItself) {
  auto text = seal_notification(message(), subscription(), {url, 1, 2'800, 0, "You have \"news\""});
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find("secret words"), std::string::npos) << "words stay in the inner layer";
  auto outer = json::parse(*text);
  EXPECT_EQ(outer["web_push"], 8030);
  EXPECT_EQ(outer["notification"]["title"], "You have \"news\"");
  EXPECT_EQ(outer["notification"]["navigate"], "/desk/?conversation=c%201");
  EXPECT_EQ(outer["notification"]["tag"], "messages:c 1");
  EXPECT_EQ(outer["app_badge"], 5);
  EXPECT_EQ(outer["mutable"], true);
  EXPECT_EQ(outer["v"], 1);
  EXPECT_EQ(opened(outer)["body"], "the secret words") << "a classic worker reads the same";
}

TEST(WebPushMessage, HasTheFourMembersAndNoMoreWithoutIt) {
  auto text = seal_notification(message(), subscription(), {url, 1, 2'800});
  ASSERT_TRUE(text);
  auto outer = json::parse(*text);
  EXPECT_EQ(outer.size(), 4U);
  EXPECT_EQ(opened(outer)["title"], "You have a new notification (2)");
}

TEST(WebPushMessage, CarriesTheWordsForARingThatComesLate) {
  auto n = message();
  n.kind = kind::incoming_call;
  n.message.reset();
  n.call.emplace();
  auto missed = [&] {
    auto text = seal_notification(n, subscription(), {url, 1, 2'800, 0, {}, mobile::phrases_in("de-CH")});
    return text ? opened(json::parse(*text))["missed"] : json{};
  };
  EXPECT_EQ(missed(), "Verpasster Anruf");
  n.call->type = call_type::video;
  EXPECT_EQ(missed(), "Verpasster Videoanruf");
  n.kind = kind::revoke_call;
  EXPECT_TRUE(missed().is_null());
}

TEST(WebPushMessage, FitsWithWhatIsDeclared) {
  auto n = message();
  n.message->text = std::string(20'000, 'x');
  auto text = seal_notification(n, subscription(), {url, 1, 2'800, 0, "You have a new notification"});
  ASSERT_TRUE(text);
  EXPECT_LE(text->size(), 2'800U);
  EXPECT_GE(opened(json::parse(*text))["body"].get<std::string>().size(), 1'000U);
}

} // namespace

} // namespace belfry::io::web_push
