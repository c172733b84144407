#include "belfry/tests/support/server/serve_fixture.hpp"

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

using names = std::vector<std::string>;

/// SPEC 4, over webhooks. anna calls ben and cleo; hugo is a hidden agent, hilde a hidden visitor.
class Calls : public serve_fixture {
protected:
  void begin() {
    serve();
    EXPECT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}, {"displayName", "Anna"}}).status, 201);
    register_sink();
    accept(started("c1", {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON"),
                          event::participant("cleo", "SECONDARY_AGENT"),
                          event::participant("hugo", "SECONDARY_AGENT", {{"hidden", true}}),
                          event::participant("hilde", "SECONDARY_VISITOR", {{"hidden", true}})}));
  }

  void ring() {
    accept(call("c1", "k1", "anna", "VIDEO"));
    ASSERT_TRUE(wait_deliveries(2));
    EXPECT_EQ(kinds_to("ben"), names{"incoming_call"});
    EXPECT_EQ(kinds_to("cleo"), names{"incoming_call"});
  }

  std::string state_of(const std::string& person) { return member(person).value("callState", "absent"); }

  /// The n-th told to that person has that kind and call state.
  void told_with(const std::string& person, std::size_t n, const std::string& kind, const std::string& state,
                 const json& end_reason = nullptr) {
    auto all = deliveries_to(person);
    ASSERT_GT(all.size(), n) << person << json(kinds_to(person));
    EXPECT_EQ(all[n].kind, kind) << person;
    EXPECT_EQ(all[n].body["callState"], state) << person << " " << kind;
    EXPECT_EQ(all[n].body.value("callEndReason", json{}), end_reason) << person << " " << kind;
  }
};

} // namespace

TEST_F(Calls, EveryOtherVisibleHumanRings) {
  begin();
  ring();
  auto c = conversation();
  EXPECT_EQ(c["callState"], "CALLING");
  EXPECT_EQ(c["call"]["id"], "k1");
  EXPECT_EQ(c["call"]["type"], "VIDEO");
  EXPECT_EQ(c["call"]["caller"], "anna");
  EXPECT_TRUE(c["call"]["startedAt"].is_number_integer());
  EXPECT_NEAR(c["call"]["ringDeadline"].get<double>() - c["call"]["startedAt"].get<double>(), 60000.0, 2000.0);
  EXPECT_EQ(state_of("anna"), "ACTIVE");
  EXPECT_EQ(state_of("ben"), "RINGING");
  EXPECT_EQ(state_of("hugo"), "NONE");
  EXPECT_EQ(state_of("hilde"), "NONE");
  auto b = deliveries_to("ben")[0].body;
  EXPECT_EQ(b["callState"], "CALLING");
  EXPECT_EQ(b["callType"], "VIDEO");
  EXPECT_EQ(b["callerName"], "Anna");
  EXPECT_EQ(b["callerPersonId"], "anna");
  EXPECT_EQ(b["callStartTimestamp"], c["call"]["startedAt"]);
  for (auto absent : {"callEndReason", "ringDeadline", "callId", "reason", "notificationCount"})
    EXPECT_FALSE(b.contains(absent)) << absent;
}

TEST_F(Calls, AcceptedByOneTakesTheRingBackFromAllWithoutMissedCall) {
  begin();
  ring();
  accept(accepted("c1", "k1", "ben"));
  ASSERT_TRUE(wait_deliveries(4));
  told_with("ben", 1, "revoke_call", "ACTIVE");
  told_with("cleo", 1, "revoke_call", "ACTIVE");
  EXPECT_EQ(state_of("ben"), "ACTIVE");
  EXPECT_EQ(state_of("cleo"), "NONE");
  EXPECT_EQ(conversation()["callState"], "ACTIVE");
  accept(hung_up("c1", "k1"));
  settle();
  EXPECT_EQ(deliveries().size(), 4U);
  EXPECT_EQ(conversation()["callState"], "IDLE");
  EXPECT_EQ(state_of("anna"), "NONE");
}

