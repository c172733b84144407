#include "belfry/tests/support/server/serve_fixture.hpp"

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

using names = std::vector<std::string>;

/// SPEC 3: who is told of a message, when, and with which count.
class NewMessages : public serve_fixture {
protected:
  void begin() {
    serve();
    register_sink();
  }

  /// Seconds from now until the sink has a new_message for that person.
  std::chrono::milliseconds until_told(const std::string& person, const json& events) {
    auto from = std::chrono::steady_clock::now();
    accept(events);
    EXPECT_TRUE(wait_kind("new_message", person));
    for (const auto& t : deliveries_to(person))
      if (t.kind == "new_message")
        return std::chrono::duration_cast<std::chrono::milliseconds>(t.request.at - from);
    return -1ms;
  }
};

} // namespace

TEST_F(NewMessages, AMessageIsToldWithAllItsFields) {
  serve();
  EXPECT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}, {"firstName", "Anna"}, {"lastName", "Amsel"}}).status,
            201);
  EXPECT_EQ(api_->put("/v1/persons/ben", {{"type", "VISITOR"},
                                          {"displayName", "Ben"},
                                          {"locale", "de-CH"},
                                          {"email", "ben@example.org"},
                                          {"phone", "+41"},
                                          {"sourceId", "s"},
                                          {"labels", {"vip"}},
                                          {"metadata", {{"k", "v"}}}})
                .status,
            201);
  register_sink();
  start_pair();
  auto e = sent("c1", "m1", "anna", {{"sentAt", 1700000000000}});
  e["at"] = 1700000000500;
  accept(e);
  ASSERT_TRUE(wait_deliveries(1));
  auto b = deliveries()[0].body;
  auto stamp = b["timestamp"];
  EXPECT_TRUE(stamp.is_number_integer());
  b.erase("timestamp");
  EXPECT_EQ(b, (json{{"$_type", "NewMessagePushNotificationEvent"},
                     {"eventType", "push_notification.new_message"},
                     {"accountId", "default"},
                     {"recipient",
                      {{"$_type", "PersonData"},
                       {"id", "ben"},
                       {"accountId", "default"},
                       {"personType", "VISITOR"},
                       {"displayName", "Ben"},
                       {"email", "ben@example.org"},
                       {"phone", "+41"},
                       {"sourceId", "s"}}},
                     {"locale", "de-CH"},
                     {"conversationId", "c1"},
                     {"deviceTokens", json::array()},
                     {"messageId", "m1"},
                     {"messageText", "text of m1"},
                     {"messageSendTimestamp", 1700000000000},
                     {"messageServerTimestamp", 1700000000500},
                     {"senderName", "Anna Amsel"},
                     {"senderPersonId", "anna"},
                     {"notificationCount", 1},
                     {"recipientNotificationCount", 1}}));
}

TEST_F(NewMessages, SystemMessagesAndOnesOwnTellNobody) {
  begin();
  start_pair();
  accept({sent("c1", "m1", "", {{"kind", "SYSTEM"}}), sent("c1", "m2", "anna", {{"kind", "SYSTEM"}}),
          sent("c1", "m3", "ben", {{"kind", "CARD_OF_A_NEW_KIND"}})});
  settle();
  EXPECT_EQ(kinds_to("ben"), names{});
  EXPECT_EQ(kinds_to("anna"), names{"new_message"});
  EXPECT_EQ(reason_of("message=m1&person=ben"), "system_message");
  EXPECT_EQ(reason_of("message=m3&person=ben"), "own_message");
}

TEST_F(NewMessages, InternalOnesAreForAgentsAndRecipientsNameWhoSees) {
  begin();
  accept(
      started("c1", {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON"),
                     event::participant("cleo", "SECONDARY_AGENT"), event::participant("vic", "SECONDARY_VISITOR")}));
  accept({sent("c1", "m1", "anna", {{"internal", true}}), sent("c1", "m2", "anna", {{"recipients", {"vic"}}})});
  settle();
  EXPECT_EQ(kinds_to("ben"), names{});
  EXPECT_EQ(kinds_to("cleo"), names{"new_message"});
  EXPECT_EQ(kinds_to("vic"), names{"new_message"});
  EXPECT_EQ(reason_of("message=m1&person=ben"), "not_visible");
  EXPECT_EQ(reason_of("message=m2&person=cleo"), "not_visible");
  EXPECT_EQ(reason_of("message=m2&person=stranger"), "not_in_conversation");
}

