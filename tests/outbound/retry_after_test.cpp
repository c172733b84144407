#include "belfry/io/outbound/retry_after.hpp"

#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::io;

namespace {

/// Sun, 06 Nov 1994 08:49:37 GMT.
constexpr millis example = 784111777000;

} // namespace

TEST(RetryAfter, IsSeconds) {
  EXPECT_EQ(parse_retry_after("0", 0), 0);
  EXPECT_EQ(parse_retry_after("120", 5), 120'000);
}

TEST(RetryAfter, IsADateInAnyOfTheThreeForms) {
  auto now = example - 90'000;
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), 90'000);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now), 90'000);
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:49:37 1994", now), 90'000);
}

TEST(RetryAfter, BlanksAroundItDoNotMatter) {
  EXPECT_EQ(parse_retry_after(" \t7 ", 0), 7'000);
  EXPECT_EQ(parse_retry_after("  Sun, 06 Nov 1994 08:49:37 GMT\t", example - 1), 1);
}

TEST(RetryAfter, APastDateIsNow) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", example), 0);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", example + 1'000'000), 0);
}

TEST(RetryAfter, IsAtMostADay) {
  EXPECT_EQ(parse_retry_after("86400", 0), retry_after_max);
  EXPECT_EQ(parse_retry_after("86401", 0), retry_after_max);
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", 0), retry_after_max);
  EXPECT_EQ(parse_retry_after("9223372036854775807", 0), retry_after_max);
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", example), retry_after_max);
}

TEST(RetryAfter, ATwoDigitYearIsNeverFarAhead) {
  constexpr millis in_2026 = 1'780'000'000'000;
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", in_2026), 0);
  EXPECT_EQ(parse_retry_after("Friday, 06-Nov-76 08:49:37 GMT", in_2026), retry_after_max);
}

TEST(RetryAfter, AnythingElseIsNothing) {
  for (auto text :
       {"", " ", "-5", "+5", "1.5", "soon", "5 seconds", "Sun, 06 Nov 1994", "Sun, 31 Feb 1995 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49:37 GMTx", "Sun, 00 Nov 1994 08:49:37 GMT"})
    EXPECT_EQ(parse_retry_after(text, 0), std::nullopt) << text;
  EXPECT_EQ(parse_retry_after(std::string(1000, '9'), 0), std::nullopt);
}
