#include "belfry/tests/support/providers/certificate.hpp"
#include "belfry/tests/support/server/serve_fixture.hpp"

#include <fstream>

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

using names = std::vector<std::string>;

/// SPEC 8: registrations.
class Registrations : public serve_fixture {
protected:
  Registrations() { serve(); }

  json input(const std::string& name = "one") {
    return {{"name", name}, {"endpoint", sink_.url()}, {"events", {"push_notification.new_message"}}};
  }
  void wrong(const json& v, const std::string& pointer) {
    auto a = api_->post("/v1/webhooks", v);
    EXPECT_EQ(a.status, 400) << a.body << v;
    ASSERT_EQ(a.value().value("errors", json::array()).size(), 1U) << a.body << v;
    EXPECT_EQ(a.value()["errors"][0]["pointer"], pointer) << a.body << v;
  }
};

/// SPEC 8: requests, retries, breaker.
class Webhooks : public serve_fixture {
protected:
  json delivery_of(const std::string& query) {
    auto items = traces(query);
    return items.size() == 1 && items[0].contains("deliveries") && items[0]["deliveries"].size() == 1
               ? items[0]["deliveries"][0]
               : json{{"not one", items}};
  }
  bool wait_status(const std::string& id, const std::string& status) {
    return wait_answer("/v1/webhooks/" + id, [&](const json& w) { return w.value("status", "") == status; });
  }
};

} // namespace

TEST_F(Registrations, AreCreatedReadListedReplacedAndDeleted) {
  auto v = input();
  v["secret"] = "s";
  v["description"] = "d";
  auto a = api_->post("/v1/webhooks", v);
  ASSERT_EQ(a.status, 201) << a.body;
  auto w = a.value();
  auto id = w["id"].get<std::string>();
  EXPECT_EQ(w["$_type"], "WebhookRegistration");
  EXPECT_EQ(w["accountId"], "default");
  EXPECT_EQ(w["status"], "ACTIVE");
  EXPECT_EQ(w["apiVersion"], "V4");
  EXPECT_EQ(w["version"], 1);
  EXPECT_EQ(w["description"], "d");
  EXPECT_TRUE(w["creationTimestamp"].is_number_integer());
  EXPECT_TRUE(w["modificationTimestamp"].is_number_integer());
  EXPECT_FALSE(w.contains("secret"));
  EXPECT_EQ(api_->get("/v1/webhooks/" + id).value(), w);
  EXPECT_EQ(api_->get("/v1/webhooks").value(), (json{{"items", {w}}}));
  auto back = w;
  back["name"] = "two";
  auto replaced = api_->put("/v1/webhooks/" + id, back);
  EXPECT_EQ(replaced.status, 200) << replaced.body;
  EXPECT_EQ(replaced.value()["version"], 2);
  EXPECT_EQ(replaced.value()["name"], "two");
  EXPECT_EQ(api_->put("/v1/webhooks/" + id, back).status, 409);
  back.erase("version");
  EXPECT_EQ(api_->put("/v1/webhooks/" + id, back).status, 400);
  back["version"] = 2;
  EXPECT_EQ(api_->put("/v1/webhooks/unknown", back).status, 404);
  EXPECT_EQ(api_->remove("/v1/webhooks/" + id).status, 204);
  EXPECT_EQ(api_->remove("/v1/webhooks/" + id).status, 204);
  EXPECT_EQ(api_->get("/v1/webhooks/" + id).status, 404);
}

TEST_F(Registrations, ATakenNameIsAConflict) {
  EXPECT_EQ(api_->post("/v1/webhooks", input("one")).status, 201);
  auto two = api_->post("/v1/webhooks", input("two")).value();
  EXPECT_EQ(api_->post("/v1/webhooks", input("one")).status, 409);
  two["name"] = "one";
  EXPECT_EQ(api_->put("/v1/webhooks/" + two["id"].get<std::string>(), two).status, 409);
}

