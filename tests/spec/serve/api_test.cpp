#include "belfry/tests/support/server/serve_fixture.hpp"
#include "belfry/tests/support/server/stream_reader.hpp"

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

/// SPEC 13.
class Api : public serve_fixture {
protected:
  void problem(const http_answer& a, int status) {
    EXPECT_EQ(a.status, status) << a.body;
    EXPECT_EQ(a.header("content-type"), "application/problem+json");
    auto v = a.value();
    EXPECT_EQ(v.value("status", 0), status) << a.body;
    EXPECT_EQ(v.value("type", "").rfind("urn:belfry:", 0), 0U) << a.body;
    EXPECT_TRUE(v.contains("title"));
    EXPECT_TRUE(v.contains("detail"));
  }
};

/// The same with one token of each role.
class Tokens : public serve_fixture {
protected:
  Tokens() {
    // SHA-256 of "host", "read", "admin".
    set("http.tokens", R"([
      {"name":"h","role":"host","sha256":"4740ae6347b0172c01254ff55bae5aff5199f4446e7f6d643d40185b3f475145"},
      {"name":"a","role":"admin","sha256":"8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918"}])");
  }
};

} // namespace

TEST_F(Api, HealthReadinessAndMetrics) {
  serve();
  EXPECT_EQ(api_->get("/healthz").status, 200);
  EXPECT_EQ(api_->get("/readyz").status, 200);
  auto m = api_->get("/metrics");
  EXPECT_EQ(m.status, 200);
  EXPECT_NE(m.body.find("belfry_"), std::string::npos);
  EXPECT_EQ(m.header("content-type").rfind("text/plain", 0), 0U);
}

TEST_F(Api, WrongRoutesMethodsAndTypes) {
  serve();
  problem(api_->get("/v1/nothing"), 404);
  auto a = api_->send("PATCH", "/v1/events", "{}");
  problem(a, 405);
  EXPECT_NE(a.header("allow").find("POST"), std::string::npos);
  problem(api_->send("POST", "/v1/events", "{}", {{"Content-Type", "text/plain"}}), 415);
  problem(api_->send("PUT", "/v1/persons/x", "{}", {{"Content-Type", "text/plain"}}), 415);
  problem(api_->send("PUT", "/v1/persons/x", R"({"type":"AGENT","displayName":")" + std::string(1100000, 'x') + "\"}"),
          413);
  problem(api_->send("GET", "/v1/webhooks", "", {{"X-Long", std::string(17000, 'x')}}), 431);
  problem(api_->send("POST", "/v1/events", std::string(100, '[') + std::string(100, ']')), 400);
}

TEST_F(Api, WithoutTokensOnlyLoopbackPagesMayAsk) {
  serve();
  EXPECT_EQ(api_->send("GET", "/v1/webhooks", "", {{"Host", "evil.example"}}).status, 403);
  EXPECT_EQ(api_->send("GET", "/v1/webhooks", "", {{"Origin", "https://evil.example"}}).status, 403);
  EXPECT_EQ(api_->send("GET", "/metrics", "", {{"Host", "evil.example"}}).status, 403);
  EXPECT_EQ(api_->send("GET", "/v1/webhooks", "", {{"Host", "localhost"}}).status, 200);
}

TEST_F(Tokens, RolesMayWhatTheTableSays) {
  set("http.tokens", R"([
      {"name":"h","role":"host","sha256":"4740ae6347b0172c01254ff55bae5aff5199f4446e7f6d643d40185b3f475145"},
      {"name":"a","role":"admin","sha256":"8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918"}])");
  serve();
  auto as = [&](const std::string& token, const std::string& method, const std::string& path,
                const std::string& body = {}) {
    return api_->send(method, path, body, {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}})
        .status;
  };
  EXPECT_EQ(api_->get("/v1/webhooks").status, 401);
  EXPECT_EQ(as("wrong", "GET", "/v1/webhooks"), 401);
  EXPECT_EQ(api_->get("/healthz").status, 200);
  EXPECT_EQ(as("host", "POST", "/v1/events", "[]"), 202);
  EXPECT_EQ(as("host", "PUT", "/v1/persons/x", R"({"type":"AGENT"})"), 201);
  EXPECT_EQ(as("host", "GET", "/v1/webhooks"), 200);
  auto w = json{{"name", "n"}, {"endpoint", sink_.url()}, {"events", {"ping"}}}.dump();
  EXPECT_EQ(as("host", "POST", "/v1/webhooks", w), 403);
  EXPECT_EQ(as("admin", "POST", "/v1/webhooks", w), 201);
}

