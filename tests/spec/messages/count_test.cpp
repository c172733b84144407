// SPEC 3, "Count".
#include "chat_fixture.hpp"

namespace belfry::test {

namespace {

class Count : public Chat {};

TEST_F(Count, GoesUpWhenAMessageArrives) {
  anna_and_ben();
  sends("anna", "m1");
  sends("anna", "m2");
  EXPECT_EQ(unread("ben"), 2U);
  EXPECT_EQ(unread("anna"), 0U);
}

TEST_F(Count, GoesDownWhenAMessageIsReadOrDeleted) {
  anna_and_ben();
  for (const auto* m : {"m1", "m2", "m3", "m4"})
    sends("anna", m);
  deletes("m3");
  EXPECT_EQ(unread("ben"), 3U);
  reads("ben", "m2");
  EXPECT_EQ(unread("ben"), 1U);
}

TEST_F(Count, IsNeverBelowZero) {
  anna_and_ben();
  sends("anna", "m1");
  reads("ben");
  deletes("m1");
  deletes("m1");
  reads("ben", "m1");
  EXPECT_EQ(unread("ben"), 0U);
}

TEST_F(Count, LeavesOutMessagesThatDoNotQualify) {
  everybody();
  system_says("s1");
  sends_internal("anna", "i1");
  sends_to("anna", "m1", {"vic"});
  sends("anna", "m2");
  EXPECT_EQ(unread("ben"), 1U);
  EXPECT_EQ(unread("sue"), 2U);
  EXPECT_EQ(unread("vic"), 2U);
}

TEST_F(Count, StandsInTheNotification) {
  anna_and_ben();
  for (const auto* m : {"m1", "m2", "m3"})
    sends("anna", m);
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m3 3"}));
}

TEST_F(Count, IsOfTheNewestMessagesThatAreKept) {
  opts.limits.unread_messages = 3;
  anna_and_ben();
  for (const auto* m : {"m1", "m2", "m3"})
    sends("anna", m);
  EXPECT_EQ(unread("ben"), 3U);
  sends("anna", "m4");
  EXPECT_EQ(unread("ben"), 3U) << "m1 counts as read";
  EXPECT_EQ(why("ben", "m1"), "unknown");
  reads("ben", "m1");
  EXPECT_EQ(unread("ben"), 3U) << "m1 is unknown";
  reads("ben", "m2");
  EXPECT_EQ(unread("ben"), 2U);
}

TEST_F(Count, KeepsTheLimitWhenTheOldestIsReadOrDeletedAlready) {
  opts.limits.unread_messages = 2;
  anna_and_ben();
  sends("anna", "m1");
  deletes("m1");
  sends("anna", "m2");
  sends("anna", "m3");
  EXPECT_EQ(unread("ben"), 2U);
  reads("ben", "m2");
  sends("anna", "m4");
  EXPECT_EQ(unread("ben"), 2U);
}

TEST_F(Count, EndsAWaitWhoseMessageIsTooOld) {
  opts.limits.unread_messages = 2;
  anna_and_ben();
  sends("anna", "m1");
  system_says("s1");
  system_says("s2");
  EXPECT_EQ(unread("ben"), 0U);
  passes(minute);
  EXPECT_EQ(told(), lines{});
}

TEST_F(Count, TakesBackWhatWasShownWhenItsMessageIsTooOld) {
  opts.limits.unread_messages = 2;
  ben_was_told();
  system_says("s1");
  system_says("s2");
  EXPECT_EQ(told(), (lines{"ben read_message m1"}));
}

TEST_F(Count, OfAWriterFallsToZeroEvenWhenAnOldMessageIsForgottenAtTheSameMoment) {
  opts.limits.unread_messages = 2;
  ben_was_told();
  sends("anna", "m2");
  passes(second);
  told();
  sends("ben", "m3");
  EXPECT_EQ(told(), (lines{"ben read_message m3"}));
}

TEST_F(Count, IsKeptWhilePushIsOff) {
  opts.push.enabled = false;
  anna_and_ben();
  sends("anna", "m1");
  passes(second);
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(unread("ben"), 1U);
  EXPECT_EQ(why("ben", "m1"), "push_disabled");
  reads("ben");
  EXPECT_EQ(unread("ben"), 0U);
  EXPECT_EQ(told(), lines{});
}

TEST_F(Count, IsKeptOfLargeRosters) {
  opts.limits.unread_messages = 100;
  for (int i = 0; i < 200; ++i)
    has("p" + std::to_string(i), i % 2 ? role::secondary_agent : role::secondary_visitor);
  starts();
  for (int i = 0; i < 150; ++i)
    sends("p" + std::to_string(i), "m" + std::to_string(i));
  EXPECT_EQ(unread("p199"), 100U);
  EXPECT_EQ(unread("p140"), 9U) << "own messages read what came before";
  ends();
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(unread("p" + std::to_string(i)), 0U);
}

} // namespace

} // namespace belfry::test