TEST_F(Registrations, WrongInputIsRefusedWithAPointer) {
  auto with = [&](const std::string& key, const json& value) {
    auto v = input();
    v[key] = value;
    return v;
  };
  wrong(with("name", ""), "/name");
  wrong(with("name", std::string(251, 'x')), "/name");
  wrong(with("description", std::string(501, 'x')), "/description");
  wrong(with("secret", std::string(4001, 'x')), "/secret");
  wrong(with("events", json::array()), "/events");
  wrong(with("events", {"push_notification.nothing"}), "/events/0");
  wrong(with("apiVersion", "V3"), "/apiVersion");
  wrong(with("status", "BROKEN"), "/status");
  wrong(with("colour", "red"), "/colour");
  wrong(with("endpoint", "no url"), "/endpoint");
  wrong(with("endpoint", "https://10.1.2.3/x"), "/endpoint");
  wrong(with("endpoint", "https://user:pass@example.org/x"), "/endpoint");
  wrong(with("endpoint", "https://example.org:22/x"), "/endpoint");
  wrong(with("endpoint", "https://" + std::string(4000, 'x')), "/endpoint");
  auto v = input();
  v.erase("endpoint");
  wrong(v, "/endpoint");
  auto both = with("events", {"push_notification.revoke_call", "push_notification.revoked_call"});
  EXPECT_EQ(api_->post("/v1/webhooks", both).status, 400);
}

TEST_F(Registrations, PingIsOneSignedAttemptAlsoWhileInactive) {
  auto v = input();
  v["secret"] = secret;
  auto w = api_->post("/v1/webhooks", v).value();
  auto id = w["id"].get<std::string>();
  auto a = api_->post("/v1/webhooks/" + id + "/ping", json::object());
  EXPECT_EQ(api_->send("POST", "/v1/webhooks/" + id + "/ping").status, 202) << a.status << a.body;
  ASSERT_TRUE(sink_.wait_for(a.status == 202 ? 2 : 1, limit));
  auto t = deliveries()[0];
  EXPECT_EQ(t.kind, "ping");
  EXPECT_EQ(t.body["$_type"], "WebhookPingEvent");
  EXPECT_EQ(t.body["webhookConfiguration"]["id"], id);
  EXPECT_FALSE(t.body["webhookConfiguration"].contains("secret"));
  EXPECT_TRUE(t.request.header("X-Unblu-Signature").has_value());
  sink_.clear();
  w["status"] = "INACTIVE";
  EXPECT_EQ(api_->put("/v1/webhooks/" + id, w).status, 200);
  EXPECT_EQ(api_->send("POST", "/v1/webhooks/" + id + "/ping").status, 202);
  EXPECT_TRUE(sink_.wait_for(1, limit));
  EXPECT_EQ(api_->send("POST", "/v1/webhooks/unknown/ping").status, 404);
}

TEST_F(Webhooks, RequestsCarryTheirHeaders) {
  serve();
  register_sink();
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  auto r = deliveries()[0].request;
  auto id = traces("message=m1&person=ben")[0]["id"].get<std::string>();
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(r.method, "POST");
  EXPECT_EQ(r.header("Content-Type"), "application/json");
  EXPECT_EQ(r.header("User-Agent")->rfind("Belfry/", 0), 0U);
  EXPECT_EQ(r.header("X-Unblu-Event"), "push_notification.new_message");
  EXPECT_EQ(r.header("X-Unblu-Event-ID"), id);
  EXPECT_EQ(r.header("webhook-id"), id);
  EXPECT_EQ(r.header("X-Unblu-Retry-No"), "0");
  for (auto present :
       {"X-Unblu-Delivery", "X-Unblu-Signature", "X-Unblu-Signature-256", "webhook-timestamp", "webhook-signature"})
    EXPECT_TRUE(r.header(present).has_value()) << present;
}