TEST_F(Api, Persons) {
  serve();
  auto profile =
      json{{"type", "VISITOR"}, {"displayName", "Ben"}, {"firstName", "B"},         {"lastName", "N"},
           {"username", "bn"},  {"nickname", "benny"},  {"email", "b@example.org"}, {"phone", "+41"},
           {"locale", "de-CH"}, {"sourceId", "crm-1"},  {"labels", {"vip", "zh"}},  {"metadata", {{"a", "b"}}}};
  auto with_id = profile;
  with_id["id"] = "ben";
  problem(api_->get("/v1/persons/ben"), 404);
  auto a = api_->put("/v1/persons/ben", profile);
  EXPECT_EQ(a.status, 201);
  EXPECT_EQ(a.value(), with_id);
  EXPECT_EQ(api_->put("/v1/persons/ben", profile).status, 200);
  EXPECT_EQ(api_->get("/v1/persons/ben").value(), with_id);
  EXPECT_EQ(api_->put("/v1/persons/ben", {{"type", "VISITOR"}}).status, 200);
  EXPECT_EQ(api_->get("/v1/persons/ben").value(), (json{{"id", "ben"}, {"type", "VISITOR"}}));
  problem(api_->put("/v1/persons/ben", json::object()), 400);
  problem(api_->put("/v1/persons/ben", {{"type", "KING"}}), 400);
  a = api_->put("/v1/persons/ben", {{"type", "AGENT"}, {"shoe", 44}});
  problem(a, 400);
  EXPECT_EQ(a.value()["errors"][0]["pointer"], "/shoe");
  EXPECT_EQ(api_->remove("/v1/persons/ben").status, 204);
  EXPECT_EQ(api_->remove("/v1/persons/ben").status, 204);
  problem(api_->get("/v1/persons/ben"), 404);
}

TEST_F(Api, Devices) {
  serve();
  EXPECT_EQ(api_->get("/v1/persons/nobody/devices").value(), (json{{"items", json::array()}}));
  EXPECT_EQ(api_->get("/v1/persons/nobody/notification-count").value(),
            (json{{"total", 0}, {"conversations", json::object()}}));
  auto a = api_->put("/v1/persons/ben/devices/d1", {{"platform", "ANDROID"}, {"pushToken", "tok"}});
  ASSERT_EQ(a.status, 201) << a.body;
  auto d = a.value();
  EXPECT_EQ(d["id"], "d1");
  EXPECT_EQ(d["app"], "default");
  EXPECT_EQ(d["platform"], "ANDROID");
  EXPECT_EQ(d["environment"], "PRODUCTION");
  EXPECT_EQ(d["messageVersion"], "NOT_ENCRYPTED");
  EXPECT_EQ(d["tokens"], json{"push"});
  EXPECT_TRUE(d["registeredAt"].is_number_integer());
  EXPECT_FALSE(d.contains("pushToken"));
  EXPECT_EQ(api_->put("/v1/persons/ben/devices/d1", {{"platform", "ANDROID"}, {"pushToken", "tok2"}}).status, 200);
  EXPECT_EQ(api_->get("/v1/persons/ben/devices").value()["items"].size(), 1U);
  EXPECT_EQ(api_->get("/v1/persons/ben/devices/d1").value()["id"], "d1");
  problem(api_->get("/v1/persons/ben/devices/d9"), 404);
  problem(api_->put("/v1/persons/ben/devices/d1", {{"platform", "PALM"}, {"pushToken", "t"}}), 400);
  // A token belongs to one device.
  EXPECT_EQ(api_->put("/v1/persons/ben/devices/d2", {{"platform", "ANDROID"}, {"pushToken", "tok2"}}).status, 201);
  EXPECT_EQ(api_->get("/v1/persons/ben/devices").value()["items"].size(), 1U);
  EXPECT_EQ(api_->get("/v1/persons/ben/devices/d1").status, 404);
  EXPECT_EQ(api_->remove("/v1/persons/ben/devices/d2").status, 204);
  EXPECT_EQ(api_->remove("/v1/persons/ben/devices/d2").status, 204);
}

