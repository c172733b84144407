// SPEC 2 and 13: what exactly is answered where the OpenAPI document leaves a choice.
#include "fixture.hpp"

#include <nlohmann/json.hpp>

namespace belfry::test {
namespace {

using nlohmann::json;

constexpr auto read_event = R"({"type":"message.read","conversation":"c","person":"anna"})";

class Answers : public http_fixture {};

TEST_F(Answers, CountEventsOfAllThreeForms) {
  service.on_publish = [](std::vector<event> events) { return admission{events.size() - 1, 1, {}}; };
  start();
  std::string e = read_event;
  EXPECT_EQ(json::parse(post_events(e).body), json::parse(R"({"accepted":0,"duplicates":1})"));
  EXPECT_EQ(json::parse(post_events(" [" + e + "," + e + "]").body), json::parse(R"({"accepted":1,"duplicates":1})"));
  EXPECT_EQ(json::parse(post_events(e + "\n\n" + e + "\r\n" + e, "application/x-ndjson; charset=utf-8").body),
            json::parse(R"({"accepted":2,"duplicates":1})"));
}

TEST_F(Answers, ToAnEmptyArrayAreZerosWithoutTheEngine) {
  start();
  auto r = post_events(" [ ] ");
  EXPECT_EQ(r.status, 202);
  EXPECT_EQ(json::parse(r.body), json::parse(R"({"accepted":0,"duplicates":0})"));
  EXPECT_EQ(service.calls().size(), 0U);
}

TEST_F(Answers, PointIntoBatches) {
  start();
  auto r = post_events(std::string{"["} + read_event
                       + R"(,{"type":"message.sent","conversation":"c","message":{"id":"m"}}])");
  EXPECT_EQ(r.status, 400);
  auto problem = json::parse(r.body);
  EXPECT_EQ(problem["type"], "urn:belfry:bad_input");
  EXPECT_EQ(problem["errors"][0]["pointer"], "/1/message/sender");
}

TEST_F(Answers, ListWhatWasRefused) {
  auto all = false;
  service.on_publish = [&](std::vector<event>) {
    refused_event r{1, "/conversation", "has ended", refusal::conversation_ended};
    return admission{all ? 0U : 1U, 0, {r}};
  };
  start();
  auto list = "[" + std::string{read_event} + "," + read_event + "]";
  auto expected = json::parse(R"([{"pointer":"/1/conversation","detail":"has ended","reason":"conversation_ended"}])");
  auto some = post_events(list);
  EXPECT_EQ(some.status, 202);
  EXPECT_EQ(json::parse(some.body)["refused"], expected);
  all = true;
  auto none = post_events(list);
  EXPECT_EQ(none.status, 409);
  EXPECT_EQ(none.header("content-type"), "application/problem+json");
  EXPECT_EQ(json::parse(none.body)["errors"], expected);
}

TEST_F(Answers, HoldTheBoundsOfEventsAndNesting) {
  service.on_publish = [](std::vector<event> events) { return admission{events.size(), 0, {}}; };
  start();
  auto many = [](int n) {
    std::string out = "[";
    for (int i = 0; i < n; ++i)
      out += (i > 0 ? "," : "") + std::string{R"({"type":"presence.reset"})"};
    return out + "]";
  };
  EXPECT_EQ(post_events(many(10'000)).status, 202);
  EXPECT_EQ(post_events(many(10'001)).status, 413);
  EXPECT_EQ(post_events(std::string(65, '[') + std::string(65, ']')).status, 400);
}

TEST_F(Answers, NameTheMethodsThatARouteTakes) {
  start();
  auto r = ask("PATCH", "/v1/events");
  EXPECT_EQ(r.status, 405);
  EXPECT_EQ(r.header("allow"), "POST, OPTIONS");
  EXPECT_EQ(ask("BREW", "/healthz").status, 405);
  EXPECT_EQ(ask("OPTIONS", "/healthz").header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(ask("GET", "/v1/nothing").status, 404);
  EXPECT_EQ(ask("GET", "/healthz/").status, 404);
}

TEST_F(Answers, TakeJsonTypesOnly) {
  accept_all();
  start();
  for (auto good : {"application/json", "Application/JSON; charset=UTF-8", "application/vnd.x+json"})
    EXPECT_EQ(post_events(read_event, good).status, 202) << good;
  for (auto bad : {"text/json", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""})
    EXPECT_EQ(post_events(read_event, bad).status, 415) << bad;
  EXPECT_EQ(ask("PUT", "/v1/persons/a", {{"Content-Type", "application/x-ndjson"}}, "{}").status, 415);
  EXPECT_EQ(ask("POST", "/v1/events", {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}, "x").status,
            415);
}

TEST_F(Answers, AskToComeBackLater) {
  auto code = ec::overloaded;
  service.on_publish = [&](std::vector<event>) -> result<admission> { return belfry::error{code, "later", {}}; };
  start();
  auto busy = post_events(read_event);
  EXPECT_EQ(busy.status, 429);
  EXPECT_GE(std::stoi(busy.header("retry-after")), 1);
  EXPECT_EQ(json::parse(busy.body)["type"], "urn:belfry:overloaded");
  code = ec::store_unavailable;
  auto broken = post_events(read_event);
  EXPECT_EQ(broken.status, 503);
  EXPECT_GE(std::stoi(broken.header("retry-after")), 1);
  EXPECT_EQ(json::parse(broken.body)["type"], "urn:belfry:store_unavailable");
}

TEST_F(Answers, OfMetricsAreTheEnginesAndTheServersOwn) {
  start();
  ask("GET", "/v1/nothing");
  ask("GET", "/healthz");
  auto r = ask("GET", "/metrics");
  EXPECT_TRUE(r.header("content-type").starts_with("text/plain; version=0.0.4"));
  EXPECT_TRUE(r.body.starts_with("engine_metric 1\n"));
  EXPECT_NE(r.body.find("belfry_http_requests_total{route=\"none\",status=\"404\"} 1"), std::string::npos);
  EXPECT_NE(r.body.find("belfry_http_requests_total{route=\"/healthz\",status=\"200\"} 1"), std::string::npos);
}

} // namespace
} // namespace belfry::test