TEST_F(Webhooks, TheOlderNameComesInBodyAndHeader) {
  serve();
  register_sink("/ok", {"revoked_call", "incoming_call"});
  start_pair();
  accept(call("c1", "k1", "anna"));
  ASSERT_TRUE(wait_kind("incoming_call", "ben"));
  accept(hung_up("c1", "k1"));
  ASSERT_TRUE(wait_kind("revoked_call", "ben"));
  EXPECT_EQ(deliveries().back().body["eventType"], "push_notification.revoked_call");
  EXPECT_EQ(deliveries().back().body["$_type"], "RevokeCallPushNotificationEvent");
}

TEST_F(Webhooks, RetriesHaveTheSameIdsAndAGrowingNumber) {
  serve();
  register_sink("/fail-first/2/500");
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(3));
  auto all = deliveries();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(all[i].request.header("X-Unblu-Retry-No"), std::to_string(i));
    EXPECT_EQ(all[i].request.header("X-Unblu-Event-ID"), all[0].request.header("X-Unblu-Event-ID"));
    EXPECT_EQ(all[i].request.header("webhook-id"), all[0].request.header("webhook-id"));
    EXPECT_EQ(all[i].request.body, all[0].request.body);
  }
  EXPECT_NE(all[0].request.header("X-Unblu-Delivery"), all[1].request.header("X-Unblu-Delivery"));
  EXPECT_GE(all[1].request.at - all[0].request.at, 95ms);
  EXPECT_GE(all[2].request.at - all[1].request.at, 290ms);
  wait_answer("/v1/notifications?message=m1&person=ben",
              [](const json& v) { return v["items"].size() == 1 && v["items"][0]["state"] == "DONE"; });
  auto d = delivery_of("message=m1&person=ben");
  EXPECT_EQ(d["state"], "ACCEPTED") << d;
  EXPECT_EQ(d["channel"], "WEBHOOK");
  ASSERT_EQ(d["attempts"].size(), 3U) << d;
  EXPECT_EQ(d["attempts"][0]["status"], 500);
  EXPECT_EQ(d["attempts"][2]["status"], 200);
  EXPECT_TRUE(d["attempts"][0]["at"].is_number_integer());
  EXPECT_TRUE(d["attempts"][0]["millis"].is_number_integer());
}

TEST_F(Webhooks, ARedirectIsAFailureAndNotFollowed) {
  serve();
  register_sink("/redirect/ok");
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(2));
  for (const auto& t : deliveries())
    EXPECT_EQ(t.request.path, "/redirect/ok");
}

TEST_F(Webhooks, RetryAfterIsALowerBound) {
  serve();
  register_sink("/retry-after/1/503");
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(2));
  auto all = deliveries();
  EXPECT_GE(all[1].request.at - all[0].request.at, 990ms);
}

TEST_F(Webhooks, GoneSwitchesTheRegistrationOff) {
  serve();
  auto id = register_sink("/gone");
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_status(id, "INACTIVE_UNAVAILABLE"));
  EXPECT_EQ(api_->get("/v1/webhooks/" + id).value()["version"], 2);
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0]["state"] == "DONE"
           && v.value(json::json_pointer{"/items/0/deliveries/0/state"}, "") == "ADDRESS_GONE";
  });
  EXPECT_EQ(deliveries().size(), 1U);
}

TEST_F(Webhooks, UnbrokenFailureSwitchesTheRegistrationOff) {
  set("webhooks.disableAfter", "600ms");
  serve();
  auto id = register_sink("/status/500");
  start_pair();
  accept(sent("c1", "m1", "anna"));
  EXPECT_TRUE(wait_status(id, "INACTIVE_UNAVAILABLE"));
}

TEST_F(Webhooks, SwitchingOffCancelsWhatWaits) {
  set("webhooks.retry.first", "20s");
  serve();
  auto id = register_sink("/status/500");
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  auto w = api_->get("/v1/webhooks/" + id).value();
  w["status"] = "INACTIVE";
  EXPECT_EQ(api_->put("/v1/webhooks/" + id, w).status, 200);
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0].contains("deliveries")
           && v.value(json::json_pointer{"/items/0/deliveries/0/state"}, "") == "CANCELLED"
           && v.value(json::json_pointer{"/items/0/deliveries/0/reason"}, "") == "registration_inactive";
  });
  // No address any more.
  accept(sent("c1", "m2", "anna"));
  wait_answer("/v1/notifications?message=m2&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0].value("reason", "") == "no_address";
  });
}

