#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/webhook/request.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

using namespace belfry::io::crypto;
using namespace belfry::io::webhooks;

TEST(StandardSignature, KeptSignersFollowTheSecret) {
  signers kept;
  for (const char* secret : {"first", "whsec_MDEyMzQ1Njc4OWFiY2RlZg==", "first"}) {
    for (int again = 0; again < 2; ++again) {
      auto& s = kept.current(secret);
      EXPECT_EQ(s.standard("id", 1, "body"), standard_signature(secret, "id", 1, "body"));
      EXPECT_EQ(s.sha256("body"), hex(hmac_sha256(secret, "body")));
      EXPECT_EQ(s.sha1("body"), hex(hmac_sha1(secret, "body")));
      EXPECT_EQ(kept.previous("old").standard("id", 1, "body"), standard_signature("old", "id", 1, "body"));
    }
  }
}

TEST(StandardSignature, GivesThePublishedExample) {
  EXPECT_EQ(standard_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                               R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(SigningKey, IsTheBase64BehindThePrefix) {
  EXPECT_EQ(signing_key("whsec_MDEyMzQ1Njc4OWFiY2RlZg=="), "0123456789abcdef");
  EXPECT_EQ(signing_key("whsec_MDEyMzQ1Njc4OWFiY2RlZg"), "0123456789abcdef");
}

TEST(SigningKey, IsTheBytesOfAnyOtherSecret) {
  for (auto secret : {"plain", "MDEyMzQ1Njc4OWFiY2RlZg==", "whsec_", "whsec_not base64!", "whsec_a", "WHSEC_MDEy"})
    EXPECT_EQ(signing_key(secret), secret);
}

TEST(Uuid, IsOfVersionFour) {
  EXPECT_EQ(make_uuid([] { return std::uint64_t{0}; }), "00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(make_uuid([] { return ~std::uint64_t{0}; }), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(Uuid, IsNewForEveryThrow) {
  std::mt19937_64 dice{1};
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    auto id = make_uuid(std::ref(dice));
    EXPECT_EQ(id.size(), 36u);
    for (auto at : {8u, 13u, 18u, 23u})
      EXPECT_EQ(id.at(at), '-') << id;
    EXPECT_EQ(id.at(14), '4') << id;
    EXPECT_NE(std::string{"89ab"}.find(id.at(19)), std::string::npos) << id;
    EXPECT_TRUE(seen.insert(id).second);
  }
}
