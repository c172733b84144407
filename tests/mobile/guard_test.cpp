#include "belfry/io/mobile/guard.hpp"

#include <gtest/gtest.h>

namespace belfry::io::mobile {

namespace {

using tokens = std::vector<std::string>;

TEST(DeletionGuard, GivesATokenUpWhenAnotherOneIsAccepted) {
  deletion_guard guard;
  EXPECT_FALSE(guard.refused("a"));
  EXPECT_FALSE(guard.refused("b"));
  EXPECT_EQ(guard.accepted(), (tokens{"a", "b"}));
  EXPECT_EQ(guard.accepted(), tokens{});
}

TEST(DeletionGuard, CountsATokenOnce) {
  deletion_guard guard;
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(guard.refused("a"));
  EXPECT_EQ(guard.accepted(), tokens{"a"});
}

TEST(DeletionGuard, BlamesTheConfigurationWhenTooManySeemBad) {
  deletion_guard guard;
  int alarms = 0;
  for (int i = 0; i < 100; ++i)
    alarms += guard.refused(std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(alarms, 1);
  EXPECT_TRUE(guard.alarmed());
  // The configuration was mended: nobody is deleted for what it did.
  EXPECT_EQ(guard.accepted(), tokens{});
  EXPECT_FALSE(guard.alarmed());
  EXPECT_FALSE(guard.refused("a"));
  EXPECT_EQ(guard.accepted(), tokens{"a"});
}

} // namespace

} // namespace belfry::io::mobile