TEST_F(Calls, DeclinedGivesARevokeAndNoMissedCallAndTheLastOneEndsTheCall) {
  begin();
  ring();
  accept(declined("c1", "k1", "ben"));
  ASSERT_TRUE(wait_deliveries(3));
  told_with("ben", 1, "revoke_call", "CALLING");
  EXPECT_EQ(conversation()["callState"], "CALLING");
  accept(declined("c1", "k1", "cleo"));
  ASSERT_TRUE(wait_deliveries(4));
  told_with("cleo", 1, "revoke_call", "IDLE");
  settle();
  EXPECT_EQ(deliveries().size(), 4U);
  EXPECT_EQ(conversation()["callState"], "IDLE");
  EXPECT_EQ(state_of("anna"), "NONE");
}

TEST_F(Calls, HangingUpWhileItRingsIsMissedBecauseTerminated) {
  begin();
  ring();
  accept(hung_up("c1", "k1"));
  ASSERT_TRUE(wait_deliveries(6));
  for (auto person : {"ben", "cleo"}) {
    told_with(person, 1, "revoke_call", "IDLE");
    told_with(person, 2, "missed_call", "IDLE", "MISSED_BECAUSE_TERMINATED");
    auto b = deliveries_to(person)[2].body;
    EXPECT_EQ(b["callType"], "VIDEO");
    EXPECT_EQ(b["callerName"], "Anna");
    EXPECT_FALSE(deliveries_to(person)[1].body.contains("callType"));
    EXPECT_FALSE(deliveries_to(person)[1].body.contains("callerName"));
  }
  EXPECT_TRUE(deliveries_to("anna").empty());
}

TEST_F(Calls, ATimeOutIsMissedBecauseTimeout) {
  set("calls.notAnsweredTimeout", "600ms");
  begin();
  ring();
  ASSERT_TRUE(wait_deliveries(6));
  for (auto person : {"ben", "cleo"}) {
    told_with(person, 1, "revoke_call", "IDLE");
    told_with(person, 2, "missed_call", "IDLE", "MISSED_BECAUSE_TIMEOUT");
  }
  EXPECT_EQ(conversation()["callState"], "IDLE");
}

TEST_F(Calls, ATimeOutIsForwardedToHiddenAgentsIfTheSettingSaysSo) {
  set("calls.notAnsweredTimeout", "900ms");
  set("calls.forwardToHiddenAgents", "ON_TIMEOUT");
  begin();
  ring();
  EXPECT_TRUE(deliveries_to("hugo").empty());
  ASSERT_TRUE(wait_kind("incoming_call", "hugo"));
  EXPECT_EQ(conversation()["callState"], "FORWARDING");
  ASSERT_TRUE(wait_deliveries(9));
  for (auto person : {"ben", "cleo"}) {
    told_with(person, 1, "revoke_call", "FORWARDING");
    told_with(person, 2, "missed_call", "FORWARDING", "MISSED_BECAUSE_TIMEOUT");
  }
  told_with("hugo", 0, "incoming_call", "FORWARDING");
  told_with("hugo", 1, "revoke_call", "IDLE");
  told_with("hugo", 2, "missed_call", "IDLE", "MISSED_BECAUSE_TIMEOUT");
  settle();
  EXPECT_EQ(deliveries().size(), 9U);
  EXPECT_TRUE(deliveries_to("hilde").empty());
}

TEST_F(Calls, JoiningWhileForwardingDoesNotRing) {
  set("calls.notAnsweredTimeout", "900ms");
  set("calls.forwardToHiddenAgents", "ON_TIMEOUT");
  begin();
  ring();
  ASSERT_TRUE(wait_kind("incoming_call", "hugo"));
  accept({joined("c1", "late", "SECONDARY_AGENT"), accepted("c1", "k1", "hugo")});
  settle();
  EXPECT_TRUE(deliveries_to("late").empty());
  EXPECT_EQ(kinds_to("hugo"), (names{"incoming_call", "revoke_call"}));
  EXPECT_EQ(conversation()["callState"], "ACTIVE");
}