TEST_F(NewMessages, RolesCanBeLeftOutAndSoCanBotMessages) {
  set("push.participants", R"(["ASSIGNED_AGENT","CONTEXT_PERSON"])");
  set("push.botMessages", R"(["CONTEXT_PERSON"])");
  begin();
  accept(started("c1", {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON"),
                        event::participant("cleo", "SECONDARY_AGENT"), event::participant("robo")}));
  accept(sent("c1", "m1", "robo"));
  settle();
  EXPECT_EQ(kinds_to("ben"), names{"new_message"});
  EXPECT_EQ(kinds_to("anna"), names{});
  EXPECT_EQ(kinds_to("cleo"), names{});
  EXPECT_EQ(reason_of("message=m1&person=anna"), "bot_messages_disabled");
  EXPECT_EQ(reason_of("message=m1&person=cleo"), "role_disabled");
  EXPECT_EQ(counts("anna")["total"], 0);
}

TEST_F(NewMessages, SecondaryRulesHold) {
  set("push.secondaryAgentRule", "NEVER");
  set("push.secondaryVisitorRule", "WHEN_PRIMARY_OFFLINE");
  begin();
  accept(
      started("c1", {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON"),
                     event::participant("cleo", "SECONDARY_AGENT"), event::participant("vic", "SECONDARY_VISITOR")}));
  accept({presence("ben", true), sent("c1", "m1", "anna")});
  ASSERT_TRUE(wait_kind("new_message", "ben"));
  settle();
  EXPECT_EQ(kinds_to("vic"), names{});
  EXPECT_EQ(counts("vic")["total"], 1);
  EXPECT_EQ(counts("cleo")["total"], 0);
  EXPECT_EQ(reason_of("message=m1&person=vic"), "secondary_rule");
  EXPECT_EQ(reason_of("message=m1&person=cleo"), "secondary_rule");
  // Looked at when the notification falls due.
  accept({sent("c1", "m2", "anna"), presence("ben", false)});
  ASSERT_TRUE(wait_kind("new_message", "vic"));
  EXPECT_EQ(deliveries_to("vic")[0].body["notificationCount"], 2);
}

TEST_F(NewMessages, ABurstIsToldOnceOfItsLastMessageWithTheCount) {
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), sent("c1", "m2", "anna"), sent("c1", "m3", "anna")});
  ASSERT_TRUE(wait_deliveries(1));
  settle();
  ASSERT_EQ(kinds_to("ben"), names{"new_message"});
  EXPECT_EQ(deliveries()[0].body["messageId"], "m3");
  EXPECT_EQ(deliveries()[0].body["notificationCount"], 3);
  EXPECT_EQ(reason_of("message=m1&person=ben"), "superseded");
  EXPECT_EQ(reason_of("message=m3&person=ben"), "sent");
}

TEST_F(NewMessages, TheWaitIsTheDelayThatAppliesWhenTheMessageArrives) {
  set("push.debounceDelay", "300ms");
  set("push.debounceDelayWhenInConversation", "1200ms");
  begin();
  start_pair("c1");
  start_pair("c2");
  accept(sent("c2", "warm", "ben"));
  ASSERT_TRUE(wait_kind("new_message", "anna"));
  auto plain = until_told("ben", sent("c1", "m1", "anna"));
  EXPECT_GE(plain, 295ms);
  EXPECT_LT(plain, 1100ms);
}

TEST_F(NewMessages, InTheConversationTheLongerWaitApplies) {
  set("push.debounceDelayWhenInConversation", "900ms");
  begin();
  start_pair();
  accept(opened("c1", "ben"));
  auto waited = until_told("ben", {sent("c1", "m1", "anna"), closed("c1", "ben")});
  EXPECT_GE(waited, 895ms);
  EXPECT_LT(waited, 3000ms);
}

TEST_F(NewMessages, AFurtherMessageRestartsTheWaitWithTheDelayThatThenApplies) {
  set("push.debounceDelayWhenInConversation", "60s");
  begin();
  start_pair();
  accept({opened("c1", "ben"), sent("c1", "m1", "anna"), closed("c1", "ben")});
  auto waited = until_told("ben", sent("c1", "m2", "anna"));
  EXPECT_LT(waited, 5000ms);
  EXPECT_EQ(deliveries()[0].body["messageId"], "m2");
}

TEST_F(NewMessages, TheWaitOfABurstCanBeCapped) {
  set("push.debounceDelay", "60s");
  set("push.debounceMaxWait", "700ms");
  begin();
  start_pair();
  auto waited = until_told("ben", {sent("c1", "m1", "anna"), sent("c1", "m2", "anna")});
  EXPECT_GE(waited, 695ms);
  EXPECT_LT(waited, 5000ms);
}

