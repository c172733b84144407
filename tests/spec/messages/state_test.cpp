// SPEC 2: what roster changes and the end of a conversation do, and what its state refuses.
#include "chat_fixture.hpp"

namespace belfry::test {

namespace {

class Leaving : public Chat {};

TEST_F(Leaving, CancelsTheWait) {
  anna_and_ben();
  sends("anna", "m1");
  leaves("ben");
  passes(minute);
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(why("ben", "m1"), "left");
}

TEST_F(Leaving, TakesBackWhatWasShownNamingTheLastCountedMessage) {
  ben_was_told();
  sends("anna", "m2");
  sends_internal("anna", "i1");
  leaves("ben");
  EXPECT_EQ(told(), (lines{"ben read_message m2"}));
  EXPECT_EQ(other_mail(), (lines{"ben withdraw left", "ben no member"}));
  EXPECT_EQ(members.back(), (std::pair{person_id{"ben"}, false}));
}

TEST_F(Leaving, NamesTheLastCountedMessageThatIsNotDeleted) {
  ben_was_told();
  sends("anna", "m2");
  deletes("m2");
  leaves("ben");
  EXPECT_EQ(told(), (lines{"ben read_message m1"}));
}

TEST_F(Leaving, SaysNothingWhenNothingWasAnnounced) {
  anna_and_ben();
  sends("anna", "m1");
  leaves("ben");
  joins("ben", role::context_person);
  passes(minute);
  EXPECT_EQ(told(), lines{});
}

TEST_F(Leaving, EndsSessions) {
  anna_and_ben();
  happens(session_started{"anna", "s1", "CO_BROWSING"});
  EXPECT_EQ(other_mail(), (lines{"anna busy s1:CO_BROWSING"}));
  leaves("anna");
  EXPECT_EQ(other_mail(), (lines{"anna busy", "anna no member"}));
}

TEST_F(Leaving, OfSomebodyWhoIsNotThereChangesNothing) {
  anna_and_ben();
  EXPECT_TRUE(leaves("stranger"));
  leaves("ben");
  other_mail();
  EXPECT_TRUE(leaves("ben"));
  EXPECT_EQ(other_mail(), lines{});
}

class Joining : public Chat {};

TEST_F(Joining, StartsWithNothingUnread) {
  anna_and_ben();
  sends("anna", "m1");
  joins("vic", role::secondary_visitor);
  EXPECT_EQ(unread("vic"), 0U);
  EXPECT_EQ(members.back(), (std::pair{person_id{"vic"}, true}));
  sends("anna", "m2");
  EXPECT_EQ(unread("vic"), 1U);
}

TEST_F(Joining, AgainStartsWithNothingUnread) {
  ben_was_told();
  leaves("ben");
  sends("anna", "m2");
  joins("ben", role::secondary_visitor);
  EXPECT_EQ(unread("ben"), 0U);
  EXPECT_EQ(view_of("ben").role, role::secondary_visitor);
  sends("anna", "m3");
  EXPECT_EQ(unread("ben"), 1U);
  reads("ben", "m2");
  EXPECT_EQ(unread("ben"), 1U);
}

TEST_F(Joining, TwiceChangesNothing) {
  anna_and_ben();
  sends("anna", "m1");
  EXPECT_TRUE(joins("ben", role::secondary_visitor, true, true));
  EXPECT_EQ(view_of("ben").role, role::context_person);
  EXPECT_EQ(unread("ben"), 1U);
}

TEST_F(Joining, BringsBackNoOldMessage) {
  anna_and_ben();
  leaves("ben");
  sends("anna", "m1");
  joins("ben", role::context_person);
  EXPECT_EQ(unread("ben"), 0U);
}

class Starting : public Chat {};

TEST_F(Starting, TwiceOnlyAddsParticipants) {
  has("anna", role::assigned_agent);
  starts("loans", false);
  has("anna", role::secondary_agent).has("ben", role::context_person);
  EXPECT_TRUE(starts("other", true));
  auto v = core().view(moment_now());
  EXPECT_EQ(v.topic, "loans");
  EXPECT_FALSE(v.auto_join_calls);
  EXPECT_EQ(view_of("anna").role, role::assigned_agent);
  EXPECT_EQ(view_of("ben").role, role::context_person);
}

TEST_F(Starting, TakesAutoJoinFromTheOptions) {
  opts.calls.auto_join = true;
  starts();
  EXPECT_TRUE(core().view(moment_now()).auto_join_calls);
}

class Ending : public Chat {};

TEST_F(Ending, SetsCountsToZeroAndTakesBackWhatWasShown) {
  ben_was_told();
  sends("ben", "m2");
  sends("anna", "m3");
  passes(500);
  told();
  ends();
  EXPECT_EQ(told(), lines{}) << "m1 was taken back by ben's own message, m3 was not announced";
  EXPECT_EQ(unread("ben"), 0U);
  EXPECT_EQ(why("ben", "m3"), "conversation_ended");
  passes(minute);
  EXPECT_EQ(told(), lines{});
}

TEST_F(Ending, NamesTheLastCountedMessage) {
  ben_was_told();
  sends("anna", "m2");
  system_says("s1");
  ends();
  EXPECT_EQ(told(), (lines{"ben read_message m2"}));
}

TEST_F(Ending, StaysReadable) {
  anna_and_ben();
  ends();
  EXPECT_TRUE(core().view(moment_now()).ended);
  EXPECT_EQ(core().view(moment_now()).participants.size(), 2U);
}

TEST_F(Ending, EndsSessions) {
  anna_and_ben();
  happens(session_started{"anna", "s1", "CO_BROWSING"});
  other_mail();
  ends();
  EXPECT_EQ(other_mail(), (lines{"anna busy", "anna no member", "ben no member"}));
}

TEST_F(Ending, OfAPersonIsSilent) {
  everybody();
  sends("anna", "m1");
  passes(second);
  calls("anna");
  told();
  other_mail();
  erases("ben");
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(other_mail(), (lines{"ben no member"}));
  EXPECT_EQ(unread("ben"), 0U);
  EXPECT_EQ(members.back(), (std::pair{person_id{"ben"}, false}));
}

TEST_F(Ending, OfAPersonWhoCallsHangsUpForTheOthers) {
  anna_and_ben();
  calls("anna");
  told();
  erases("anna");
  EXPECT_EQ(told(), (lines{"ben revoke_call c1 IDLE", "ben missed_call c1 IDLE"}));
}

class Refused : public Chat {
protected:
  void expect(refusal why, const std::string& pointer) {
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->reason, why);
    EXPECT_EQ(refused->pointer, pointer);
    EXPECT_FALSE(refused->detail.empty());
  }
};

TEST_F(Refused, IsAnUnknownConversation) {
  EXPECT_FALSE(sends("anna", "m1"));
  expect(refusal::unknown_conversation, "/conversation");
  EXPECT_FALSE(ends());
  expect(refusal::unknown_conversation, "/conversation");
  EXPECT_FALSE(joins("anna", role::assigned_agent));
}

TEST_F(Refused, IsEverythingAfterTheEndButASecondEnd) {
  anna_and_ben();
  ends();
  EXPECT_TRUE(ends());
  EXPECT_FALSE(starts());
  expect(refusal::conversation_ended, "/conversation");
  for (const event_body& e : std::vector<event_body>{
           participant_joined{{"vic", role::secondary_visitor, false, false}}, participant_left{"ben"},
           participant_changed{"ben", {}, {}, true}, conversation_opened{"ben", ""}, conversation_closed{"ben", ""},
           message_sent{"m1", "anna", message_kind::text, "", false, {}, {}}, message_read{"ben", {}},
           message_edited{"m1", ""}, message_deleted{"m1"}, call_started{"c1", call_type::audio, "anna"},
           call_accepted{"c1", "ben"}, call_declined{"c1", "ben"}, call_ended{"c1", {}},
           request_closed{"i1", close_reason::accepted, {}}, session_ended{"anna", "s1", ""}}) {
    EXPECT_FALSE(happens(e)) << e.index();
    expect(refusal::conversation_ended, "/conversation");
  }
}

TEST_F(Refused, IsASenderWhoIsNotInTheConversation) {
  anna_and_ben();
  EXPECT_FALSE(sends("stranger", "m1"));
  expect(refusal::not_in_conversation, "/message/sender");
  leaves("ben");
  EXPECT_FALSE(sends("ben", "m1"));
  EXPECT_EQ(unread("anna"), 0U);
}

TEST_F(Refused, IsAnInternalMessageFromAVisitor) {
  everybody();
  EXPECT_FALSE(sends_internal("ben", "m1"));
  expect(refusal::internal_from_visitor, "/message/sender");
  EXPECT_FALSE(sends_internal("vic", "m1"));
  EXPECT_TRUE(sends_internal("sue", "m1"));
  EXPECT_TRUE(sends_internal("bot", "m2"));
}

TEST_F(Refused, IsACallerWhoIsNotInTheConversation) {
  anna_and_ben();
  EXPECT_FALSE(calls("stranger"));
  expect(refusal::not_in_conversation, "/call/caller");
}

TEST_F(Refused, IsASecondCall) {
  anna_and_ben();
  calls("anna");
  EXPECT_FALSE(calls("ben", "c2"));
  expect(refusal::call_in_progress, "/call/id");
}

TEST_F(Refused, LetsWhatWasDueBeforeItHappen) {
  anna_and_ben();
  calls("anna");
  now += minute;
  EXPECT_FALSE(calls("stranger", "c2"));
  EXPECT_EQ(told(), (lines{"ben incoming_call c1 CALLING", "ben revoke_call c1 IDLE", "ben missed_call c1 IDLE"}));
}

class NoEffect : public Chat {};

TEST_F(NoEffect, IsAcceptedOfUnknownPeopleCallsMessagesInvitationsAndSessions) {
  anna_and_ben();
  for (const event_body& e : std::vector<event_body>{
           participant_left{"x"}, participant_changed{"x", role::assigned_agent, {}, {}}, conversation_opened{"x", ""},
           conversation_closed{"x", ""}, message_read{"x", {}}, message_edited{"x", "y"}, message_deleted{"x"},
           call_accepted{"x", "ben"}, call_declined{"x", "ben"}, call_ended{"x", {}},
           request_closed{"x", close_reason::accepted, {}}, deputy_closed{"x", close_reason::accepted, {}},
           session_started{"x", "s", "k"}, session_ended{"x", "s", "k"}})
    EXPECT_TRUE(happens(e)) << e.index();
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(other_mail(), lines{});
}

} // namespace

} // namespace belfry::test
