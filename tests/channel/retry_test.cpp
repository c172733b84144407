#include "belfry/actors/channel/retry.hpp"

#include <gtest/gtest.h>

using namespace belfry;

namespace {

const retry_policy plain{5'000, 3, 36'000'000, 0};
const retry_policy jittery{5'000, 3, 36'000'000, 0.2};

TEST(Retry, WaitsGrowByTheFactor) {
  EXPECT_EQ(retry_wait(plain, 1, {}, 0.5), 5'000);
  EXPECT_EQ(retry_wait(plain, 2, {}, 0.5), 15'000);
  EXPECT_EQ(retry_wait(plain, 3, {}, 0.5), 45'000);
  EXPECT_EQ(retry_wait(plain, 9, {}, 0.5), 32'805'000);
}

TEST(Retry, WaitsStopGrowingAtTheCap) {
  EXPECT_EQ(retry_wait(plain, 10, {}, 0.5), 36'000'000);
  EXPECT_EQ(retry_wait(plain, 4'000'000'000U, {}, 0.5), 36'000'000);
}

TEST(Retry, JitterMovesTheWaitBothWays) {
  EXPECT_EQ(retry_wait(jittery, 1, {}, 0.0), 4'000);
  EXPECT_EQ(retry_wait(jittery, 1, {}, 0.5), 5'000);
  EXPECT_EQ(retry_wait(jittery, 1, {}, 0.999999), 6'000);
}

TEST(Retry, HonoursRetryAfterAsALowerBound) {
  EXPECT_EQ(retry_wait(plain, 1, 4'999, 0.5), 5'000);
  EXPECT_EQ(retry_wait(plain, 1, 5'001, 0.5), 5'001);
  EXPECT_EQ(retry_wait(plain, 1, -7, 0.5), 5'000);
}

TEST(Retry, HonoursRetryAfterUpToADay) {
  EXPECT_EQ(retry_wait(plain, 1, retry_after_max, 0.5), 86'400'000);
  EXPECT_EQ(retry_wait(plain, 1, retry_after_max + 1, 0.5), 86'400'000);
}

} // namespace
