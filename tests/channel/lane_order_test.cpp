// What lane::submit answers, and in which order things leave.
#include "belfry/tests/channel/lane_support.hpp"

#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::test;

namespace {

TEST(LaneQueue, TakesUpToItsBoundAndRefusesTheNext) {
  lane l({.queue_max = 2});
  EXPECT_EQ(l.submit(message(1), 0).what, said::accepted);
  EXPECT_EQ(l.submit(message(2), 0).what, said::accepted);
  EXPECT_EQ(l.submit(message(3), 0).what, said::refused);
  EXPECT_EQ(l.depth(), 2U);
  EXPECT_EQ(l.counters().refused, 1U);
}

TEST(LaneQueue, MessagesThatFillItRefuseNoCall) {
  lane l({.queue_max = 1, .call_queue_max = 1});
  l.submit(message(1), 0);
  l.submit(message(2), 0);
  EXPECT_EQ(l.submit(call(3), 0).what, said::accepted);
  EXPECT_EQ(l.submit(call(4), 0).what, said::refused);
}

TEST(LaneQueue, WhatIsInFlightCountsTowardsTheBound) {
  lane l({.queue_max = 1});
  l.submit(message(1), 0);
  l.next(0);
  EXPECT_EQ(l.submit(message(2), 0).what, said::refused);
}

TEST(LaneQueue, NewOnesWaitOnDiskWhileOlderOnesDo) {
  lane l({.queue_max = 1});
  l.submit(message(1), 0);
  l.submit(message(2), 0);
  l.next(0);
  l.answered(id_of(1), accepted(), 1, even);
  EXPECT_EQ(l.submit(message(3), 1).what, said::refused);
  EXPECT_EQ(l.submit(message(2), 1, lane::origin::disk).what, said::accepted);
  l.next(1);
  l.answered(id_of(2), accepted(), 2, even);
  l.drained(false, l.counters().refused);
  EXPECT_EQ(l.submit(message(4), 2).what, said::accepted);
}

TEST(LaneQueue, ARefusalMeanwhileKeepsTheDiskFirst) {
  lane l({.queue_max = 1});
  l.submit(message(1), 0);
  l.submit(message(2), 0);
  auto before = l.counters().refused;
  l.submit(message(3), 0);
  l.drained(false, before);
  EXPECT_TRUE(l.has_parked(false));
}

TEST(LaneQueue, ARetryThatIsFarAwayMakesRoom) {
  auto o = no_jitter({.queue_max = 1});
  lane l(o);
  l.submit(message(1), 0);
  l.next(0);
  l.answered(id_of(1), failed(o.park_after + 1), 0, even);
  auto s = l.submit(message(2), 0);
  EXPECT_EQ(s.what, said::accepted);
  ASSERT_TRUE(s.parked);
  EXPECT_EQ(s.parked->delivery, id_of(1));
  EXPECT_EQ(s.parked->due, o.park_after + 1);
}

TEST(LaneQueue, ARetryThatIsNearMakesNoRoom) {
  auto o = no_jitter({.queue_max = 1});
  lane l(o);
  l.submit(message(1), 0);
  l.next(0);
  l.answered(id_of(1), failed(o.park_after), 0, even);
  EXPECT_EQ(l.submit(message(2), 0).what, said::refused);
}

TEST(LaneQueue, ARetryWithAFollowerStays) {
  auto o = no_jitter({.queue_max = 2});
  lane l(o);
  l.submit(item(1, "a"), 0);
  l.next(0);
  l.submit(item(2, "a", kind::read_message), 0);
  l.answered(id_of(1), failed(o.park_after + 1), 0, even);
  EXPECT_EQ(l.submit(message(3), 0).what, said::refused);
}

TEST(LaneQueue, ADeliveryItHoldsIsNotTakenTwice) {
  lane l({});
  l.submit(message(1), 0);
  EXPECT_EQ(l.submit(message(1), 0).what, said::duplicate);
  l.next(0);
  EXPECT_EQ(l.submit(message(1), 0).what, said::duplicate);
  EXPECT_EQ(l.depth() + l.in_flight(), 1U);
}

TEST(LaneQueue, AStoppingLaneTakesAndStartsNothing) {
  lane l({});
  l.submit(message(1), 0);
  l.submit(message(2), 0);
  EXPECT_EQ(l.next(0, 1).size(), 1U);
  l.stop();
  EXPECT_EQ(l.submit(call(3), 0).what, said::refused);
  EXPECT_TRUE(l.next(0).empty());
  EXPECT_EQ(l.next_wake(0), life);
  EXPECT_EQ(l.answered(id_of(1), accepted(), 0, even)->state, delivery_state::accepted);
  EXPECT_EQ(l.in_flight(), 0U);
}

TEST(LaneReplace, ANewerMessageReplacesOneStillWaiting) {
  lane l({.queue_max = 1});
  l.submit(item(1, "a"), 0);
  auto s = l.submit(item(2, "a"), 5);
  EXPECT_EQ(s.what, said::replaced);
  ASSERT_TRUE(s.replaced);
  EXPECT_EQ(s.replaced->delivery, id_of(1));
  EXPECT_EQ(numbers(l.next(5)), numbered{2});
}

TEST(LaneReplace, TheNewerOneKeepsTheTurn) {
  lane l({});
  l.submit(item(1, "a"), 0);
  l.submit(item(2, "b"), 1);
  l.submit(item(3, "a"), 2);
  EXPECT_EQ(numbers(l.next(2)), (numbered{3, 2}));
}

TEST(LaneReplace, BetweenRetriesTheImposedWaitStaysAndTheTriesStartAnew) {
  lane l(no_jitter());
  l.submit(item(1, "a"), 0);
  l.next(0);
  l.answered(id_of(1), failed(), 0, even);
  auto s = l.submit(item(2, "a"), 1'000);
  EXPECT_EQ(s.what, said::replaced);
  EXPECT_EQ(s.replaced->tries, 1U);
  EXPECT_EQ(l.submit(item(3, "a"), 1'500).what, said::replaced);
  EXPECT_TRUE(l.next(4'999).empty());
  auto started = l.next(5'000);
  ASSERT_EQ(numbers(started), numbered{3});
  EXPECT_EQ(started[0].tries, 0U);
}

TEST(LaneReplace, OneInFlightIsNotReplacedButFollowed) {
  lane l({});
  l.submit(item(1, "a"), 0);
  l.next(0);
  EXPECT_EQ(l.submit(item(2, "a"), 0).what, said::accepted);
  EXPECT_TRUE(l.next(0).empty());
  l.answered(id_of(1), accepted(), 1, even);
  EXPECT_EQ(numbers(l.next(1)), numbered{2});
}

TEST(LaneReplace, AFailureWithAFollowerEndsAsSupersededAndHandsOnItsWait) {
  lane l(no_jitter());
  l.submit(item(1, "a"), 0);
  l.next(0);
  l.submit(item(2, "a"), 0);
  auto d = l.answered(id_of(1), failed(), 10, even);
  EXPECT_EQ(d->state, delivery_state::cancelled);
  EXPECT_EQ(d->reason, reason::superseded);
  EXPECT_TRUE(l.next(5'009).empty());
  EXPECT_EQ(numbers(l.next(5'010)), numbered{2});
}

TEST(LaneReplace, AnOlderMessageFromDiskIsSupersededOnArrival) {
  lane l({});
  l.submit(item(2, "a"), 0);
  EXPECT_EQ(l.submit(item(1, "a"), 0, lane::origin::disk).what, said::superseded);
  l.next(0);
  EXPECT_EQ(l.submit(item(1, "a"), 0, lane::origin::disk).what, said::superseded);
}

TEST(LaneReplace, OnlyNewMessagesReplaceAndOnlyNewMessages) {
  lane l({});
  l.submit(item(1, "a", kind::read_message), 0);
  EXPECT_EQ(l.submit(item(2, "a", kind::read_message), 0).what, said::accepted);
  EXPECT_EQ(l.submit(item(3, "a"), 0).what, said::accepted);
  EXPECT_EQ(l.submit(item(4, "b"), 0).what, said::accepted);
}

TEST(LaneOrder, OneKeyGoesOneAfterTheOther) {
  lane l({});
  l.submit(item(1, "a", kind::incoming_call), 0);
  l.submit(item(2, "a", kind::revoke_call), 0);
  l.submit(item(3, "a", kind::missed_call), 0);
  for (std::uint64_t n : {1, 2, 3}) {
    EXPECT_EQ(numbers(l.next(0)), numbered{n});
    l.answered(id_of(n), accepted(), 0, even);
  }
}

TEST(LaneOrder, AFollowerWaitsForTheRetryOfItsKeyOthersDoNot) {
  lane l(no_jitter());
  l.submit(item(1, "a"), 0);
  l.next(0);
  l.submit(item(2, "a", kind::read_message), 0);
  l.submit(item(3, "b"), 0);
  l.answered(id_of(1), failed(), 0, even);
  EXPECT_EQ(numbers(l.next(0)), numbered{3});
  EXPECT_EQ(numbers(l.next(5'000)), numbered{1});
  l.answered(id_of(1), accepted(), 5'000, even);
  EXPECT_EQ(numbers(l.next(5'000)), numbered{2});
}

TEST(LaneOrder, AReplacementGoesBehindWhatIsOlderThanIt) {
  lane l({});
  l.submit(item(1, "a"), 0);
  l.submit(item(2, "a", kind::read_message), 0);
  EXPECT_EQ(l.submit(item(3, "a"), 0).what, said::replaced);
  EXPECT_EQ(numbers(l.next(0)), numbered{2});
}

TEST(LaneOrder, WhatComesFromDiskLateTakesItsPlaceBySeq) {
  lane l({});
  l.submit(item(5, "a"), 0);
  l.submit(item(4, "a", kind::read_message), 0, lane::origin::disk);
  EXPECT_EQ(numbers(l.next(0)), numbered{4});
}

TEST(LaneOrder, ACallDoesNotWaitBehindTheMessagesOfItsKey) {
  lane l({});
  l.submit(item(1, "a"), 0);
  l.next(0);
  l.submit(item(2, "a", kind::incoming_call), 0);
  EXPECT_EQ(numbers(l.next(0)), numbered{2});
}

TEST(LaneOrder, CallsGoFirst) {
  lane l({});
  l.submit(message(1), 0);
  l.submit(message(2), 0);
  l.submit(call(3), 1);
  EXPECT_EQ(numbers(l.next(1)), (numbered{3, 1, 2}));
}

TEST(LaneOrder, ACallLeavesFirstFromBehindAHundredThousandMessages) {
  lane l({.queue_max = 100'000});
  for (std::uint64_t n = 1; n <= 100'000; ++n)
    ASSERT_EQ(l.submit(message(n), 0).what, said::accepted);
  ASSERT_EQ(l.next(0).size(), 30U);
  ASSERT_EQ(l.submit(call(200'000), 1).what, said::accepted);
  EXPECT_EQ(numbers(l.next(1)), numbered{200'000});
}

} // namespace
