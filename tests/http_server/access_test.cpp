#include "jwt_maker.hpp"

#include "belfry/io/http_server/access.hpp"
#include "belfry/io/http_server/jwt.hpp"

#include <gtest/gtest.h>

namespace belfry {
namespace {

using namespace io::http;
using test::make_jwt;
using test::person_jwt;

constexpr millis now = 1'700'000'000'000;
const std::string key(32, 'k'), other_key(32, 'o');
const std::string hs256 = R"({"alg":"HS256"})";
const std::vector<secret> keys{{key}};

std::optional<person_id> verify(const std::string& token) {
  auto found = verify_person_token(token, keys, now);
  return found ? std::optional{found->person} : std::nullopt;
}

std::string claims(const std::string& exp, const std::string& more = R"(,"sub":"anna","aud":"belfry")") {
  return R"({"exp":)" + exp + more + "}";
}

TEST(PersonToken, NamesItsPerson) {
  EXPECT_EQ(verify(person_jwt("anna", key, now)), "anna");
}

TEST(PersonToken, IsTakenUnderEitherOfTwoKeys) {
  std::vector<secret> two{{other_key}, {key}};
  EXPECT_EQ(verify_person_token(person_jwt("anna", key, now), two, now)->person, "anna");
  EXPECT_EQ(verify_person_token(person_jwt("anna", other_key, now), two, now)->person, "anna");
}

TEST(PersonToken, IsRefusedUnderAnotherKey) {
  EXPECT_FALSE(verify(person_jwt("anna", other_key, now)));
}

TEST(PersonToken, IsRefusedWithAnotherAlgorithm) {
  for (auto header : {R"({"alg":"none"})", R"({"alg":"HS512"})", R"({"alg":"hs256"})", R"({"alg":["HS256"]})", "{}",
                      R"({"alg":"HS256","crit":["exp"]})", "[]"})
    EXPECT_FALSE(verify(make_jwt(header, claims("1700000100"), key))) << header;
  auto good = person_jwt("anna", key, now);
  EXPECT_FALSE(verify(good.substr(0, good.rfind('.') + 1)));
}

TEST(PersonToken, MayEndOneHourAheadAtMost) {
  EXPECT_TRUE(verify(person_jwt("anna", key, now, 3600)));
  EXPECT_FALSE(verify(person_jwt("anna", key, now, 3601)));
  EXPECT_TRUE(verify(person_jwt("anna", key, now, 1)));
  EXPECT_FALSE(verify(person_jwt("anna", key, now, 0)));
}

TEST(PersonToken, NeedsAllItsClaims) {
  auto rest = R"(,"sub":"anna","aud":"belfry")";
  EXPECT_TRUE(verify(make_jwt(hs256, claims("1700000100", rest), key)));
  EXPECT_FALSE(verify(make_jwt(hs256, R"({"sub":"anna","aud":"belfry"})", key)));
  EXPECT_FALSE(verify(make_jwt(hs256, claims(R"("1700000100")", rest), key)));
  EXPECT_FALSE(verify(make_jwt(hs256, claims("1700000100", R"(,"aud":"belfry")"), key)));
  EXPECT_FALSE(verify(make_jwt(hs256, claims("1700000100", R"(,"sub":"anna")"), key)));
  EXPECT_FALSE(verify(make_jwt(hs256, claims("1700000100", R"(,"sub":"anna","aud":"other")"), key)));
  EXPECT_FALSE(verify(make_jwt(hs256, claims("1700000100", R"(,"sub":"","aud":"belfry")"), key)));
  EXPECT_FALSE(verify(make_jwt(hs256, claims("1700000100", R"(,"sub":7,"aud":"belfry")"), key)));
  EXPECT_TRUE(verify(make_jwt(hs256, claims("1700000100", R"(,"sub":"anna","aud":["x","belfry"])"), key)));
}

TEST(PersonToken, IsRefusedBeforeItsTime) {
  EXPECT_FALSE(verify(make_jwt(hs256, claims("1700000100", R"(,"sub":"a","aud":"belfry","nbf":1700000050)"), key)));
  EXPECT_TRUE(verify(make_jwt(hs256, claims("1700000100", R"(,"sub":"a","aud":"belfry","nbf":1699999999)"), key)));
}

TEST(Bearer, IsTheTokenBehindTheScheme) {
  EXPECT_EQ(bearer("Bearer abc"), "abc");
  EXPECT_EQ(bearer("bearer  abc "), "abc");
  EXPECT_FALSE(bearer("Basic abc"));
  EXPECT_FALSE(bearer("Bearer"));
  EXPECT_FALSE(bearer("Bearer "));
}

TEST(Roles, MayDoWhatTheTableSays) {
  struct line {
    audience what;
    bool read, host, admin;
  };
  for (auto x : {line{audience::readers, true, true, true}, line{audience::hosts, false, true, true},
                 line{audience::admins, false, false, true}, line{audience::person_readers, true, true, true},
                 line{audience::person_writers, false, true, true}}) {
    EXPECT_EQ(may({token_role::read, {}}, x.what, "anna"), x.read);
    EXPECT_EQ(may({token_role::host, {}}, x.what, "anna"), x.host);
    EXPECT_EQ(may({token_role::admin, {}}, x.what, "anna"), x.admin);
  }
}

TEST(Roles, LetAPersonIntoTheirOwnRoutesOnly) {
  caller anna{std::nullopt, "anna"};
  EXPECT_TRUE(may(anna, audience::person_readers, "anna"));
  EXPECT_TRUE(may(anna, audience::person_writers, "anna"));
  EXPECT_FALSE(may(anna, audience::person_writers, "ben"));
  EXPECT_FALSE(may(anna, audience::readers, "anna"));
  EXPECT_FALSE(may(anna, audience::hosts, "anna"));
  EXPECT_FALSE(may(anna, audience::admins, ""));
}

TEST(LoopbackHost, IsKnownInAllItsForms) {
  for (auto host : {"localhost", "LOCALHOST:80", "127.0.0.1", "127.1.2.3:8080", "[::1]", "[::1]:8080"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
  for (auto host : {"", "example.org", "localhost.example.org", "127.0.0.1.example.org", "127.0.0", "128.0.0.1", "::1",
                    "[::2]", "[::1", "localhost:x", "localhost:99999", "127.0.0.256", "127.0.0.1.5", "0.0.0.0"})
    EXPECT_FALSE(is_loopback_host(host)) << host;
}

TEST(ForeignOrigin, IsNeitherOursNorAllowed) {
  EXPECT_FALSE(is_foreign_origin("", "localhost:1", false, {}));
  EXPECT_FALSE(is_foreign_origin("http://localhost:1", "localhost:1", false, {}));
  EXPECT_TRUE(is_foreign_origin("https://localhost:1", "localhost:1", false, {}));
  EXPECT_TRUE(is_foreign_origin("http://localhost:2", "localhost:1", false, {}));
  EXPECT_TRUE(is_foreign_origin("null", "localhost:1", false, {}));
  EXPECT_FALSE(is_foreign_origin("https://desk.example", "localhost:1", false, {"https://desk.example"}));
}

} // namespace
} // namespace belfry
