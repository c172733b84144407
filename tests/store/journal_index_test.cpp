#include "belfry/io/store/journal_index.hpp"

#include <gtest/gtest.h>

namespace belfry::io {

using list = std::vector<std::int64_t>;

TEST(JournalIndex, KeepsEntriesUntilTheyAreSuperseded) {
  journal_index x;
  x.apply({1, 10, true});
  x.apply({2, 11, true});
  x.apply({1, 12, true});
  EXPECT_EQ(x.entries(1), (list{10, 12}));
  x.apply({1, 10, false});
  EXPECT_EQ(x.entries(1), list{12});
  x.apply({1, 12, false});
  EXPECT_FALSE(x.has(1));
  EXPECT_EQ(x.conversations(), list{2});
}

TEST(JournalIndex, FindsDeadAndMixedSlices) {
  journal_index x;
  const auto size = journal_index::slice_size;
  x.apply({1, 1, true});
  x.apply({2, 2, true});
  x.apply({1, size, true});
  EXPECT_TRUE(x.dead_slices(9).empty());
  EXPECT_TRUE(x.mixed_slices(9).empty());
  x.apply({1, size, false});
  EXPECT_EQ(x.dead_slices(9), list{1});
  EXPECT_EQ(x.mixed_slices(9), list{0});
  x.apply({2, 2, false});
  EXPECT_EQ(x.dead_slices(9), (list{0, 1}));
  EXPECT_EQ(x.dead_slices(1), list{0});
  EXPECT_TRUE(x.mixed_slices(9).empty());
}

TEST(JournalIndex, TakesBackWhatWasNeverWritten) {
  journal_index x;
  x.apply({1, 1, true});
  x.apply({1, 1, false});
  EXPECT_EQ(x.superseded(), 1u);
  x.apply({1, 2, true});
  x.apply({2, 3, true});
  x.retract({2, 3, true});
  EXPECT_FALSE(x.has(2));
  EXPECT_EQ(x.mixed_slices(9), list{0});
  x.retract({1, 2, true});
  x.retract({1, 2, true});
  EXPECT_FALSE(x.has(1));
  EXPECT_EQ(x.dead_slices(9), list{0});
  x.erased(0);
  x.apply({1, 4, true});
  x.retract({1, 4, true});
  EXPECT_TRUE(x.dead_slices(9).empty());
  EXPECT_EQ(x.superseded(), 1u);
}

TEST(JournalIndex, FillsASliceAgainThatHadDied) {
  journal_index x;
  x.apply({1, 1, true});
  x.apply({1, 1, false});
  x.apply({1, 2, true});
  EXPECT_TRUE(x.dead_slices(9).empty());
  EXPECT_EQ(x.mixed_slices(9), list{0});
  x.erased(0);
  EXPECT_TRUE(x.mixed_slices(9).empty());
  EXPECT_TRUE(x.counts(1, 2));
  EXPECT_FALSE(x.counts(1, 1));
}

} // namespace belfry::io
