// Every row of the table of SPEC 4 and every sentence below it that is not about time.
#include "call_room.hpp"

#include "belfry/actors/decision/call_states.hpp"

#include <gtest/gtest.h>

namespace belfry::test {

namespace {

/// Anna (visitor) calls Ben and Cleo; Hugo and Hanna are hidden agents, Vera a hidden visitor, Bot a bot.
class Call : public ::testing::Test {
protected:
  Call() {
    room.has("anna", role::context_person);
    room.has("ben", role::assigned_agent);
    room.has("cleo", role::secondary_visitor);
    room.has("hugo", role::secondary_agent, true);
    room.has("hanna", role::assigned_agent, true);
    room.has("vera", role::secondary_visitor, true);
    room.has_bot("bot");
  }

  /// What nobody hears of in this test.
  void expect_silence(const lines& told) {
    EXPECT_EQ(told, lines{});
    EXPECT_EQ(room.activities(), lines{});
  }

  call_room room;
};

TEST_F(Call, RingsForEveryOtherVisibleHumanWhenItStarts) {
  EXPECT_EQ(room.starts("anna"), (lines{"ben incoming_call CALLING 60000", "cleo incoming_call CALLING 60000"}));
  EXPECT_EQ(room.machine.state(), call_state::calling);
  EXPECT_EQ(room.state_of("ben"), ring_state::ringing);
  EXPECT_EQ(room.state_of("hugo"), ring_state::none);
  EXPECT_EQ(room.state_of("bot"), ring_state::none);
}

TEST_F(Call, MakesItsCallerActiveAndTellsThemNothing) {
  room.starts("anna");
  EXPECT_EQ(room.state_of("anna"), ring_state::active);
  EXPECT_EQ(room.activities(), lines{}) << "nobody is busy while it only rings";
}

TEST_F(Call, NamesItsFactsInEveryNotice) {
  room.now = 5000;
  room.starts("ben", "c9", call_type::video);
  ASSERT_FALSE(room.last.notices.empty());
  const auto& x = room.last.notices[0];
  EXPECT_EQ(x.to, room.slot_of("anna"));
  EXPECT_EQ(x.content.call, "c9");
  EXPECT_EQ(x.content.type, call_type::video);
  EXPECT_EQ(x.content.caller, "ben");
  EXPECT_EQ(x.content.started_at, 5007);
  EXPECT_EQ(x.content.ring_deadline, 65'000);
  EXPECT_EQ(x.suppressed, reason::none);
}

TEST_F(Call, LosesNoFactInTheLastNoticeOfACall) {
  room.starts("anna");
  room.ends();
  ASSERT_EQ(room.last.notices.size(), 4u);
  for (const auto& x : room.last.notices) {
    EXPECT_EQ(x.content.call, "c1");
    EXPECT_EQ(x.content.caller, "anna");
    EXPECT_EQ(x.content.started_at, 7);
    EXPECT_EQ(x.content.ring_deadline, 60'000) << "when it rang to";
  }
}

TEST_F(Call, WithAutoJoinMovesItsStatesAndSuppressesEveryNotice) {
  room.auto_join = true;
  room.starts("anna");
  EXPECT_EQ(room.machine.state(), call_state::calling);
  EXPECT_EQ(room.state_of("ben"), ring_state::ringing);
  auto all_suppressed = [&] {
    EXPECT_FALSE(room.last.notices.empty());
    for (const auto& x : room.last.notices)
      EXPECT_EQ(x.suppressed, reason::auto_join) << to_string(x.kind);
  };
  all_suppressed();
  room.accepts("ben");
  all_suppressed();
  EXPECT_EQ(room.machine.state(), call_state::active);
  room.ends();
  room.starts("anna", "c2");
  room.at(minute);
  all_suppressed();
  EXPECT_EQ(room.machine.state(), call_state::idle);
}

TEST_F(Call, WhenAcceptedStopsTheRingingOfAllAndNobodyMissedIt) {
  room.starts("anna");
  EXPECT_EQ(room.accepts("cleo"),
            (lines{"cleo revoke_call ACTIVE ANSWERED", "ben revoke_call ACTIVE ANSWERED_ELSEWHERE"}));
  EXPECT_EQ(room.machine.state(), call_state::active);
  EXPECT_EQ(room.state_of("cleo"), ring_state::active);
  EXPECT_EQ(room.state_of("ben"), ring_state::none);
  EXPECT_EQ(room.activities(), (lines{"anna+", "cleo+"}));
}

TEST_F(Call, DeclinedByOneStillRingsForTheOthers) {
  room.starts("anna");
  EXPECT_EQ(room.declines("ben"), lines{"ben revoke_call CALLING DECLINED"});
  EXPECT_EQ(room.machine.state(), call_state::calling);
  EXPECT_EQ(room.state_of("cleo"), ring_state::ringing);
}

TEST_F(Call, DeclinedByTheLastEndsAndNobodyMissedIt) {
  room.options.forward_to_hidden_agents = forward_rule::on_timeout;
  room.starts("anna");
  room.declines("ben");
  EXPECT_EQ(room.declines("cleo"), lines{"cleo revoke_call IDLE DECLINED"});
  EXPECT_EQ(room.machine.state(), call_state::idle);
  EXPECT_EQ(room.activities(), lines{});
}

TEST_F(Call, HungUpWhileItRingsIsMissedByThoseWhoRang) {
  room.starts("anna");
  room.declines("ben");
  EXPECT_EQ(room.ends(), (lines{"cleo revoke_call IDLE ENDED", "cleo missed_call IDLE MISSED_BECAUSE_TERMINATED"}));
  EXPECT_EQ(room.machine.state(), call_state::idle);
}

TEST_F(Call, SaysNothingWhenItEndsAfterAllWasAnswered) {
  room.starts("anna");
  room.accepts("ben");
  EXPECT_EQ(room.ends(), lines{});
  EXPECT_EQ(room.activities(), (lines{"anna-", "ben-"}));
  EXPECT_EQ(room.machine.state(), call_state::idle);
}

TEST_F(Call, IsOnlyRevokedForSomebodyWhoLeavesWhileItRings) {
  room.starts("anna");
  EXPECT_EQ(room.leaves("ben"), lines{"ben revoke_call CALLING LEFT"});
  EXPECT_EQ(room.machine.state(), call_state::calling);
}

TEST_F(Call, EndsAndIsNotForwardedWhenTheLastWhoRingsLeaves) {
  room.options.forward_to_hidden_agents = forward_rule::on_timeout;
  room.starts("anna");
  room.leaves("ben");
  EXPECT_EQ(room.leaves("cleo"), lines{"cleo revoke_call IDLE LEFT"});
  EXPECT_EQ(room.machine.state(), call_state::idle);
  EXPECT_EQ(room.activities(), lines{});
}

TEST_F(Call, IsOnlyRevokedWhenTheConversationEnds) {
  room.starts("anna");
  EXPECT_EQ(room.conversation_ends(), (lines{"ben revoke_call IDLE ENDED", "cleo revoke_call IDLE ENDED"}));
  EXPECT_EQ(room.activities(), lines{});
  expect_silence(room.conversation_ends());
}

TEST_F(Call, RingsForWhoJoinsForTheTimeThatIsLeft) {
  room.starts("anna");
  room.now = 20'000;
  EXPECT_EQ(room.joins("dora", role::secondary_agent), lines{"dora incoming_call CALLING 60000"});
  expect_silence(room.joins("dora", role::secondary_agent));
}

TEST_F(Call, NeverRingsForABotOrSomebodyHiddenWhoJoins) {
  room.starts("anna");
  expect_silence(room.joins("robot", role::none));
  expect_silence(room.joins("dora", role::secondary_agent, true));
  expect_silence(room.joins("eve", role::secondary_visitor, true));
}

TEST_F(Call, HangsUpWhenItsCallerLeavesWhileItRings) {
  room.starts("anna");
  EXPECT_EQ(room.leaves("anna"),
            (lines{"ben revoke_call IDLE ENDED", "ben missed_call IDLE MISSED_BECAUSE_TERMINATED",
                   "cleo revoke_call IDLE ENDED", "cleo missed_call IDLE MISSED_BECAUSE_TERMINATED"}));
  EXPECT_EQ(room.activities(), lines{});
}

TEST_F(Call, RingsForWhoBecomesVisibleWhileItRings) {
  room.starts("anna");
  EXPECT_EQ(room.becomes("vera", false), lines{"vera incoming_call CALLING 60000"});
  EXPECT_EQ(room.becomes("hugo", false), lines{"hugo incoming_call CALLING 60000"});
}

TEST_F(Call, ChangesNothingForWhoBecomesHiddenWhileItRings) {
  room.starts("anna");
  expect_silence(room.becomes("ben", true));
  EXPECT_EQ(room.state_of("ben"), ring_state::ringing);
  expect_silence(room.becomes("ben", false));
  EXPECT_EQ(room.accepts("ben")[0], "ben revoke_call ACTIVE ANSWERED");
}

TEST_F(Call, RingsAnewForWhoLeavesAndJoinsAgain) {
  room.starts("anna");
  auto first = room.last.notices[0];
  room.leaves("ben");
  EXPECT_EQ(room.last.notices[0].round, first.round);
  EXPECT_EQ(room.joins("ben", role::assigned_agent), lines{"ben incoming_call CALLING 60000"});
  EXPECT_NE(cause_of(room.last.notices[0]), cause_of(first));
}

TEST_F(Call, GivesTheThreeKindsOfOneRingTheSameCause) {
  room.starts("anna");
  auto rung = room.rounds();
  room.ends();
  EXPECT_EQ(room.rounds(), (std::vector{rung[0], rung[0], rung[1], rung[1]}));
  EXPECT_NE(rung[0], rung[1]);
}

TEST_F(Call, HasOtherCausesWhenAnIdIsUsedAgainLongAfter) {
  room.starts("anna");
  auto first = cause_of(room.last.notices[0]);
  room.ends();
  room.starts("anna");
  EXPECT_NE(cause_of(room.last.notices[0]), first);
}

TEST_F(Call, GoesOnWhileSomebodyIsActiveAndEndsWithTheLast) {
  room.starts("anna");
  room.accepts("ben");
  EXPECT_EQ(room.leaves("anna"), lines{});
  EXPECT_EQ(room.activities(), lines{"anna-"});
  EXPECT_EQ(room.machine.state(), call_state::active);
  EXPECT_EQ(room.state_of("anna"), ring_state::none);
  EXPECT_EQ(room.leaves("ben"), lines{});
  EXPECT_EQ(room.activities(), lines{"ben-"});
  EXPECT_EQ(room.machine.state(), call_state::idle);
}

TEST_F(Call, NeitherRingsNorEndsForWhoJoinsLeavesOrShowsUpWhileItIsActive) {
  room.starts("anna");
  room.accepts("ben");
  expect_silence(room.joins("dora", role::secondary_agent));
  expect_silence(room.becomes("hugo", false));
  expect_silence(room.leaves("cleo"));
  expect_silence(room.joins("cleo", role::secondary_visitor));
  EXPECT_EQ(room.machine.state(), call_state::active);
}

TEST_F(Call, RefusesASecondOneWhileItRingsOrIsActive) {
  room.starts("anna");
  expect_silence(room.starts("ben", "c2"));
  EXPECT_EQ(room.last.refused, refusal::call_in_progress);
  room.accepts("ben");
  expect_silence(room.starts("cleo", "c3"));
  EXPECT_EQ(room.last.refused, refusal::call_in_progress);
  room.ends();
  EXPECT_FALSE(room.starts("cleo", "c4").empty());
  EXPECT_EQ(room.last.refused, std::nullopt);
}

TEST_F(Call, ChangesNothingWhenItIsStartedTwice) {
  room.starts("anna");
  expect_silence(room.starts("anna"));
  EXPECT_TRUE(room.last.empty());
}

TEST_F(Call, RefusesACallerWhoIsNotInTheConversation) {
  expect_silence(room.starts("nobody"));
  EXPECT_EQ(room.last.refused, refusal::not_in_conversation);
  room.leaves("ben");
  expect_silence(room.starts("ben"));
  EXPECT_EQ(room.last.refused, refusal::not_in_conversation);
  room.starts("anna");
  room.starts("ben", "c2");
  EXPECT_EQ(room.last.refused, refusal::not_in_conversation);
}

TEST_F(Call, IgnoresAnswersThatDoNotRing) {
  room.starts("anna");
  for (const auto* who : {"anna", "hugo", "vera", "bot"}) {
    expect_silence(room.accepts(who));
    expect_silence(room.declines(who));
  }
  expect_silence(room.accepts("ben", "unknown"));
  expect_silence(room.declines("ben", "unknown"));
  expect_silence(room.ends("unknown"));
  room.accepts("ben");
  expect_silence(room.accepts("ben"));
  expect_silence(room.declines("ben"));
  expect_silence(room.accepts("cleo"));
  EXPECT_EQ(room.machine.state(), call_state::active);
}

TEST_F(Call, IgnoresEverythingAfterItsEnd) {
  room.starts("anna");
  room.ends();
  expect_silence(room.ends());
  expect_silence(room.accepts("ben"));
  expect_silence(room.declines("ben"));
  expect_silence(room.leaves("ben"));
  expect_silence(room.joins("ben", role::assigned_agent));
  expect_silence(room.at(24 * 60 * minute));
}

TEST_F(Call, MayBeStartedByABotOrSomebodyHidden) {
  EXPECT_EQ(room.starts("bot").size(), 3u);
  room.ends();
  EXPECT_EQ(room.starts("hugo", "c2").size(), 3u);
  EXPECT_EQ(room.state_of("hugo"), ring_state::active);
}

TEST_F(Call, IsShownWithItsDeadlineOnlyWhileItRings) {
  EXPECT_FALSE(room.machine.view());
  room.starts("anna");
  auto v = room.machine.view().value();
  EXPECT_EQ(v.id, "c1");
  EXPECT_EQ(v.caller, "anna");
  EXPECT_EQ(v.started_at, 7);
  EXPECT_EQ(v.ring_deadline, 60'000);
  room.accepts("ben");
  EXPECT_EQ(room.machine.view().value().ring_deadline, std::nullopt);
}

template <class State>
int legal_steps(int states) {
  int n = 0;
  for (int a = 0; a < states; ++a) {
    for (int b = 0; b < states; ++b)
      n += is_legal(static_cast<State>(a), static_cast<State>(b)) ? 1 : 0;
  }
  return n;
}

TEST(CallStates, AllowTheArrowsOfTheDiagramOnly) {
  EXPECT_EQ(legal_steps<call_state>(4), 8);
  EXPECT_EQ(legal_steps<ring_state>(3), 5);
  EXPECT_FALSE(is_legal(call_state::idle, call_state::active));
  EXPECT_FALSE(is_legal(call_state::active, call_state::calling));
  EXPECT_FALSE(is_legal(call_state::forwarding, call_state::calling));
  EXPECT_FALSE(is_legal(ring_state::active, ring_state::ringing));
  EXPECT_FALSE(is_legal(ring_state::ringing, ring_state::ringing));
}

TEST(CallStates, AbortOrCountAnIllegalStepAndStayWhereTheyAre) {
  auto at = call_state::idle;
  std::uint64_t illegal = 0;
#ifndef NDEBUG
  EXPECT_DEATH(step(at, call_state::active, illegal), "illegal transition IDLE -> ACTIVE");
#else
  EXPECT_FALSE(step(at, call_state::active, illegal));
  EXPECT_EQ(illegal, 1u);
#endif
  EXPECT_EQ(at, call_state::idle);
  EXPECT_TRUE(step(at, call_state::calling, illegal));
  EXPECT_EQ(at, call_state::calling);
}

} // namespace

} // namespace belfry::test
