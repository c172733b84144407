#include "belfry/tests/http_server/jwt_maker.hpp"
#include "belfry/tests/support/providers/push_service.hpp"
#include "belfry/tests/support/server/live_page.hpp"
#include "belfry/tests/support/server/serve_fixture.hpp"
#include "belfry/tests/support/server/stream_reader.hpp"

#include <fstream>

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

constexpr auto own_key = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
constexpr auto other_key = "AgIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";

std::int64_t now_millis() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// SPEC 11 from outside: `belfry serve` between a strict push service and the pages of an agent.
class WebPush : public serve_fixture {
protected:
  WebPush() {
    std::ofstream{(dir_ / "ca.pem").string()} << certificate_.chain;
    set("outbound.caFile", (dir_ / "ca.pem").string());
    set("webPush.enabled", "true");
    set("webPush.subject", "mailto:ops@example.com");
    set("webPush.privateKey", own_key);
    set("webPush.allowedHosts", R"(["127.0.0.1"])");
  }

  void begin() {
    serve();
    ASSERT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}, {"displayName", "Anna"}}).status, 201);
    ASSERT_EQ(api_->put("/v1/persons/ben", {{"type", "VISITOR"}, {"displayName", "Ben"}}).status, 201);
    start_pair();
  }
  json input(const std::string& token, const std::string& install = "install-1") const {
    return {{"endpoint", service_.endpoint(token)},
            {"expirationTime", nullptr},
            {"keys", {{"p256dh", browser_.p256dh()}, {"auth", browser_.auth()}}},
            {"desk", "AGENT_DESK"},
            {"installId", install}};
  }
  json subscribe(const std::string& token = "t1", const std::string& install = "install-1") {
    auto r = api_->post(list_path, input(token, install));
    EXPECT_EQ(r.status, 201) << r.body;
    return r.value();
  }
  json list() { return api_->get(list_path).value()["items"]; }
  std::string pointer_of(const json& body) {
    auto r = api_->post(list_path, body);
    EXPECT_EQ(r.status, 400) << r.body;
    auto v = r.value();
    return v.contains("errors") && !v["errors"].empty() ? v["errors"][0]["pointer"].get<std::string>() : "";
  }
  json opened(const web_push& p, const json& sub) const {
    auto text = browser_.open_both(p.body, sub["id"].get<std::string>(), sub["secret"].get<std::string>());
    return text ? json::parse(*text) : json{};
  }
  bool wait_delivery(const std::string& state) {
    return wait_answer("/v1/notifications?person=anna&kind=new_message", [&](const json& v) {
      return v["items"].size() == 1 && v["items"][0]["deliveries"].size() == 1
             && v["items"][0]["deliveries"][0].value("state", "") == state;
    });
  }
  bool wait_state(const std::string& state) {
    return wait_answer(
        list_path, [&](const json& v) { return v["items"].size() == 1 && v["items"][0].value("state", "") == state; });
  }
  live_page::request page(const std::string& person = "anna") { return {base(), "?person=" + person}; }
  std::string base() { return *process_->wait_for_url(1s); }

  static constexpr auto list_path = "/v1/persons/anna/web-push-subscriptions";
  certificate certificate_ = make_certificate({"127.0.0.1"});
  push_service service_{{certificate_}};
  browser browser_;
};

} // namespace

TEST_F(WebPush, TellsTheKeyThatPagesSubscribeWith) {
  begin();
  auto r = api_->get("/v1/web-push/key");
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.value()["publicKey"].get<std::string>().size(), 87U);
}

TEST_F(WebPush, ReachesTheAgentAndNobodyInBetweenCanReadIt) {
  begin();
  auto sub = subscribe();
  accept(sent("c1", "m1", "ben", {{"text", "my balance is 100"}}));
  ASSERT_TRUE(service_.wait_for(1, limit));
  auto p = service_.pushes()[0];
  EXPECT_EQ(p.status, 201);
  auto outer = json::parse(*browser_.open(p.body));
  EXPECT_EQ(outer["sub"], sub["id"]);
  EXPECT_EQ(outer.dump().find("balance"), std::string::npos);
  auto m = opened(p, sub);
  EXPECT_EQ(m["kind"], "new_message");
  EXPECT_EQ(m["title"], "Ben");
  EXPECT_EQ(m["body"], "my balance is 100");
  EXPECT_EQ(m["conversationId"], "c1");
  EXPECT_EQ(m["notificationCount"], 1);
  EXPECT_EQ(m["recipientNotificationCount"], 1);
  EXPECT_TRUE(m.contains("at") && m.contains("url") && m.contains("tag"));
  ASSERT_TRUE(wait_delivery("ACCEPTED"));
  auto d = traces("person=anna&kind=new_message")[0]["deliveries"][0];
  EXPECT_EQ(d["channel"], "WEB_PUSH");
  EXPECT_EQ(d["target"], sub["id"]);
  EXPECT_EQ(d["attempts"][0]["status"], 201);
}

