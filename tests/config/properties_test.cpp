#include "belfry/config/properties.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace belfry {

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

pairs read(std::string_view text) {
  pairs out;
  for (auto& p : read_properties(text).items)
    out.emplace_back(p.name, p.value);
  return out;
}

} // namespace

TEST(Properties, SplitAtEqualsColonOrBlank) {
  const pairs expected{{"a", "1"}};
  for (const auto* text : {"a=1", "a:1", "a 1", "a\t1", "a = 1", "  a  :  1", "a=1\n", "a=1\r\n", "a=1\r"})
    EXPECT_EQ(read(text), expected) << text;
}

TEST(Properties, KeepSeparatorsInsideTheValue) {
  EXPECT_EQ(read("a==1"), (pairs{{"a", "=1"}}));
  EXPECT_EQ(read("a = b = c"), (pairs{{"a", "b = c"}}));
  EXPECT_EQ(read("a\\=b=c"), (pairs{{"a=b", "c"}}));
  EXPECT_EQ(read("url=http://x:1"), (pairs{{"url", "http://x:1"}}));
}

TEST(Properties, KeepBlanksBehindTheValue) {
  EXPECT_EQ(read("a=1 "), (pairs{{"a", "1 "}}));
}

TEST(Properties, MayLackTheValue) {
  EXPECT_EQ(read("a\nb=\nc:"), (pairs{{"a", ""}, {"b", ""}, {"c", ""}}));
}

TEST(Properties, SkipCommentsAndBlankLines) {
  EXPECT_EQ(read("# one\n ! two\n\n \t\na=1\n#b=2\\\nc=3"), (pairs{{"a", "1"}, {"c", "3"}}));
}

TEST(Properties, GoOnBehindABackslashAtTheLineEnd) {
  EXPECT_EQ(read("a=1,\\\n   2,\\\r\n\t3\nb=4"), (pairs{{"a", "1,2,3"}, {"b", "4"}}));
  EXPECT_EQ(read("a=1\\\\\nb=2"), (pairs{{"a", "1\\"}, {"b", "2"}}));
  EXPECT_EQ(read("a=1\\"), (pairs{{"a", "1"}}));
}

TEST(Properties, TakeACommentInsideAContinuedLineAsText) {
  EXPECT_EQ(read("a=1\\\n#2"), (pairs{{"a", "1#2"}}));
}

TEST(Properties, ReadEscapes) {
  EXPECT_EQ(read("a=x\\ty\\nz\\qw\\\\"), (pairs{{"a", "x\ty\nzqw\\"}}));
  EXPECT_EQ(read("a=\\u00e9 \\u20AC \\uD83D\\uDE00"), (pairs{{"a", "\u00e9 \u20ac \U0001F600"}}));
  EXPECT_EQ(read("\\u0061=1"), (pairs{{"a", "1"}}));
}

TEST(Properties, ReplaceHalfAPair) {
  EXPECT_EQ(read("a=\\uD83Dx"), (pairs{{"a", "\uFFFDx"}}));
  EXPECT_EQ(read("a=\\uDE00"), (pairs{{"a", "\uFFFD"}}));
}

TEST(Properties, NameTheLineOfABrokenEscape) {
  const auto list = read_properties("a=1\\\n2\nb=\\u12g4\nc=\\u1\nd=4");
  EXPECT_EQ(list.errors.size(), 2U);
  ASSERT_FALSE(list.errors.empty());
  EXPECT_NE(list.errors[0].find("line 3"), std::string::npos) << list.errors[0];
  EXPECT_EQ(read("a=1\nb=\\u12g4\nd=4"), (pairs{{"a", "1"}, {"d", "4"}}));
}

TEST(Properties, ReadWhatIsNotUtf8AsLatin1) {
  EXPECT_EQ(read("a=\xE9"), (pairs{{"a", "\u00e9"}}));
  EXPECT_EQ(read("a=\xC3\xA9"), (pairs{{"a", "\u00e9"}}));
}

} // namespace belfry
