// SPEC 13: tokens, roles, persons' tokens, the loopback rule, CORS.
#include "fixture.hpp"
#include "jwt_maker.hpp"

#include "belfry/io/http_server/handlers.hpp"

namespace belfry::test {
namespace {

const std::string person_key(32, 'p');
const std::pair<std::string, std::string> json_body{"Content-Type", "application/json"};

std::string anna_token() {
  return person_jwt("anna", person_key, io::http::now_millis());
}

class Tokens : public http_fixture {
protected:
  Tokens() {
    opts.http.tokens = three_tokens();
    opts.http.person_token_key = {secret{person_key}};
    service.on_get_person = [](person_id id) { return person{id, {}}; };
    service.on_delete_person = [](person_id) { return success{}; };
    service.on_get_pause = [](person_id) { return pause_view{}; };
    service.on_put_pause = [](person_id, pause_mode, std::optional<millis>) { return pause_view{}; };
    service.on_get_subscriptions = [](person_id) { return std::vector<subscription_view>{}; };
    service.on_get_webhooks = [] { return std::vector<webhook>{example()}; };
    service.on_get_webhook = [](webhook_id) { return example(); };
    service.on_delete_webhook = [](webhook_id) { return success{}; };
    service.on_ping_webhook = [](webhook_id) { return success{}; };
    service.on_query_notifications = [](trace_query) { return trace_page{}; };
    accept_all();
  }

  static webhook example() {
    webhook w;
    w.id = "w";
    w.name = "n";
    w.endpoint = "https://example.org/hook?key=hidden";
    w.events = {"ping"};
    return w;
  }