TEST_F(Webhooks, DeletingCancelsWhatWaits) {
  set("webhooks.retry.first", "20s");
  serve();
  auto id = register_sink("/status/500");
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  EXPECT_EQ(api_->remove("/v1/webhooks/" + id).status, 204);
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0].contains("deliveries")
           && v.value(json::json_pointer{"/items/0/deliveries/0/state"}, "") == "CANCELLED"
           && v.value(json::json_pointer{"/items/0/deliveries/0/reason"}, "") == "registration_inactive";
  });
}

TEST_F(Webhooks, ANewerMessageReplacesOneBetweenItsRetries) {
  set("webhooks.retry.first", "2s");
  serve();
  register_sink("/fail-first/1/500");
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  accept(sent("c1", "m2", "anna"));
  ASSERT_TRUE(wait_deliveries(2));
  auto all = deliveries();
  EXPECT_EQ(all[1].body["messageId"], "m2");
  EXPECT_EQ(all[1].request.header("X-Unblu-Retry-No"), "0");
  EXPECT_GE(all[1].request.at - all[0].request.at, 1900ms);
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0]["state"] == "DONE" && v["items"][0]["reason"] == "superseded";
  });
}

TEST_F(Webhooks, ANewSecretLetsTheOldOneSignBesideIt) {
  serve();
  auto id = register_sink();
  start_pair();
  auto w = api_->get("/v1/webhooks/" + id).value();
  auto put = w;
  put["secret"] = secret;
  EXPECT_EQ(api_->put("/v1/webhooks/" + id, put).status, 200);
  put["version"] = 2;
  put["secret"] = "another";
  EXPECT_EQ(api_->put("/v1/webhooks/" + id, put).status, 200);
  put["version"] = 3;
  put["secret"] = secret;
  auto a = api_->put("/v1/webhooks/" + id, put);
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.value()["version"], 4);
  put.erase("secret");
  put["version"] = 4;
  EXPECT_EQ(api_->put("/v1/webhooks/" + id, put).status, 200);
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(sink_.wait_for(1, limit));
  auto signature = sink_.requests()[0].header("webhook-signature").value_or("");
  EXPECT_NE(signature.find(" v1,"), std::string::npos) << signature;
}

TEST_F(Webhooks, ARecipientIsShownAsNowInARetry) {
  set("webhooks.retry.first", "1500ms");
  serve();
  register_sink("/fail-first/1/500");
  EXPECT_EQ(api_->put("/v1/persons/ben", {{"type", "VISITOR"}, {"displayName", "Old"}, {"locale", "fr"}}).status, 201);
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  EXPECT_EQ(api_->put("/v1/persons/ben", {{"type", "VISITOR"}, {"displayName", "New"}}).status, 200);
  EXPECT_EQ(api_->put("/v1/persons/ben/devices/d1", {{"platform", "ANDROID"}, {"pushToken", "tok"}}).status, 201);
  ASSERT_TRUE(wait_deliveries(2));
  auto all = deliveries();
  EXPECT_EQ(all[0].body["recipient"]["displayName"], "Old");
  EXPECT_EQ(all[1].body["recipient"]["displayName"], "New");
  EXPECT_EQ(all[1].body["deviceTokens"], json::array({"tok"}));
  for (auto same : {"timestamp", "messageText", "messageId", "notificationCount", "messageServerTimestamp"})
    EXPECT_EQ(all[1].body[same], all[0].body[same]) << same;
}

