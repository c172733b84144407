// SPEC 3, "Read", and the events of SPEC 2 that take messages away.
#include "chat_fixture.hpp"

namespace belfry::test {

namespace {

class Read : public Chat {};

TEST_F(Read, TakesBackWhatWasShownWhenTheCountFallsToZero) {
  ben_was_told();
  auto read_at = now;
  reads("ben", "m1");
  EXPECT_EQ(told(), (lines{"ben read_message m1"}));
  ASSERT_EQ(notifications.size(), 1U);
  EXPECT_EQ(notifications[0].message->count, 0U);
  EXPECT_EQ(notifications[0].message->read_at, read_at + wall_ahead);
}

TEST_F(Read, NamesTheNewestWhenNoMessageIsNamed) {
  ben_was_told();
  sends("anna", "m2");
  reads("ben");
  EXPECT_EQ(told(), (lines{"ben read_message m2"}));
}

TEST_F(Read, IsSilentWhenNothingWasAnnounced) {
  anna_and_ben();
  sends("anna", "m1");
  reads("ben");
  passes(minute);
  EXPECT_EQ(told(), lines{});
}

TEST_F(Read, IsSaidOnceUntilSomethingIsAnnouncedAgain) {
  ben_was_told();
  reads("ben");
  told();
  reads("ben");
  sends("anna", "m2");
  reads("ben");
  EXPECT_EQ(told(), lines{});
  sends("anna", "m3");
  passes(second);
  reads("ben");
  EXPECT_EQ(told(), (lines{"ben new_message m3 1", "ben read_message m3"}));
}

TEST_F(Read, IsCumulative) {
  anna_and_ben();
  for (const auto* m : {"m1", "m2", "m3"})
    sends("anna", m);
  reads("ben", "m2");
  EXPECT_EQ(unread("ben"), 1U);
}

TEST_F(Read, OfAnOlderMessageChangesNothing) {
  anna_and_ben();
  for (const auto* m : {"m1", "m2", "m3"})
    sends("anna", m);
  reads("ben", "m2");
  reads("ben", "m1");
  EXPECT_EQ(unread("ben"), 1U);
  EXPECT_EQ(pending("ben"), "m3");
}

TEST_F(Read, OfAnUnknownMessageChangesNothing) {
  ben_was_told();
  reads("ben", "never sent");
  EXPECT_EQ(unread("ben"), 1U);
  EXPECT_EQ(told(), lines{});
}

TEST_F(Read, BySomebodyElseChangesNothing) {
  everybody();
  sends("anna", "m1");
  reads("stranger");
  reads("sue");
  EXPECT_EQ(unread("ben"), 1U);
}

TEST_F(Read, OfAMessageThatIsNotForThemReadsWhatCameBefore) {
  anna_and_ben();
  sends("anna", "m1");
  system_says("s1");
  reads("ben", "s1");
  EXPECT_EQ(unread("ben"), 0U);
}

TEST_F(Read, OfPartOnlyStopsWhatAnnouncesIt) {
  ben_was_told();
  sends("anna", "m2");
  reads("ben", "m1");
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(other_mail(), (lines{"ben withdraw read_before_due"}));
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m2 1"}));
  reads("ben");
  EXPECT_EQ(told(), (lines{"ben read_message m2"}));
}

TEST_F(Read, SaysNothingWhilePushIsOffButStopsRetries) {
  ben_was_told();
  opts.push.enabled = false;
  reads("ben");
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(other_mail(), (lines{"ben withdraw read_before_due"}));
}

TEST_F(Read, IsOwedOverARestart) {
  ben_was_told();
  effects fx;
  event e{"", {}, "conv", message_read{"ben", {}}};
  core().on_event(e, {now, now}, fx);
  EXPECT_EQ(core().wake_time(), 0) << "it goes out at once";
}

TEST_F(Read, GoesOutBeforeTheNextAnnouncement) {
  ben_was_told();
  effects fx;
  core().on_event({"", {}, "conv", message_read{"ben", {}}}, {now, now}, fx);
  core().on_event({"", {}, "conv", message_sent{"m2", "anna", message_kind::text, "x", false, {}, {}}}, {now, now}, fx);
  effects late;
  auto ben = core().state().find("ben").value();
  core().on_announce(ben, core().state().find_message("m2")->at, {now + second, now + second}, late);
  ASSERT_EQ(late.updates.size(), 2U);
  EXPECT_EQ(std::get<tell>(late.updates[0].update).record->notification.kind, kind::read_message);
  EXPECT_EQ(std::get<tell>(late.updates[1].update).record->notification.kind, kind::new_message);
}

class Deleted : public Chat {};

TEST_F(Deleted, CountsAsReadByAll) {
  everybody();
  sends("anna", "m1");
  deletes("m1");
  for (const auto* p : {"ben", "sue", "vic"})
    EXPECT_EQ(unread(p), 0U);
  passes(minute);
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(why("ben", "m1"), "deleted");
}

TEST_F(Deleted, IsReplacedByTheNewestUnreadAndTheWaitGoesOn) {
  anna_and_ben();
  sends("anna", "m1");
  sends("anna", "m2");
  sends("anna", "m3");
  passes(600);
  deletes("m3");
  EXPECT_EQ(pending("ben"), "m2");
  EXPECT_EQ(due_in("ben"), 400);
  passes(400);
  EXPECT_EQ(told(), (lines{"ben new_message m2 2"}));
}

TEST_F(Deleted, IsNotReplacedByAnAnnouncedMessage) {
  ben_was_told();
  sends("anna", "m2");
  deletes("m2");
  EXPECT_EQ(pending("ben"), "");
  passes(minute);
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(unread("ben"), 1U);
}

TEST_F(Deleted, IsNotReplacedByAReadMessage) {
  anna_and_ben();
  sends("anna", "m1");
  reads("ben");
  sends("anna", "m2");
  deletes("m2");
  EXPECT_EQ(pending("ben"), "");
}

TEST_F(Deleted, IsNotReplacedByADeletedOrInvisibleMessage) {
  anna_and_ben();
  sends("anna", "m1");
  deletes("m1");
  sends_internal("anna", "i1");
  sends("anna", "m2");
  deletes("m2");
  EXPECT_EQ(pending("ben"), "");
}

TEST_F(Deleted, LeavesTheWaitWhenItIsAnOlderOne) {
  anna_and_ben();
  sends("anna", "m1");
  sends("anna", "m2");
  deletes("m1");
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m2 1"}));
}

TEST_F(Deleted, TakesBackWhatWasShownWhenItWasTheLastUnread) {
  ben_was_told();
  deletes("m1");
  EXPECT_EQ(told(), (lines{"ben read_message m1"}));
}

TEST_F(Deleted, CancelsWhatAnnouncesIt) {
  anna_and_ben();
  sends("anna", "m1");
  sends("anna", "m2");
  passes(second);
  deletes("m2");
  EXPECT_EQ(other_mail(), (lines{"ben drop m2"}));
}

TEST_F(Deleted, CancelsWhatAnnouncesItWhenALaterOneWasKeptBack) {
  ben_was_told();
  mutes("ben");
  sends("anna", "m2");
  passes(second);
  deletes("m1");
  EXPECT_EQ(other_mail(), (lines{"ben drop m1"}));
}

TEST_F(Deleted, ChangesNothingForWhoReadItOrWhenItIsUnknown) {
  ben_was_told();
  reads("ben");
  told();
  other_mail();
  EXPECT_TRUE(deletes("m1"));
  EXPECT_TRUE(deletes("never sent"));
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(other_mail(), lines{});
}

class Edited : public Chat {};

TEST_F(Edited, AnnouncesTheNewText) {
  anna_and_ben();
  sends("anna", "m1", "first");
  passes(900);
  edits("m1", "second");
  EXPECT_EQ(due_in("ben"), 100) << "nothing is announced anew";
  passes(100);
  EXPECT_EQ(notifications.at(0).message->text, "second");
}

TEST_F(Edited, ReachesDeliveriesThatHaveNotLeft) {
  ben_was_told();
  edits("m1", "second");
  EXPECT_EQ(other_mail(), (lines{"ben rewrite m1 second"}));
  passes(minute);
  EXPECT_EQ(told(), lines{});
}

TEST_F(Edited, ReachesDeliveriesWhenALaterOneWasKeptBack) {
  ben_was_told();
  mutes("ben");
  sends("anna", "m2");
  passes(second);
  edits("m1", "second");
  EXPECT_EQ(other_mail(), (lines{"ben rewrite m1 second"}));
}

TEST_F(Edited, HoldsForAReplacement) {
  anna_and_ben();
  sends("anna", "m1", "first");
  sends("anna", "m2");
  edits("m1", "second");
  deletes("m2");
  passes(second);
  EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
  EXPECT_EQ(notifications.at(0).message->text, "second");
}

TEST_F(Edited, ChangesNothingWhenReadDeletedOrUnknown) {
  ben_was_told();
  reads("ben");
  other_mail();
  EXPECT_TRUE(edits("m1", "x"));
  EXPECT_TRUE(edits("never sent", "x"));
  deletes("m1");
  EXPECT_TRUE(edits("m1", "y"));
  EXPECT_EQ(other_mail(), lines{});
}

} // namespace

} // namespace belfry::test
