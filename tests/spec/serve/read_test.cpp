#include "belfry/tests/support/server/serve_fixture.hpp"

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

using names = std::vector<std::string>;

/// SPEC 3, "Read"; SPEC 7, the delay of a channel.
class ReadMessages : public serve_fixture {
protected:
  void begin(const std::string& path = "/ok") {
    serve();
    register_sink(path);
    start_pair();
  }
};

} // namespace

TEST_F(ReadMessages, ReadingToZeroAfterSomethingLeftSendsOneReadMessage) {
  begin();
  start_pair("c2");
  accept({sent("c2", "x1", "anna"), sent("c1", "m1", "anna"), sent("c1", "m2", "anna")});
  ASSERT_TRUE(wait_deliveries(2));
  accept(read("c1", "ben"));
  ASSERT_TRUE(wait_kind("read_message", "ben"));
  accept(read("c1", "ben"));
  settle();
  auto all = deliveries_to("ben");
  ASSERT_EQ(all.size(), 3U);
  auto b = all[2].body;
  EXPECT_EQ(b["$_type"], "ReadMessagePushNotificationEvent");
  EXPECT_EQ(b["messageId"], "m2");
  EXPECT_EQ(b["notificationCount"], 0);
  EXPECT_EQ(b["recipientNotificationCount"], 1);
  EXPECT_TRUE(b["readTimestamp"].is_number_integer());
  for (auto absent : {"messageText", "senderName", "senderPersonId", "messageSendTimestamp"})
    EXPECT_FALSE(b.contains(absent)) << absent;
}

TEST_F(ReadMessages, ReadingOnlyAPartSendsNothing) {
  begin();
  accept({sent("c1", "m1", "anna"), sent("c1", "m2", "anna")});
  ASSERT_TRUE(wait_deliveries(1));
  accept(read("c1", "ben", "m1"));
  settle();
  EXPECT_EQ(kinds_to("ben"), names{"new_message"});
  EXPECT_EQ(counts("ben")["total"], 1);
}

TEST_F(ReadMessages, TheReadMessageNamesWhatMadeItZero) {
  begin();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  accept(deleted("c1", "m1"));
  ASSERT_TRUE(wait_deliveries(2));
  EXPECT_EQ(deliveries()[1].kind, "read_message");
  EXPECT_EQ(deliveries()[1].body["messageId"], "m1");
  accept(sent("c1", "m2", "anna"));
  ASSERT_TRUE(wait_deliveries(3));
  accept(sent("c1", "m3", "ben"));
  ASSERT_TRUE(sink_.wait_until([](const auto& log) { return log.size() >= 5; }, limit));
  auto ben = deliveries_to("ben");
  ASSERT_EQ(ben.size(), 4U);
  EXPECT_EQ(ben[3].kind, "read_message");
  EXPECT_EQ(ben[3].body["messageId"], "m3");
}

TEST_F(ReadMessages, LeavingWithACountSendsAReadMessageOfTheLastCounted) {
  begin();
  accept({sent("c1", "m1", "anna"), sent("c1", "m2", "anna")});
  ASSERT_TRUE(wait_deliveries(1));
  accept(left("c1", "ben"));
  ASSERT_TRUE(wait_deliveries(2));
  EXPECT_EQ(deliveries()[1].kind, "read_message");
  EXPECT_EQ(deliveries()[1].body["messageId"], "m2");
  EXPECT_EQ(deliveries()[1].body["notificationCount"], 0);
}

TEST_F(ReadMessages, EndingTheConversationDoesAsLeaving) {
  begin();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  accept(ended("c1"));
  ASSERT_TRUE(wait_deliveries(2));
  EXPECT_EQ(deliveries()[1].kind, "read_message");
  EXPECT_EQ(deliveries()[1].body["messageId"], "m1");
}

TEST_F(ReadMessages, LeavingCancelsWhatIsPending) {
  begin();
  accept({sent("c1", "m1", "anna"), left("c1", "ben")});
  settle();
  EXPECT_EQ(kinds_to("ben"), names{});
  EXPECT_EQ(reason_of("conversation=c1&message=m1&person=ben"), "left");
}

TEST_F(ReadMessages, EndingCancelsWhatIsPending) {
  begin();
  accept({sent("c1", "m1", "anna"), ended("c1")});
  settle();
  EXPECT_EQ(kinds_to("ben"), names{});
  EXPECT_EQ(reason_of("conversation=c1&message=m1&person=ben"), "conversation_ended");
}

TEST_F(ReadMessages, ReadingStopsTheRetriesOfWhatItTakesBack) {
  set("webhooks.retry.first", "1s");
  begin("/fail-first/1/503");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  accept(read("c1", "ben"));
  ASSERT_TRUE(wait_kind("read_message", "ben"));
  wait_answer("/v1/notifications?message=m1&person=ben&kind=new_message", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0]["state"] == "DONE"
           && v.value(json::json_pointer{"/items/0/deliveries/0/state"}, "") == "CANCELLED";
  });
  EXPECT_EQ(kinds_to("ben"), (names{"new_message", "read_message"}));
}

TEST_F(ReadMessages, AChannelDelayWaitsAndIsCancelledByReading) {
  set("webhooks.delay", "30s");
  begin();
  accept(sent("c1", "m1", "anna"));
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0]["state"] == "WAITING" && v["items"][0].contains("deliveries")
           && v["items"][0]["deliveries"].size() == 1;
  });
  accept(read("c1", "ben"));
  wait_answer("/v1/notifications?message=m1&person=ben&kind=new_message", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0]["state"] == "DONE"
           && v.value(json::json_pointer{"/items/0/deliveries/0/state"}, "") == "CANCELLED";
  });
  EXPECT_EQ(sink_.count(), 0U);
}

TEST_F(ReadMessages, AChannelDelayPostponesNewMessagesOnly) {
  set("webhooks.delay", "500ms");
  begin();
  auto from = std::chrono::steady_clock::now();
  accept({sent("c1", "m1", "anna"), call("c1", "k1", "anna")});
  ASSERT_TRUE(wait_deliveries(2));
  auto all = deliveries();
  EXPECT_EQ(all[0].kind, "incoming_call");
  EXPECT_EQ(all[1].kind, "new_message");
  EXPECT_GE(all[1].request.at - from, 645ms);
}

TEST_F(ReadMessages, ANewerMessageReplacesTheOneThatTheChannelStillHolds) {
  set("webhooks.delay", "1500ms");
  begin();
  accept(sent("c1", "m1", "anna"));
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0].contains("deliveries") && v["items"][0]["deliveries"].size() == 1;
  });
  accept(sent("c1", "m2", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  EXPECT_EQ(deliveries()[0].body["messageId"], "m2");
  EXPECT_EQ(deliveries()[0].body["notificationCount"], 2);
  wait_answer("/v1/notifications?message=m1&person=ben&kind=new_message", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0].value("reason", "") == "superseded";
  });
  EXPECT_EQ(deliveries().size(), 1U);
}