TEST_F(Webhooks, DeviceTokensAreAllThatAreKnown) {
  serve();
  register_sink();
  start_pair();
  api_->put("/v1/persons/ben", {{"type", "VISITOR"}});
  auto a =
      api_->put("/v1/persons/ben/devices/d1",
                {{"platform", "IOS"}, {"pushToken", std::string(64, 'a')}, {"pushKitToken", std::string(64, 'b')}});
  ASSERT_EQ(a.status, 201) << a.body;
  a = api_->put("/v1/persons/ben/devices/d2", {{"platform", "ANDROID"}, {"pushToken", "android-token"}});
  ASSERT_EQ(a.status, 201) << a.body;
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  auto tokens = deliveries()[0].body["deviceTokens"].get<std::vector<std::string>>();
  std::sort(tokens.begin(), tokens.end());
  EXPECT_EQ(tokens, (names{std::string(64, 'a'), "android-token", std::string(64, 'b')}));
}

TEST_F(Webhooks, OneRecipientHasTheSameEventIdAtAllRegistrations) {
  serve();
  register_sink("/ok", {"new_message"}, "one");
  register_sink("/ok?two", {"new_message"}, "two");
  start_pair();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(2));
  auto all = deliveries();
  EXPECT_EQ(all[0].request.header("X-Unblu-Event-ID"), all[1].request.header("X-Unblu-Event-ID"));
  EXPECT_NE(all[0].request.header("X-Unblu-Delivery"), all[1].request.header("X-Unblu-Delivery"));
}

TEST_F(Webhooks, AnAddressThatOnlyTheNameShowsIsRefusedAtDelivery) {
  set("outbound.allowedNetworks", "[]");
  serve();
  auto a = api_->post("/v1/webhooks", {{"name", "n"},
                                       {"endpoint", "http://localhost:" + std::to_string(sink_.port()) + "/ok"},
                                       {"events", {"push_notification.new_message"}}});
  if (a.status == 400)
    return; // The URL shows it.
  ASSERT_EQ(a.status, 201) << a.body;
  start_pair();
  accept(sent("c1", "m1", "anna"));
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0].contains("deliveries")
           && v.value(json::json_pointer{"/items/0/deliveries/0/state"}, "") == "REFUSED"
           && v.value(json::json_pointer{"/items/0/deliveries/0/reason"}, "") == "refused_address";
  });
  EXPECT_EQ(sink_.count(), 0U);
}

TEST_F(Webhooks, TheBreakerLetsOneProbeThroughAndRecovers) {
  set("webhooks.retry.first", "300ms");
  set("webhooks.retry.factor", "1");
  serve();
  register_sink("/fail-first/8/500");
  json many = json::array();
  for (int i = 0; i < 10; ++i) {
    auto c = "x" + std::to_string(i);
    many.push_back(
        started(c, {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON")}));
    many.push_back(sent(c, "m", "anna"));
  }
  accept(many);
  wait_answer("/v1/notifications?person=ben&kind=new_message&limit=100", [](const json& v) {
    auto n = 0;
    for (const auto& t : v["items"])
      n += t["state"] == "DONE" && t["reason"] == "sent" ? 1 : 0;
    return n == 10;
  });
}

TEST_F(Webhooks, TrustsWhatTheCaFileSaysAfterAHangup) {
  auto mine = make_certificate({"127.0.0.1"});
  auto others = make_certificate({"127.0.0.1"});
  sink_settings tls;
  tls.tls = mine;
  webhook_sink safe{tls};
  std::ofstream{(dir_ / "ca.pem").string()} << others.chain;
  set("outbound.caFile", (dir_ / "ca.pem").string());
  serve();
  auto r = api_->post("/v1/webhooks", {{"name", "safe"}, {"endpoint", safe.url()}, {"events", {"ping"}}});
  ASSERT_EQ(r.status, 201) << r.body;
  auto ping = "/v1/webhooks/" + r.value()["id"].get<std::string>() + "/ping";
  EXPECT_EQ(api_->send("POST", ping).status, 202);
  std::ofstream{(dir_ / "ca.pem").string()} << mine.chain;
  process_->signal(SIGHUP);
  for (auto end = std::chrono::steady_clock::now() + limit; safe.count() == 0 && std::chrono::steady_clock::now() < end;
       safe.wait_for(1, 100ms))
    api_->send("POST", ping);
  EXPECT_GE(safe.count(), 1U);
}