TEST_F(WebPush, RingsAndMissesUnderOneTag) {
  begin();
  auto sub = subscribe();
  accept(call("c1", "k1", "ben"));
  ASSERT_TRUE(service_.wait_for(1, limit));
  accept(of("call.ended", "c1", {{"call", "k1"}}));
  ASSERT_TRUE(service_.wait_for(2, limit));
  auto ring = opened(service_.pushes()[0], sub), missed = opened(service_.pushes()[1], sub);
  EXPECT_EQ(ring["kind"], "incoming_call");
  EXPECT_EQ(ring["callId"], "k1");
  EXPECT_TRUE(ring["ringDeadline"].is_number());
  EXPECT_EQ(missed["kind"], "missed_call");
  EXPECT_EQ(ring["tag"], missed["tag"]);
  EXPECT_EQ(service_.pushes()[0].urgency, "high");
}

TEST_F(WebPush, SendsNothingThatShowsNothing) {
  begin();
  subscribe();
  accept(sent("c1", "m1", "ben"));
  ASSERT_TRUE(service_.wait_for(1, limit));
  accept(read("c1", "anna"));
  accept(sent("c1", "m2", "ben"));
  ASSERT_TRUE(service_.wait_for(2, limit));
  EXPECT_EQ(service_.count(), 2U);
}

TEST_F(WebPush, IsForAgentsOnlyAndForTheAgentDesk) {
  begin();
  EXPECT_EQ(api_->post("/v1/persons/ben/web-push-subscriptions", input("t")).status, 400);
  EXPECT_EQ(api_->post("/v1/persons/nobody/web-push-subscriptions", input("t")).status, 404);
  auto other = input("t");
  other["desk"] = "SINGLE_CONVERSATION_DESK";
  EXPECT_EQ(pointer_of(other), "/desk");
}

TEST_F(WebPush, NamesWhatIsWrongWithASubscription) {
  begin();
  auto bad = input("t");
  bad["keys"]["p256dh"] = "AAAA";
  EXPECT_EQ(pointer_of(bad), "/keys/p256dh");
  bad = input("t");
  bad["keys"]["auth"] = "AAAA";
  EXPECT_EQ(pointer_of(bad), "/keys/auth");
  bad = input("t");
  bad["endpoint"] = "https://push.evil.test/x";
  EXPECT_EQ(pointer_of(bad), "/endpoint");
  bad = input("t");
  bad["endpoint"] = "http://127.0.0.1/x";
  bad.erase("installId");
  EXPECT_EQ(pointer_of(bad), "/installId");
  bad = input("t");
  bad["extra"] = 1;
  EXPECT_EQ(pointer_of(bad), "/extra");
  EXPECT_TRUE(list().empty());
}

TEST_F(WebPush, KeepsOneSubscriptionForOneBrowser) {
  begin();
  auto first = subscribe("t1", "i1");
  auto again = subscribe("t1", "i1");
  EXPECT_EQ(again, first) << "the page makes sure at each load";
  auto second = subscribe("t2", "i1");
  EXPECT_NE(second["id"], first["id"]);
  ASSERT_EQ(list().size(), 1U);
  subscribe("t3", "i2");
  ASSERT_EQ(list().size(), 2U);
  auto shown = list()[0];
  EXPECT_EQ(shown["id"], second["id"]);
  EXPECT_EQ(shown["host"], "127.0.0.1");
  EXPECT_EQ(shown["state"], "unchecked");
  EXPECT_TRUE(shown["createdAt"].is_number() && shown["nextCheckAt"].is_number());
  EXPECT_FALSE(shown.contains("secret") || shown.contains("endpoint") || shown.contains("keys"));
  EXPECT_EQ(api_->remove(std::string{list_path} + "/" + second["id"].get<std::string>()).status, 204);
  EXPECT_EQ(api_->remove(std::string{list_path} + "/" + second["id"].get<std::string>()).status, 204);
  EXPECT_EQ(list().size(), 1U);
}

