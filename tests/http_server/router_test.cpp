#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/http_server/gate.hpp"
#include "belfry/io/http_server/handlers.hpp"
#include "belfry/io/http_server/target.hpp"

#include <gtest/gtest.h>

namespace belfry {
namespace {

using namespace io::http;

route_match find(std::string_view method, std::string_view path) {
  return find_route(parse_target(path)->segments, method);
}

TEST(Target, IsDecodedSegmentBySegment) {
  auto t = parse_target("/v1/persons/a%2Fb%20%C3%A4?x=1+2&y=%26");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->segments, (std::vector<std::string>{"v1", "persons", "a/b ä"}));
  EXPECT_EQ(t->query, (std::vector<std::pair<std::string, std::string>>{{"x", "1 2"}, {"y", "&"}}));
}

TEST(Target, RefusesBrokenEscapes) {
  for (auto text : {"/a%", "/a%4", "/a%zz", "/a?x=%f", "a", "", "*"})
    EXPECT_FALSE(parse_target(text)) << text;
  EXPECT_EQ(parse_target("/v1/persons/a%zz").error().problems.at(0).pointer, "/path");
  EXPECT_EQ(parse_target("/v1/persons?a=%zz").error().problems.at(0).pointer, "/query");
}

TEST(Target, TakesTheAbsoluteForm) {
  auto t = parse_target("http://example.org:80/healthz?x");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->authority, "example.org:80");
  EXPECT_EQ(t->segments, std::vector<std::string>{"healthz"});
}

TEST(Target, EncodesWhatItDecodes) {
  std::string all;
  for (int i = 0; i < 256; ++i)
    all.push_back(static_cast<char>(i));
  EXPECT_EQ(percent_decode(io::crypto::percent_encode(all), false), all);
}

TEST(Router, FindsEveryRouteOfItsTable) {
  for (const auto& r : all_routes()) {
    std::string path;
    for (auto c : r.pattern)
      path.push_back(c == '{' || c == '}' || c == '*' ? 'x' : c);
    auto m = find(r.method, path);
    ASSERT_NE(m.found, nullptr) << r.pattern;
    EXPECT_EQ(m.found->pattern, r.pattern);
  }
}

TEST(Router, GivesParametersInOrder) {
  auto m = find("PUT", "/v1/persons/a%20b/devices/d1");
  ASSERT_NE(m.found, nullptr);
  EXPECT_EQ(m.params, (std::vector<std::string>{"a b", "d1"}));
}

TEST(Router, TellsUnknownPathsFromUnknownMethods) {
  EXPECT_EQ(find("GET", "/v1/nothing").allow, "");
  EXPECT_EQ(find("PATCH", "/v1/webhooks/x").allow, "GET, HEAD, PUT, DELETE, OPTIONS");
  EXPECT_NE(find("HEAD", "/healthz").found, nullptr);
}

TEST(TraceQuery, TakesAllItsParameters) {
  auto q = parse_trace_query({{"person", "anna"},
                              {"conversation", "c"},
                              {"message", "m"},
                              {"kind", "missed_call"},
                              {"state", "NOT_SENT"},
                              {"limit", "500"},
                              {"cursor", "17"}});
  ASSERT_TRUE(q);
  EXPECT_EQ(q->person, "anna");
  EXPECT_EQ(q->conversation, "c");
  EXPECT_EQ(q->message, "m");
  EXPECT_EQ(q->kind, kind::missed_call);
  EXPECT_EQ(q->state, trace_state::not_sent);
  EXPECT_EQ(q->limit, 500U);
  EXPECT_EQ(q->before, 17U);
}

TEST(TraceQuery, NamesTheParameterAtFault) {
  using pairs = std::vector<std::pair<std::string, std::string>>;
  for (const auto& wrong :
       {pairs{{"limit", "0"}}, pairs{{"limit", "501"}}, pairs{{"limit", "x"}}, pairs{{"limit", ""}},
        pairs{{"limit", "-1"}}, pairs{{"kind", "x"}}, pairs{{"state", "done"}}, pairs{{"cursor", "x"}},
        pairs{{"person", ""}}, pairs{{"other", "1"}}, pairs{{"limit", "1"}, {"limit", "2"}}}) {
    auto q = parse_trace_query(wrong);
    ASSERT_FALSE(q) << wrong[0].first << "=" << wrong[0].second;
    EXPECT_EQ(q.error().code, ec::bad_input);
    ASSERT_EQ(q.error().problems.size(), 1U);
    EXPECT_EQ(q.error().problems[0].pointer, "/" + wrong[0].first);
  }
}

} // namespace
} // namespace belfry
