// When deliveries start: slots, breaker, holds, budgets, wake times.
#include "belfry/tests/channel/lane_support.hpp"

#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::test;

namespace {

void fill(lane& l, std::uint64_t first, std::uint64_t last, engine_time now = 0) {
  for (auto n = first; n <= last; ++n)
    ASSERT_EQ(l.submit(message(n), now).what, said::accepted);
}

/// Five messages fail at `now`; the breaker is open.
void break_open(lane& l, engine_time now = 0) {
  fill(l, 1'001, 1'005, now);
  for (const auto& q : l.next(now))
    l.answered(q.delivery, failed(life / 2), now, even);
  ASSERT_TRUE(l.breaker_open(false));
}

TEST(LaneSlots, MessagesLeaveTwoToCalls) {
  lane l({.in_flight_max = 5});
  fill(l, 1, 10);
  EXPECT_EQ(l.next(0).size(), 3U);
  for (std::uint64_t n = 11; n <= 13; ++n)
    l.submit(call(n), 0);
  EXPECT_EQ(numbers(l.next(0)), (numbered{11, 12}));
  EXPECT_EQ(l.in_flight(), 5U);
}

TEST(LaneSlots, CallsMayUseAll) {
  lane l({.in_flight_max = 5});
  for (std::uint64_t n = 1; n <= 6; ++n)
    l.submit(call(n), 0);
  EXPECT_EQ(l.next(0).size(), 5U);
}

TEST(LaneSlots, AnAnswerFreesOne) {
  lane l({.in_flight_max = 3});
  fill(l, 1, 2);
  EXPECT_EQ(numbers(l.next(0)), numbered{1});
  EXPECT_TRUE(l.next(0).empty());
  l.answered(id_of(1), accepted(), 0, even);
  EXPECT_EQ(numbers(l.next(0)), numbered{2});
}

TEST(LaneSlots, AreAtLeastOneForMessagesBesideThoseForCalls) {
  lane l({.in_flight_max = 0});
  fill(l, 1, 2);
  EXPECT_EQ(l.next(0).size(), 1U);
}

TEST(LaneSlots, NextStartsNoMoreThanItIsAskedFor) {
  lane l({});
  fill(l, 1, 3);
  EXPECT_EQ(numbers(l.next(0, 2)), (numbered{1, 2}));
  EXPECT_EQ(numbers(l.next(0, 2)), numbered{3});
}

TEST(LaneBreaker, AnOpenOneLetsOneDeliveryThroughPerFirstWait) {
  lane l(no_jitter());
  break_open(l);
  fill(l, 1, 3);
  EXPECT_TRUE(l.next(4'999).empty());
  EXPECT_EQ(l.next_wake(1), 5'000);
  EXPECT_EQ(numbers(l.next(5'000)), numbered{3}) << "the newest: old ones may be for those who always fail";
  EXPECT_TRUE(l.next(9'999).empty());
  EXPECT_EQ(numbers(l.next(10'000)), numbered{2});
}

TEST(LaneBreaker, HoldsNoCallThatMessagesOpened) {
  lane l(no_jitter());
  break_open(l);
  fill(l, 1, 1);
  l.submit(call(2), 0);
  EXPECT_EQ(l.next_wake(1), 1);
  EXPECT_EQ(numbers(l.next(1)), numbered{2}) << "calls never wait behind messages";
  l.answered(id_of(2), accepted(), 2, even);
  EXPECT_FALSE(l.breaker_open(false)) << "it was the probe";
  EXPECT_EQ(numbers(l.next(2)), numbered{1});
}

TEST(LaneBreaker, OfCallsIsOpenedByCalls) {
  lane l(no_jitter());
  for (std::uint64_t n = 1; n <= 6; ++n)
    l.submit(call(n), 0);
  for (const auto& q : l.next(0, 5))
    l.answered(q.delivery, failed(life / 2), 0, even);
  EXPECT_TRUE(l.breaker_open(true));
  EXPECT_FALSE(l.breaker_open(false));
  EXPECT_TRUE(l.next(4'999).empty());
  EXPECT_EQ(numbers(l.next(5'000)), numbered{6});
}

TEST(LaneBreaker, WaitingForItIsNoAttempt) {
  lane l(no_jitter());
  break_open(l);
  fill(l, 1, 1);
  EXPECT_EQ(l.next(20'000).at(0).tries, 0U);
}

TEST(LaneBreaker, ASuccessLetsEverythingGo) {
  lane l(no_jitter());
  break_open(l);
  fill(l, 1, 3);
  l.next(5'000);
  l.answered(id_of(3), accepted(), 5'001, even);
  EXPECT_FALSE(l.breaker_open(false));
  EXPECT_EQ(l.next(5'001).size(), 2U);
}

TEST(LaneBreaker, ARefusalByTheEndpointShowsThatItIsUp) {
  lane l(no_jitter());
  break_open(l);
  fill(l, 1, 1);
  l.next(5'000);
  l.answered(id_of(1), {outcome::verdict::gone, reason::endpoint_gone, 410, "", {}, false}, 5'001, even);
  EXPECT_FALSE(l.breaker_open(false));
}

TEST(LaneBreaker, AWithdrawnProbeMakesRoomForAnother) {
  lane l(no_jitter());
  break_open(l);
  fill(l, 1, 2);
  l.next(5'000);
  EXPECT_EQ(l.withdrawn(id_of(2), 5'001)->delivery, id_of(2));
  EXPECT_EQ(numbers(l.next(5'001)), numbered{1});
}

TEST(LaneBreaker, AProbeThatAskedNobodyMakesRoomForAnother) {
  lane l(no_jitter());
  break_open(l);
  fill(l, 1, 2);
  l.next(5'000);
  l.answered(id_of(2), {outcome::verdict::refused, reason::refused_address, 0, "", {}, false}, 5'001, even);
  EXPECT_TRUE(l.breaker_open(false));
  EXPECT_EQ(numbers(l.next(5'001)), numbered{1});
}

TEST(LaneBreaker, AResetClosesIt) {
  lane l(no_jitter());
  break_open(l);
  fill(l, 1, 2);
  l.reset();
  EXPECT_EQ(l.next(0).size(), 2U);
}

TEST(LaneHold, RetryAfterOfTheEndpointHoldsAllCallsIncluded) {
  lane l(no_jitter());
  fill(l, 1, 1);
  l.next(0);
  l.answered(id_of(1), throttled(30'000), 0, even);
  fill(l, 2, 2);
  l.submit(call(3), 0);
  EXPECT_TRUE(l.next(29'999).empty());
  EXPECT_EQ(l.next_wake(0), 30'000);
  EXPECT_EQ(l.next(30'000).size(), 3U);
}

TEST(LaneHold, RetryAfterOfTheEndpointHoldsADayAtMost) {
  lane l(no_jitter());
  fill(l, 1, 1);
  l.next(0);
  l.answered(id_of(1), throttled(10 * retry_after_max), 0, even);
  l.submit(item(2, "b", kind::new_message, 10 * retry_after_max), 0);
  EXPECT_TRUE(l.next(retry_after_max - 1).empty());
  EXPECT_EQ(numbers(l.next(retry_after_max)), numbered{2});
}

TEST(LaneHold, AThrottleWithoutRetryAfterHoldsMessagesForTheFirstWait) {
  lane l(no_jitter());
  fill(l, 1, 1);
  l.next(0);
  l.answered(id_of(1), throttled(), 0, even);
  fill(l, 2, 2);
  l.submit(call(3), 0);
  EXPECT_EQ(numbers(l.next(0)), numbered{3});
  EXPECT_TRUE(l.next(4'999).empty());
  EXPECT_EQ(l.next(5'000).size(), 2U);
}

TEST(LaneHold, RetryAfterOfOneDeliveryHoldsOnlyThat) {
  lane l(no_jitter());
  fill(l, 1, 2);
  l.next(0, 1);
  EXPECT_EQ(l.answered(id_of(1), failed(30'000), 0, even)->at, 30'000);
  EXPECT_EQ(numbers(l.next(0)), numbered{2});
}

TEST(LaneHold, AHoldFromOutsideIsLiftedByAReset) {
  lane l({});
  fill(l, 1, 1);
  l.hold(300'000, 0, false);
  EXPECT_TRUE(l.next(299'999).empty());
  l.reset();
  EXPECT_EQ(l.next(0).size(), 1U);
}

TEST(LaneHold, AfterOneThatProbesOneStartsUntilItGetsAnAnswer) {
  lane l({});
  fill(l, 1, 3);
  l.submit(call(4), 0);
  EXPECT_TRUE(l.hold(300'000, 0, true));
  EXPECT_FALSE(l.hold(300'000, 1, true)) << "it was held";
  EXPECT_EQ(numbers(l.next(300'000)), numbered{4});
  EXPECT_TRUE(l.next(300'000).empty());
  EXPECT_EQ(l.next_wake(300'000), 86'400'000) << "when their life is over";
  l.postpone(id_of(4), 300'001, 300'001);
  EXPECT_TRUE(l.hold(600'000, 300'001, true));
  l.reset();
  EXPECT_EQ(numbers(l.next(300'001)), numbered{4}) << "it is not known yet whether anything is taken";
  l.answered(id_of(4), accepted(), 300'002, even);
  EXPECT_EQ(l.next(300'002).size(), 3U);
}

TEST(LaneBudget, MessagesOfAllLanesStayWithinIt) {
  in_flight_budget b(4);
  lane x({}, &b), y({}, &b);
  fill(x, 1, 3);
  fill(y, 4, 8);
  EXPECT_EQ(x.next(0).size(), 3U);
  EXPECT_EQ(y.next(0).size(), 1U);
  EXPECT_TRUE(y.starved());
  x.answered(id_of(1), accepted(), 0, even);
  EXPECT_EQ(y.next(0).size(), 1U);
}

TEST(LaneBudget, ASpentOneStillGivesEveryLaneItsFirst) {
  in_flight_budget b(3);
  lane x({}, &b), y({}, &b);
  fill(x, 1, 3);
  x.next(0);
  fill(y, 4, 5);
  EXPECT_EQ(y.next(0).size(), 1U);
  EXPECT_EQ(b.used(), 4U);
}

TEST(LaneBudget, ASpentOneStopsNoCall) {
  in_flight_budget b(1);
  lane x({}, &b);
  fill(x, 1, 2);
  x.next(0);
  x.submit(call(3), 0);
  x.submit(call(4), 0);
  EXPECT_EQ(x.next(0).size(), 2U);
}

TEST(LaneBudget, ALaneThatGoesGivesItsSlotsBack) {
  in_flight_budget b(3);
  {
    lane x({}, &b);
    fill(x, 1, 2);
    x.next(0);
    EXPECT_EQ(b.used(), 2U);
  }
  EXPECT_EQ(b.used(), 0U);
}

TEST(Retries, HaveHalfOfTheSlotsAndTurnsWithFirstAttempts) {
  auto o = no_jitter();
  o.in_flight_max = 10;
  lane l(o);
  for (std::uint64_t i = 1; i <= 6; ++i) {
    l.submit(message(i), 0);
    l.next(0);
    l.answered(id_of(i), i % 3 == 0 ? accepted() : failed(), 0, even);
  }
  for (std::uint64_t i = 11; i <= 30; ++i)
    l.submit(message(i), 0);
  // Both kinds are due: they take turns until the retries have their half.
  EXPECT_EQ(numbers(l.next(6'000)), (numbered{1, 11, 2, 12, 4, 13, 5, 14}));
}

TEST(Retries, ThatFindNoRoomGoToDisk) {
  auto o = no_jitter();
  o.retries_max = 2;
  lane l(o);
  std::vector<std::optional<queued>> parked;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    l.submit(message(i), static_cast<engine_time>(i));
    l.next(static_cast<engine_time>(i));
    parked.push_back(l.answered(id_of(i), failed(), static_cast<engine_time>(i), even)->parked);
  }
  EXPECT_FALSE(parked[0] || parked[1]);
  ASSERT_TRUE(parked[2] && parked[3]);
  EXPECT_EQ(number_of(parked[2]->delivery), 3U) << "the one that is due last";
  EXPECT_EQ(l.depth(), 2U);
}

TEST(FullLane, HandsOldFirstAttemptsToTheDiskWhileSomeFail) {
  auto o = no_jitter();
  o.queue_max = 9;
  // No retry makes room.
  o.park_after = life;
  lane l(o);
  break_open(l);
  fill(l, 1, 4);
  auto r = l.submit(message(9), 0);
  EXPECT_EQ(r.what, said::accepted);
  ASSERT_TRUE(r.parked);
  EXPECT_EQ(number_of(r.parked->delivery), 1U);
  EXPECT_EQ(numbers(l.next(5'000)), numbered{9});
  lane calm(o);
  fill(calm, 1, 9);
  EXPECT_EQ(calm.submit(message(10), 0).what, said::refused);
}

TEST(Delayed, ThatFindNoRoomGoToDiskAndKeepNobodyOut) {
  auto o = no_jitter();
  o.delayed_max = 2;
  lane l(o);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    auto q = message(i);
    q.due = 60'000;
    EXPECT_EQ(l.submit(q, 0).what, i <= 2 ? said::accepted : said::refused);
  }
  EXPECT_EQ(l.submit(item(4, "b", kind::inbound_request), 0).what, said::accepted);
  EXPECT_EQ(numbers(l.next(0)), numbered{4});
}

TEST(KeptConnection, ThatWasLostIsTriedAgainAtOnceAndOnce) {
  lane l(no_jitter());
  auto lost = failed();
  lost.kept_connection_lost = true;
  l.submit(message(1), 0);
  l.next(0);
  auto d = l.answered(id_of(1), lost, 100, even);
  ASSERT_TRUE(d);
  EXPECT_EQ(d->at, 100) << "at once";
  auto again = l.next(100);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_TRUE(again[0].fresh_connection);
  EXPECT_EQ(again[0].tries, 1U) << "it was an attempt";
  EXPECT_EQ(l.answered(id_of(1), lost, 200, even)->at, 5'200) << "the first wait of the schedule";
}

/// `n` retries, all due at 5,000, while the breaker is closed.
void fail_many(lane& l, std::uint64_t n) {
  for (std::uint64_t i = 1; i <= n; ++i) {
    l.submit(message(i), 0);
    l.next(0);
    l.answered(id_of(i), failed(), 0, even);
    l.submit(message(10'000 + i), 0);
    l.next(0);
    l.answered(id_of(10'000 + i), {outcome::verdict::gone, reason::endpoint_gone, 404, "", {}, false}, 0, even);
  }
}

TEST(RetryBudget, PutsOffWhatNoSuccessPaidForByTheFirstWaitAtMost) {
  auto o = no_jitter();
  o.in_flight_max = 64;
  lane l(o);
  fail_many(l, 20);
  // Three are free, ten tokens are there from the start.
  EXPECT_EQ(l.next(5'000).size(), 13U);
  EXPECT_EQ(l.counters().put_off, 7U);
  EXPECT_TRUE(l.next(9'999).empty());
  EXPECT_EQ(l.next(10'000).size(), 7U);
}

TEST(RetryBudget, EndsNoDelivery) {
  lane l(no_jitter());
  fail_many(l, 13);
  l.submit(item(14, "short", kind::new_message, 6'000), 0);
  l.next(0);
  l.answered(id_of(14), failed(), 0, even);
  EXPECT_EQ(l.next(5'000).size(), 13U);
  EXPECT_EQ(numbers(l.next(5'999)), numbered{14});
}

TEST(RetryBudget, OneFailingDeliveryKeepsItsSchedule) {
  lane l(no_jitter());
  l.submit(message(1), 0);
  engine_time at = 0;
  for (engine_time wait = 5'000; wait <= 405'000; wait *= 3) {
    ASSERT_EQ(l.next(at).size(), 1U);
    EXPECT_EQ(l.answered(id_of(1), failed(), at, even)->at, at + wait);
    at += wait;
  }
  EXPECT_EQ(l.counters().put_off, 0U);
}

TEST(RetryBudget, TenSuccessesPayForOneRetry) {
  retry_budget b;
  for (int i = 0; i < retry_budget::tokens_max; ++i)
    EXPECT_TRUE(b.take(3));
  EXPECT_FALSE(b.take(3));
  EXPECT_TRUE(b.take(2));
  for (int i = 0; i < 9; ++i)
    b.succeeded();
  EXPECT_FALSE(b.take(3));
  b.succeeded();
  EXPECT_TRUE(b.take(3));
  EXPECT_FALSE(b.take(3));
}

TEST(RetryBudget, CallsAreExempt) {
  lane l(no_jitter());
  for (std::uint64_t i = 1; i <= 20; ++i) {
    l.submit(call(i), 0);
    l.next(0);
    l.answered(id_of(i), failed(), 0, even);
    l.reset();
  }
  EXPECT_EQ(l.next(5'000).size(), 20U);
}

TEST(LaneWake, AnEmptyLaneNeedsNone) {
  lane l({});
  EXPECT_EQ(l.next_wake(0), std::nullopt);
}

TEST(LaneWake, NamesTheEarliestDueTime) {
  lane l({});
  auto q = message(1);
  q.due = 700;
  l.submit(q, 0);
  EXPECT_EQ(l.next_wake(0), 700);
  EXPECT_EQ(l.next_wake(800), 800);
  EXPECT_TRUE(l.next(699).empty());
  EXPECT_EQ(l.next(700).size(), 1U);
}

TEST(LaneWake, NamesTheEndOfALifeWhenNoSlotIsFree) {
  lane l({.in_flight_max = 3});
  fill(l, 1, 1);
  l.next(0);
  l.submit(item(2, "b", kind::new_message, 900), 0);
  EXPECT_EQ(l.next_wake(0), 900);
}

} // namespace
