#include "belfry/io/mobile/guard.hpp"

#include <gtest/gtest.h>

namespace belfry::io::mobile {

namespace {

using verdict = deletion_guard::verdict;

TEST(DeletionGuard, GivesATokenUpThatIsCalledBadAgainWhileOthersWork) {
  deletion_guard guard;
  EXPECT_EQ(guard.refused("a", "1"), verdict::keep);
  EXPECT_EQ(guard.refused("a", "2"), verdict::keep) << "nobody else was asked";
  guard.accepted("b", "3");
  EXPECT_EQ(guard.refused("a", "4"), verdict::give_up);
  EXPECT_EQ(guard.refused("a", "5"), verdict::keep) << "who comes back begins anew";
}

TEST(DeletionGuard, ForgetsWhatWasSaidOfATokenThatWorks) {
  deletion_guard guard;
  for (int outage = 0; outage < 10; ++outage) {
    for (const auto* token : {"a", "b", "c", "d"})
      EXPECT_EQ(guard.refused(token, "1"), verdict::keep) << outage << token;
    for (const auto* token : {"a", "b", "c", "d"})
      guard.accepted(token, "2");
  }
}

TEST(DeletionGuard, GivesNobodyUpWhileOthersAreCalledBad) {
  deletion_guard guard;
  EXPECT_EQ(guard.refused("a", "1"), verdict::keep);
  EXPECT_EQ(guard.refused("b", "1"), verdict::keep);
  guard.accepted("c", "2");
  EXPECT_EQ(guard.refused("c", "3"), verdict::keep) << "it begins again";
  EXPECT_EQ(guard.refused("a", "3"), verdict::keep);
  EXPECT_EQ(guard.refused("b", "3"), verdict::keep);
  guard.accepted("c", "4");
  EXPECT_EQ(guard.refused("a", "5"), verdict::give_up);
}

TEST(DeletionGuard, BlamesTheConfigurationWhenAllSeemBad) {
  deletion_guard guard;
  int alarms = 0;
  for (int i = 0; i < 100; ++i)
    alarms += guard.refused(std::to_string(i), "1") == verdict::alarm ? 1 : 0;
  EXPECT_EQ(alarms, 1);
  // The configuration was mended: nobody is deleted for what it did.
  guard.accepted("x", "2");
  EXPECT_EQ(guard.refused("1", "3"), verdict::keep);
  guard.accepted("x", "4");
  EXPECT_EQ(guard.refused("1", "5"), verdict::give_up);
}

TEST(DeletionGuard, BlamesTheConfigurationOfASmallAppToo) {
  deletion_guard guard;
  int alarms = 0;
  for (int i = 0; i < 10; ++i)
    alarms += guard.refused(i % 2 == 0 ? "a" : "b", "1") == verdict::alarm ? 1 : 0;
  EXPECT_EQ(alarms, 1);
}

TEST(DeletionGuard, TellsABadPayloadFromABadToken) {
  deletion_guard guard{2};
  EXPECT_EQ(guard.refused("a", "bad"), verdict::keep);
  guard.accepted("b", "good");
  EXPECT_EQ(guard.refused("a", "bad too"), verdict::keep) << "both may have been bad";
  guard.accepted("b", "bad too");
  EXPECT_EQ(guard.refused("a", "good"), verdict::give_up) << "what it refused others took";
  EXPECT_EQ(guard.refused("a", "1"), verdict::keep);
  guard.accepted("b", "2");
  EXPECT_EQ(guard.refused("a", "3"), verdict::keep);
  guard.accepted("b", "4");
  EXPECT_EQ(guard.refused("a", "5"), verdict::give_up) << "that much is no accident";
}

} // namespace

} // namespace belfry::io::mobile
