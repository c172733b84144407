// SPEC 2: the shape of events.
#include "belfry/tests/messages/samples.hpp"

namespace belfry {

using samples::message;
using samples::pointers;
using samples::sentence;
using samples::wrong;

namespace {

std::string in_quotes(std::string_view x) {
  return '"' + std::string{x} + '"';
}

std::string with_id(const std::string& id) {
  return R"({"type":"presence.reset","id":)" + in_quotes(id) + "}";
}

} // namespace

TEST(EventShape, RefusesAnUnknownType) {
  EXPECT_EQ(wrong(R"({"type":"message.seen","conversation":"c","person":"ben"})"), pointers{"/type"});
  EXPECT_EQ(wrong(R"({"conversation":"c"})"), pointers{"/type"});
}

TEST(EventShape, RefusesAnUnknownRole) {
  EXPECT_EQ(wrong(R"({"type":"participant.joined","conversation":"c","person":"a","role":"AGENT"})"),
            pointers{"/role"});
  EXPECT_EQ(wrong(R"({"type":"conversation.started","conversation":"c","participants":[{"person":"a","role":""}]})"),
            pointers{"/participants/0/role"});
}

TEST(EventShape, NamesAMissingFieldByItsOwnPointer) {
  EXPECT_EQ(wrong(message(R"("id":"m")")), pointers{"/message/sender"});
  EXPECT_EQ(sentence(message(R"("id":"m")"), "/message/sender"), "is missing");
  EXPECT_EQ(wrong(R"({"type":"message.sent","conversation":"c"})"), pointers{"/message"});
  EXPECT_EQ(wrong(R"({"type":"conversation.ended"})"), pointers{"/conversation"});
  EXPECT_EQ(wrong(R"({"type":"presence.changed","person":"a"})"), pointers{"/online"});
  EXPECT_EQ(wrong(R"({"type":"session.started","conversation":"c","person":"a"})"), (pointers{"/session", "/kind"}));
}

TEST(EventShape, NamesEveryWrongField) {
  EXPECT_EQ(
      wrong(R"({"type":"call.started","id":1,"at":"now","conversation":"","call":{"id":"k","type":"FAX","x":1}})"),
      (pointers{"/id", "/at", "/conversation", "/call/type", "/call/caller", "/call/x"}));
}

TEST(EventShape, NamesFieldsOfTheWrongType) {
  EXPECT_EQ(wrong(R"({"type":"presence.changed","person":"a","online":"yes"})"), pointers{"/online"});
  EXPECT_EQ(wrong(R"({"type":"message.read","conversation":"c","person":"a","message":{"id":"m"}})"),
            pointers{"/message"});
  EXPECT_EQ(wrong(R"({"type":"message.edited","conversation":"c","message":"m"})"), pointers{"/message"});
  EXPECT_EQ(wrong(R"({"type":"conversation.started","conversation":"c","participants":{}})"),
            pointers{"/participants"});
  EXPECT_EQ(wrong(R"({"type":"conversation.started","conversation":"c","participants":["a"]})"),
            pointers{"/participants/0"});
  EXPECT_EQ(wrong(R"({"type":"conversation.started","conversation":"c","autoJoinCalls":1})"),
            pointers{"/autoJoinCalls"});
}

TEST(EventShape, RefusesUnknownFields) {
  EXPECT_EQ(wrong(R"({"type":"presence.reset","foo":1})"), pointers{"/foo"});
  EXPECT_EQ(wrong(message(R"("id":"m","sender":"a","color":"red")")), pointers{"/message/color"});
  EXPECT_EQ(wrong(R"({"type":"conversation.ended","conversation":"c","person":"a"})"), pointers{"/person"});
}

TEST(EventShape, RefusesTheConversationOfAPresence) {
  EXPECT_EQ(wrong(R"({"type":"presence.changed","person":"a","online":true,"conversation":"c"})"),
            pointers{"/conversation"});
  EXPECT_EQ(wrong(R"({"type":"presence.reset","conversation":"c"})"), pointers{"/conversation"});
}

TEST(EventShape, EscapesPointers) {
  EXPECT_EQ(wrong(R"({"type":"presence.reset","a/b~c":1})"), pointers{"/a~1b~0c"});
}

TEST(EventShape, PutsThePlaceBeforePointersOfABatch) {
  std::string good = R"({"type":"presence.reset"})";
  EXPECT_EQ(wrong("[" + good + "," + good + "," + good + "," + message(R"("id":"m")") + "]"),
            pointers{"/3/message/sender"});
  EXPECT_EQ(wrong("[" + good + ",7,null,[]]"), (pointers{"/1", "/2", "/3"}));
}

TEST(EventShape, PlacesOfLinesCountEventsAndNotBlankLines) {
  std::string good = R"({"type":"presence.reset"})";
  EXPECT_EQ(wrong("\n \t\r\n" + good + "\n\n{\"type\":1}\n" + "{\n" + message(R"("id":"m")"), body_form::ndjson),
            (pointers{"/1/type", "/2", "/3/message/sender"}));
  EXPECT_EQ(wrong("[" + good + "]", body_form::ndjson), pointers{"/0"});
}

TEST(EventShape, TakesNullAsAbsent) {
  auto x = parse_event(R"({"type":"message.sent","id":null,"at":null,"conversation":"c","topic":null,
                           "message":{"id":"m","sender":"a","recipients":null,"sentAt":null,"kind":null}})");
  ASSERT_TRUE(x);
  EXPECT_FALSE(std::get<message_sent>(x->body).recipients);
  EXPECT_EQ(wrong(message(R"("id":"m","sender":null)")), pointers{"/message/sender"});
  EXPECT_EQ(wrong(message(R"("id":"m","sender":"a","recipients":[null])")), pointers{"/message/recipients/0"});
}

