#include "belfry/actors/gateway/pace.hpp"

#include <gtest/gtest.h>

namespace belfry {
namespace {

using namespace std::chrono_literals;

TEST(CommitPace, LetsAFewThroughBeforeAnythingIsKnown) {
  EXPECT_EQ(commit_pace{}.capacity(5s), commit_pace::unknown_max);
}

TEST(CommitPace, LetsThroughHalfOfWhatTheDiskWroteInTheTime) {
  commit_pace p;
  p.begun(0s);
  p.finished(1'000, 1s);
  EXPECT_EQ(p.capacity(5s), 2'500U);
}

TEST(CommitPace, CountsNoTimeInWhichNothingWasInFlight) {
  commit_pace p;
  p.begun(0s);
  p.finished(1'000, 1s);
  p.begun(100s);
  p.finished(1'000, 101s);
  EXPECT_EQ(p.capacity(5s), 2'500U);
}

TEST(CommitPace, FollowsADiskThatSlowsDown) {
  commit_pace p;
  p.begun(0s);
  for (int i = 1; i <= 100; ++i)
    p.finished(1'000, i * 10ms);
  EXPECT_GT(p.capacity(5s), 200'000U);
  for (int i = 1; i <= 5; ++i)
    p.finished(100, 1s + i * 1s);
  EXPECT_LT(p.capacity(5s), 4'000U);
}

TEST(CommitPace, AlwaysLetsOneThrough) {
  commit_pace p;
  p.begun(0s);
  p.finished(1, 3'600s);
  EXPECT_EQ(p.capacity(5s), 1U);
}

} // namespace
} // namespace belfry
