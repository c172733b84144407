#include "belfry/io/web_push/encryption.hpp"

#include "belfry/io/crypto/aead.hpp"
#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"

#include <gtest/gtest.h>

#include <set>

namespace belfry::io::web_push {
namespace {

using crypto::base64url_decode;
using crypto::base64url_encode;
using crypto::p256_key;

// The example of RFC 8291, section 5.
constexpr auto receiver_public =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr auto receiver_auth = "BTBZMqHH6r4Tts7J_aSIgg";
constexpr auto sender_private = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
constexpr auto example_salt = "DGv6ra1nlYgDCS1FRnbzlw";
constexpr auto example_text = "When I grow up, I want to be a watermelon";
constexpr auto example_body = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_"
                              "c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
                              "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

subscription_keys example_keys() {
  return *read_keys(receiver_public, receiver_auth);
}

TEST(WebPushEncryption, MakesTheBodyOfTheRfcsExample) {
  auto body =
      encrypt(example_keys(), example_text, *p256_key::from_text(sender_private), *base64url_decode(example_salt));
  EXPECT_EQ(base64url_encode(body), example_body);
}

TEST(WebPushEncryption, UsesNoKeyAndNoSaltTwice) {
  auto keys = example_keys();
  std::set<std::string> salts, senders;
  for (int i = 0; i < 200; ++i) {
    auto body = encrypt(keys, "x");
    salts.insert(body.substr(0, 16));
    senders.insert(body.substr(21, 65));
  }
  EXPECT_EQ(salts.size(), 200U);
  EXPECT_EQ(senders.size(), 200U);
}

TEST(WebPushEncryption, HasAHeaderOf86BytesAndATagOf16) {
  EXPECT_EQ(encrypt(example_keys(), "").size(), header_size + 1 + 16);
  EXPECT_EQ(encrypt(example_keys(), std::string(plaintext_max, 'x')).size(), 4'096U);
}

TEST(WebPushKeys, AreTakenInEveryBase64ThatBrowsersAndHostsWrite) {
  constexpr auto padded = "BTBZMqHH6r4Tts7J_aSIgg==";
  std::string standard = receiver_public;
  for (auto& c : standard)
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  EXPECT_TRUE(read_keys(receiver_public, padded));
  EXPECT_TRUE(read_keys(standard, receiver_auth));
  standard += '=';
  EXPECT_TRUE(read_keys(standard, padded));
}

TEST(WebPushKeys, AreRefusedOffTheCurveOrInTheWrongSize) {
  auto point = *base64url_decode(receiver_public);
  auto off = point;
  off[64] = static_cast<char>(off[64] ^ 1);
  auto compressed = point;
  compressed[0] = 2;
  EXPECT_FALSE(read_keys(base64url_encode(off), receiver_auth));
  EXPECT_FALSE(read_keys(base64url_encode(compressed), receiver_auth));
  EXPECT_FALSE(read_keys(base64url_encode(point.substr(0, 64)), receiver_auth));
  EXPECT_FALSE(read_keys(base64url_encode(point + "x"), receiver_auth));
  EXPECT_FALSE(read_keys(base64url_encode(std::string(65, '\4')), receiver_auth));
  EXPECT_FALSE(read_keys(receiver_public, base64url_encode(std::string(15, 'a'))));
  EXPECT_FALSE(read_keys(receiver_public, base64url_encode(std::string(17, 'a'))));
  EXPECT_FALSE(read_keys("", ""));
  EXPECT_FALSE(read_keys("not base64!", receiver_auth));
}

TEST(WebPushKeys, OfTheServerAreReadAsScalarOrPem) {
  EXPECT_EQ(base64url_encode(p256_key::from_text(sender_private)->point()),
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
  EXPECT_FALSE(p256_key::from_text(""));
  EXPECT_FALSE(p256_key::from_text(base64url_encode(std::string(32, '\0'))));
  EXPECT_FALSE(p256_key::from_text(base64url_encode(std::string(32, '\xFF'))));
  EXPECT_FALSE(p256_key::from_text("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"));
}

TEST(AesGcm, OpensWhatItSealedAndNothingElse) {
  const std::string key(32, 'k'), iv(12, 'i');
  auto sealed = crypto::gcm_seal(key, iv, "sub-1", "hello");
  EXPECT_EQ(crypto::gcm_open(key, iv, "sub-1", sealed), "hello");
  EXPECT_FALSE(crypto::gcm_open(key, iv, "sub-2", sealed));
  EXPECT_FALSE(crypto::gcm_open(std::string(32, 'x'), iv, "sub-1", sealed));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto wrong = sealed;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    EXPECT_FALSE(crypto::gcm_open(key, iv, "sub-1", wrong)) << i;
  }
  EXPECT_FALSE(crypto::gcm_open(key, iv, "sub-1", "short"));
}

} // namespace
} // namespace belfry::io::web_push
