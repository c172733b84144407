#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/crypto/encoding.hpp"

#include <gtest/gtest.h>

using namespace belfry::io::crypto;

TEST(Digest, GivesTheExamplesOfFips180) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abc").size(), 32u);
}

TEST(Hmac, GivesTheExamplesOfRfc2202AndRfc4231) {
  EXPECT_EQ(hex(hmac_sha1("Jefe", "what do ya want for nothing?")), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex(hmac_sha1(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

TEST(Hmac, TakesAnEmptyKeyAndText) {
  EXPECT_EQ(hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hmac, AKeySignsManyTextsLikeAFreshOne) {
  for (const std::string& secret : {std::string{}, std::string{"Jefe"}, std::string(80, '\xaa')}) {
    hmac_key sha1{hash::sha1, secret}, sha256{hash::sha256, secret};
    for (const std::string& text : {std::string{}, std::string{"what do ya want"}, std::string(1000, 'x')}) {
      EXPECT_EQ(hex(sha1.sign({text})), hex(hmac_sha1(secret, text)));
      EXPECT_EQ(hex(sha256.sign({"id", ".", text})), hex(hmac_sha256(secret, "id." + text)));
    }
    auto moved = std::move(sha256);
    EXPECT_EQ(hex(moved.sign({})), hex(hmac_sha256(secret, {})));
  }
}

TEST(Base64, GivesTheExamplesOfRfc4648) {
  const std::pair<const char*, const char*> table[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (auto [plain, text] : table) {
    EXPECT_EQ(base64_encode(plain), text);
    EXPECT_EQ(base64_decode(text), plain);
  }
}

TEST(Base64, EveryLengthAndByteReadsBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    EXPECT_EQ(base64_decode(base64_encode(bytes, padding::without), padding::without), bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes, padding::with), padding::any), bytes);
    bytes.push_back(static_cast<char>(255 - i));
  }
}

TEST(Base64, TheTwoAlphabetsAreNotMixed) {
  std::string bytes = "\xfb\xff\xfe";
  EXPECT_EQ(base64_encode(bytes), "+//+");
  EXPECT_EQ(base64url_encode(bytes), "-__-");
  EXPECT_FALSE(base64_decode("-__-"));
  EXPECT_FALSE(base64url_decode("+//+"));
}

TEST(Base64, PaddingIsTheStatedOne) {
  EXPECT_FALSE(base64_decode("Zg"));
  EXPECT_FALSE(base64_decode("Zg="));
  EXPECT_FALSE(base64_decode("Zg==", padding::without));
  EXPECT_EQ(base64_decode("Zg==", padding::any), "f");
  EXPECT_EQ(base64_decode("Zg", padding::any), "f");
  EXPECT_FALSE(base64_decode("Zg=", padding::any));
  EXPECT_FALSE(base64_decode("Zm9v=", padding::any));
  EXPECT_FALSE(base64_decode("Zm9v====", padding::any));
  EXPECT_FALSE(base64_decode("====", padding::any));
}

TEST(Base64, RefusesWhatIsNotInTheAlphabet) {
  for (auto text : {"Zg==\n", " Zm9v", "Zm9v ", "Zm 9v", "Zm=v", "Z", "Zm9vY", "Zm9\xc3", "Zm9v\r\n"})
    EXPECT_FALSE(base64_decode(text, padding::any)) << text;
  EXPECT_FALSE(base64_decode(std::string_view{"Zm9\0", 4}, padding::any));
}

TEST(Base64, RefusesUnusedBitsThatAreNotZero) {
  EXPECT_EQ(base64_decode("Zg=="), "f");
  EXPECT_FALSE(base64_decode("Zh=="));
  EXPECT_FALSE(base64url_decode("Zm9"));
}

TEST(RandomBytes, AreOfTheLengthAskedForAndDiffer) {
  EXPECT_EQ(random_bytes(0), "");
  auto a = random_bytes(32), b = random_bytes(32);
  EXPECT_EQ(a.size(), 32u);
  EXPECT_NE(a, b);
}

TEST(Equal, ComparesContentAndLength) {
  EXPECT_TRUE(equal("", ""));
  EXPECT_TRUE(equal("abc", "abc"));
  EXPECT_FALSE(equal("abc", "abd"));
  EXPECT_FALSE(equal("abc", "abcd"));
  EXPECT_FALSE(equal("abc", ""));
}
