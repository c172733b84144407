#include "belfry/tests/support/providers/fault_plan.hpp"

#include <gtest/gtest.h>

#include <map>

namespace belfry::test {

namespace {

TEST(FaultPlan, DoesNothingWhenNothingIsAsked) {
  fault_plan plan;
  EXPECT_TRUE(plan.empty());
  for (std::uint64_t i = 0; i < 1000; ++i)
    EXPECT_EQ(plan.at(i), fault{});
}

TEST(FaultPlan, TheSameSeedGivesTheSameFaults) {
  fault_plan a{.seed = 7, .error = 0.2, .hang = 0.1, .delay = 0.2, .cut = 0.1};
  auto b = a;
  auto other = a;
  other.seed = 8;
  int different = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(a.at(i), b.at(i));
    different += a.at(i) == other.at(i) ? 0 : 1;
  }
  EXPECT_GT(different, 100);
}

TEST(FaultPlan, KeepsTheShares) {
  fault_plan plan{.seed = 42, .error = 0.3, .hang = 0.1, .delay = 0.2, .cut = 0.05};
  std::map<fault::what, int> seen;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    auto f = plan.at(i);
    ++seen[f.kind];
    EXPECT_LE(f.delay, plan.delay_max);
    EXPECT_EQ(f.kind == fault::what::error, f.status != 0);
  }
  EXPECT_NEAR(seen[fault::what::error], 6000, 400);
  EXPECT_NEAR(seen[fault::what::hang], 2000, 300);
  EXPECT_NEAR(seen[fault::what::delay], 4000, 350);
  EXPECT_NEAR(seen[fault::what::cut], 1000, 200);
}

TEST(FaultPlan, CertaintyIsCertain) {
  fault_plan plan{.seed = 1, .cut = 1};
  for (std::uint64_t i = 0; i < 1000; ++i)
    EXPECT_EQ(plan.at(i).kind, fault::what::cut);
}

} // namespace

} // namespace belfry::test