TEST_F(NewMessages, ThePendingWaitIsShown) {
  set("push.debounceDelay", "60s");
  begin();
  start_pair();
  auto now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  accept(sent("c1", "m1", "anna"));
  auto pending = member("ben")["pending"];
  EXPECT_EQ(pending["message"], "m1");
  EXPECT_NEAR(pending["due"].get<double>(), static_cast<double>(now.count() + 60000), 5000.0);
  auto items = traces("message=m1&person=ben");
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0]["state"], "WAITING");
  EXPECT_EQ(items[0]["kind"], "new_message");
  EXPECT_FALSE(member("anna").contains("pending"));
}

TEST_F(NewMessages, WaitsArePerConversationAndThePersonWideCountIsTheSum) {
  begin();
  start_pair("c1");
  start_pair("c2");
  start_pair("c3");
  accept({sent("c1", "m1", "anna"), sent("c2", "m1", "anna"), sent("c2", "m2", "anna"), sent("c3", "m1", "anna")});
  ASSERT_TRUE(wait_deliveries(3));
  for (const auto& t : deliveries()) {
    EXPECT_EQ(t.body["notificationCount"], t.conversation == "c2" ? 2 : 1);
    EXPECT_EQ(t.body["recipientNotificationCount"], 4) << t.conversation;
  }
  EXPECT_EQ(counts("ben"), (json{{"total", 4}, {"conversations", {{"c1", 1}, {"c2", 2}, {"c3", 1}}}}));
}

TEST_F(NewMessages, ReadingBeforeTheWaitEndsCancelsItSilently) {
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), sent("c1", "m2", "anna")});
  accept(read("c1", "ben"));
  EXPECT_FALSE(member("ben").contains("pending"));
  settle();
  EXPECT_EQ(kinds_to("ben"), names{});
  EXPECT_EQ(reason_of("message=m2&person=ben"), "read_before_due");
}

TEST_F(NewMessages, ReadingPartOfABurstLeavesTheRestToBeTold) {
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), sent("c1", "m2", "anna"), sent("c1", "m3", "anna"), read("c1", "ben", "m2")});
  ASSERT_TRUE(wait_deliveries(1));
  EXPECT_EQ(deliveries()[0].body["messageId"], "m3");
  EXPECT_EQ(deliveries()[0].body["notificationCount"], 1);
}

TEST_F(NewMessages, ReadingAnOlderOrUnknownMessageChangesNothing) {
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), sent("c1", "m2", "anna"), read("c1", "ben", "m2"), sent("c1", "m3", "anna"),
          read("c1", "ben", "m1"), read("c1", "ben", "zz")});
  EXPECT_EQ(counts("ben")["total"], 1);
}

TEST_F(NewMessages, OnesOwnMessageReadsAllEarlierOnes) {
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), sent("c1", "m2", "ben"), sent("c1", "m3", "anna")});
  EXPECT_EQ(counts("ben")["total"], 1);
  EXPECT_EQ(counts("anna")["total"], 0);
  accept(sent("c1", "m4", "ben", {{"kind", "SYSTEM"}}));
  EXPECT_EQ(counts("ben")["total"], 1);
}

TEST_F(NewMessages, OnesOwnMessageNeedNotRead) {
  set("push.ownMessageReads", "false");
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), sent("c1", "m2", "ben")});
  EXPECT_EQ(counts("ben")["total"], 1);
}

TEST_F(NewMessages, ADeletedMessageIsReplacedByTheNewestUnreadOneNotYetAnnounced) {
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), sent("c1", "m2", "anna"), sent("c1", "m3", "anna"), deleted("c1", "m3")});
  EXPECT_EQ(member("ben")["pending"]["message"], "m2");
  ASSERT_TRUE(wait_deliveries(1));
  EXPECT_EQ(deliveries()[0].body["messageId"], "m2");
  EXPECT_EQ(deliveries()[0].body["messageText"], "text of m2");
  EXPECT_EQ(deliveries()[0].body["notificationCount"], 2);
}

TEST_F(NewMessages, ADeletedMessageWithoutAReplacementEndsTheWait) {
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), deleted("c1", "m1")});
  EXPECT_FALSE(member("ben").contains("pending"));
  EXPECT_EQ(counts("ben")["total"], 0);
  settle();
  EXPECT_EQ(kinds_to("ben"), names{});
  EXPECT_EQ(reason_of("message=m1&person=ben"), "deleted");
}