TEST_F(WebPush, AnEndpointIsTheLastPersonsWhoSubscribedWithIt) {
  begin();
  subscribe("t1", "i1");
  api_->put("/v1/persons/dora", {{"type", "AGENT"}});
  EXPECT_EQ(api_->post("/v1/persons/dora/web-push-subscriptions", input("t1", "i1")).status, 201);
  EXPECT_TRUE(list().empty());
}

TEST_F(WebPush, HasAtMostTwentySubscriptionsOfAPerson) {
  begin();
  for (int i = 0; i < 21; ++i)
    subscribe("t" + std::to_string(i), "i" + std::to_string(i));
  EXPECT_EQ(list().size(), 20U);
}

TEST_F(WebPush, ForgetsASubscriptionThatIsGoneAndTellsTheHost) {
  begin();
  subscribe("e410");
  stream_reader stream{base()};
  accept(sent("c1", "m1", "ben"));
  ASSERT_TRUE(wait_delivery("ADDRESS_GONE"));
  EXPECT_TRUE(list().empty());
  EXPECT_TRUE(stream.wait_until(
      [](const auto& events) {
        return std::any_of(events.begin(), events.end(), [](const auto& e) {
          return e.name == "address_gone" && e.data["channel"] == "WEB_PUSH" && e.data["person"] == "anna";
        });
      },
      limit));
}

TEST_F(WebPush, AnErasedPersonHasNoBrowsers) {
  begin();
  subscribe();
  live_page open{page()};
  EXPECT_EQ(api_->remove("/v1/persons/anna").status, 204);
  EXPECT_TRUE(api_->get(list_path).value()["items"].empty());
  EXPECT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}}).status, 201);
  EXPECT_TRUE(api_->get(list_path).value()["items"].empty());
  kill();
  serve();
  EXPECT_TRUE(api_->get(list_path).value()["items"].empty());
}

TEST_F(WebPush, SubscriptionsAndSecretsOutliveAKill) {
  begin();
  auto sub = subscribe();
  kill();
  serve();
  ASSERT_EQ(list().size(), 1U);
  accept(sent("c1", "m1", "ben"));
  ASSERT_TRUE(service_.wait_for(1, limit));
  EXPECT_EQ(opened(service_.pushes()[0], sub)["kind"], "new_message");
}

TEST_F(WebPush, IsPausedWithTheAgent) {
  begin();
  subscribe();
  EXPECT_EQ(api_->put("/v1/persons/anna/pause", {{"mode", "ON"}}).status, 200);
  accept(sent("c1", "m1", "ben"));
  ASSERT_TRUE(wait_delivery("CANCELLED"));
  EXPECT_EQ(traces("person=anna&kind=new_message")[0]["deliveries"][0]["reason"], "paused");
  EXPECT_EQ(service_.count(), 0U);
}

TEST_F(WebPush, WaitsForThePageAfterTheKeyWasChanged) {
  begin();
  subscribe();
  stop();
  set("webPush.privateKey", other_key);
  serve();
  EXPECT_EQ(list()[0]["state"], "renewing");
  accept(sent("c1", "m1", "ben"));
  ASSERT_TRUE(wait_answer("/v1/notifications?person=anna&state=NOT_SENT",
                          [](const json& v) { return v["items"].size() == 1; }));
  subscribe();
  EXPECT_EQ(list()[0]["state"], "unchecked");
  stop();
  set("webPush.privateKey", own_key);
  set("webPush.previousKeys", json::array({other_key}).dump());
  serve();
  accept(sent("c1", "m2", "ben"));
  ASSERT_TRUE(service_.wait_for(1, limit)) << "the old key is kept alive";
}

