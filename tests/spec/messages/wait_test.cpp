// SPEC 3, "When".
#include "chat_fixture.hpp"

namespace belfry::test {

namespace {

class Wait : public Chat {};

TEST_F(Wait, LastsForTheDebounceDelay) {
  anna_and_ben();
  sends("anna", "m1");
  EXPECT_EQ(pending("ben"), "m1");
  EXPECT_EQ(due_in("ben"), second);
  passes(second - 1);
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(why("ben", "m1"), "waiting");
  passes(1);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
  EXPECT_EQ(pending("ben"), "");
}

TEST_F(Wait, LastsLongerWhileTheConversationIsOpen) {
  anna_and_ben();
  opens("ben");
  EXPECT_TRUE(view_of("ben").open);
  sends("anna", "m1");
  passes(10 * second - 1);
  EXPECT_EQ(told(), lines{});
  passes(1);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
}

TEST_F(Wait, LooksAtWhetherItIsOpenWhenTheMessageArrives) {
  anna_and_ben();
  opens("ben");
  sends("anna", "m1");
  closes("ben");
  EXPECT_EQ(due_in("ben"), 10 * second);
  sends("anna", "m2");
  EXPECT_EQ(due_in("ben"), second) << "restarts with the delay that then applies";
  opens("ben");
  EXPECT_EQ(due_in("ben"), second);
}

TEST_F(Wait, IsLongWhileOneOfSeveralClientsHasItOpen) {
  anna_and_ben();
  opens("ben", "phone");
  opens("ben", "desk");
  closes("ben", "phone");
  sends("anna", "m1");
  EXPECT_EQ(due_in("ben"), 10 * second);
  closes("ben", "desk");
  sends("anna", "m2");
  EXPECT_EQ(due_in("ben"), second);
}

TEST_F(Wait, IsShortAfterLeavingAndJoiningAgain) {
  anna_and_ben();
  opens("ben");
  leaves("ben");
  joins("ben", role::context_person);
  sends("anna", "m1");
  EXPECT_EQ(due_in("ben"), second);
}

TEST_F(Wait, RestartsWithEachFurtherMessageAndAnnouncesTheLast) {
  anna_and_ben();
  for (int i = 1; i <= 5; ++i) {
    sends("anna", "m" + std::to_string(i));
    passes(900);
  }
  EXPECT_EQ(told(), lines{});
  passes(100);
  EXPECT_EQ(told(), (lines{"ben new_message m5 5"}));
  EXPECT_EQ(why("ben", "m4"), "superseded");
}

TEST_F(Wait, IsNotRestartedByMessagesThatDoNotQualify) {
  anna_and_ben();
  sends("anna", "m1");
  passes(900);
  system_says("s1");
  sends_internal("anna", "i1");
  passes(100);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
}

TEST_F(Wait, OfABurstHasACap) {
  opts.push.debounce_max_wait = duration{2500};
  anna_and_ben();
  for (int i = 1; i <= 3; ++i) {
    sends("anna", "m" + std::to_string(i));
    passes(900);
  }
  EXPECT_EQ(told(), (lines{"ben new_message m3 3"}));
  sends("anna", "m4");
  EXPECT_EQ(due_in("ben"), second) << "the next burst has its own cap";
}

TEST_F(Wait, HasNoCapByDefault) {
  anna_and_ben();
  for (int i = 1; i <= 100; ++i) {
    sends("anna", "m" + std::to_string(i));
    passes(999);
  }
  EXPECT_EQ(told(), lines{});
}

TEST_F(Wait, CapsTheLongDelayToo) {
  opts.push.debounce_max_wait = duration{4000};
  anna_and_ben();
  opens("ben");
  sends("anna", "m1");
  EXPECT_EQ(due_in("ben"), 4 * second);
}

TEST_F(Wait, OfNoLengthTellsAtOnce) {
  opts.push.debounce_delay = duration{0};
  anna_and_ben();
  sends("anna", "m1");
  passes(0);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
}

TEST_F(Wait, IsCancelledSilentlyByReadingEverything) {
  anna_and_ben();
  sends("anna", "m1");
  sends("anna", "m2");
  reads("ben");
  passes(minute);
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(why("ben", "m2"), "read_before_due");
  EXPECT_EQ(why("ben", "m1"), "superseded");
}

TEST_F(Wait, GoesOnWhenOnlyOlderMessagesAreRead) {
  anna_and_ben();
  sends("anna", "m1");
  sends("anna", "m2");
  reads("ben", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m2 1"}));
}

TEST_F(Wait, IsPerParticipant) {
  everybody();
  opens("ben");
  sends("anna", "m1");
  reads("sue");
  passes(second);
  EXPECT_EQ(told(), (lines{"vic new_message m1 1"}));
  passes(9 * second);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
}

TEST_F(Wait, OfAShortDelayIsNotHiddenByALongOne) {
  anna_and_ben();
  joins("vic", role::secondary_visitor);
  opens("ben");
  sends("vic", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m1 1"}));
}

TEST(Waits, AreIndependentInThreeConversations) {
  chat three[3];
  for (auto& c : three) {
    c.has("anna", role::assigned_agent).has("ben", role::context_person);
    c.starts();
    c.sends("anna", "m1");
    c.passes(300);
  }
  for (auto& c : three) {
    c.passes(700);
    EXPECT_EQ(c.told(), (lines{"ben new_message m1 1"}));
  }
}

class OwnMessage : public Chat {};

TEST_F(OwnMessage, ReadsAllEarlierOnes) {
  anna_and_ben();
  sends("anna", "m1");
  sends("ben", "m2");
  EXPECT_EQ(unread("ben"), 0U);
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m2 1"}));
  EXPECT_EQ(why("ben", "m1"), "read_before_due");
}

TEST_F(OwnMessage, TakesBackWhatWasShown) {
  ben_was_told();
  sends("ben", "m2");
  EXPECT_EQ(told(), (lines{"ben read_message m2"}));
}

TEST_F(OwnMessage, ReadsNothingWhenSwitchedOff) {
  opts.push.own_message_reads = false;
  anna_and_ben();
  sends("anna", "m1");
  sends("ben", "m2");
  EXPECT_EQ(unread("ben"), 1U);
  passes(second);
  EXPECT_EQ(told(), (lines{"anna new_message m2 1", "ben new_message m1 1"}));
}

TEST_F(OwnMessage, ReadsNothingWhenItIsASystemMessage) {
  anna_and_ben();
  sends("anna", "m1");
  happens(message_sent{"s1", "ben", message_kind::system, "x", false, {}, {}});
  EXPECT_EQ(unread("ben"), 1U);
}

TEST_F(OwnMessage, ReadsNothingWhenItIsRefused) {
  anna_and_ben();
  sends("anna", "m1");
  EXPECT_FALSE(sends_internal("ben", "m2"));
  EXPECT_EQ(unread("ben"), 1U);
}

class Muted : public Chat {};

TEST_F(Muted, CountsAndIsNotTold) {
  anna_and_ben();
  mutes("ben");
  sends("anna", "m1");
  passes(minute);
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(unread("ben"), 1U);
  EXPECT_EQ(why("ben", "m1"), "muted");
}

TEST_F(Muted, IsLookedAtWhenTheWaitEnds) {
  everybody();
  mutes("vic");
  sends("anna", "m1");
  mutes("ben");
  mutes("vic", false);
  passes(second);
  EXPECT_EQ(told(), (lines{"sue new_message m1 1", "vic new_message m1 1"}));
}

TEST_F(Muted, IsNotToldLaterWhatFellDueMeanwhile) {
  anna_and_ben();
  mutes("ben");
  sends("anna", "m1");
  passes(second);
  mutes("ben", false);
  passes(minute);
  EXPECT_EQ(told(), lines{});
  sends("anna", "m2");
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m2 2"}));
}

TEST_F(Muted, FromTheStart) {
  anna_and_ben();
  joins("vic", role::secondary_visitor, false, true);
  sends("anna", "m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
}

TEST_F(Muted, RingsAsEver) {
  anna_and_ben();
  mutes("ben");
  calls("anna");
  EXPECT_EQ(told(), (lines{"ben incoming_call c1 CALLING"}));
}

TEST_F(Muted, IsNotToldThatItsUnshownMessagesAreRead) {
  anna_and_ben();
  mutes("ben");
  sends("anna", "m1");
  passes(second);
  reads("ben");
  EXPECT_EQ(told(), lines{});
}

TEST_F(Wait, ThatFellDueWhileTheProcessWasDownEndsAtOnce) {
  anna_and_ben();
  sends("anna", "m1");
  crashes(minute);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
}

TEST_F(Wait, GoesOnAfterARestart) {
  anna_and_ben();
  opens("ben");
  sends("anna", "m1", "first text");
  edits("m1", "second text");
  crashes(5 * second);
  EXPECT_EQ(told(), lines{});
  passes(5 * second);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
  EXPECT_EQ(notifications.at(0).message->text, "second text");
}

TEST_F(Wait, TellsTheTruthAboutItsMessage) {
  has("anna", role::assigned_agent).has("ben", role::context_person);
  starts("loans");
  auto sent = now;
  sends("anna", "m1", "hi");
  passes(second);
  ASSERT_EQ(notifications.size(), 1U);
  const auto& n = notifications[0];
  EXPECT_EQ(n.recipient, "ben");
  EXPECT_EQ(n.conversation, "conv");
  EXPECT_EQ(n.topic, "loans");
  EXPECT_EQ(n.recipient_type, person_type::visitor);
  EXPECT_EQ(n.message->sender, "anna");
  EXPECT_EQ(n.message->text, "hi");
  EXPECT_EQ(n.message->server_at, sent + wall_ahead) << "`at` absent: now";
  EXPECT_EQ(n.message->sent_at, n.message->server_at);
  EXPECT_EQ(n.created_at, now + wall_ahead);
  EXPECT_EQ(n.expires_at, now + 24 * 60 * minute);
}

TEST_F(Wait, TakesItsTimeStampsFromTheEvent) {
  anna_and_ben();
  happens(message_sent{"m1", "anna", message_kind::text, "hi", false, {}, 400}, 500);
  passes(second);
  ASSERT_EQ(notifications.size(), 1U);
  EXPECT_EQ(notifications[0].message->sent_at, 400);
  EXPECT_EQ(notifications[0].message->server_at, 500);
}

TEST_F(Wait, KeepsTextsOutWhenPrivacyAsksForIt) {
  opts.privacy_message_text = message_text_privacy::none;
  anna_and_ben();
  sends("anna", "m1", "secret");
  edits("m1", "more secret");
  passes(second);
  EXPECT_EQ(notifications.at(0).message->text, "");
  EXPECT_EQ(other_mail(), lines{});
}

} // namespace

} // namespace belfry::test
