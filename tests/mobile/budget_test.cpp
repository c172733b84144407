#include "belfry/io/mobile/budget.hpp"

#include <gtest/gtest.h>

namespace belfry::io::mobile {

TEST(DeviceBudget, LetsABurstThroughAndThenOneAtATime) {
  device_budget b{{4, 1'000}, {100, 10}};
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(b.take("a", 50), 0) << i;
  EXPECT_EQ(b.take("a", 50), 1'000);
  EXPECT_EQ(b.take("a", 1'050), 0) << "asking costs nothing";
  EXPECT_EQ(b.take("a", 1'050), 1'000);
  EXPECT_EQ(b.take("b", 1'050), 0) << "another device has its own";
}

TEST(DeviceBudget, SpreadsThoseWhoMustWait) {
  device_budget b{{2, 1'000}, {100, 10}};
  EXPECT_EQ(b.take("a", 0), 0);
  EXPECT_EQ(b.take("a", 0), 0);
  for (millis i = 1; i <= 50; ++i)
    EXPECT_EQ(b.take("a", 0), i * 1'000);
  // Each comes back when it was told to, and is let through.
  for (millis i = 1; i <= 50; ++i)
    EXPECT_EQ(b.take("a", i * 1'000), 0) << i;
}

TEST(DeviceBudget, KeepsTheLongerLimitToo) {
  device_budget b{{2, 10}, {3, 1'000}};
  EXPECT_EQ(b.take("a", 0), 0);
  EXPECT_EQ(b.take("a", 0), 0);
  EXPECT_EQ(b.take("a", 100), 0);
  EXPECT_EQ(b.take("a", 200), 800);
}

TEST(DeviceBudget, IsThatOfTheProvider) {
  device_budget b;
  int at_once = 0, in_an_hour = 0;
  while (b.take("a", 0) == 0)
    ++at_once;
  EXPECT_EQ(at_once, 240);
  for (millis t = 0; t < 3'600'000; t += 100)
    in_an_hour += b.take("b", t) == 0 ? 1 : 0;
  EXPECT_GE(in_an_hour, 5'000);
  EXPECT_LE(in_an_hour, 10'000) << "what the bucket held, and an hour's worth";
}

TEST(DeviceBudget, IsBounded) {
  device_budget b;
  for (std::size_t i = 0; i < device_budget::devices_max + 10; ++i)
    b.take(std::to_string(i), static_cast<millis>(i));
  EXPECT_LE(b.devices(), device_budget::devices_max);
  EXPECT_GT(b.devices(), 0U);
}

} // namespace belfry::io::mobile
