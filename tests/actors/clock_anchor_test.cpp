#include "belfry/actors/clock_anchor.hpp"

#include <gtest/gtest.h>

namespace belfry {
namespace {

constexpr millis hour = 3'600'000;
const clock_anchor then{{"boot-1", 500'000, 1'700'000'000'000}, 1'600'000'000'000};

TEST(ClockAnchor, IsReadAsItWasWritten) {
  auto a = decode_clock_anchor(encode(then));
  ASSERT_TRUE(a);
  EXPECT_EQ(a->engine, then.engine);
  EXPECT_EQ(a->clocks.wall, then.clocks.wall);
  EXPECT_EQ(a->clocks.since_boot, then.clocks.since_boot);
  EXPECT_EQ(a->clocks.boot, "boot-1");
}

TEST(ClockAnchor, RefusesWhatItDidNotWrite) {
  for (const auto* text :
       {"", "1", "1 2", "1 2 3", "1 2 3 x boot", "2 1 2 3 boot", "1 -2 3 4 boot", "1 2 3 99999999999999999999 b"})
    EXPECT_FALSE(decode_clock_anchor(text)) << text;
}

TEST(ClockAnchor, GoesOnWithTheTimeSinceBootWhateverTheWallClockShows) {
  for (auto step : {-2 * hour, millis{0}, 2 * hour})
    EXPECT_EQ(resume_engine_time(then, {"boot-1", 503'000, then.clocks.wall + step}), then.engine + 3'000);
}

TEST(ClockAnchor, GoesOnWithTheWallClockAfterAReboot) {
  EXPECT_EQ(resume_engine_time(then, {"boot-2", 10, then.clocks.wall + hour}), then.engine + hour);
}

TEST(ClockAnchor, NeverGoesBack) {
  EXPECT_EQ(resume_engine_time(then, {"boot-2", 10, then.clocks.wall - hour}), then.engine);
  EXPECT_EQ(resume_engine_time(then, {"boot-1", 10, then.clocks.wall}), then.engine);
}

TEST(ClockAnchor, BeginsWithTheWallClock) {
  EXPECT_EQ(resume_engine_time(std::nullopt, then.clocks), then.clocks.wall);
}

TEST(ClockAnchor, TrustsNoBootWithoutAName) {
  clock_anchor nameless{{"", 0, 1'000}, 1'000};
  EXPECT_EQ(resume_engine_time(nameless, {"", 0, 5'000}), 5'000);
}

TEST(ClockAnchor, DriftsWithTheWallClockSleepOrAnotherBoot) {
  auto later = then;
  later.engine += 5'000;
  later.clocks.wall += 5'000;
  later.clocks.since_boot += 5'000;
  EXPECT_FALSE(has_drifted(then, later));
  auto set = later;
  set.clocks.wall += 200;
  EXPECT_TRUE(has_drifted(then, set));
  auto slept = later;
  slept.clocks.wall += hour;
  slept.clocks.since_boot += hour;
  EXPECT_TRUE(has_drifted(then, slept));
  auto rebooted = later;
  rebooted.clocks.boot = "boot-2";
  EXPECT_TRUE(has_drifted(then, rebooted));
}

} // namespace
} // namespace belfry
