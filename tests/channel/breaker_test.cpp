#include "belfry/actors/channel/breaker.hpp"

#include <gtest/gtest.h>

using namespace belfry;

namespace {

breaker opened_at(engine_time now) {
  breaker b(5'000);
  for (std::size_t i = 0; i < breaker_failures_max; ++i)
    b.failed(now, i);
  return b;
}

TEST(Breaker, StaysClosedForFourFailuresInARow) {
  breaker b(5'000);
  for (std::size_t i = 0; i < 4; ++i)
    b.failed(0, i);
  EXPECT_FALSE(b.open());
  EXPECT_TRUE(b.may_start(0));
}

TEST(Breaker, OpensAtTheFifthFailureInARow) {
  EXPECT_TRUE(opened_at(0).open());
}

TEST(Breaker, ASuccessBreaksTheRow) {
  breaker b(5'000);
  for (std::size_t i = 0; i < 4; ++i)
    b.failed(0, i);
  b.succeeded(0);
  b.failed(0, 99);
  EXPECT_FALSE(b.open());
}

TEST(Breaker, JudgesNotByAFewRecipients) {
  breaker b(5'000);
  for (std::size_t i = 0; i < 1'000; ++i) {
    if (i % 99 == 0)
      b.succeeded(static_cast<engine_time>(i) * 100);
    b.failed(static_cast<engine_time>(i) * 100, i % 4);
    ASSERT_FALSE(b.open()) << i;
  }
}

TEST(Breaker, OpensWhenFewAreToldAndNothingOfAHundredWasTaken) {
  breaker b(5'000);
  for (std::size_t i = 0; i < breaker_window; ++i) {
    EXPECT_FALSE(b.open()) << i;
    b.failed(1, i % 4);
  }
  EXPECT_TRUE(b.open());
}

TEST(Breaker, StaysClosedWhileTheEndpointTakesOneOfAHundred) {
  breaker b(5'000);
  for (std::size_t i = 0; i < 10'000; ++i) {
    if (i % 100 == 0)
      b.succeeded(0);
    b.failed(0, i);
    ASSERT_FALSE(b.open() && i % 100 != 99) << i;
  }
}

TEST(Breaker, OpensWhenNothingWasTakenForAnInterval) {
  breaker b(5'000);
  b.succeeded(1'000);
  for (std::size_t i = 0; i < 20; ++i)
    b.failed(5'999, i);
  EXPECT_FALSE(b.open());
  b.failed(6'000, 3);
  EXPECT_TRUE(b.open());
}

TEST(Breaker, OpensWhenNothingOfAHundredWasTaken) {
  breaker b(5'000);
  b.succeeded(0);
  for (std::size_t i = 0; i < breaker_window; ++i) {
    EXPECT_FALSE(b.open()) << i;
    b.failed(1, i);
  }
  EXPECT_TRUE(b.open());
}

TEST(Breaker, LetsOneProbeThroughPerInterval) {
  auto b = opened_at(1'000);
  EXPECT_FALSE(b.may_start(5'999));
  EXPECT_EQ(b.may_start_at(1'500), 6'000);
  ASSERT_TRUE(b.may_start(6'000));
  EXPECT_TRUE(b.started(6'000));
  EXPECT_FALSE(b.may_start(10'999));
  EXPECT_TRUE(b.may_start(11'000));
}

TEST(Breaker, LateFailuresDoNotPutOffTheProbe) {
  auto b = opened_at(0);
  b.failed(4'999, 99);
  EXPECT_TRUE(b.may_start(5'000));
}

TEST(Breaker, ASuccessfulProbeCloses) {
  auto b = opened_at(0);
  b.started(5'000);
  b.succeeded(5'000);
  EXPECT_TRUE(b.may_start(5'001));
  EXPECT_FALSE(b.started(5'001));
}

TEST(Breaker, ALostProbeMakesRoomForAnother) {
  auto b = opened_at(0);
  b.started(5'000);
  b.probe_inconclusive(5'100);
  EXPECT_TRUE(b.may_start(5'100));
}

} // namespace