TEST_F(Calls, LeavingWhileRingingGivesARevokeOnly) {
  begin();
  ring();
  accept(left("c1", "ben"));
  ASSERT_TRUE(wait_deliveries(3));
  told_with("ben", 1, "revoke_call", "CALLING");
  accept(ended("c1"));
  ASSERT_TRUE(wait_deliveries(4));
  told_with("cleo", 1, "revoke_call", "IDLE");
  settle();
  EXPECT_EQ(deliveries().size(), 4U);
}

TEST_F(Calls, ACallerWhoLeavesHangsUp) {
  begin();
  ring();
  accept(left("c1", "anna"));
  ASSERT_TRUE(wait_deliveries(6));
  told_with("ben", 2, "missed_call", "IDLE", "MISSED_BECAUSE_TERMINATED");
}

TEST_F(Calls, JoiningWhileCallingRingsAndJoiningAgainRingsAnew) {
  begin();
  ring();
  accept(joined("c1", "late", "SECONDARY_VISITOR"));
  ASSERT_TRUE(wait_kind("incoming_call", "late"));
  accept({left("c1", "late"), joined("c1", "late", "SECONDARY_VISITOR")});
  ASSERT_TRUE(wait_deliveries(5));
  EXPECT_EQ(kinds_to("late"), (names{"incoming_call", "revoke_call", "incoming_call"}));
  auto all = deliveries_to("late");
  EXPECT_NE(all[0].request.header("X-Unblu-Event-ID"), all[2].request.header("X-Unblu-Event-ID"));
}

TEST_F(Calls, BecomingVisibleRingsAndBecomingHiddenChangesNothing) {
  begin();
  ring();
  accept(changed("c1", "hugo", {{"hidden", false}}));
  ASSERT_TRUE(wait_kind("incoming_call", "hugo"));
  accept(changed("c1", "ben", {{"hidden", true}}));
  EXPECT_EQ(state_of("ben"), "RINGING");
  settle();
  EXPECT_EQ(kinds_to("ben"), names{"incoming_call"});
}

