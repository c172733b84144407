#include "belfry/io/mobile/shorten.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace belfry::io::mobile {

namespace {

/// Each is one character to a reader.
constexpr std::array<std::string_view, 8> clusters{
    "a",
    "\xc3\xa4",                                                                 // ä
    "e\xcc\x81",                                                                // e and a combining accent
    "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7", // a family
    "\xf0\x9f\x87\xa8\xf0\x9f\x87\xad",                                         // a flag
    "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",                                         // a thumb with a colour
    "\xe0\xa4\xa8\xe0\xa4\xbf",                                                 // a syllable of Devanagari
    "\xed\x95\x9c",                                                             // a syllable of Hangul
};

TEST(Shorten, LeavesWhatFits) {
  EXPECT_EQ(shorten("hello", 5), "hello");
  EXPECT_EQ(shorten("", 0), "");
}

TEST(Shorten, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(shorten("hello world", 9), "hello\xe2\x80\xa6");
  EXPECT_EQ(shorten("hello", 4), "h\xe2\x80\xa6");
  EXPECT_EQ(shorten("\xc3\xa4\xc3\xa4\xc3\xa4", 5), "\xc3\xa4\xe2\x80\xa6");
}

TEST(Shorten, IsEmptyWhenNotOneCharacterFits) {
  for (std::size_t n = 0; n < 4; ++n)
    EXPECT_EQ(shorten("hello", n), "") << n;
  EXPECT_EQ(shorten(clusters[3], clusters[3].size() - 1), "");
}

TEST(Shorten, NeverCutsIntoACharacter) {
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    std::string text;
    std::vector<std::size_t> ends{0};
    while (text.size() < 100) {
      text += clusters[random() % clusters.size()];
      // Two flags beside each other are told apart by counting from the front: a letter keeps that out of this test.
      text += "-";
      ends.push_back(text.size() - 1);
      ends.push_back(text.size());
    }
    const auto limit = 4 + random() % 90;
    const auto cut = shorten(text, limit);
    EXPECT_LE(cut.size(), limit);
    if (cut.empty())
      continue;
    ASSERT_TRUE(cut.ends_with("\xe2\x80\xa6"));
    const auto kept = cut.size() - 3;
    EXPECT_EQ(text.compare(0, kept, cut, 0, kept), 0);
    EXPECT_NE(std::find(ends.begin(), ends.end(), kept), ends.end()) << text << " cut at " << kept;
  }
}

TEST(Shorten, TakesWhatIsNoText) {
  const std::string bytes(50, '\xff');
  EXPECT_LE(shorten(bytes, 20).size(), 20U);
  EXPECT_LE(shorten("abc\xf0\x9f", 4).size(), 4U);
}

} // namespace

} // namespace belfry::io::mobile