TEST_F(Api, ATokenStoredForAnotherPersonIsRemovedFromTheFirst) {
  serve();
  register_sink();
  start_pair();
  auto d = json{{"platform", "IOS"}, {"pushToken", "tok"}, {"pushKitToken", "kit"}};
  EXPECT_EQ(api_->put("/v1/persons/ben/devices/d1", d).status, 201);
  EXPECT_EQ(api_->put("/v1/persons/carl/devices/d7", {{"platform", "ANDROID"}, {"pushToken", "tok"}}).status, 201);
  auto devices = api_->get("/v1/persons/ben/devices").value()["items"];
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0]["tokens"], json{"pushKit"});
  accept(call("c1", "k1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  EXPECT_EQ(deliveries()[0].body["deviceTokens"], json{"kit"});
  EXPECT_EQ(api_->put("/v1/persons/carl/devices/d8", d).status, 201);
  EXPECT_EQ(api_->get("/v1/persons/ben/devices").value()["items"].size(), 0U);
  EXPECT_EQ(api_->get("/v1/persons/carl/devices/d7").status, 404);
  kill();
  serve();
  EXPECT_EQ(api_->get("/v1/persons/ben/devices").value()["items"].size(), 0U);
  EXPECT_EQ(api_->get("/v1/persons/carl/devices").value()["items"].size(), 1U);
}

TEST_F(Api, ErasingAPersonLeavesEverythingSilently) {
  serve();
  register_sink();
  EXPECT_EQ(api_->put("/v1/persons/ben", {{"type", "VISITOR"}}).status, 201);
  start_pair();
  accept({sent("c1", "m1", "anna")});
  ASSERT_TRUE(wait_deliveries(1));
  accept(joined("c1", "cleo", "SECONDARY_AGENT"));
  accept(call("c1", "k1", "ben"));
  ASSERT_TRUE(wait_kind("incoming_call", "anna"));
  EXPECT_EQ(api_->remove("/v1/persons/ben").status, 204);
  ASSERT_TRUE(wait_kind("missed_call", "anna"));
  EXPECT_EQ(member("ben"), nullptr);
  EXPECT_EQ(counts("ben")["total"], 0);
  EXPECT_EQ(traces("person=ben"), json::array());
  settle();
  EXPECT_EQ(kinds_to("ben"), (std::vector<std::string>{"new_message"}));
  EXPECT_EQ(api_->get("/v1/persons/ben").status, 404);
}

TEST_F(Api, UnknownConversationsAndNotificationsAre404) {
  serve();
  problem(api_->get("/v1/conversations/none"), 404);
  problem(api_->get("/v1/notifications/00000000000000000000000000000000"), 404);
}

TEST_F(Api, TheTraceHasItsShape) {
  serve();
  auto registration = register_sink();
  start_pair();
  accept(sent("c1", "m1", "anna"));
  wait_answer("/v1/notifications?message=m1&person=ben",
              [](const json& v) { return v["items"].size() == 1 && v["items"][0]["state"] == "DONE"; });
  auto t = traces("message=m1&person=ben")[0];
  EXPECT_EQ(t["kind"], "new_message");
  EXPECT_EQ(t["recipient"], "ben");
  EXPECT_EQ(t["conversation"], "c1");
  EXPECT_EQ(t["message"], "m1");
  EXPECT_EQ(t["reason"], "sent");
  EXPECT_TRUE(t["createdAt"].is_number_integer());
  ASSERT_EQ(t["deliveries"].size(), 1U);
  auto d = t["deliveries"][0];
  EXPECT_EQ(d["channel"], "WEBHOOK");
  EXPECT_EQ(d["target"], registration);
  EXPECT_EQ(d["state"], "ACCEPTED");
  EXPECT_TRUE(d["id"].is_string());
  ASSERT_EQ(d["attempts"].size(), 1U);
  EXPECT_EQ(d["attempts"][0]["status"], 200);
  EXPECT_EQ(api_->get("/v1/notifications/" + t["id"].get<std::string>()).value(), t);
  auto own = traces("message=m1&person=anna");
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0]["state"], "NOT_SENT");
  EXPECT_EQ(own[0]["reason"], "own_message");
  EXPECT_FALSE(own[0].contains("id"));
  for (const auto& [query, n] : {std::pair{"conversation=c1&kind=new_message&state=DONE", 1U},
                                 {"person=ben&state=NOT_SENT", 0U},
                                 {"kind=incoming_call", 0U},
                                 {"conversation=c2", 0U}})
    EXPECT_EQ(traces(query).size(), n) << query;
}

TEST_F(Api, ListsAreNewestFirstAndHaveACursor) {
  serve();
  register_sink();
  start_pair();
  json ids = json::array();
  for (int i = 0; i < 5; ++i) {
    auto k = "k" + std::to_string(i);
    accept({call("c1", k, "anna"), declined("c1", k, "ben")});
  }
  wait_answer("/v1/notifications?person=ben&kind=incoming_call", [](const json& v) { return v["items"].size() == 5; });
  std::vector<std::string> seen;
  std::string cursor;
  for (int page = 0; page < 5; ++page) {
    auto v = api_->get("/v1/notifications?person=ben&kind=incoming_call&limit=2"
                       + (cursor.empty() ? "" : "&cursor=" + cursor))
                 .value();
    for (const auto& t : v["items"])
      seen.push_back(t["call"]);
    if (!v.contains("cursor"))
      break;
    cursor = v["cursor"];
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"k4", "k3", "k2", "k1", "k0"}));
  for (auto wrong : {"limit=0", "limit=501", "limit=x", "state=SLEEPING", "kind=nothing", "cursor=%00", "colour=red"})
    EXPECT_EQ(api_->get("/v1/notifications?" + std::string{wrong}).status, 400) << wrong;
  EXPECT_EQ(api_->get("/v1/notifications?limit=500").status, 200);
}

