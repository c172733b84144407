#include "belfry/messages/placement.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace belfry::test {

TEST(Placement, IsTheSameInEveryBuildAndProcess) {
  static_assert(place_of("") == 225);
  EXPECT_EQ(place_of("anna"), 147U);
  EXPECT_EQ(place_of("c1"), 28U);
  EXPECT_EQ(place_of("Zürich"), 219U);
}

TEST(Placement, SpreadsWhatDiffersLittle) {
  std::array<int, place_count> found{};
  for (int i = 0; i < 100'000; ++i)
    ++found.at(place_of("c" + std::to_string(i)));
  for (int n : found) {
    EXPECT_GT(n, 250);
    EXPECT_LT(n, 550);
  }
}

} // namespace belfry::test
