// SPEC 13: an OpenAPI 3.1 file describes all of it, and the server is held against it.
#include "contract.hpp"
#include "fixture.hpp"

#include "belfry/io/http_server/router.hpp"

#include <set>

namespace belfry::test {
namespace {

using nlohmann::json;

TEST(OpenApi, DescribesEveryRouteOfTheServerAndNoOther) {
  std::set<std::string> served, described;
  for (const auto& r : io::http::all_routes()) {
    std::string pattern{r.pattern};
    if (pattern.ends_with('*'))
      pattern.replace(pattern.size() - 1, 1, "{file}");
    served.insert(std::string{r.method} + " " + pattern);
  }
  for (const auto& o : contract{}.operations())
    described.insert(o);
  EXPECT_EQ(served, described);
}

TEST(OpenApi, HasNoReferenceThatLeadsNowhere) {
  EXPECT_EQ(contract{}.broken_references(), std::vector<std::string>{});
}

TEST(OpenApi, DescribesEventsAsTheyAreRead) {
  contract c;
  auto objection = [&](const char* text) { return c.body_objection("POST", "/v1/events", json::parse(text)); };
  for (auto text :
       {R"({"type":"presence.reset"})",
        R"({"type":"conversation.started","conversation":"c","participants":[{"person":"p","role":"ASSIGNED_AGENT"}]})",
        R"({"type":"message.sent","conversation":"c","message":{"id":"m","sender":"p","text":"hi"}})",
        R"([{"type":"call.started","conversation":"c","call":{"id":"1","type":"AUDIO","caller":"p"}}])",
        R"({"type":"session.ended","conversation":"c","person":"p","session":"s","kind":"COBROWSING"})"}) {
    EXPECT_EQ(objection(text), "") << text;
    EXPECT_TRUE(parse_events(text, body_form::json)) << text;
  }
  for (auto text : {R"({"type":"unknown"})", R"({"type":"presence.reset","conversation":"c"})",
                    R"({"type":"message.sent","conversation":"c"})",
                    R"({"type":"call.started","conversation":"c","call":{"id":"1","type":"SMOKE","caller":"p"}})"}) {
    EXPECT_NE(objection(text), "") << text;
    EXPECT_FALSE(parse_events(text, body_form::json)) << text;
  }
}

/// Every operation, asked in good and bad ways; every answer has to be one that the document knows.
class Contract : public http_fixture {
protected:
  void expect(std::string_view method, const std::string& path, const std::string& target, int status,
              const headers& more = {}, std::string_view body = {}) {
    auto answer = ask(method, target, more, body);
    EXPECT_EQ(answer.status, status) << method << " " << target << ": " << answer.body;
    EXPECT_EQ(described.objection(method, path, answer), "") << method << " " << target << ": " << answer.body;
  }

  void expect_json(std::string_view method, const std::string& path, const std::string& target, int status,
                   std::string_view body) {
    expect(method, path, target, status, {{"Content-Type", "application/json"}}, body);
  }

