#include "belfry/messages/validate.hpp"

#include <gtest/gtest.h>

namespace belfry {

namespace {

std::vector<std::string> wrong(event_body body, const std::string& conversation = "c") {
  event x;
  x.conversation = conversation;
  x.body = std::move(body);
  std::vector<std::string> out;
  for (const auto& p : validate(x, 0, false))
    out.push_back(p.pointer);
  return out;
}

using pointers = std::vector<std::string>;

message_sent hello() {
  message_sent x;
  x.message = "m";
  x.sender = "ann";
  return x;
}

} // namespace

TEST(Validate, TakesAGoodEvent) {
  EXPECT_TRUE(wrong(hello()).empty());
  EXPECT_TRUE(wrong(presence_reset{}, "").empty());
}

TEST(Validate, ChecksTheEnvelope) {
  event x{std::string(129, 'x'), millis{-1}, "", conversation_ended{}};
  auto found = validate(x, 3, true);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], (problem{"/3/id", "must have 1 to 128 characters"}));
  EXPECT_EQ(found[1].pointer, "/3/at");
  EXPECT_EQ(found[2], (problem{"/3/conversation", "is missing"}));
}

TEST(Validate, RefusesTheConversationOfAPresence) {
  EXPECT_EQ(wrong(presence_reset{}), pointers{"/conversation"});
}

TEST(Validate, ChecksMessages) {
  auto x = hello();
  x.sender.clear();
  EXPECT_EQ(wrong(x), pointers{"/message/sender"});
  x.kind = message_kind::system;
  EXPECT_TRUE(wrong(x).empty());
  x = hello();
  x.recipients.emplace();
  EXPECT_EQ(wrong(x), pointers{"/message/recipients"});
  x.recipients = {{"ben", "", "a\nb"}};
  EXPECT_EQ(wrong(x), (pointers{"/message/recipients/1", "/message/recipients/2"}));
  x = hello();
  x.text = std::string(text_max + 1, 'x');
  x.sent_at = millis_max + 1;
  EXPECT_EQ(wrong(x), (pointers{"/message/text", "/message/sentAt"}));
  x = hello();
  x.text = "\xc3";
  EXPECT_EQ(wrong(x), pointers{"/message/text"});
}

TEST(Validate, ChecksParticipants) {
  conversation_started x;
  x.participants = {{"ann"}, {"\xff"}, {"ann"}, {""}};
  EXPECT_EQ(wrong(x), (pointers{"/participants/1/person", "/participants/2/person", "/participants/3/person"}));
  EXPECT_EQ(wrong(participant_joined{}), pointers{"/person"});
  EXPECT_EQ(wrong(participant_left{}), pointers{"/person"});
}

TEST(Validate, ChecksCallsRequestsAndSessions) {
  EXPECT_EQ(wrong(call_started{}), (pointers{"/call/id", "/call/caller"}));
  EXPECT_EQ(wrong(call_accepted{}), (pointers{"/call", "/person"}));
  EXPECT_EQ(wrong(request_offered{}), (pointers{"/invitation/id", "/invitation/agent"}));
  request_offered both;
  both.invitation = "i";
  both.agent = "ann";
  both.team = "team";
  EXPECT_EQ(wrong(both), pointers{"/invitation/team"});
  EXPECT_EQ(wrong(deputy_delegated{}), (pointers{"/invitation/id", "/invitation/primaryAgent"}));
  EXPECT_EQ(wrong(request_closed{}), pointers{"/invitation"});
  EXPECT_EQ(wrong(session_started{}), (pointers{"/person", "/session", "/kind"}));
}

TEST(Validate, ScansUtf8) {
  for (std::string good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(scan(good).utf8);
  for (std::string bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf0\x9f\x98", "\xfe", "\xc2\x41"})
    EXPECT_FALSE(scan(bad).utf8);
  EXPECT_EQ(scan("a\xc3\xa9\xf0\x9f\x98\x80").characters, 3u);
}

TEST(Validate, FindsControlCharacters) {
  for (std::string bad : {"\x01", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f"})
    EXPECT_TRUE(scan(bad).control);
  for (std::string good : {" ", "~", "\xc2\xa0", "\xc3\x80"})
    EXPECT_FALSE(scan(good).control);
}

TEST(Validate, KnowsLanguageTags) {
  for (auto good : {"en", "de-CH", "zh-Hant-TW", "sl-rozaj-biske", "x-private", "en-a-bbb-x-y12345z", "i-klingon"})
    EXPECT_EQ(wrong_locale(good), "") << good;
  for (auto bad : {"", "e", "en_US", "en-", "-en", "en--US", "1en", "en-abcdefghi", "en-a", "toolonglang", "de CH"})
    EXPECT_NE(wrong_locale(bad), "") << bad;
}

TEST(Validate, KnowsEndpoints) {
  for (auto good : {"https://a.example", "http://127.0.0.1:8080/x?y=z", "HTTPS://[::1]:8443/"})
    EXPECT_EQ(wrong_endpoint(good), "") << good;
  for (auto bad : {"", "a.example/x", "ftp://a.example", "https://", "https:///x", "https:/a.example",
                   "https://a.example\\@b.example/", "https://u:p@a.example", "https://u@a.example",
                   "https://a b.example", "/x", "file:///etc/hosts", "https://a.example:99999/"})
    EXPECT_NE(wrong_endpoint(bad), "") << bad;
  EXPECT_NE(wrong_endpoint(std::string{"https://a.example\0.evil.example", 31}), "");
}

TEST(Validate, KnowsKeysOfThirtyTwoBytes) {
  EXPECT_EQ(wrong_key(std::string(43, 'A')), "");
  EXPECT_EQ(wrong_key(std::string(42, '_') + "w="), "");
  EXPECT_NE(wrong_key(std::string(42, 'A')), "");
  EXPECT_NE(wrong_key(std::string(42, 'A') + "B"), "");
  EXPECT_NE(wrong_key(std::string(42, '+') + "A"), "");
  EXPECT_NE(wrong_key(std::string(44, 'A')), "");
}

} // namespace belfry
