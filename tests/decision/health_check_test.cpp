#include "belfry/actors/decision/health_check.hpp"

#include <gtest/gtest.h>

#include <map>

namespace belfry {

namespace {

constexpr health_times times{3'600'000, 30'000, 60'000};

web_push_subscription made(const std::string& id = "s") {
  web_push_subscription s;
  s.id = id;
  health_begins(s, 1'000'000, times);
  return s;
}

TEST(HealthCheck, WaitsForAnOpenPageAndTheRetryInterval) {
  auto s = made();
  EXPECT_EQ(s.state, subscription_state::unchecked);
  EXPECT_FALSE(health_due(s, false));
  EXPECT_EQ(health_due(s, true), 1'060'000);
}

TEST(HealthCheck, IsPassedByItsReport) {
  auto s = made();
  health_check_begins(s, "c1", 1'060'000, times);
  EXPECT_EQ(s.state, subscription_state::checking);
  EXPECT_FALSE(health_reported(s, "another", 1'061'000, 5, times));
  EXPECT_FALSE(health_reported(s, "", 1'061'000, 5, times));
  EXPECT_TRUE(health_reported(s, "c1", 1'061'000, 5, times));
  EXPECT_EQ(s.state, subscription_state::healthy);
  EXPECT_EQ(s.proven_at, 5);
  EXPECT_GT(s.next_at, 1'061'000 + times.interval * 8 / 10);
  EXPECT_LE(s.next_at, 1'061'000 + times.interval);
}

TEST(HealthCheck, IsMissedAfterItsTimeAndALateReportStillCounts) {
  auto s = made();
  health_check_begins(s, "c1", 1'060'000, times);
  auto deadline = *health_due(s, false);
  EXPECT_EQ(deadline, 1'060'000 + times.timeout + report_grace);
  EXPECT_FALSE(health_check_ends(s, deadline - 1, times));
  EXPECT_TRUE(health_check_ends(s, deadline, times));
  EXPECT_EQ(s.state, subscription_state::missed);
  EXPECT_EQ(health_due(s, true), deadline + times.retry);
  EXPECT_FALSE(health_check_ends(s, deadline, times));
  EXPECT_TRUE(health_reported(s, "c1", deadline + 10'000, 7, times));
  EXPECT_EQ(s.state, subscription_state::healthy);
}

TEST(HealthCheck, NeverComesToASubscriptionThatIsRenewed) {
  auto s = made();
  health_check_begins(s, "c1", 1'060'000, times);
  s.state = subscription_state::renewing;
  EXPECT_FALSE(health_due(s, true));
  EXPECT_FALSE(health_check_ends(s, 9'999'999, times));
  EXPECT_TRUE(health_reported(s, "c1", 1'070'000, 7, times));
  EXPECT_EQ(s.state, subscription_state::renewing);
  EXPECT_EQ(s.proven_at, 7);
}

TEST(HealthCheck, IsSpreadWhenAllComeToWorkAtOnce) {
  std::map<engine_time, int> begins;
  for (int i = 0; i < 1'000; ++i) {
    auto s = made("sub-" + std::to_string(i));
    health_page_opened(s, 99'000'000, times);
    ++begins[s.next_at];
    EXPECT_GE(s.next_at, 99'000'000);
    EXPECT_LE(s.next_at, 99'000'000 + 60'000);
  }
  for (const auto& [at, n] : begins)
    EXPECT_LT(n, 60) << at;
  auto early = made();
  health_page_opened(early, 1'000'001, times);
  EXPECT_EQ(early.next_at, 1'060'000) << "what is not overdue stays";
}

} // namespace

} // namespace belfry