TEST_F(Api, AMessageIsExplainedForEverybodyOnce) {
  serve();
  register_sink();
  accept(started("c1", {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON"),
                        event::participant("cleo", "SECONDARY_AGENT"), event::participant("bot"),
                        event::participant("dan", "SECONDARY_AGENT")}));
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(3));
  auto people = [&](const std::string& query) {
    std::vector<std::string> out;
    for (const auto& t : traces(query))
      out.push_back(t["recipient"].get<std::string>() + " " + t["reason"].get<std::string>());
    return out;
  };
  wait_answer("/v1/notifications?message=m1&state=DONE", [](const json& v) { return v["items"].size() == 3; });
  // What is stored in another state than the query asks for is not explained away.
  EXPECT_EQ(people("message=m1&conversation=c1&state=NOT_SENT"),
            (std::vector<std::string>{"anna own_message", "bot role_disabled"}));
  std::vector<std::string> all;
  std::string cursor;
  do {
    auto v = api_->get("/v1/notifications?message=m1&limit=2" + cursor).value();
    EXPECT_LE(v["items"].size(), 2U);
    for (const auto& t : v["items"])
      all.push_back(t["recipient"]);
    cursor = v.contains("cursor") ? "&cursor=" + v["cursor"].get<std::string>() : "";
  } while (!cursor.empty() && all.size() < 10);
  std::sort(all.begin(), all.begin() + 3);
  EXPECT_EQ(all, (std::vector<std::string>{"ben", "cleo", "dan", "anna", "bot"}));
  EXPECT_EQ(api_->send("DELETE", "/v1/persons/cleo", "").status, 204);
  EXPECT_EQ(people("message=m1&conversation=c1&person=cleo"), std::vector<std::string>{"cleo not_in_conversation"});
  EXPECT_EQ(people("message=m1&conversation=c1").size(), 4U);
}

TEST_F(Api, AMessageThatNobodyWasToldOfIsFoundByItsIdAlone) {
  serve();
  start_pair();
  accept(sent("c1", "m1", "anna", {{"kind", "SYSTEM"}}));
  EXPECT_EQ(reason_of("message=m1&person=ben"), "system_message");
  EXPECT_EQ(traces("message=m1").size(), 2U);
  EXPECT_TRUE(traces("message=m2").empty());
}

TEST_F(Api, WithoutAnAddressNothingIsSent) {
  serve();
  start_pair();
  accept({sent("c1", "m1", "anna"), call("c1", "k1", "anna")});
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0]["state"] == "NOT_SENT" && v["items"][0]["reason"] == "no_address";
  });
  wait_answer("/v1/notifications?kind=incoming_call&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0]["state"] == "NOT_SENT" && v["items"][0]["reason"] == "no_address";
  });
}

TEST_F(Api, TheStreamTellsOfNotificationsTimeOutsAndPauses) {
  set("calls.notAnsweredTimeout", "500ms");
  serve();
  register_sink();
  EXPECT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}}).status, 201);
  start_pair();
  stream_reader stream{*process_->wait_for_url(1s)};
  ASSERT_EQ(stream.status(), 200);
  EXPECT_EQ(stream.content_type().rfind("text/event-stream", 0), 0U);
  accept({sent("c1", "m1", "anna"), call("c1", "k1", "anna")});
  EXPECT_EQ(api_->put("/v1/persons/anna/pause", {{"mode", "ON"}}).status, 200);
  auto has = [](const std::vector<stream_event>& all, const std::string& name,
                const std::function<bool(const json&)>& f) {
    return std::any_of(all.begin(), all.end(), [&](const auto& e) { return e.name == name && f(e.data); });
  };
  EXPECT_TRUE(stream.wait_until(
      [&](const auto& all) {
        return has(all, "notification",
                   [](const json& d) {
                     return d["kind"] == "new_message" && d["state"] == "DONE" && d["message"] == "m1";
                   })
               && has(all, "call_timeout",
                      [](const json& d) {
                        return d["conversation"] == "c1" && d["call"] == "k1" && d["at"].is_number_integer();
                      })
               && has(all, "pause",
                      [](const json& d) { return d["person"] == "anna" && d["mode"] == "ON" && d["state"] == "ON"; });
      },
      limit));
  auto last = 0LL;
  for (const auto& e : stream.events()) {
    auto id = std::stoll(e.id);
    EXPECT_GT(id, last);
    last = id;
  }
}
