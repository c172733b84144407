#include "belfry/config/durations.hpp"

#include <gtest/gtest.h>

namespace belfry {

TEST(Durations, AreAWholeNumberWithAUnit) {
  EXPECT_EQ(parse_duration("1500ms"), 1500ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("0"), 0ms);
  EXPECT_EQ(parse_duration("0s"), 0ms);
}

TEST(Durations, RefuseAnythingElse) {
  for (const auto* text :
       {"", "10", "s", "1.5s", "-1s", "+1s", " 1s", "1 s", "1s ", "1S", "1w", "1h30m", "0x1s", "1e3ms"})
    EXPECT_FALSE(parse_duration(text)) << '"' << text << '"';
}

TEST(Durations, EndWhereTheLongestOneEnds) {
  EXPECT_EQ(parse_duration("3650d"), duration_max);
  EXPECT_FALSE(parse_duration("3651d"));
  EXPECT_EQ(parse_duration("315360000000ms"), duration_max);
  EXPECT_FALSE(parse_duration("315360000001ms"));
  EXPECT_FALSE(parse_duration("18446744073709551615ms"));
  EXPECT_FALSE(parse_duration("18446744073709551616ms"));
  EXPECT_FALSE(parse_duration("213503982335d"));
}

TEST(Durations, ArePrintedInTheLargestWholeUnit) {
  EXPECT_EQ(duration_text(0ms), "0");
  EXPECT_EQ(duration_text(1500ms), "1500ms");
  EXPECT_EQ(duration_text(60s), "1m");
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(36h), "36h");
  EXPECT_EQ(duration_text(48h), "2d");
}

TEST(Durations, ComeBackAsTheyWerePrinted) {
  for (const auto x : {duration{1}, duration{999}, duration{61'000}, duration{86'400'001}, duration_max})
    EXPECT_EQ(parse_duration(duration_text(x)), x);
}

} // namespace belfry