TEST_F(NewMessages, AnAnnouncedMessageIsNoReplacement) {
  begin();
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  accept({sent("c1", "m2", "anna"), deleted("c1", "m2")});
  EXPECT_FALSE(member("ben").contains("pending"));
  settle();
  EXPECT_EQ(kinds_to("ben"), names{"new_message"});
  EXPECT_EQ(counts("ben")["total"], 1);
}

TEST_F(NewMessages, AnEditBeforeLeavingIsCarriedAndAnnouncesNothingAnew) {
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), edited("c1", "m1", "better")});
  ASSERT_TRUE(wait_deliveries(1));
  EXPECT_EQ(deliveries()[0].body["messageText"], "better");
  accept(edited("c1", "m1", "best"));
  settle();
  EXPECT_EQ(kinds_to("ben"), names{"new_message"});
}

TEST_F(NewMessages, RetriesKeepTheTextOfBeforeTheEdit) {
  set("webhooks.retry.first", "700ms");
  serve();
  register_sink("/fail-first/1/500");
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  accept(edited("c1", "m1", "better"));
  ASSERT_TRUE(wait_deliveries(2));
  EXPECT_EQ(deliveries()[1].body["messageText"], "text of m1");
  EXPECT_EQ(deliveries()[0].request.body, deliveries()[1].request.body);
}

TEST_F(NewMessages, AMutedParticipantCountsAndIsNotTold) {
  begin();
  start_pair();
  accept({changed("c1", "ben", {{"muted", true}}), sent("c1", "m1", "anna")});
  settle();
  EXPECT_EQ(kinds_to("ben"), names{});
  EXPECT_EQ(counts("ben")["total"], 1);
  EXPECT_EQ(reason_of("message=m1&person=ben"), "muted");
  accept({sent("c1", "m2", "anna"), changed("c1", "ben", {{"muted", false}})});
  ASSERT_TRUE(wait_kind("new_message", "ben"));
  accept(call("c1", "k1", "anna"));
  EXPECT_TRUE(wait_kind("incoming_call", "ben"));
}

TEST_F(NewMessages, LaterChangesOfTheRoleLeaveTheCountAlone) {
  set("push.participants", R"(["CONTEXT_PERSON"])");
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), changed("c1", "ben", {{"role", "SECONDARY_VISITOR"}})});
  EXPECT_EQ(counts("ben")["total"], 1);
  accept(sent("c1", "m2", "anna"));
  EXPECT_EQ(counts("ben")["total"], 1);
}

TEST_F(NewMessages, WithTheMasterSwitchOffCountsGoOnAndNothingIsSent) {
  set("push.enabled", "false");
  begin();
  start_pair();
  accept({sent("c1", "m1", "anna"), call("c1", "k1", "anna")});
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0].value("reason", "") == "push_disabled";
  });
  EXPECT_EQ(counts("ben")["total"], 1);
  EXPECT_EQ(reason_of("kind=incoming_call&person=ben"), "push_disabled");
  EXPECT_EQ(sink_.count(), 0U);
}

TEST_F(NewMessages, WithoutTextsOnlyIdsGoOut) {
  set("privacy.messageText", "none");
  begin();
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  EXPECT_FALSE(deliveries()[0].body.contains("messageText"));
}

TEST_F(NewMessages, OnlyTheNewestMessagesOfAConversationCount) {
  set("limits.unreadMessages", "3");
  begin();
  start_pair();
  json all = json::array();
  for (int i = 0; i < 5; ++i)
    all.push_back(sent("c1", "m" + std::to_string(i), "anna"));
  accept(all);
  EXPECT_EQ(counts("ben")["total"], 3);
}

TEST_F(NewMessages, WhoeverIsStoredAsABotLaterIsNotToldFromThenOn) {
  serve();
  register_sink();
  accept(started("c1", {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON"),
                        event::participant("late", "SECONDARY_AGENT")}));
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_kind("new_message", "late"));
  accept(sent("c1", "m2", "anna"));
  EXPECT_EQ(api_->put("/v1/persons/late", {{"type", "BOT"}}).status, 201);
  accept(changed("c1", "late", {{"role", "ASSIGNED_AGENT"}}));
  accept(sent("c1", "m3", "anna"));
  ASSERT_TRUE(wait_answer("/v1/notifications?message=m3&person=ben&state=DONE",
                          [](const json& v) { return v["items"].size() == 1; }));
  EXPECT_EQ(kinds_to("late"), std::vector<std::string>{"new_message"});
  EXPECT_EQ(reason_of("message=m3&person=late"), "role_disabled");
  EXPECT_FALSE(member("late").contains("role")) << member("late");
}