  int status(const std::string& token, std::string_view method, std::string_view target, std::string_view body = {}) {
    return ask(method, target, {with_token(token), json_body}, body).status;
  }
};

TEST_F(Tokens, AreAskedForEverywhereButForHealthAndPages) {
  start();
  for (auto path : {"/v1/persons/anna", "/v1/webhooks", "/v1/notifications", "/v1/stream", "/metrics", "/v1/nothing"}) {
    auto r = ask("GET", path);
    EXPECT_EQ(r.status, 401) << path;
    EXPECT_TRUE(r.header("www-authenticate").starts_with("Bearer")) << path;
    EXPECT_EQ(r.header("content-type"), "application/problem+json") << path;
  }
  for (auto path : {"/healthz", "/readyz", "/v1/openapi.json", "/", "/desk/"})
    EXPECT_EQ(ask("GET", path).status, 200) << path;
}

TEST_F(Tokens, AreRefusedWhenNobodyKnowsThem) {
  start();
  for (auto token : {"x", "host-tokens", "a.b.c"})
    EXPECT_EQ(status(token, "GET", "/v1/webhooks"), 401) << token;
  EXPECT_EQ(ask("GET", "/v1/webhooks", {{"Authorization", "Basic host-token"}}).status, 401);
}

TEST_F(Tokens, GiveEachRoleWhatItsLineOfTheTableSays) {
  start();
  auto event = R"({"type":"presence.reset"})";
  struct line {
    std::string method, path, body;
    int host, read, admin;
  };
  for (const auto& x : {
           line{"POST", "/v1/events", event, 202, 403, 202},
           line{"GET", "/v1/persons/anna", "", 200, 200, 200},
           line{"DELETE", "/v1/persons/anna", "", 204, 403, 204},
           line{"PUT", "/v1/persons/anna/pause", R"({"mode":"OFF"})", 200, 403, 200},
           line{"GET", "/v1/persons/anna/pause", "", 200, 200, 200},
           line{"GET", "/v1/webhooks", "", 200, 200, 200},
           line{"DELETE", "/v1/webhooks/w", "", 403, 403, 204},
           line{"POST", "/v1/webhooks/w/ping", "", 403, 403, 202},
           line{"POST", "/v1/webhooks", "{}", 403, 403, 400},
           line{"PUT", "/v1/webhooks/w", "{}", 403, 403, 400},
           line{"GET", "/v1/notifications", "", 200, 200, 200},
           line{"GET", "/metrics", "", 200, 200, 200},
           line{"HEAD", "/v1/stream", "", 200, 200, 200},
           line{"POST", "/v1/persons/anna/web-push-subscriptions", "{}", 400, 403, 400},
       }) {
    auto as = [&](const std::string& token) {
      return ask(x.method, x.path, {with_token(token), json_body}, x.body).status;
    };
    EXPECT_EQ(as("host-token"), x.host) << x.method << " " << x.path;
    EXPECT_EQ(as("read-token"), x.read) << x.method << " " << x.path;
    EXPECT_EQ(as("admin-token"), x.admin) << x.method << " " << x.path;
  }
}

TEST_F(Tokens, OfTheRoleReadSeeEndpointsWithoutTheirQuery) {
  start();
  for (auto path : {"/v1/webhooks", "/v1/webhooks/w"}) {
    EXPECT_EQ(ask("GET", path, {with_token("read-token")}).body.find("hidden"), std::string::npos);
    EXPECT_NE(ask("GET", path, {with_token("admin-token")}).body.find("hidden"), std::string::npos);
  }
}

TEST_F(Tokens, OfAPersonOpenThatPersonsOwnRoutesOnly) {
  start();
  EXPECT_EQ(status(anna_token(), "GET", "/v1/persons/anna/pause"), 200);
  EXPECT_EQ(status(anna_token(), "PUT", "/v1/persons/anna/pause", R"({"mode":"OFF"})"), 200);
  EXPECT_EQ(status(anna_token(), "GET", "/v1/persons/anna/web-push-subscriptions"), 200);
  EXPECT_EQ(status(anna_token(), "GET", "/v1/web-push/key"), 200);
  EXPECT_EQ(status(anna_token(), "GET", "/v1/live"), 426);
  EXPECT_EQ(status(anna_token(), "GET", "/v1/persons/ben/pause"), 403);
  EXPECT_EQ(status(anna_token(), "GET", "/v1/persons//pause"), 403);
  for (auto path : {"/v1/persons/anna", "/v1/persons/anna/devices", "/v1/webhooks", "/v1/stream", "/metrics",
                    "/v1/nothing", "/v1/persons/anna/email-suppression"})
    EXPECT_EQ(status(anna_token(), "GET", path), 403) << path;
  EXPECT_EQ(status(anna_token(), "POST", "/v1/events", R"({"type":"presence.reset"})"), 403);
}

TEST_F(Tokens, OfAPersonAreRefusedWhenTheyAreBad) {
  start();
  auto late = person_jwt("anna", person_key, io::http::now_millis(), 7200);
  auto old = person_jwt("anna", person_key, io::http::now_millis(), -10);
  auto forged = person_jwt("anna", std::string(32, 'x'), io::http::now_millis());
  for (const auto& token : {late, old, forged})
    EXPECT_EQ(status(token, "GET", "/v1/persons/anna/pause"), 401);
}

TEST_F(Tokens, LetAllowedOriginsAskBeforehand) {
  opts.http.allowed_origins = {"https://desk.example"};
  start();
  headers preflight{{"Origin", "https://desk.example"}, {"Access-Control-Request-Method", "PUT"}};
  auto r = ask("OPTIONS", "/v1/persons/anna/pause", preflight);
  EXPECT_EQ(r.status, 204);
  EXPECT_EQ(r.header("access-control-allow-origin"), "https://desk.example");
  EXPECT_NE(r.header("access-control-allow-methods").find("PUT"), std::string::npos);
  EXPECT_NE(r.header("access-control-allow-headers").find("Authorization"), std::string::npos);
  preflight[0].second = "https://other.example";
  r = ask("OPTIONS", "/v1/persons/anna/pause", preflight);
  EXPECT_EQ(r.status, 403);
  EXPECT_EQ(r.header("access-control-allow-origin"), "");
}

TEST_F(Tokens, ShowAnswersToAllowedOriginsAlsoWhenTheyAreErrors) {
  opts.http.allowed_origins = {"https://desk.example"};
  start();
  auto r = ask("GET", "/v1/persons/anna/pause", {{"Origin", "https://desk.example"}});
  EXPECT_EQ(r.status, 401);
  EXPECT_EQ(r.header("access-control-allow-origin"), "https://desk.example");
  EXPECT_EQ(r.header("vary"), "Origin");
}

class Loopback : public http_fixture {
protected:
  Loopback() {
    service.on_query_notifications = [](trace_query) { return trace_page{}; };
  }
};

TEST_F(Loopback, NeedsALoopbackHost) {
  start();
  for (auto host : {"localhost:8080", "127.0.0.1", "127.9.9.9:1", "[::1]:8080"})
    EXPECT_EQ(ask("GET", "/v1/notifications", {{"Host", host}}).status, 200) << host;
  for (auto path : {"/v1/notifications", "/metrics", "/v1/nothing"})
    EXPECT_EQ(ask("GET", path, {{"Host", "evil.example"}}).status, 403) << path;
  EXPECT_EQ(ask("GET", "http://evil.example/v1/notifications").status, 403);
  EXPECT_EQ(ask("GET", "/healthz", {{"Host", "evil.example"}}).status, 200);
}

TEST_F(Loopback, RefusesForeignOrigins) {
  opts.http.allowed_origins = {"https://desk.example"};
  start();
  auto as = [&](const std::string& origin) {
    return ask("GET", "/v1/notifications", {{"Host", "localhost:7"}, {"Origin", origin}}).status;
  };
  EXPECT_EQ(as("http://localhost:7"), 200);
  EXPECT_EQ(as("https://desk.example"), 200);
  EXPECT_EQ(as("https://evil.example"), 403);
  EXPECT_EQ(as("null"), 403);
}

} // namespace
} // namespace belfry::test