TEST_F(WebPush, TakesANewKeyOnAHangup) {
  auto file = (dir_ / "vapid.key").string();
  std::ofstream{file} << own_key;
  set("webPush.privateKey", json{{"file", file}}.dump());
  begin();
  subscribe();
  auto before = api_->get("/v1/web-push/key").body;
  std::ofstream{file} << "broken";
  process_->signal(SIGHUP);
  std::ofstream{file} << other_key;
  process_->signal(SIGHUP);
  EXPECT_TRUE(wait_answer("/v1/web-push/key", [&](const json& v) { return v.dump() != json::parse(before).dump(); }));
  EXPECT_EQ(list()[0]["state"], "renewing");
}

TEST_F(WebPush, IsUnknownWhileItIsSwitchedOff) {
  set("webPush.enabled", "false");
  begin();
  EXPECT_EQ(api_->get("/v1/web-push/key").status, 404);
  EXPECT_EQ(api_->post(list_path, input("t")).status, 404);
  EXPECT_TRUE(list().empty());
}

// -- health checks ------------------------------------------------------------

TEST_F(WebPush, ChecksWhileAPageIsOpenAndTheWorkersReportProvesIt) {
  set("webPush.subscriptionRetryInterval", "100ms");
  begin();
  auto sub = subscribe();
  live_page open{page()};
  ASSERT_EQ(open.status(), 101);
  auto began = open.wait_for("health_check.started", limit);
  ASSERT_TRUE(began.is_object());
  EXPECT_EQ(began["subscription"], sub["id"]);
  EXPECT_EQ(began["timeoutMillis"], 30'000);
  ASSERT_TRUE(service_.wait_for(1, limit));
  auto m = opened(service_.pushes()[0], sub);
  EXPECT_EQ(m["kind"], "health_check");
  EXPECT_EQ(m["check"], began["check"]);
  EXPECT_TRUE(wait_state("checking"));
  auto report = std::string{list_path} + "/" + sub["id"].get<std::string>() + "/health-checks/";
  EXPECT_EQ(api_->send("POST", report + "another").status, 404);
  EXPECT_EQ(api_->send("POST", report + began["check"].get<std::string>()).status, 204);
  ASSERT_TRUE(wait_state("healthy"));
  EXPECT_GT(list()[0]["lastProvenAt"].get<std::int64_t>(), now_millis() - 60'000);
  EXPECT_GT(list()[0]["nextCheckAt"].get<std::int64_t>(), now_millis() + 3'000'000);
}

TEST_F(WebPush, AMissedCheckDeletesNothingAndIsRepeated) {
  set("webPush.subscriptionRetryInterval", "100ms");
  set("webPush.healthCheckTimeout", "50ms");
  begin();
  auto sub = subscribe("t1", "i1");
  live_page open{page()};
  ASSERT_TRUE(wait_state("missed"));
  EXPECT_EQ(list()[0]["id"], sub["id"]);
  EXPECT_TRUE(open.wait_until([](const auto& all) { return all.size() >= 2; }, limit)) << "the next check comes";
}

TEST_F(WebPush, ChecksNothingWithoutAPage) {
  set("webPush.subscriptionRetryInterval", "1ms");
  set("webPush.healthCheckInterval", "1ms");
  begin();
  subscribe();
  accept(sent("c1", "m1", "ben"));
  ASSERT_TRUE(wait_delivery("ACCEPTED"));
  EXPECT_EQ(service_.count(), 1U);
  EXPECT_EQ(list()[0]["state"], "unchecked");
}

// -- pages --------------------------------------------------------------------

TEST_F(WebPush, PagesAreToldWhatToShowAndWhatToTakeBack) {
  begin();
  auto sub = subscribe();
  live_page open{page()};
  live_page others{page("ben")};
  accept(sent("c1", "m1", "ben", {{"text", "hello"}}));
  auto toast = open.wait_for("notification", limit);
  ASSERT_TRUE(toast.is_object());
  EXPECT_EQ(toast["kind"], "new_message");
  EXPECT_EQ(toast["conversation"], "c1");
  EXPECT_EQ(toast["title"], "Ben");
  EXPECT_EQ(toast["body"], "hello");
  ASSERT_TRUE(wait_delivery("ACCEPTED"));
  EXPECT_EQ(toast["tag"], opened(service_.pushes()[0], sub)["tag"]);
  accept(read("c1", "anna"));
  auto close = open.wait_for("close", limit);
  ASSERT_TRUE(close.is_object());
  EXPECT_EQ(close["kind"], "read_message");
  EXPECT_EQ(close["conversation"], "c1");
  EXPECT_EQ(close["tag"], toast["tag"]);
  EXPECT_TRUE(others.messages().empty()) << "pages of others hear nothing of it";
}

TEST_F(WebPush, PagesStopRingingWhenSomebodyElseAnswers) {
  begin();
  subscribe();
  accept(joined("c1", "dora", "SECONDARY_AGENT"));
  live_page open{page()};
  accept(call("c1", "k1", "ben"));
  ASSERT_TRUE(open.wait_for("notification", limit).is_object());
  ASSERT_TRUE(service_.wait_for(1, limit));
  accept(accepted("c1", "k1", "dora"));
  auto close = open.wait_for("close", limit);
  ASSERT_TRUE(close.is_object());
  EXPECT_EQ(close["kind"], "revoke_call");
  EXPECT_EQ(close["reason"], "ANSWERED_ELSEWHERE");
}

TEST_F(WebPush, PagesComeWithTheTokenOfTheirPerson) {
  const std::string key(32, 'p');
  set("http.personTokenKey", key);
  set("http.tokens",
      R"([{"name":"host","role":"host","sha256":"4740ae6347b0172c01254ff55bae5aff5199f4446e7f6d643d40185b3f475145"}])");
  serve();
  auto token = person_jwt("anna", key, now_millis());
  EXPECT_EQ(live_page({base()}).status(), 401);
  live_page by_protocol{{base(), "", "belfry.v1, bearer." + token}};
  EXPECT_EQ(by_protocol.status(), 101);
  EXPECT_EQ(by_protocol.protocol(), "belfry.v1");
  EXPECT_EQ(live_page({base(), "", "", "Bearer " + token}).status(), 101);
  EXPECT_EQ(live_page({base(), "?person=ben", "", "Bearer " + token}).status(), 403);
  EXPECT_EQ(live_page({base(), "", "belfry.v1, bearer." + token + "x"}).status(), 401);
  EXPECT_EQ(live_page({base(), "", "", "Bearer " + token, "https://evil.test"}).status(), 403);
}

TEST_F(WebPush, PagesAreClosedWhenTheirTokenExpires) {
  const std::string key(32, 'p');
  set("http.personTokenKey", key);
  serve();
  auto bearer = [&](int seconds) { return "Bearer " + person_jwt("anna", key, now_millis(), seconds); };
  live_page brief{{base(), "", "", bearer(2)}};
  live_page longer{{base(), "", "", bearer(600)}};
  EXPECT_EQ(brief.status(), 101);
  EXPECT_TRUE(brief.wait_closed(limit));
  EXPECT_FALSE(longer.wait_closed(0ms));
}

TEST_F(WebPush, ALiveSocketMustBeAskedForAsOne) {
  serve();
  auto r = api_->get("/v1/live?person=anna");
  EXPECT_EQ(r.status, 426);
  EXPECT_EQ(r.header("upgrade"), "websocket");
  EXPECT_EQ(live_page({base()}).status(), 400) << "the person is missing";
  EXPECT_EQ(live_page({base(), "?nobody=1"}).status(), 400);
}

TEST_F(WebPush, AnOrderlyStopClosesPages) {
  begin();
  live_page open{page()};
  EXPECT_EQ(stop(), 0);
  EXPECT_TRUE(open.wait_closed(limit));
}

// -- files --------------------------------------------------------------------

TEST_F(WebPush, ServesThePagesFiles) {
  set("webPush.unencryptedDefaultNotificationTitle", "Neue \"Nachricht\"");
  serve();
  auto page = api_->get("/web-push/belfry.js");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_NE(page.body.find("export function connect"), std::string::npos);
  auto worker = api_->get("/web-push/belfry-worker.js");
  EXPECT_EQ(worker.header("service-worker-allowed"), "/");
  EXPECT_NE(worker.body.find(R"(const DEFAULT_TITLE = "Neue \"Nachricht\"";)"), std::string::npos);
  auto desk = api_->get("/desk/");
  EXPECT_EQ(desk.status, 200);
  EXPECT_EQ(desk.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(api_->get("/desk/desk.js").status, 200);
  EXPECT_EQ(api_->get("/desk/desk.css").status, 200);
  EXPECT_EQ(api_->get("/desk/nothing").status, 404);
}
