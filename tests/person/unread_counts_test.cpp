#include "belfry/actors/person/unread_counts.hpp"

#include <gtest/gtest.h>

namespace belfry::test {

namespace {

TEST(UnreadCounts, SumUpWhatWasSaidLastOfEachConversation) {
  unread_counts counts;
  counts.set("a", 3);
  counts.set("b", 4);
  EXPECT_EQ(counts.total(), 7U);
  counts.set("a", 1);
  EXPECT_EQ(counts.total(), 5U);
  counts.set("b", 0);
  counts.set("never said", 0);
  EXPECT_EQ(counts.total(), 1U);
  counts.clear();
  EXPECT_EQ(counts.total(), 0U);
}

} // namespace

} // namespace belfry::test
