#include "belfry/io/web_push/vapid.hpp"

#include "belfry/io/crypto/encoding.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace belfry::io::web_push {
namespace {

using nlohmann::json;

constexpr millis now = 1'790'000'000'000;

vapid_signer signer() {
  return {crypto::p256_key::generate(), "mailto:ops@bank.test"};
}

/// The parts of "vapid t=<header>.<claims>.<signature>, k=<key>".
struct parts {
  std::string text, signature, key;
  json header, claims;
};

parts split(const std::string& authorization) {
  parts out;
  auto token = authorization.substr(8, authorization.find(", k=") - 8);
  out.key = authorization.substr(authorization.find(", k=") + 4);
  out.text = token.substr(0, token.rfind('.'));
  out.signature = *crypto::base64url_decode(token.substr(token.rfind('.') + 1));
  out.header = json::parse(*crypto::base64url_decode(out.text.substr(0, out.text.find('.'))));
  out.claims = json::parse(*crypto::base64url_decode(out.text.substr(out.text.find('.') + 1)));
  return out;
}

TEST(Vapid, SignsOriginExpiryAndSubject) {
  auto s = signer();
  auto p = split(s.authorization("https://push.test", now));
  EXPECT_EQ(p.header, (json{{"typ", "JWT"}, {"alg", "ES256"}}));
  EXPECT_EQ(p.claims["aud"], "https://push.test");
  EXPECT_EQ(p.claims["sub"], "mailto:ops@bank.test");
  EXPECT_EQ(p.claims["exp"], (now + vapid_signer::life) / 1000);
  EXPECT_EQ(p.key, s.public_key());
  EXPECT_TRUE(crypto::verify_es256(*crypto::base64url_decode(p.key), p.text, p.signature));
  EXPECT_FALSE(crypto::verify_es256(*crypto::base64url_decode(p.key), p.text + "x", p.signature));
}

TEST(Vapid, KeepsATokenPerOriginForHalfOfItsLife) {
  auto s = signer();
  auto first = s.authorization("https://a.test", now);
  EXPECT_EQ(s.authorization("https://a.test", now + vapid_signer::life / 2 - 1), first);
  EXPECT_NE(s.authorization("https://b.test", now), first);
  EXPECT_NE(s.authorization("https://a.test", now + vapid_signer::life / 2), first);
}

TEST(Vapid, MakesANewTokenWhenToldToForgetOrWhenTheClockWasSetBack) {
  auto s = signer();
  auto first = s.authorization("https://a.test", now);
  s.forget("https://a.test");
  auto second = s.authorization("https://a.test", now);
  EXPECT_NE(second, first);
  EXPECT_NE(s.authorization("https://a.test", now - 1), second);
}

TEST(VapidOrigin, HasThePortUnlessItIsTheDefaultOne) {
  EXPECT_EQ(origin_of("https://push.test/x?y"), "https://push.test");
  EXPECT_EQ(origin_of("https://push.test:443/x"), "https://push.test");
  EXPECT_EQ(origin_of("https://push.test:8443/x"), "https://push.test:8443");
  EXPECT_EQ(origin_of("https://[::1]:8443/x"), "https://[::1]:8443");
  EXPECT_EQ(origin_of("http://push.test:80/x"), "http://push.test");
  EXPECT_EQ(origin_of("ftp://push.test/x"), "");
  EXPECT_EQ(origin_of("nonsense"), "");
}

} // namespace
} // namespace belfry::io::web_push
