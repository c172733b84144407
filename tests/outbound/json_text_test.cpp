#include "belfry/io/outbound/json_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

using namespace belfry::io;

namespace {

std::string written(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

} // namespace

TEST(JsonText, EscapesQuotesBackslashesAndControlCharacters) {
  EXPECT_EQ(written("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(written(std::string_view{"\0\x01\n\r\t\x1f\x7f", 7}), "\"\\u0000\\u0001\\n\\r\\t\\u001f\x7f\"");
}

TEST(JsonText, LeavesValidUtf8AsItIs) {
  for (auto text : {"Gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf",
                    "\xed\x9f\xbf\xee\x80\x80"})
    EXPECT_EQ(written(text), '"' + std::string{text} + '"');
}

TEST(JsonText, ReplacesWhatIsNotUtf8) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(written("a\x80z"), "\"a" + bad + "z\"");
  EXPECT_EQ(written("\xc0\xaf"), '"' + bad + bad + '"');
  EXPECT_EQ(written("\xed\xa0\x80"), '"' + bad + bad + bad + '"');
  EXPECT_EQ(written("\xf4\x90\x80\x80"), '"' + bad + bad + bad + bad + '"');
  EXPECT_EQ(written("\xe2\x82"), '"' + bad + bad + '"');
  EXPECT_EQ(written("\xff\""), '"' + bad + "\\\"\"");
}

TEST(JsonText, AnyBytesReadBackAsValidJson) {
  auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice{seed};
  for (int round = 0; round < 2000; ++round) {
    std::string text(dice() % 24, '\0');
    for (auto& c : text)
      c = static_cast<char>(dice() % 4 == 0 ? dice() % 128 : dice() % 256);
    EXPECT_TRUE(nlohmann::json::accept(written(text))) << testing::PrintToString(text);
  }
}

TEST(JsonText, WritesMembersInTheOrderGiven) {
  json_text out{16};
  out.begin_object();
  out.member("s", "x");
  out.optional_member("absent", std::nullopt);
  out.member("i", std::int64_t{-9007199254740991});
  out.member("u", std::uint64_t{18446744073709551615ULL});
  out.raw_member("r", "[1]");
  out.begin_object("o");
  out.end_object();
  out.begin_array("none");
  out.end_array();
  out.begin_array("two");
  out.element("a");
  out.element("b");
  out.end_array();
  out.end_object();
  EXPECT_EQ(out.take(),
            R"({"s":"x","i":-9007199254740991,"u":18446744073709551615,"r":[1],"o":{},"none":[],"two":["a","b"]})");
}