TEST(EventShape, RefusesRepeatedKeys) {
  EXPECT_EQ(wrong(R"({"type":"presence.reset","id":"a","id":"a"})"), pointers{"/id"});
  EXPECT_EQ(sentence(R"({"type":"presence.reset","id":"a","id":"a"})", "/id"), "appears more than once");
  EXPECT_EQ(wrong(R"({"type":"presence.reset","id":null,"id":"a"})"), pointers{"/id"});
  EXPECT_EQ(wrong(R"({"type":"presence.reset","id":"a","\u0069d":null})"), pointers{"/id"});
  EXPECT_EQ(wrong(message(R"("id":"m","sender":"a","text":"x","text":"y")")), pointers{"/message/text"});
}

TEST(EventShape, RefusesTextsOverSixtyFourKibibytesOfUtf8) {
  auto with_text = [](const std::string& text) {
    return message(R"("id":"m","sender":"a","text":)" + in_quotes(text));
  };
  EXPECT_TRUE(wrong(with_text(std::string(65'536, 'x'))).empty());
  EXPECT_EQ(wrong(with_text(std::string(65'537, 'x'))), pointers{"/message/text"});
  std::string wide;
  for (int i = 0; i < 32'769; ++i)
    wide += "\xc3\xa9";
  EXPECT_EQ(wrong(with_text(wide)), pointers{"/message/text"});
}

TEST(EventShape, RefusesInvalidUtf8) {
  for (std::string bytes : {"\xff", "\xc0\xaf", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_EQ(wrong(message(R"("id":"m","sender":"a","text":")" + bytes + "\"")), pointers{"/message/text"});
    EXPECT_EQ(wrong(message(R"("id":"m","sender":"a","recipients":["b",")" + bytes + "\"]")),
              pointers{"/message/recipients/1"});
  }
}

TEST(EventShape, RefusesLoneSurrogates) {
  for (std::string text : {R"(\ud800)", R"(\udc00)", R"(\ud800\u0041)", R"(\udc00\ud800)"})
    EXPECT_EQ(wrong(message(R"("id":"m","sender":"a","text":")" + text + "\"")), pointers{"/message/text"}) << text;
  EXPECT_TRUE(wrong(message(R"("id":"m","sender":"a","text":"\ud83d\ude00")")).empty());
}

TEST(EventShape, TakesOnlyIntegersAsMilliseconds) {
  auto at = [](const std::string& x) { return R"({"type":"presence.reset","at":)" + x + "}"; };
  for (auto good : {"0", "1700000000000", "9007199254740991"})
    EXPECT_TRUE(wrong(at(good)).empty()) << good;
  for (auto bad : {"1.0", "1.5", "1e3", "-1", "9007199254740992", "9223372036854775808", "99999999999999999999",
                   "\"1\"", "true", "1e999", "[]"})
    EXPECT_EQ(wrong(at(bad)), pointers{"/at"}) << bad;
  EXPECT_EQ(wrong(message(R"("id":"m","sender":"a","sentAt":2.0)")), pointers{"/message/sentAt"});
}

TEST(EventShape, TakesIdsOfOneToOneHundredTwentyEightCharacters) {
  std::string wide;
  for (int i = 0; i < 128; ++i)
    wide += "\xf0\x9f\x98\x80";
  EXPECT_TRUE(wrong(with_id("x")).empty());
  EXPECT_TRUE(wrong(with_id(std::string(128, 'x'))).empty());
  EXPECT_TRUE(wrong(with_id(wide)).empty());
  EXPECT_EQ(wrong(with_id("")), pointers{"/id"});
  EXPECT_EQ(wrong(with_id(std::string(129, 'x'))), pointers{"/id"});
  EXPECT_EQ(wrong(with_id(wide + "x")), pointers{"/id"});
}

TEST(EventShape, RefusesControlCharactersInIds) {
  for (std::string bad : {R"(a\u0000b)", R"(a\nb)", R"(\u001f)", "a\x7f", R"(\u0080)", R"(\u009f)"})
    EXPECT_EQ(wrong(with_id(bad)), pointers{"/id"}) << bad;
  for (std::string good : {" ", R"(\u00a0)", R"(a\/b)", R"(\u2028)"})
    EXPECT_TRUE(wrong(with_id(good)).empty()) << good;
}

TEST(EventShape, NeedsASenderButForSystemMessages) {
  EXPECT_TRUE(wrong(message(R"("id":"m","kind":"SYSTEM")")).empty());
  EXPECT_TRUE(wrong(message(R"("id":"m","kind":"SYSTEM","sender":"a")")).empty());
  EXPECT_EQ(wrong(message(R"("id":"m","kind":"CARD")")), pointers{"/message/sender"});
  EXPECT_EQ(wrong(message(R"("id":"m","kind":"SYSTEM","sender":"")")), pointers{"/message/sender"});
}

TEST(EventShape, CountsUnknownKindsOfMessagesAsText) {
  auto x = parse_event(message(R"("id":"m","sender":"a","kind":"HOLOGRAM")"));
  ASSERT_TRUE(x);
  EXPECT_EQ(std::get<message_sent>(x->body).kind, message_kind::text);
  EXPECT_EQ(wrong(message(R"("id":"m","sender":"a","kind":7)")), pointers{"/message/kind"});
}

TEST(EventShape, RefusesAnEmptyListOfRecipients) {
  EXPECT_EQ(wrong(message(R"("id":"m","sender":"a","recipients":[])")), pointers{"/message/recipients"});
  EXPECT_EQ(wrong(message(R"("id":"m","sender":"a","recipients":["b","",7])")),
            (pointers{"/message/recipients/1", "/message/recipients/2"}));
}

TEST(EventShape, NeedsExactlyOneOfAgentAndTeam) {
  auto offered = [](const std::string& who) {
    return R"({"type":"request.offered","conversation":"c","invitation":{"id":"i","kind":"ASSIGNMENT_REQUEST")" + who
           + "}}";
  };
  EXPECT_TRUE(wrong(offered(R"(,"agent":"a")")).empty());
  EXPECT_TRUE(wrong(offered(R"(,"team":"t","agent":null)")).empty());
  EXPECT_EQ(wrong(offered("")), pointers{"/invitation/agent"});
  EXPECT_EQ(wrong(offered(R"(,"agent":"a","team":"t")")), pointers{"/invitation/team"});
}

TEST(EventShape, RefusesAPersonTwiceInAStart) {
  EXPECT_EQ(wrong(R"({"type":"conversation.started","conversation":"c","participants":[{"person":"a"},{"person":"b"},
                      {"person":"a"}]})"),
            pointers{"/participants/2/person"});
}

TEST(EventShape, RefusesUnknownReasonsAndKinds) {
  EXPECT_EQ(wrong(R"({"type":"request.closed","conversation":"c","invitation":"i","reason":"LOST"})"),
            pointers{"/reason"});
  EXPECT_EQ(wrong(R"({"type":"request.offered","conversation":"c","invitation":{"id":"i","kind":"X","agent":"a"}})"),
            pointers{"/invitation/kind"});
}

} // namespace belfry
