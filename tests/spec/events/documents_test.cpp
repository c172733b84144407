// SPEC 2 and 13: the bodies of POST /v1/events as documents.
#include "belfry/tests/messages/samples.hpp"

#include <chrono>

namespace belfry {

using samples::pointers;
using samples::wrong;

namespace {

std::string many(std::size_t n, std::string_view one, std::string_view between) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out.append(i == 0 ? "" : between).append(one);
  return out;
}

/// A start whose unknown field nests arrays so that the whole document has `levels` levels.
std::string nested(std::size_t levels) {
  return R"({"type":"presence.reset","x":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
}

constexpr std::string_view reset = R"({"type":"presence.reset"})";

} // namespace

TEST(EventDocument, OfOneObjectIsNoBatch) {
  auto x = parse_events(reset, body_form::json);
  ASSERT_TRUE(x);
  EXPECT_FALSE(x->batch);
  EXPECT_EQ(x->events.size(), 1u);
}

TEST(EventDocument, MayBeAnEmptyArrayOrNoLine) {
  for (auto x : {parse_events(" [ ] ", body_form::json), parse_events("\n\n", body_form::ndjson),
                 parse_events("", body_form::ndjson)}) {
    ASSERT_TRUE(x);
    EXPECT_TRUE(x->batch);
    EXPECT_TRUE(x->events.empty());
  }
}

TEST(EventDocument, MustBeJson) {
  for (std::string bad : {"", " ", "x", "{", R"({"type")", "[{}", "{} {}", "{},", R"({'type':"presence.reset"})",
                          "// c\n{}", R"({"type":"presence.reset",})", "\"presence.reset\"", "7", "nul"})
    EXPECT_FALSE(parse_events(bad, body_form::json)) << bad;
  EXPECT_EQ(wrong("7"), pointers{""});
  EXPECT_EQ(wrong(R"({"type":"presence.reset","id":tru})"), pointers{"/id"});
  EXPECT_EQ(wrong("[" + std::string{reset} + ",{\"id\":}]"), pointers{"/1/id"});
}

TEST(EventDocument, NamesTheByteWhereItCeasesToBeJson) {
  EXPECT_NE(samples::sentence(R"({"type":?})", "/type").find("at byte 9:"), std::string::npos);
}

TEST(EventDocument, DoesNotRepeatWhatWasLast) {
  auto text = samples::sentence("{\"id\":\"secret-word\xff\"}", "/id");
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(text.find("secret-word"), std::string::npos);
}

TEST(EventDocument, MayHaveTenThousandEvents) {
  auto full = parse_events("[" + many(10'000, reset, ",") + "]", body_form::json);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->events.size(), 10'000u);
  auto beyond = parse_events("[" + many(10'001, reset, ",") + "]", body_form::json);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, ec::too_large);
  EXPECT_TRUE(parse_events(many(10'000, reset, "\n"), body_form::ndjson));
  auto lines = parse_events(many(10'001, reset, "\n"), body_form::ndjson);
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, ec::too_large);
}

TEST(EventDocument, MayNestSixtyFourLevels) {
  auto deep = parse_events(nested(64), body_form::json);
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().problems, (std::vector<problem>{{"/x", "is not a known field here"}}));
  auto deeper = parse_events(nested(65), body_form::json);
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().problems.front().detail, "is nested deeper than 64 levels");
  // The array of a batch is a level too.
  auto batch = parse_events("[" + nested(64) + "]", body_form::json);
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().problems.front().detail, "is nested deeper than 64 levels");
}

TEST(EventDocument, NestedAMillionLevelsDoesNoHarm) {
  EXPECT_FALSE(parse_events(std::string(1'000'000, '['), body_form::json));
  EXPECT_FALSE(parse_events(many(200'000, "{\"a\":", ""), body_form::json));
}

TEST(EventDocument, ReportsAtMostAHundredProblems) {
  EXPECT_EQ(wrong("[" + many(5'000, "{}", ",") + "]").size(), 100u);
  EXPECT_EQ(wrong(many(5'000, "{}", "\n"), body_form::ndjson).size(), 100u);
}

TEST(EventDocument, OfManyUnknownFieldsIsRefusedQuickly) {
  std::string body = R"({"type":"presence.reset")";
  for (int i = 0; i < 70'000; ++i)
    body += ",\"k" + std::to_string(i) + "\":null";
  auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(parse_events(body + "}", body_form::json));
  EXPECT_EQ(wrong(body + ",\"k7\":1}"), pointers{"/k7"});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{10});
}

} // namespace belfry