TEST_F(Calls, WithAutoJoinStatesAreKeptAndNobodyIsTold) {
  serve();
  register_sink();
  accept(started("c1", {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON")},
                 {{"autoJoinCalls", true}}));
  accept(call("c1", "k1", "anna"));
  EXPECT_EQ(conversation()["autoJoinCalls"], true);
  EXPECT_EQ(conversation()["callState"], "CALLING");
  EXPECT_EQ(state_of("ben"), "RINGING");
  accept(hung_up("c1", "k1"));
  settle();
  EXPECT_TRUE(deliveries().empty());
  EXPECT_EQ(reason_of("kind=incoming_call&person=ben"), "auto_join");
}

TEST_F(Calls, OthersMayKeepRingingAfterAnAnswer) {
  set("calls.keepRingingAfterAnswer", "true");
  set("calls.notAnsweredTimeout", "2s");
  begin();
  ring();
  accept(accepted("c1", "k1", "ben"));
  EXPECT_EQ(state_of("cleo"), "RINGING");
  ASSERT_TRUE(wait_deliveries(5));
  told_with("ben", 1, "revoke_call", "ACTIVE");
  told_with("cleo", 1, "revoke_call", "ACTIVE");
  told_with("cleo", 2, "missed_call", "ACTIVE", "MISSED_BECAUSE_TIMEOUT");
  EXPECT_EQ(conversation()["callState"], "ACTIVE");
}

TEST_F(Calls, WhenAnAnsweredCallEndsThoseWhoStillRingMissIt) {
  set("calls.keepRingingAfterAnswer", "true");
  begin();
  ring();
  accept({accepted("c1", "k1", "ben"), hung_up("c1", "k1")});
  ASSERT_TRUE(wait_deliveries(5));
  told_with("cleo", 1, "revoke_call", "IDLE");
  told_with("cleo", 2, "missed_call", "IDLE", "MISSED_BECAUSE_TERMINATED");
}

TEST_F(Calls, AnActiveCallEndsWhenNobodyIsActiveAnyMore) {
  begin();
  ring();
  accept({accepted("c1", "k1", "ben"), left("c1", "anna")});
  EXPECT_EQ(conversation()["callState"], "ACTIVE");
  accept(left("c1", "ben"));
  EXPECT_EQ(conversation()["callState"], "IDLE");
}

TEST_F(Calls, AnActiveCallEndsByItselfAfterItsTimeout) {
  set("calls.activeTimeout", "700ms");
  begin();
  ring();
  accept(accepted("c1", "k1", "ben"));
  wait_answer("/v1/conversations/c1", [](const json& c) { return c["callState"] == "IDLE"; });
}

TEST_F(Calls, WithNobodyToRingTheCallEndsAtOnceOrIsForwardedAtOnce) {
  serve();
  register_sink();
  auto who = json{event::participant("anna", "ASSIGNED_AGENT"),
                  event::participant("hugo", "SECONDARY_AGENT", {{"hidden", true}})};
  accept({started("c1", who), call("c1", "k1", "anna")});
  EXPECT_EQ(conversation()["callState"], "IDLE");
  process_.reset();
  set("calls.forwardToHiddenAgents", "ON_TIMEOUT");
  serve();
  accept({started("c2", who), call("c2", "k1", "anna")});
  EXPECT_EQ(conversation("c2")["callState"], "FORWARDING");
  ASSERT_TRUE(wait_kind("incoming_call", "hugo"));
}

TEST_F(Calls, AnswersOfWhoDoesNotRingChangeNothing) {
  begin();
  ring();
  accept({accepted("c1", "k1", "hugo"), declined("c1", "k1", "hugo"), accepted("c1", "k1", "anna"),
          declined("c1", "k1", "anna")});
  EXPECT_EQ(conversation()["callState"], "CALLING");
  refuse(call("c1", "k2", "ben"), "/call/id", "call_in_progress");
  settle();
  EXPECT_EQ(deliveries().size(), 2U);
}

TEST_F(Calls, AMissedCallIsSentAlsoWhereTheIncomingCallNeverLeft) {
  serve();
  register_sink("/ok", {"missed_call", "revoked_call"});
  start_pair();
  accept({call("c1", "k1", "anna"), hung_up("c1", "k1")});
  ASSERT_TRUE(wait_deliveries(1));
  EXPECT_TRUE(wait_kind("missed_call", "ben"));
  for (const auto& t : deliveries())
    EXPECT_NE(t.kind, "incoming_call");
}

TEST_F(Calls, NobodyOfARoleThatIsLeftOutIsCalled) {
  set("push.participants", R"(["CONTEXT_PERSON"])");
  begin();
  accept(call("c1", "k1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  settle();
  EXPECT_EQ(kinds_to("ben"), names{"incoming_call"});
  EXPECT_EQ(kinds_to("cleo"), names{});
  EXPECT_EQ(reason_of("kind=incoming_call&person=cleo"), "role_disabled");
}

TEST_F(Calls, NobodyIsToldThatARingNotMeantForThemIsOver) {
  set("push.participants", R"(["ASSIGNED_AGENT", "CONTEXT_PERSON"])");
  begin();
  register_sink("/ok", {"revoked_call"}, "revokes only");
  accept(call("c1", "k1", "anna", "VIDEO"));
  ASSERT_TRUE(wait_deliveries(1));
  accept(hung_up("c1", "k1"));
  ASSERT_TRUE(wait_kind("missed_call", "ben"));
  settle();
  // Both registrations take what ends the ring, each by the name it subscribed to.
  auto told = kinds_to("ben");
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (names{"incoming_call", "missed_call", "revoke_call", "revoked_call"}));
  EXPECT_TRUE(kinds_to("cleo").empty()) << json(kinds_to("cleo"));
  EXPECT_EQ(reason_of("kind=revoke_call&person=cleo"), "role_disabled");
}

TEST_F(Calls, AMessageBacklogDoesNotDelayACall) {
  serve();
  register_sink("/hang", {"new_message"}, "slow");
  register_sink("/ok", {"incoming_call", "new_message"}, "fast");
  start_pair();
  json many = json::array();
  for (int i = 0; i < 100; ++i) {
    auto c = "x" + std::to_string(i);
    many.push_back(
        started(c, {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON")}));
    many.push_back(sent(c, "m", "anna"));
  }
  accept(many);
  accept(call("c1", "k1", "anna"));
  EXPECT_TRUE(wait_kind("incoming_call", "ben"));
}
