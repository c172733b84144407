#include "belfry/io/crypto/aead.hpp"
#include "belfry/io/crypto/encoding.hpp"

#include "fixture.hpp"

#include <gtest/gtest.h>

namespace belfry::io::mobile {

namespace {

using nlohmann::json;

const auto& english = phrases_in("en");

TEST(PushTexts, NameTheSenderAndHowManyMessagesThereAre) {
  EXPECT_EQ(texts_of(message("hi"), english).title, "Anna");
  EXPECT_EQ(texts_of(message("hi", 3), english).title, "Anna (3)");
  EXPECT_EQ(texts_of(message("hi"), english).body, "hi");
}

TEST(PushTexts, AreInTheRecipientsLanguageElseTheDefaultElseEnglish) {
  const auto n = call(kind::missed_call);
  EXPECT_EQ(texts_of(n, phrases_in("de-CH")).body, "Verpasster Videoanruf");
  EXPECT_EQ(texts_of(n, phrases_in("FR_fr")).body, "Appel vidéo manqué");
  EXPECT_EQ(texts_of(n, phrases_in("rm-CH", "it-CH")).body, "Videochiamata persa");
  EXPECT_EQ(texts_of(n, phrases_in("rm-CH", "")).body, "Missed video call");
  EXPECT_EQ(texts_of(n, phrases_in("")).body, "Missed video call");
}

TEST(PushTexts, GoWithoutTheBodyWhenAskedToBeBrief) {
  const auto n = message("hi");
  const auto d = android();
  push p{n, d, {}};
  p.brief = true;
  EXPECT_EQ(texts_of(p).title, "Anna");
  EXPECT_EQ(texts_of(p).body, "");
}

TEST(PushTexts, FallBackToTheTopicAndThenToNothingPersonal) {
  auto n = message("hi");
  n.people.clear();
  EXPECT_EQ(texts_of(n, english).title, "You have a new notification");
  n.topic = "Mortgage";
  EXPECT_EQ(texts_of(n, english).title, "Mortgage");
}

TEST(PushTexts, SayWhatBecameOfACall) {
  EXPECT_EQ(texts_of(call(kind::incoming_call), english).body, "Incoming video call");
  EXPECT_EQ(texts_of(call(kind::missed_call), english).body, "Missed video call");
  EXPECT_EQ(texts_of(call(kind::revoke_call, revoke_reason::answered_elsewhere), english).body,
            "Call answered by somebody else");
  EXPECT_EQ(texts_of(call(kind::revoke_call, revoke_reason::timeout), english).body, "Call ended");
  EXPECT_EQ(texts_of(call(kind::incoming_call), english).caller, "Anna");
}

TEST(PushTexts, AreEmptyForWhatIsNotShown) {
  const auto t = texts_of(message("", 0, kind::read_message), english);
  EXPECT_TRUE(t.title.empty() && t.body.empty() && t.caller.empty());
}

TEST(PushData, SaysAllThatTheAppMustKnow) {
  const auto n = call(kind::incoming_call);
  std::map<std::string_view, std::string> fields;
  for (const auto& f : data_of(n, texts_of(n, english), 3))
    fields[f.name] = f.value;
  const std::map<std::string_view, std::string> wanted{{"kind", "incoming_call"},
                                                       {"notificationId", to_string(n.id)},
                                                       {"conversationId", "c-1"},
                                                       {"callId", "call-1"},
                                                       {"callType", "VIDEO"},
                                                       {"callerName", "Anna"},
                                                       {"ringDeadline", "1700000060000"},
                                                       {"notificationCount", "3"},
                                                       {"recipientNotificationCount", "7"}};
  EXPECT_EQ(fields, wanted);
}

TEST(SealedPush, IsOpenedWithTheKeyAndTheDevicesId) {
  const auto d = sealing(android());
  const auto text = seal({"Anna", "hello", ""}, d);
  ASSERT_TRUE(text);
  const auto parsed = json::parse(*text);
  EXPECT_EQ(parsed.at("v"), 1);
  const auto key = crypto::base64url_decode(key_text);
  const auto iv = crypto::base64url_decode(parsed.at("iv").get<std::string>());
  const auto data = crypto::base64url_decode(parsed.at("data").get<std::string>());
  const auto opened = crypto::gcm_open(*key, *iv, "pixel", *data);
  ASSERT_TRUE(opened);
  EXPECT_EQ(json::parse(*opened), (json{{"title", "Anna"}, {"body", "hello"}}));
  EXPECT_FALSE(crypto::gcm_open(*key, *iv, "other", *data));
}

TEST(SealedPush, NeverUsesAnIvTwice) {
  const auto d = sealing(android());
  EXPECT_NE(seal({"a", "b", ""}, d), seal({"a", "b", ""}, d));
}

TEST(SealedPush, NeedsAKeyOfTheRightLength) {
  auto d = sealing(android());
  for (auto key : {"", "short", "!!!"}) {
    d.encryption_key = key;
    EXPECT_FALSE(seal({"a", "b", ""}, d)) << key;
  }
  d.encryption_key.reset();
  EXPECT_FALSE(seal({"a", "b", ""}, d));
}

TEST(PushFit, ShortensTheLongestTextFirst) {
  auto render = [](const texts& t) { return std::optional(t.title + "|" + t.body); };
  const auto out = fit({"Anna", std::string(100, 'x'), ""}, 50, render);
  ASSERT_TRUE(out);
  EXPECT_LE(out->size(), 50U);
  EXPECT_TRUE(out->starts_with("Anna|xxx"));
  EXPECT_TRUE(out->ends_with("\xe2\x80\xa6"));
}

TEST(PushFit, SaysWhenNothingIsLeftToShorten) {
  auto render = [](const texts& t) { return std::optional(std::string(60, '-') + t.title + t.body); };
  EXPECT_FALSE(fit({"Anna", "text", ""}, 50, render));
  EXPECT_EQ(fit({"", "", ""}, 60, render)->size(), 60U);
}

TEST(CollapseId, JoinsWhatReplacesEachOtherAndTellsNothing) {
  const auto id = collapse_id("key", message("a"), true);
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(id, collapse_id("key", message("b", 2), true));
  EXPECT_NE(id, collapse_id("other", message("a"), true));
  auto later = message("a");
  later.message->message = "later";
  EXPECT_EQ(id, collapse_id("key", later, true)) << "it takes the place of the one before";
  EXPECT_NE(collapse_id("key", message("a"), false), collapse_id("key", later, false)) << "each has its own";
  EXPECT_EQ(collapse_id("key", later, false), collapse_id("key", later, false)) << "a repetition is no double";
  EXPECT_NE(id, collapse_id("key", call(kind::missed_call), true));
  EXPECT_EQ(collapse_id("key", call(kind::revoke_call), true), collapse_id("key", call(kind::missed_call), true));
}

} // namespace

} // namespace belfry::io::mobile
