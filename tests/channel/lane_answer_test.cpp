// How deliveries end: answers, expiry, cancellation.
#include "belfry/tests/channel/lane_support.hpp"

#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::test;

namespace {

const lane::filter all = [](const queued&) { return true; };

/// A lane with delivery 1 in flight.
struct one_in_flight {
  explicit one_in_flight(engine_time expires = life) : l(no_jitter()) {
    l.submit(item(1, "ben", kind::read_message, expires), 0);
    l.next(0);
  }
  lane l;
};

TEST(LaneAnswer, AnAcceptedDeliveryIsDone) {
  one_in_flight x;
  auto d = x.l.answered(id_of(1), accepted(), 10, even);
  EXPECT_EQ(d->state, delivery_state::accepted);
  EXPECT_EQ(d->reason, reason::sent);
  EXPECT_EQ(d->item.tries, 1U);
  EXPECT_EQ(x.l.find(id_of(1)), nullptr);
}

TEST(LaneAnswer, ADeadAddressEndsTheDelivery) {
  one_in_flight x;
  auto d = x.l.answered(id_of(1), {outcome::verdict::gone, reason::endpoint_gone, 410, "", {}, false}, 10, even);
  EXPECT_EQ(d->state, delivery_state::address_gone);
  EXPECT_EQ(d->reason, reason::endpoint_gone);
}

TEST(LaneAnswer, ARefusalEndsTheDelivery) {
  one_in_flight x;
  auto d = x.l.answered(id_of(1), {outcome::verdict::refused, reason::refused_address, 0, "", {}, false}, 10, even);
  EXPECT_EQ(d->state, delivery_state::refused);
  EXPECT_EQ(d->reason, reason::refused_address);
}

TEST(LaneAnswer, ThatGivesUpEndsTheDelivery) {
  one_in_flight x;
  auto d = x.l.answered(id_of(1), {outcome::verdict::given_up, reason::provider_refused, 503, "", {}, false}, 10, even);
  EXPECT_EQ(d->state, delivery_state::given_up);
  EXPECT_EQ(d->reason, reason::provider_refused);
  EXPECT_EQ(x.l.find(id_of(1)), nullptr);
}

TEST(LaneAnswer, AFailureIsRetriedOnScheduleWithItsReason) {
  one_in_flight x;
  auto d = x.l.answered(id_of(1), failed(), 10, even);
  EXPECT_EQ(d->state, delivery_state::retrying);
  EXPECT_EQ(d->reason, reason::http_status);
  EXPECT_EQ(d->at, 5'010);
  EXPECT_TRUE(x.l.next(5'009).empty());
  EXPECT_EQ(x.l.next(5'010).at(0).tries, 1U);
}

TEST(LaneAnswer, ARetryPastTheLifeIsExpiredAtOnce) {
  one_in_flight x(5'010);
  auto d = x.l.answered(id_of(1), failed(), 10, even);
  EXPECT_EQ(d->state, delivery_state::expired);
  EXPECT_EQ(d->reason, reason::expired);
}

TEST(LaneAnswer, ARetryJustWithinTheLifeIsMade) {
  one_in_flight x(5'011);
  EXPECT_EQ(x.l.answered(id_of(1), failed(), 10, even)->state, delivery_state::retrying);
  EXPECT_EQ(x.l.next(5'010).size(), 1U);
}

TEST(LaneAnswer, OfSomethingNotInFlightIsIgnored) {
  lane l({});
  l.submit(message(1), 0);
  EXPECT_FALSE(l.answered(id_of(1), accepted(), 0, even));
  EXPECT_FALSE(l.answered(id_of(2), accepted(), 0, even));
  EXPECT_FALSE(l.postpone(id_of(1), 0, 0));
  EXPECT_FALSE(l.withdrawn(id_of(1), 0));
  EXPECT_EQ(l.depth(), 1U);
}

TEST(LaneAnswer, WhatIsPutBackCountsNoAttempt) {
  one_in_flight x;
  auto d = x.l.postpone(id_of(1), 40, 10);
  EXPECT_EQ(d->state, delivery_state::retrying);
  EXPECT_EQ(d->at, 40);
  EXPECT_TRUE(x.l.next(39).empty());
  EXPECT_EQ(x.l.next(40).at(0).tries, 0U);
}

TEST(LaneAnswer, WhatIsPutBackForLongTakesNoRoomOfOthers) {
  lane l({.queue_max = 20, .in_flight_max = 32, .delayed_max = 5});
  std::size_t parked = 0;
  for (std::uint64_t n = 1; n <= 40; ++n) {
    ASSERT_EQ(l.submit(message(n), 0).what, submission::verdict::accepted) << n;
    for (const auto& q : l.next(0)) {
      auto d = l.postpone(q.delivery, 60'000, 0);
      ASSERT_TRUE(d);
      parked += d->parked ? 1 : 0;
      if (d->parked) {
        EXPECT_EQ(d->parked->delivery, q.delivery);
        EXPECT_EQ(d->parked->due, 60'000);
      }
    }
  }
  EXPECT_EQ(parked, 35U) << "a busy phone keeps five places";
  EXPECT_EQ(l.depth(), 5U);
  EXPECT_EQ(l.next(60'000).size(), 5U);
  EXPECT_EQ(l.postpone(id_of(1), 60'500, 60'000)->parked, std::nullopt) << "a moment is not worth a way to the disk";
}

TEST(LaneAnswer, WhatIsPutBackStaysWithItsFollower) {
  lane l({.in_flight_max = 32, .delayed_max = 0});
  auto first = message(1), second = message(2);
  second.kind = kind::read_message;
  second.key = first.key;
  l.submit(first, 0);
  ASSERT_EQ(l.next(0).size(), 1U);
  l.submit(second, 0);
  EXPECT_EQ(l.postpone(id_of(1), 60'000, 0)->parked, std::nullopt) << "it would be overtaken";
  EXPECT_TRUE(l.next(59'999).empty());
  EXPECT_EQ(numbers(l.next(60'000)), numbered{1});
}

TEST(LaneAnswer, WhatIsWithdrawnLeavesItsKeyFree) {
  one_in_flight x;
  x.l.submit(item(2, "ben"), 0);
  EXPECT_TRUE(x.l.withdrawn(id_of(1), 0));
  EXPECT_EQ(numbers(x.l.next(0)), numbered{2});
}

TEST(LaneExpiry, TakesWhatIsAtTheEndOfItsLife) {
  lane l({});
  l.submit(item(1, "a", kind::incoming_call, 100), 0);
  l.submit(item(2, "b", kind::incoming_call, 101), 0);
  EXPECT_EQ(numbers(l.expire(100)), numbered{1});
  EXPECT_EQ(l.depth(), 1U);
}

TEST(LaneExpiry, NextStartsNothingPastItsLifeAndExpireStillReportsIt) {
  lane l({});
  l.submit(item(1, "a", kind::incoming_call, 100), 0);
  EXPECT_TRUE(l.next(100).empty());
  EXPECT_EQ(l.next_wake(100), 100);
  EXPECT_EQ(numbers(l.expire(100)), numbered{1});
  EXPECT_TRUE(l.expire(100).empty());
}

TEST(LaneExpiry, WhatIsInFlightIsLeftToItsAnswer) {
  one_in_flight x(100);
  EXPECT_TRUE(x.l.expire(200).empty());
  EXPECT_EQ(x.l.answered(id_of(1), accepted(), 200, even)->state, delivery_state::accepted);
}

TEST(LaneCancel, DropsWhatWaitsForThatPersonOnly) {
  lane l({});
  l.submit(item(1, "ben"), 0);
  l.submit(item(2, "eva"), 0);
  auto c = l.cancel("ben", all, reason::read_before_due);
  EXPECT_EQ(numbers(c.dropped), numbered{1});
  EXPECT_EQ(numbers(l.next(0)), numbered{2});
}

TEST(LaneCancel, AsksTheFilter) {
  lane l({});
  l.submit(item(1, "ben"), 0);
  l.submit(item(2, "ben", kind::inbound_request), 0);
  auto c = l.cancel(
      "ben", [](const queued& q) { return group_of(q.kind) == group::messages; }, reason::paused);
  EXPECT_EQ(numbers(c.dropped), numbered{1});
}

TEST(LaneCancel, StopsTheRetriesOfWhatIsInFlight) {
  one_in_flight x;
  auto c = x.l.cancel("ben", all, reason::deleted);
  EXPECT_TRUE(c.dropped.empty());
  EXPECT_EQ(c.in_flight, std::vector{id_of(1)});
  auto d = x.l.answered(id_of(1), failed(), 0, even);
  EXPECT_EQ(d->state, delivery_state::cancelled);
  EXPECT_EQ(d->reason, reason::deleted);
}

TEST(LaneCancel, AFinalAnswerStillCounts) {
  one_in_flight x;
  x.l.cancel(id_of(1), reason::deleted);
  EXPECT_EQ(x.l.answered(id_of(1), accepted(), 0, even)->state, delivery_state::accepted);
}

TEST(LaneCancel, OverAllPersonsEmptiesTheLane) {
  lane l(no_jitter());
  for (std::uint64_t n = 1; n <= 3; ++n)
    l.submit(message(n), 0);
  l.next(0, 1);
  auto c = l.cancel(all, reason::registration_inactive);
  EXPECT_EQ(numbers(c.dropped), (numbered{2, 3}));
  EXPECT_EQ(c.in_flight, std::vector{id_of(1)});
  EXPECT_EQ(l.depth(), 0U);
}

TEST(LaneCancel, TellsWhetherWhatItDropsHadLeft) {
  one_in_flight x;
  x.l.answered(id_of(1), failed(), 0, even);
  EXPECT_EQ(x.l.cancel(id_of(1), reason::taken_back).dropped.at(0).tries, 1U);
}

TEST(LaneCancel, LetsTheFollowerGo) {
  lane l({});
  l.submit(item(1, "ben", kind::incoming_call), 0);
  l.submit(item(2, "ben", kind::missed_call), 0);
  l.cancel(id_of(1), reason::taken_back);
  EXPECT_EQ(numbers(l.next(0)), numbered{2});
}

} // namespace
