// Deadlines of SPEC 4: not answered, forwarding, an active call that never ends, and ringing on after an answer.
#include "call_room.hpp"

#include <gtest/gtest.h>

namespace belfry::test {

namespace {

class CallTiming : public ::testing::Test {
protected:
  CallTiming() {
    room.has("anna", role::context_person);
    room.has("ben", role::assigned_agent);
    room.has("cleo", role::secondary_visitor);
    room.has("hugo", role::secondary_agent, true);
    room.has("vera", role::secondary_visitor, true);
  }

  void forwards() { room.options.forward_to_hidden_agents = forward_rule::on_timeout; }

  call_room room;
};

TEST_F(CallTiming, MissesACallThatNobodyAnsweredInTime) {
  room.starts("anna");
  EXPECT_EQ(room.machine.next_deadline(), minute);
  EXPECT_EQ(room.at(minute - 1), lines{});
  EXPECT_EQ(room.at(minute), (lines{"ben revoke_call IDLE TIMEOUT", "ben missed_call IDLE MISSED_BECAUSE_TIMEOUT",
                                    "cleo revoke_call IDLE TIMEOUT", "cleo missed_call IDLE MISSED_BECAUSE_TIMEOUT"}));
  EXPECT_EQ(room.machine.state(), call_state::idle);
  EXPECT_EQ(room.activities(), lines{});
  EXPECT_EQ(room.last.timed_out, (call_timed_out{"c1", false}));
  EXPECT_EQ(room.machine.next_deadline(), std::nullopt);
}

TEST_F(CallTiming, HonoursTheConfiguredTime) {
  room.options.not_answered_timeout = 5s;
  EXPECT_EQ(room.starts("anna")[0], "ben incoming_call CALLING 5000");
  EXPECT_EQ(room.at(4999), lines{});
  EXPECT_EQ(room.at(5000).size(), 4u);
}

TEST_F(CallTiming, ForwardsToHiddenAgentsWhenNobodyAnswered) {
  forwards();
  room.starts("anna");
  EXPECT_EQ(room.at(minute),
            (lines{"ben revoke_call FORWARDING TIMEOUT", "ben missed_call FORWARDING MISSED_BECAUSE_TIMEOUT",
                   "cleo revoke_call FORWARDING TIMEOUT", "cleo missed_call FORWARDING MISSED_BECAUSE_TIMEOUT",
                   "hugo incoming_call FORWARDING 120000"}));
  EXPECT_EQ(room.machine.state(), call_state::forwarding);
  EXPECT_EQ(room.last.timed_out, std::nullopt);
  EXPECT_EQ(room.state_of("vera"), ring_state::none);
  EXPECT_EQ(room.activities(), lines{});
}

TEST_F(CallTiming, LetsAForwardedCallTimeOutAfterASecondEqualTime) {
  forwards();
  room.starts("anna");
  room.at(minute + 3);
  EXPECT_EQ(room.machine.next_deadline(), 2 * minute);
  EXPECT_EQ(room.at(2 * minute),
            (lines{"hugo revoke_call IDLE TIMEOUT", "hugo missed_call IDLE MISSED_BECAUSE_TIMEOUT"}));
  EXPECT_EQ(room.last.timed_out, (call_timed_out{"c1", false}));
  EXPECT_EQ(room.activities(), lines{});
}

TEST_F(CallTiming, LetsAHiddenAgentAnswerAForwardedCall) {
  forwards();
  room.starts("anna");
  room.at(minute);
  EXPECT_EQ(room.accepts("hugo"), lines{"hugo revoke_call ACTIVE ANSWERED"});
  EXPECT_EQ(room.machine.state(), call_state::active);
}

TEST_F(CallTiming, EndsAForwardedCallWhenTheHiddenAgentDeclines) {
  forwards();
  room.starts("anna");
  room.at(minute);
  EXPECT_EQ(room.declines("hugo"), lines{"hugo revoke_call IDLE DECLINED"});
}

TEST_F(CallTiming, LetsHiddenAgentsMissAForwardedCallThatIsHungUp) {
  forwards();
  room.starts("anna");
  room.at(minute);
  EXPECT_EQ(room.ends(), (lines{"hugo revoke_call IDLE ENDED", "hugo missed_call IDLE MISSED_BECAUSE_TERMINATED"}));
}

TEST_F(CallTiming, RingsForNobodyElseWhileForwarding) {
  forwards();
  room.starts("anna");
  room.at(minute);
  EXPECT_EQ(room.joins("dora", role::secondary_agent), lines{});
  EXPECT_EQ(room.joins("eric", role::secondary_agent, true), lines{});
  EXPECT_EQ(room.becomes("vera", false), lines{});
  EXPECT_EQ(room.becomes("hugo", false), lines{});
  EXPECT_EQ(room.state_of("hugo"), ring_state::ringing);
}

TEST_F(CallTiming, ForwardsOnlyToThoseWhoGotNothingBefore) {
  forwards();
  room.starts("anna");
  room.becomes("ben", true);
  auto told = room.at(minute);
  EXPECT_EQ(std::count(told.begin(), told.end(), "ben incoming_call FORWARDING 120000"), 0);
  EXPECT_EQ(std::count(told.begin(), told.end(), "ben missed_call FORWARDING MISSED_BECAUSE_TIMEOUT"), 1);
  EXPECT_EQ(told.back(), "hugo incoming_call FORWARDING 120000");
}

TEST_F(CallTiming, TimesOutAtOnceWithoutAHiddenAgent) {
  forwards();
  room.leaves("hugo");
  room.starts("anna");
  EXPECT_EQ(room.at(minute).size(), 4u);
  EXPECT_EQ(room.machine.state(), call_state::idle);
}

TEST_F(CallTiming, ForwardsAtOnceWhenThereIsNoVisibleCallee) {
  forwards();
  room.leaves("ben");
  room.leaves("cleo");
  EXPECT_EQ(room.starts("anna"), lines{"hugo incoming_call FORWARDING 60000"});
  EXPECT_EQ(room.activities(), lines{});
  EXPECT_EQ(room.machine.state(), call_state::forwarding);
  EXPECT_EQ(room.at(minute).size(), 2u);
  EXPECT_EQ(room.machine.state(), call_state::idle);
}

TEST_F(CallTiming, EndsAtOnceWhenThereIsNobodyToRingFor) {
  room.leaves("ben");
  room.leaves("cleo");
  EXPECT_EQ(room.starts("anna"), lines{});
  EXPECT_TRUE(room.last.empty());
  EXPECT_EQ(room.machine.state(), call_state::idle);
  EXPECT_FALSE(room.machine.view());
  forwards();
  EXPECT_EQ(room.starts("anna", "c2"), lines{"hugo incoming_call FORWARDING 60000"});
}

TEST_F(CallTiming, TakesAnAnswerAtTheDeadlineAsTooLate) {
  room.starts("anna");
  room.now = minute;
  EXPECT_EQ(room.accepts("ben").size(), 4u);
  EXPECT_EQ(room.last.timed_out, (call_timed_out{"c1", false}));
  EXPECT_EQ(room.machine.state(), call_state::idle);
}

TEST_F(CallTiming, LetsTheNextCallStartWhenTheFormerIsOverdue) {
  room.starts("anna");
  room.now = minute;
  auto told = room.starts("ben", "c2");
  ASSERT_EQ(told.size(), 6u);
  EXPECT_EQ(told[3], "cleo missed_call IDLE MISSED_BECAUSE_TIMEOUT");
  EXPECT_EQ(told[4], "anna incoming_call CALLING 120000");
  EXPECT_EQ(room.activities(), lines{});
}

TEST_F(CallTiming, DoesNotBotherHiddenAgentsAfterASleepThatOutlastedTheirTime) {
  forwards();
  room.starts("anna");
  auto told = room.at(2 * minute);
  EXPECT_EQ(told.size(), 4u);
  EXPECT_EQ(told[0], "ben revoke_call IDLE TIMEOUT");
  EXPECT_EQ(room.last.timed_out, (call_timed_out{"c1", false}));
}

TEST_F(CallTiming, EndsAnActiveCallByItselfAfterItsLimit) {
  room.starts("anna");
  room.now = 10'000;
  room.accepts("ben");
  auto limit = 10'000 + 12 * 60 * minute;
  EXPECT_EQ(room.machine.next_deadline(), limit);
  EXPECT_EQ(room.at(limit - 1), lines{});
  EXPECT_EQ(room.machine.state(), call_state::active);
  EXPECT_EQ(room.at(limit), lines{});
  EXPECT_EQ(room.activities(), (lines{"anna-", "ben-"}));
  EXPECT_EQ(room.last.timed_out, (call_timed_out{"c1", true}));
  EXPECT_FALSE(room.starts("ben", "c2").empty());
}

TEST_F(CallTiming, CountsTheActiveLimitFromTheFirstAnswer) {
  room.options.keep_ringing_after_answer = true;
  room.options.active_timeout = 100s;
  room.starts("anna");
  room.accepts("ben");
  room.now = 30'000;
  room.accepts("cleo");
  EXPECT_EQ(room.machine.next_deadline(), 100'000);
}

class KeepRinging : public CallTiming {
protected:
  KeepRinging() { room.options.keep_ringing_after_answer = true; }
};

TEST_F(KeepRinging, RevokesOnlyTheAnsweringPerson) {
  room.starts("anna");
  EXPECT_EQ(room.accepts("ben"), lines{"ben revoke_call ACTIVE ANSWERED"});
  EXPECT_EQ(room.state_of("cleo"), ring_state::ringing);
  EXPECT_EQ(room.machine.next_deadline(), minute);
}

TEST_F(KeepRinging, LetsFurtherOnesAnswer) {
  room.starts("anna");
  room.accepts("ben");
  EXPECT_EQ(room.accepts("cleo"), lines{"cleo revoke_call ACTIVE ANSWERED"});
  EXPECT_EQ(room.state_of("cleo"), ring_state::active);
}

TEST_F(KeepRinging, LetsTheOthersMissTheCallAtTheirDeadlineWhileItStaysActive) {
  room.starts("anna");
  room.accepts("ben");
  EXPECT_EQ(room.at(minute),
            (lines{"cleo revoke_call ACTIVE TIMEOUT", "cleo missed_call ACTIVE MISSED_BECAUSE_TIMEOUT"}));
  EXPECT_EQ(room.machine.state(), call_state::active);
  EXPECT_EQ(room.last.timed_out, std::nullopt);
  EXPECT_EQ(room.machine.next_deadline(), 12 * 60 * minute);
}

TEST_F(KeepRinging, LetsTheOthersMissTheCallWhenItEndsFirst) {
  lines missed{"cleo revoke_call IDLE ENDED", "cleo missed_call IDLE MISSED_BECAUSE_TERMINATED"};
  room.starts("anna");
  room.accepts("ben");
  EXPECT_EQ(room.ends(), missed);
  room.starts("anna", "c2");
  room.accepts("ben", "c2");
  EXPECT_EQ(room.leaves("anna"), lines{});
  EXPECT_EQ(room.leaves("ben"), missed);
  EXPECT_EQ(room.activities(), lines{"ben-"});
}

TEST_F(KeepRinging, StaysActiveWhenTheLastWhoRingsDeclinesOrLeaves) {
  room.starts("anna");
  room.accepts("ben");
  EXPECT_EQ(room.declines("cleo"), lines{"cleo revoke_call ACTIVE DECLINED"});
  EXPECT_EQ(room.machine.state(), call_state::active);
  room.ends();
  room.starts("anna", "c2");
  room.accepts("ben", "c2");
  EXPECT_EQ(room.leaves("cleo"), lines{"cleo revoke_call ACTIVE LEFT"});
  EXPECT_EQ(room.machine.state(), call_state::active);
}

TEST_F(KeepRinging, EndsTheRingingBeforeAnActiveLimitThatCameLater) {
  room.options.active_timeout = 2min;
  room.starts("anna");
  room.accepts("ben");
  auto told = room.at(60 * minute);
  EXPECT_EQ(told, (lines{"cleo revoke_call ACTIVE TIMEOUT", "cleo missed_call ACTIVE MISSED_BECAUSE_TIMEOUT"}));
  EXPECT_EQ(room.last.timed_out, (call_timed_out{"c1", true}));
}

TEST_F(KeepRinging, EndsTheRingingWithAnActiveLimitThatCameFirst) {
  room.options.active_timeout = 10s;
  room.starts("anna");
  room.accepts("ben");
  EXPECT_EQ(room.machine.next_deadline(), 10'000);
  EXPECT_EQ(room.at(60 * minute),
            (lines{"cleo revoke_call IDLE ENDED", "cleo missed_call IDLE MISSED_BECAUSE_TERMINATED"}));
}

} // namespace

} // namespace belfry::test
