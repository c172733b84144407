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
  EXPECT_EQ(text.find("secret words"), std::string::npos) << "words stay in the inner layer";
  auto outer = json::parse(text);
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
  auto outer = json::parse(text);
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
    return opened(json::parse(text))["missed"];
  };
  EXPECT_EQ(missed(), "Verpasster Anruf");
  n.call->type = call_type::video;
  EXPECT_EQ(missed(), "Verpasster Videoanruf");
  n.kind = kind::revoke_call;
  EXPECT_TRUE(missed().is_null());
}

notification request(const std::string& start_url) {
  notification n;
  n.kind = kind::inbound_request;
  n.recipient = "anna";
  n.conversation = "c 1";
  n.topic = "Mortgages";
  n.request.emplace();
  n.request->start_url = start_url;
  return n;
}

TEST(WebPushMessage, LeavesOutWordsBeforeTheAddressOfARequest) {
  const auto address = "https://bank.test/" + std::string(1'000, 'x');
  const auto whole = seal_notification(request(address), subscription(), {url, 1, 2'048});
  EXPECT_EQ(opened(json::parse(whole))["title"], "Mortgages");
  // Hardly less than what the words need in base64.
  const auto bound = whole.size() - 60;
  const auto text = seal_notification(request(address), subscription(), {url, 1, bound});
  EXPECT_LE(text.size(), bound);
  const auto inner = opened(json::parse(text));
  EXPECT_LT(inner["body"].get<std::string>().size(), 10U);
  EXPECT_EQ(inner["url"], address);
}

TEST(WebPushMessage, LeavesOutAnAddressThatIsTooLong) {
  auto text = seal_notification(request("https://bank.test/" + std::string(3'000, 'x')), subscription(),
                                {url, 1, 2'800, 0, "You have news"});
  EXPECT_LE(text.size(), 2'800U);
  auto outer = json::parse(text);
  EXPECT_EQ(outer["notification"]["navigate"], "/desk/?conversation=c%201");
  EXPECT_EQ(opened(outer)["url"], "/desk/?conversation=c%201");
  EXPECT_EQ(opened(outer)["title"], "Mortgages");
}

TEST(WebPushMessage, GoesWithoutAnAddressWhenTheConversationsIsTooLong) {
  auto n = message();
  n.conversation.clear();
  for (int i = 0; i < 128; ++i)
    n.conversation += "\xF0\x9F\x98\x80";
  auto text = seal_notification(n, subscription(), {url, 1, 2'048, 0, "You have news"});
  EXPECT_LE(text.size(), 2'048U);
  auto outer = json::parse(text);
  EXPECT_EQ(outer.size(), 4U) << "what is declared needs an address";
  EXPECT_FALSE(opened(outer).contains("url"));
  EXPECT_EQ(opened(outer)["body"], "the secret words");
}

TEST(WebPushMessage, NeverCutsWhatAWorkerNeeds) {
  auto inner = opened(json::parse(seal_notification(message(), subscription(), {url, 1, 10})));
  EXPECT_EQ(inner["kind"], "new_message");
  EXPECT_EQ(inner["tag"], "messages:c 1");
  EXPECT_EQ(inner["conversationId"], "c 1");
  EXPECT_EQ(inner["notificationCount"], 2);
  EXPECT_EQ(inner["title"], "");
  EXPECT_FALSE(inner.contains("url"));
}

TEST(WebPushMessage, NamesTheConversationWhereverItsAddressDoes) {
  EXPECT_EQ(url_of(message(), "https://b.test/${conversationId}?x=${conversationId}#${conversationId}"),
            "https://b.test/c%201?x=c%201#c%201");
}

TEST(WebPushMessage, FitsWithWhatIsDeclared) {
  auto n = message();
  n.message->text = std::string(20'000, 'x');
  auto text = seal_notification(n, subscription(), {url, 1, 2'800, 0, "You have a new notification"});
  EXPECT_LE(text.size(), 2'800U);
  EXPECT_GE(opened(json::parse(text))["body"].get<std::string>().size(), 1'000U);
}

} // namespace

} // namespace belfry::io::web_push
