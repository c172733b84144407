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

pointers places(const std::vector<problem>& problems) {
  pointers out;
  for (const auto& p : problems)
    out.push_back(p.pointer);
  return out;
}

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

TEST(Validate, KnowsEveryValueOfAnEnumeration) {
  auto x = hello();
  x.kind = static_cast<message_kind>(2);
  EXPECT_EQ(wrong(x), pointers{"/message/kind"});
  conversation_started c;
  c.participants = {{"ann", role::secondary_visitor}, {"ben", static_cast<role>(5)}, {"", static_cast<role>(99)}};
  EXPECT_EQ(wrong(c), (pointers{"/participants/1/role", "/participants/2/person", "/participants/2/role"}));
  EXPECT_EQ(wrong(participant_joined{{"ann", static_cast<role>(5)}}), pointers{"/role"});
  EXPECT_EQ(wrong(participant_changed{"ann", static_cast<role>(5), {}, {}}), pointers{"/role"});
  EXPECT_EQ(wrong(call_started{"k", static_cast<call_type>(2), "ann"}), pointers{"/call/type"});
  request_offered offer;
  offer.invitation = "i";
  offer.agent = "ann";
  offer.kind = static_cast<request_kind>(3);
  EXPECT_EQ(wrong(offer), pointers{"/invitation/kind"});
  EXPECT_EQ(wrong(request_closed{"i", static_cast<close_reason>(4), {}}), pointers{"/reason"});
  EXPECT_EQ(wrong(deputy_closed{"i", static_cast<close_reason>(4), {}}), pointers{"/reason"});
  EXPECT_TRUE(wrong(deputy_closed{"i", close_reason::expired, {}}).empty());
}

TEST(Validate, ChecksProfiles) {
  person_profile x;
  EXPECT_EQ(places(validate(x)), pointers{});
  x.type = static_cast<person_type>(4);
  x.display_name = "";
  x.email = "nobody";
  x.phone = "a\nb";
  x.locale = "d";
  x.source_id = "\xff";
  x.labels = std::vector<std::string>{"a", std::string(501, 'l')};
  x.metadata = std::map<std::string, std::string>{{"", "v"}, {"a/b", "\xff"}, {"k", "v"}};
  EXPECT_EQ(places(validate(x)), (pointers{"/type", "/displayName", "/email", "/phone", "/locale", "/sourceId",
                                           "/labels/1", "/metadata", "/metadata/a~1b"}));
  x = {};
  x.labels = std::vector<std::string>(2'200, std::string(500, 'l'));
  EXPECT_EQ(places(validate(x)), pointers{""});
  x.labels = std::vector<std::string>(1'000, "");
  EXPECT_EQ(validate(x).size(), 100u);
}

TEST(Validate, ChecksDevices) {
  device x;
  x.id = "d";
  x.push_token = "t";
  EXPECT_EQ(places(validate(x)), pointers{});
  x.push_token.reset();
  x.push_kit_token = "";
  EXPECT_EQ(places(validate(x)), (pointers{"/pushKitToken", "/pushToken", "/pushKitToken"}));
  x.platform = device_platform::ios;
  x.push_kit_token = "k";
  EXPECT_EQ(places(validate(x)), pointers{});
  x.version = message_version::encrypted;
  EXPECT_EQ(places(validate(x)), pointers{"/encryptionKey"});
  x = {};
  x.platform = static_cast<device_platform>(2);
  x.app = "";
  x.environment = static_cast<device_environment>(2);
  x.version = static_cast<message_version>(3);
  x.encryption_key = "short";
  EXPECT_EQ(places(validate(x)),
            (pointers{"/id", "/platform", "/app", "/environment", "/messageVersion", "/encryptionKey"}));
}

TEST(Validate, ChecksPauses) {
  EXPECT_EQ(places(validate_pause(pause_mode::on, 5)), pointers{});
  EXPECT_EQ(places(validate_pause(pause_mode::automatic, {})), pointers{});
  EXPECT_EQ(places(validate_pause(pause_mode::off, 5)), pointers{"/until"});
  EXPECT_EQ(places(validate_pause(pause_mode::on, -1)), pointers{"/until"});
  EXPECT_EQ(places(validate_pause(static_cast<pause_mode>(3), {})), pointers{"/mode"});
  EXPECT_EQ(places(validate_pause_reason("crm", "", 1)), pointers{});
  EXPECT_EQ(places(validate_pause_reason("call:1", "\x01", 0)),
            (pointers{"/sourceId", "/displayName", "/timeoutSeconds"}));
}

TEST(Validate, ChecksSubscriptionsQueriesAndIds) {
  subscription_input x{"https://push.example", "p", "a", "i", {}};
  EXPECT_EQ(places(validate(x)), pointers{});
  x = {"\xff", std::string(201, 'p'), "", "", ""};
  EXPECT_EQ(places(validate(x)), (pointers{"/endpoint", "/keys/p256dh", "/keys/auth", "/installId", "/replaces"}));
  trace_query q;
  EXPECT_EQ(places(validate(q)), pointers{});
  q.person = q.conversation = q.message = "";
  q.kind = static_cast<kind>(kind_count);
  q.state = static_cast<trace_state>(4);
  q.limit = 501;
  EXPECT_EQ(places(validate(q)), (pointers{"/person", "/conversation", "/message", "/kind", "/state", "/limit"}));
  EXPECT_EQ(places(validate_ids({{"/person", "ann"}, {"/device", ""}})), pointers{"/device"});
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
