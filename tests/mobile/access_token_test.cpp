#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/fcm/access_token.hpp"

#include "belfry/tests/support/providers/key_pem.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace belfry::io::fcm {

namespace {

using nlohmann::json;
using step = access_token::step;
constexpr millis start = 1'700'000'000'000;
constexpr millis second = 1000;

json account_json() {
  return {{"type", "service_account"},
          {"project_id", "my-project"},
          {"private_key_id", "k1"},
          {"private_key", test::rsa_pem()},
          {"client_email", "push@my-project.iam.gserviceaccount.com"},
          {"token_uri", "https://oauth2.test/token"}};
}

http_answer token_answer(const std::string& token, int life = 3600) {
  http_answer out;
  out.status = 200;
  out.body = json{{"access_token", token}, {"expires_in", life}, {"token_type", "Bearer"}}.dump();
  return out;
}

http_answer trouble() {
  http_answer out;
  out.status = 500;
  return out;
}

TEST(ServiceAccount, NeedsAllOfItsParts) {
  const auto account = read_service_account(account_json().dump());
  ASSERT_TRUE(account);
  EXPECT_EQ(account->project_id, "my-project");
  for (auto name : {"private_key", "client_email", "token_uri"}) {
    auto broken = account_json();
    broken.erase(name);
    EXPECT_FALSE(read_service_account(broken.dump())) << name;
  }
  EXPECT_FALSE(read_service_account("no JSON"));
}

TEST(ServiceAccount, AsksForATokenByASignedAssertion) {
  const auto account = read_service_account(account_json().dump());
  const auto r = token_request(*account, start);
  EXPECT_EQ(r.url, "https://oauth2.test/token");
  const std::string before = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  ASSERT_TRUE(r.body.starts_with(before));
  const auto assertion = r.body.substr(before.size());
  const auto middle = assertion.find('.');
  const auto dot = assertion.rfind('.');
  EXPECT_TRUE(crypto::verify_rs256(account->key.public_pem(), assertion.substr(0, dot),
                                   *crypto::base64url_decode(assertion.substr(dot + 1))));
  const auto claims = json::parse(*crypto::base64url_decode(assertion.substr(middle + 1, dot - middle - 1)));
  EXPECT_EQ(claims, (json{{"iss", "push@my-project.iam.gserviceaccount.com"},
                          {"scope", "https://www.googleapis.com/auth/firebase.messaging"},
                          {"aud", "https://oauth2.test/token"},
                          {"iat", start / 1000},
                          {"exp", start / 1000 + 3600}}));
}

TEST(AccessToken, IsFetchedByOneForAll) {
  access_token t;
  EXPECT_EQ(t.next(start), step::fetch);
  EXPECT_EQ(t.next(start), step::wait);
  EXPECT_GT(t.ready_at(start), start);
  EXPECT_TRUE(t.fetched(token_answer("a"), start));
  EXPECT_EQ(t.next(start), step::use);
  EXPECT_EQ(t.authorization(), "Bearer a");
}

TEST(AccessToken, IsFetchedAnewBeforeItsEndWhileTheOldOneIsUsed) {
  access_token t;
  t.next(start);
  t.fetched(token_answer("a"), start);
  EXPECT_EQ(t.next(start + 3299 * second), step::use);
  EXPECT_EQ(t.next(start + 3300 * second), step::fetch);
  EXPECT_EQ(t.next(start + 3301 * second), step::use);
  EXPECT_FALSE(t.fetched(trouble(), start + 3302 * second));
  EXPECT_EQ(t.next(start + 3303 * second), step::use);
  EXPECT_EQ(t.next(start + 3310 * second), step::fetch);
  EXPECT_EQ(t.next(start + 3590 * second), step::wait);
}

TEST(AccessToken, IsNotAskedForTooOftenWhenThereIsNone) {
  access_token t;
  auto now = start;
  int asked = 0;
  for (; now < start + 3600 * second; now += second)
    if (t.next(now) == step::fetch) {
      ++asked;
      t.fetched(trouble(), now);
    }
  EXPECT_GE(asked, 10);
  EXPECT_LE(asked, 25);
}

TEST(AccessToken, IsFetchedAnewOnceWhenItIsRefused) {
  access_token t;
  t.next(start);
  t.fetched(token_answer("a"), start);
  EXPECT_TRUE(t.refused("Bearer a", start + second));
  EXPECT_EQ(t.next(start + second), step::fetch);
  t.fetched(token_answer("b"), start + second);
  // Of those who were refused with the old one, none fetches another.
  EXPECT_TRUE(t.refused("Bearer a", start + 2 * second));
  EXPECT_EQ(t.next(start + 2 * second), step::use);
  EXPECT_FALSE(t.refused("Bearer b", start + 3 * second));
}

TEST(AccessToken, IsFetchedAnewAgainWhenItWasGoodMeanwhile) {
  access_token t;
  t.next(start);
  t.fetched(token_answer("a"), start);
  EXPECT_TRUE(t.refused("Bearer a", start + second));
  t.next(start + second);
  t.fetched(token_answer("b"), start + second);
  t.accepted();
  const auto later = start + 3600 * second;
  t.next(later);
  t.fetched(token_answer("c"), later);
  EXPECT_TRUE(t.refused("Bearer c", later + 60 * second)) << "the first refusal was another matter";
}

TEST(AccessToken, ComesFromAnAnswerThatHasOne) {
  access_token t;
  t.next(start);
  for (auto body : {"", "[]", "{}", R"({"access_token":7})"}) {
    http_answer a;
    a.status = 200;
    a.body = body;
    EXPECT_FALSE(t.fetched(a, start)) << body;
  }
}

} // namespace

} // namespace belfry::io::fcm
