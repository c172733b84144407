#include "belfry/io/apns/provider_token.hpp"
#include "belfry/io/crypto/encoding.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace belfry::io::apns {

namespace {

using nlohmann::json;
using advice = provider_token::advice;
constexpr millis start = 1'700'000'000'000;
constexpr millis minute = 60'000;

const crypto::p256_key& key() {
  static const auto k = crypto::p256_key::generate();
  return k;
}

provider_token token() {
  return {key(), "KEYID12345", "TEAMID1234"};
}

TEST(ProviderToken, IsSignedByTheKeyAndSaysWhoseItIs) {
  auto t = token();
  const auto text = t.authorization(start);
  ASSERT_TRUE(text.starts_with("bearer "));
  const auto dot = text.rfind('.');
  const auto middle = text.find('.');
  EXPECT_TRUE(
      crypto::verify_es256(key().point(), text.substr(7, dot - 7), *crypto::base64url_decode(text.substr(dot + 1))));
  const auto head = json::parse(*crypto::base64url_decode(text.substr(7, middle - 7)));
  const auto claims = json::parse(*crypto::base64url_decode(text.substr(middle + 1, dot - middle - 1)));
  EXPECT_EQ(head, (json{{"alg", "ES256"}, {"kid", "KEYID12345"}}));
  EXPECT_EQ(claims, (json{{"iss", "TEAMID1234"}, {"iat", start / 1000}}));
}

TEST(ProviderToken, IsMadeAnewAfterFiftyMinutes) {
  auto t = token();
  const auto first = t.authorization(start);
  EXPECT_EQ(t.authorization(start + 49 * minute), first);
  const auto second = t.authorization(start + 50 * minute);
  EXPECT_NE(second, first);
  EXPECT_EQ(t.authorization(start + 60 * minute), second);
}

TEST(ProviderToken, IsMadeAnewAtApplesDemandButNotTwiceInTwentyMinutes) {
  auto t = token();
  const auto first = t.authorization(start);
  EXPECT_EQ(t.expired(first, start + 19 * minute), advice::wait);
  EXPECT_EQ(t.authorization(start + 19 * minute), first);
  EXPECT_EQ(t.expired(first, start + 20 * minute), advice::resend);
  const auto second = t.authorization(start + 20 * minute);
  EXPECT_NE(second, first);
  // Of the many that were refused with the old one, none makes another.
  EXPECT_EQ(t.expired(first, start + 21 * minute), advice::resend);
  EXPECT_EQ(t.authorization(start + 21 * minute), second);
}

TEST(ProviderToken, StaysWhenAppleSawTooMany) {
  auto t = token();
  const auto first = t.authorization(start);
  EXPECT_EQ(t.too_many(first, start + 49 * minute), advice::wait) << "there is none before it";
  EXPECT_EQ(t.authorization(start + 60 * minute), first);
  EXPECT_EQ(t.too_many(first, start + 49 * minute), advice::wait) << "however often: it is kept";
  EXPECT_EQ(t.expired(first, start + 60 * minute), advice::wait);
  EXPECT_NE(t.authorization(start + 69 * minute), first);
}

TEST(ProviderToken, GivesWayToTheOneBeforeItWhenAppleSawTooMany) {
  auto t = token();
  const auto first = t.authorization(start);
  const auto second = t.authorization(start + 50 * minute);
  EXPECT_EQ(t.too_many(second, start + 51 * minute), advice::resend);
  EXPECT_EQ(t.authorization(start + 51 * minute), first);
  EXPECT_EQ(t.too_many(second, start + 52 * minute), advice::resend) << "others were under way with it";
  EXPECT_EQ(t.authorization(start + 71 * minute), first) << "no other for twenty minutes";
  EXPECT_NE(t.authorization(start + 72 * minute), first);
}

TEST(ProviderToken, IsDoubtedWhenAppleKeepsCallingItExpired) {
  auto t = token();
  const auto first = t.authorization(start);
  EXPECT_EQ(t.expired(first, start + minute), advice::wait);
  t.accepted();
  EXPECT_EQ(t.expired(first, start + minute), advice::wait);
  EXPECT_EQ(t.expired(first, start + minute + 4'999), advice::wait) << "others were under way at that moment";
  EXPECT_EQ(t.expired(first, start + minute + 5'000), advice::stop);
  EXPECT_EQ(t.expired(first, start + 2 * minute), advice::stop);
  EXPECT_EQ(t.expired(first, start + 21 * minute), advice::resend);
}

TEST(ProviderToken, IsMadeAnewWhenTheClockWasSetBack) {
  auto t = token();
  const auto first = t.authorization(start);
  const auto earlier = t.authorization(start - 60 * minute);
  EXPECT_NE(earlier, first);
}

} // namespace

} // namespace belfry::io::apns