  contract described;
};

trace_item full_trace() {
  trace_item x;
  x.id = notification_id{};
  x.kind = kind::missed_call;
  x.recipient = "anna";
  x.conversation = "c";
  x.call = "call";
  x.state = trace_state::done;
  x.reason = reason::sent;
  x.created_at = 5;
  delivery d;
  d.channel = channel_kind::webhook;
  d.target = "w";
  d.state = delivery_state::accepted;
  d.reason = reason::sent;
  d.attempts = {{1, 0, "timeout", 20}, {2, 204, "", 3}};
  x.deliveries = {d};
  return x;
}

TEST_F(Contract, HoldsForPersonsAndDevices) {
  person_profile full;
  full.display_name = "Anna";
  full.labels = {{"vip"}};
  full.metadata = {{{"a", "b"}}};
  device phone;
  phone.id = "d";
  phone.push_token = "secret-token";
  phone.registered_at = 3;
  auto created = true;
  service.on_get_person = [&](person_id id) -> result<person> {
    if (id == "nobody")
      return belfry::error{ec::not_found, "no such person", {}};
    return person{id, full};
  };
  service.on_put_person = [&](person_id id, person_profile p) { return io::stored<person>{{id, p}, created}; };
  service.on_delete_person = [](person_id) { return success{}; };
  service.on_notification_count = [](person_id) { return count_view{3, {{"c", 3}}}; };
  service.on_get_devices = [&](person_id) { return std::vector<device>{phone}; };
  service.on_put_device = [&](person_id, device d) { return io::stored<device>{d, created}; };
  service.on_delete_device = [](person_id, device_id) { return success{}; };
  start();
  const std::string one = "/v1/persons/{id}", device_of = "/v1/persons/{id}/devices/{device}";
  expect("GET", one, "/v1/persons/anna", 200);
  expect("GET", one, "/v1/persons/nobody", 404);
  expect("GET", one, "/v1/persons/a%00b", 400);
  expect("GET", one, "/v1/persons/" + std::string(129, 'x'), 400);
  expect("GET", one, "/v1/persons/%ff", 400);
  expect("GET", one, "/v1/persons/anna?x=1", 400);
  expect_json("PUT", one, "/v1/persons/a%2Fb", 201, R"({"type":"AGENT","displayName":"x"})");
  created = false;
  expect_json("PUT", one, "/v1/persons/anna", 200, R"({"type":"AGENT"})");
  expect_json("PUT", one, "/v1/persons/anna", 400, R"({"type":"AGENT","shoe":1})");
  expect("PUT", one, "/v1/persons/anna", 415, {}, "{}");
  expect("DELETE", one, "/v1/persons/anna", 204);
  expect("GET", one + "/notification-count", "/v1/persons/anna/notification-count", 200);
  expect("GET", one + "/devices", "/v1/persons/anna/devices", 200);
  expect("GET", device_of, "/v1/persons/anna/devices/d", 200);
  expect("GET", device_of, "/v1/persons/anna/devices/e", 404);
  expect_json("PUT", device_of, "/v1/persons/anna/devices/d", 200, R"({"platform":"ANDROID","pushToken":"t"})");
  expect_json("PUT", device_of, "/v1/persons/anna/devices/d", 400, R"({"platform":"NOKIA"})");
  expect("DELETE", device_of, "/v1/persons/anna/devices/d", 204);
  service.settle();
  EXPECT_EQ(service.calls()[2], "put_person a/b");
}

TEST_F(Contract, HoldsForPausing) {
  pause_view paused;
  paused.mode = pause_mode::on;
  paused.on = true;
  paused.until = 17;
  paused.reasons.resize(2);
  paused.reasons[0].source_id = "call:1";
  paused.reasons[1].source_id = "x";
  paused.reasons[1].display_name = "X";
  paused.reasons[1].expires_at = 4;
  service.on_get_pause = [&](person_id id) -> result<pause_view> {
    if (id == "visitor")
      return belfry::error{ec::bad_input, "only agents can be paused", {}};
    return paused;
  };
  service.on_put_pause = [](person_id, pause_mode mode, std::optional<millis> until) {
    return pause_view{mode, mode == pause_mode::on, until, {}};
  };
  service.on_put_pause_reason = [](person_id, std::string source, std::string name, std::int64_t seconds) {
    return io::stored<pause_reason>{{source, name, seconds * 1000}, true};
  };
  service.on_delete_pause_reason = [](person_id, std::string) { return success{}; };
  start();
  const std::string pause = "/v1/persons/{id}/pause", reason_of = pause + "/reasons/{sourceId}";
  expect("GET", pause, "/v1/persons/anna/pause", 200);
  expect("GET", pause, "/v1/persons/visitor/pause", 400);
  expect_json("PUT", pause, "/v1/persons/anna/pause", 200, R"({"mode":"ON","until":9007199254740991})");
  expect_json("PUT", pause, "/v1/persons/anna/pause", 400, R"({"mode":"ON","until":1})");
  expect_json("PUT", pause, "/v1/persons/anna/pause", 400, R"({"mode":"OFF","until":9007199254740991})");
  expect_json("PUT", reason_of, "/v1/persons/anna/pause/reasons/x", 201, R"({"displayName":"X","timeoutSeconds":5})");
  expect_json("PUT", reason_of, "/v1/persons/anna/pause/reasons/call:x", 400, R"({"timeoutSeconds":5})");
  expect_json("PUT", reason_of, "/v1/persons/anna/pause/reasons/x", 400, R"({"timeoutSeconds":0})");
  expect("DELETE", reason_of, "/v1/persons/anna/pause/reasons/x", 204);
}

TEST_F(Contract, HoldsForWebhooks) {
  webhook w;
  w.id = "w 1";
  w.name = "n";
  w.endpoint = "https://example.org/";
  w.secret = "hidden";
  w.events = {"ping"};
  auto fail = std::optional<ec>{};
  auto maybe = [&]() -> result<webhook> {
    if (fail)
      return belfry::error{*fail, "no", {}};
    return w;
  };
  service.on_get_webhooks = [&] { return std::vector<webhook>{w}; };
  service.on_create_webhook = [&](webhook_input) { return maybe(); };
  service.on_get_webhook = [&](webhook_id) { return maybe(); };
  service.on_put_webhook = [&](webhook_id, webhook_input) { return maybe(); };
  service.on_delete_webhook = [](webhook_id) { return success{}; };
  service.on_ping_webhook = [](webhook_id) { return success{}; };
  start();
  const std::string all = "/v1/webhooks", one = "/v1/webhooks/{id}";
  auto input = R"({"name":"n","endpoint":"https://example.org/","events":["ping"]})";
  auto change = R"({"name":"n","endpoint":"https://example.org/","events":["ping"],"version":1})";
  expect("GET", all, all, 200);
  expect_json("POST", all, all, 201, input);
  EXPECT_EQ(ask("POST", all, {{"Content-Type", "application/json"}}, input).header("location"), "/v1/webhooks/w%201");
  expect_json("POST", all, all, 400, "{}");
  expect("GET", one, "/v1/webhooks/w", 200);
  expect_json("PUT", one, "/v1/webhooks/w", 200, change);
  expect_json("PUT", one, "/v1/webhooks/w", 400, input);
  fail = ec::conflict;
  expect_json("PUT", one, "/v1/webhooks/w", 409, change);
  fail = ec::not_found;
  expect_json("PUT", one, "/v1/webhooks/w", 404, change);
  expect("GET", one, "/v1/webhooks/w", 404);
  fail = ec::store_unavailable;
  expect_json("PUT", one, "/v1/webhooks/w", 503, change);
  expect("DELETE", one, "/v1/webhooks/w", 204);
  expect("POST", one + "/ping", "/v1/webhooks/w/ping", 202);
}

TEST_F(Contract, HoldsForConversationsAndTraces) {
  service.on_get_conversation = [](conversation_id id) -> result<conversation_view> {
    if (id != "c")
      return belfry::error{ec::not_found, "no such conversation", {}};
    conversation_view v;
    v.id = id;
    v.topic = "t";
    v.call_state = call_state::calling;
    v.call = call_view{"call", call_type::video, "ben", 1, 2};
    v.participants = {{"anna", role::assigned_agent, false, true, true, 4, ring_state::ringing, pending_view{"m", 9}},
                      {"bot", role::none, false, false, false, 0, ring_state::none, std::nullopt}};
    return v;
  };
  service.on_query_notifications = [](trace_query q) { return trace_page{{full_trace()}, q.limit == 50 ? 0U : 7U}; };
  service.on_get_notification = [](notification_id) { return full_trace(); };
  start();
  expect("GET", "/v1/conversations/{id}", "/v1/conversations/c", 200);
  expect("GET", "/v1/conversations/{id}", "/v1/conversations/d", 404);
  expect("GET", "/v1/notifications", "/v1/notifications", 200);
  expect("GET", "/v1/notifications", "/v1/notifications?person=anna&limit=2&cursor=9&kind=missed_call", 200);
  expect("GET", "/v1/notifications", "/v1/notifications?limit=501", 400);
  expect("GET", "/v1/notifications/{id}", "/v1/notifications/" + std::string(32, '0'), 200);
  expect("GET", "/v1/notifications/{id}", "/v1/notifications/xyz", 404);
}

TEST_F(Contract, HoldsForEvents) {
  const std::string path = "/v1/events";
  auto one = R"({"type":"message.read","conversation":"c","person":"anna"})";
  result<admission> next = admission{1, 0, {}};
  service.on_publish = [&](std::vector<event>) { return next; };
  start();
  expect_json("POST", path, path, 202, one);
  next = admission{1, 0, {{1, "/conversation", "unknown", refusal::unknown_conversation}}};
  expect_json("POST", path, path, 202, "[" + std::string{one} + "," + one + "]");
  next = admission{0, 0, {{0, "/conversation", "unknown", refusal::unknown_conversation}}};
  expect_json("POST", path, path, 409, one);
  for (auto [code, status] : {std::pair{ec::overloaded, 429}, std::pair{ec::store_unavailable, 503},
                              std::pair{ec::stopping, 503}, std::pair{ec::bad_input, 400}}) {
    next = belfry::error{code, "no", {}};
    expect_json("POST", path, path, status, one);
  }
  expect_json("POST", path, path, 202, "[]");
  expect_json("POST", path, path, 400, "");
  expect_json("POST", path, path, 400, "{");
  expect("POST", path, path, 415, {{"Content-Type", "text/plain"}}, one);
  expect("POST", path, "/v1/events?x=1", 400, {{"Content-Type", "application/json"}}, one);
}

TEST_F(Contract, HoldsForMail) {
  service.on_get_email_suppression = [](const person_id& id) -> result<suppression_view> {
    if (id == "ben")
      return suppression_view{"5.1.1", 1, 2};
    return error{ec::not_found, "the person's mailbox is not suppressed", {}};
  };
  service.on_delete_email_suppression = [](const person_id&) -> result<success> { return success{}; };
  service.on_unsubscribe = [](const std::string& token, bool) -> result<kind> {
    if (token == "t")
      return kind::missed_call;
    return error{ec::not_found, "this unsubscribe link is not valid", {}};
  };
  start();
  const std::string pattern = "/v1/persons/{id}/email-suppression";
  expect("GET", pattern, "/v1/persons/ben/email-suppression", 200);
  expect("GET", pattern, "/v1/persons/anna/email-suppression", 404);
  expect("DELETE", pattern, "/v1/persons/ben/email-suppression", 204);
  for (const auto* method : {"GET", "POST"}) {
    expect(method, "/v1/unsubscribe/{token}", "/v1/unsubscribe/t", 200);
    expect(method, "/v1/unsubscribe/{token}", "/v1/unsubscribe/nonsense", 404);
  }
}

TEST_F(Contract, HoldsForWebPush) {
  service.on_get_subscriptions = [](person_id) {
    return std::vector<subscription_view>{{"s1", "push.test", subscription_state::healthy, 1, 2, 3},
                                          {"s2", "push.test", subscription_state::renewing, 1, {}, {}}};
  };
  service.on_create_subscription = [](person_id, const subscription_input&) { return new_subscription{"s", "secret"}; };
  service.on_delete_subscription = [](person_id, subscription_id) { return success{}; };
  service.on_report_health_check = [](person_id, subscription_id, std::string check) -> result<success> {
    if (check == "unknown")
      return belfry::error{ec::not_found, "no such check", {}};
    return success{};
  };
  start();
  const std::string list = "/v1/persons/{id}/web-push-subscriptions", anna = "/v1/persons/anna/web-push-subscriptions";
  expect("GET", list, anna, 200);
  auto input = R"({"endpoint":"https://push.test/x","keys":{"p256dh":"a","auth":"b"},)"
               R"("desk":"AGENT_DESK","installId":"i"})";
  EXPECT_EQ(described.body_objection("POST", list, nlohmann::json::parse(input)), "");
  expect_json("POST", list, anna, 201, input);
  expect_json("POST", list, anna, 400, "{}");
  expect("POST", list, anna, 415);
  expect("DELETE", list + "/{sub}", anna + "/s1", 204);
  expect("POST", list + "/{sub}/health-checks/{check}", anna + "/s1/health-checks/c1", 204);
  expect("POST", list + "/{sub}/health-checks/{check}", anna + "/s1/health-checks/unknown", 404);
  expect("GET", "/v1/web-push/key", "/v1/web-push/key", 200);
  expect("GET", "/v1/live", "/v1/live?person=anna", 426);
  expect("GET", "/v1/live", "/v1/live", 400);
  for (const auto* file : {"/", "/console/console.js", "/desk/", "/desk/desk.js", "/desk/desk.css",
                           "/web-push/belfry.js", "/web-push/belfry-worker.js"})
    expect("GET", file, file, 200);
  expect("GET", "/desk", "/desk", 308);
}

TEST_F(Contract, HoldsForOperations) {
  start();
  expect("GET", "/healthz", "/healthz", 200);
  expect("GET", "/readyz", "/readyz?probe", 200);
  service.is_ready = false;
  expect("GET", "/readyz", "/readyz", 503);
  expect("GET", "/metrics", "/metrics", 200);
  expect("GET", "/v1/openapi.json", "/v1/openapi.json", 200);
  expect("GET", "/v1/notifications", "/v1/notifications", 403, {{"Host", "evil.example"}});
}

TEST_F(Contract, HasAHandlerForEveryRoute) {
  for (const auto& r : io::http::all_routes())
    EXPECT_TRUE(r.serve != nullptr || r.stream || r.socket) << r.pattern;
}

} // namespace
} // namespace belfry::test
