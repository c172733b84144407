// SPEC 4 as a conversation carries it out; the two state machines themselves are tested in tests/decision.
#include "../messages/chat_fixture.hpp"

namespace belfry::test {

namespace {

class ConversationCall : public Chat {};

TEST_F(ConversationCall, RingsForEveryOtherVisibleHuman) {
  everybody();
  joins("hid", role::secondary_agent, true);
  calls("anna");
  EXPECT_EQ(told(),
            (lines{"ben incoming_call c1 CALLING", "sue incoming_call c1 CALLING", "vic incoming_call c1 CALLING"}));
  EXPECT_EQ(view_of("ben").call_state, ring_state::ringing);
  EXPECT_EQ(view_of("anna").call_state, ring_state::active);
  EXPECT_EQ(core().view(moment_now()).call_state, call_state::calling);
}

TEST_F(ConversationCall, CarriesItsDeadlineAndLivesNoLonger) {
  anna_and_ben();
  calls("anna");
  ASSERT_EQ(notifications.size(), 1U);
  EXPECT_EQ(notifications[0].call->ring_deadline, now + minute);
  EXPECT_EQ(notifications[0].expires_at, now + minute);
  EXPECT_EQ(notifications[0].call->caller, "anna");
  hangs_up();
  ASSERT_EQ(notifications.size(), 2U);
  EXPECT_EQ(notifications[0].expires_at, now + 24 * 60 * minute);
}

TEST_F(ConversationCall, IsNeverDebouncedNorWaitsBehindMessages) {
  anna_and_ben();
  opens("ben");
  sends("anna", "m1");
  calls("anna");
  EXPECT_EQ(told(), (lines{"ben incoming_call c1 CALLING"}));
}

TEST_F(ConversationCall, IsToldToRolesInPushParticipantsOnly) {
  opts.push.participants = {role::context_person};
  everybody();
  calls("anna");
  EXPECT_EQ(told(), (lines{"ben incoming_call c1 CALLING"}));
  EXPECT_EQ(not_told(), (lines{"sue incoming_call role_disabled", "vic incoming_call role_disabled"}));
  EXPECT_EQ(view_of("sue").call_state, ring_state::ringing);
}

TEST_F(ConversationCall, IgnoresTheRulesOfMessages) {
  opts.push.secondary_agent_rule = secondary_rule::never;
  opts.push.bot_messages = {};
  everybody();
  mutes("sue");
  calls("bot");
  EXPECT_EQ(told().size(), 4U);
}

TEST_F(ConversationCall, IsNotToldWhilePushIsOff) {
  opts.push.enabled = false;
  anna_and_ben();
  calls("anna");
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(not_told(), (lines{"ben incoming_call push_disabled"}));
}

TEST_F(ConversationCall, IsNotToldWithAutoJoin) {
  has("anna", role::assigned_agent).has("ben", role::context_person);
  starts({}, true);
  calls("anna");
  hangs_up();
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(not_told(),
            (lines{"ben incoming_call auto_join", "ben revoke_call auto_join", "ben missed_call auto_join"}));
}

TEST_F(ConversationCall, IsMissedWhenNobodyAnswers) {
  anna_and_ben();
  calls("anna");
  passes(minute);
  EXPECT_EQ(told(), (lines{"ben incoming_call c1 CALLING", "ben revoke_call c1 IDLE", "ben missed_call c1 IDLE"}));
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(std::get<call_timeout>(reports[0]).call, "c1");
}

TEST_F(ConversationCall, EndsAsTimedOutWhenItsDeadlinePassedWhileDown) {
  anna_and_ben();
  calls("anna");
  told();
  crashes(2 * minute);
  EXPECT_EQ(told(), (lines{"ben revoke_call c1 IDLE", "ben missed_call c1 IDLE"}));
}

TEST_F(ConversationCall, GoesOnRingingAfterARestart) {
  anna_and_ben();
  calls("anna");
  told();
  crashes(10 * second);
  EXPECT_EQ(told(), lines{});
  accepts("ben");
  EXPECT_EQ(told(), (lines{"ben revoke_call c1 ACTIVE"}));
}

TEST_F(ConversationCall, IsForwardedToHiddenAgents) {
  opts.calls.forward_to_hidden_agents = forward_rule::on_timeout;
  anna_and_ben();
  joins("hid", role::secondary_agent, true);
  calls("anna");
  told();
  passes(minute);
  EXPECT_EQ(told(), (lines{"ben revoke_call c1 FORWARDING", "ben missed_call c1 FORWARDING",
                           "hid incoming_call c1 FORWARDING"}));
  passes(minute);
  EXPECT_EQ(told(), (lines{"hid revoke_call c1 IDLE", "hid missed_call c1 IDLE"}));
}

TEST_F(ConversationCall, RingsForWhoJoinsAndStopsForWhoLeaves) {
  anna_and_ben();
  joins("sue", role::secondary_agent);
  calls("anna");
  told();
  joins("vic", role::secondary_visitor);
  EXPECT_EQ(told(), (lines{"vic incoming_call c1 CALLING"}));
  leaves("vic");
  EXPECT_EQ(told(), (lines{"vic revoke_call c1 CALLING"}));
}

TEST_F(ConversationCall, RingsAnewWithAnotherNotificationForWhoComesBack) {
  anna_and_ben();
  joins("sue", role::secondary_agent);
  calls("anna");
  auto first = notifications.at(0).id;
  leaves("ben");
  joins("ben", role::context_person);
  EXPECT_NE(notifications.at(0).id, first);
}

TEST_F(ConversationCall, StopsForEverybodyWhenTheConversationEnds) {
  everybody();
  calls("anna");
  told();
  ends();
  EXPECT_EQ(told(), (lines{"ben revoke_call c1 IDLE", "sue revoke_call c1 IDLE", "vic revoke_call c1 IDLE"}));
}

TEST_F(ConversationCall, RingsForWhoBecomesVisible) {
  anna_and_ben();
  joins("hid", role::secondary_agent, true);
  calls("anna");
  told();
  changes("hid", {}, false);
  EXPECT_EQ(told(), (lines{"hid incoming_call c1 CALLING"}));
  changes("ben", {}, true);
  EXPECT_EQ(told(), lines{});
}

TEST_F(ConversationCall, KeepsWhoIsActiveBusy) {
  anna_and_ben();
  other_mail();
  calls("ben");
  EXPECT_EQ(other_mail(), lines{}) << "nobody is busy while it only rings";
  accepts("anna");
  EXPECT_EQ(other_mail(), (lines{"ben busy call:c1", "anna busy call:c1"}));
  effects fx;
  core().repeat_activity(fx);
  EXPECT_EQ(fx.updates.size(), 1U) << "said again after a restart, to agents only";
  hangs_up();
  EXPECT_EQ(other_mail(), (lines{"anna busy", "ben busy"}));
}

TEST_F(ConversationCall, ThatCanRingForNobodyEndsAtOnce) {
  has("anna", role::assigned_agent);
  starts();
  EXPECT_TRUE(calls("anna"));
  EXPECT_EQ(core().view(moment_now()).call_state, call_state::idle);
  EXPECT_TRUE(calls("anna", "c2"));
}

} // namespace

} // namespace belfry::test
