// SPEC 3, "Who is told".
#include "chat_fixture.hpp"

namespace belfry::test {

namespace {

class WhoIsTold : public Chat {};

TEST_F(WhoIsTold, EverybodyElseWithARole) {
  everybody();
  sends("anna", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1", "sue new_message m1 1", "vic new_message m1 1"}));
  EXPECT_EQ(why("anna", "m1"), "own_message");
}

TEST_F(WhoIsTold, NobodyOfASystemMessage) {
  everybody();
  EXPECT_TRUE(system_says("m1"));
  passes(minute);
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(unread("ben"), 0U);
  EXPECT_EQ(why("ben", "m1"), "system_message");
}

TEST_F(WhoIsTold, DoesNotLookUpTheSenderOfASystemMessage) {
  everybody();
  EXPECT_TRUE(happens(message_sent{"m1", "nobody known", message_kind::system, "x", false, {}, {}}));
}

TEST_F(WhoIsTold, EverybodyOfAMessageByABot) {
  everybody();
  sends("bot", "m1");
  passes(second);
  EXPECT_EQ(told().size(), 4U);
}

TEST_F(WhoIsTold, NeverABot) {
  everybody();
  sends("anna", "m1");
  passes(minute);
  EXPECT_EQ(unread("bot"), 0U);
  EXPECT_EQ(why("bot", "m1"), "role_disabled");
}

TEST_F(WhoIsTold, OnlyTheRecipients) {
  everybody();
  sends_to("anna", "m1", {"vic", "anna", "nobody known"});
  passes(second);
  EXPECT_EQ(told(), (lines{"vic new_message m1 1"}));
  EXPECT_EQ(why("ben", "m1"), "not_visible");
}

TEST_F(WhoIsTold, OnlyAgentsOfAnInternalMessage) {
  everybody();
  sends_internal("anna", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"sue new_message m1 1"}));
  EXPECT_EQ(why("ben", "m1"), "not_visible");
  EXPECT_EQ(why("vic", "m1"), "not_visible");
}

TEST_F(WhoIsTold, OnlyRolesInPushParticipants) {
  opts.push.participants = {role::context_person};
  everybody();
  sends("anna", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
  EXPECT_EQ(unread("sue"), 0U);
  EXPECT_EQ(why("sue", "m1"), "role_disabled");
}

TEST_F(WhoIsTold, OnlyRolesInPushBotMessagesOfABotsMessage) {
  opts.push.bot_messages = {role::assigned_agent};
  everybody();
  sends("bot", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m1 1"}));
  EXPECT_EQ(why("ben", "m1"), "bot_messages_disabled");
  sends("vic", "m2");
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m2 2", "ben new_message m2 1", "sue new_message m2 1"}));
}

TEST_F(WhoIsTold, NoSecondaryAgentWhenTheirRuleIsNever) {
  opts.push.secondary_agent_rule = secondary_rule::never;
  everybody();
  sends("ben", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m1 1", "vic new_message m1 1"}));
  EXPECT_EQ(unread("sue"), 0U);
  EXPECT_EQ(why("sue", "m1"), "secondary_rule");
}

TEST_F(WhoIsTold, NoSecondaryVisitorWhenTheirRuleIsNever) {
  opts.push.secondary_visitor_rule = secondary_rule::never;
  everybody();
  sends("anna", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1", "sue new_message m1 1"}));
  EXPECT_EQ(why("vic", "m1"), "secondary_rule");
}

TEST_F(WhoIsTold, SecondaryAgentsWhenNoAssignedAgentIsOnline) {
  opts.push.secondary_agent_rule = secondary_rule::when_primary_offline;
  everybody();
  online = {"ben", "sue"};
  sends("ben", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m1 1", "sue new_message m1 1", "vic new_message m1 1"}));
}

TEST_F(WhoIsTold, LooksAtThePrimaryWhenTheWaitEnds) {
  opts.push.secondary_agent_rule = secondary_rule::when_primary_offline;
  everybody();
  sends("ben", "m1");
  online = {"anna"};
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m1 1", "vic new_message m1 1"}));
  EXPECT_EQ(unread("sue"), 1U) << "the message counts as unread in any case";
  EXPECT_EQ(why("sue", "m1"), "secondary_rule");
  sends("ben", "m2");
  online = {};
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m2 2", "sue new_message m2 2", "vic new_message m2 2"}));
}

TEST_F(WhoIsTold, LooksAtThePrimaryOfTheirOwnSide) {
  opts.push.secondary_visitor_rule = secondary_rule::when_primary_offline;
  everybody();
  online = {"anna"};
  sends("sue", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m1 1", "ben new_message m1 1", "vic new_message m1 1"}));
  online = {"ben"};
  sends("sue", "m2");
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m2 2", "ben new_message m2 2"}));
}

TEST_F(WhoIsTold, DoesNotTakeAPrimaryWhoLeftForOnline) {
  opts.push.secondary_agent_rule = secondary_rule::when_primary_offline;
  everybody();
  online = {"anna"};
  leaves("anna");
  sends("ben", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"sue new_message m1 1", "vic new_message m1 1"}));
}

TEST_F(WhoIsTold, OnlyThoseInTheConversation) {
  anna_and_ben();
  leaves("ben");
  sends("anna", "m1");
  joins("ben", role::context_person);
  joins("vic", role::secondary_visitor);
  passes(minute);
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(why("vic", "m1"), "not_in_conversation");
  EXPECT_EQ(why("stranger", "m1"), "not_in_conversation");
}

TEST_F(WhoIsTold, HiddenParticipantsToo) {
  anna_and_ben();
  joins("sue", role::secondary_agent, true);
  sends("anna", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1", "sue new_message m1 1"}));
}

TEST_F(WhoIsTold, IsJudgedWhenTheMessageArrives) {
  opts.push.participants = {role::context_person, role::secondary_agent};
  everybody();
  sends("vic", "m1");
  changes("ben", role::secondary_visitor);
  changes("anna", role::secondary_agent);
  EXPECT_EQ(unread("ben"), 1U);
  EXPECT_EQ(unread("anna"), 0U);
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1", "sue new_message m1 1"}));
}

TEST_F(WhoIsTold, LeavesTheCountOfAnInternalMessageWhenARoleChanges) {
  everybody();
  sends_internal("anna", "m1");
  changes("sue", role::secondary_visitor);
  EXPECT_EQ(unread("sue"), 1U);
  sends_internal("anna", "m2");
  EXPECT_EQ(unread("sue"), 1U);
}

TEST_F(WhoIsTold, KeepsABotWithoutARole) {
  everybody();
  changes("bot", role::assigned_agent);
  sends("anna", "m1");
  EXPECT_EQ(unread("bot"), 0U);
}

} // namespace

} // namespace belfry::test
