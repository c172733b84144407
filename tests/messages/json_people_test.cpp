#include "belfry/messages/json.hpp"

#include <gtest/gtest.h>

namespace belfry {

namespace {

using pointers = std::vector<std::string>;

template <class T>
pointers wrong(const result<T>& x) {
  pointers out;
  if (!x) {
    for (const auto& p : x.error().problems)
      out.push_back(p.pointer);
  }
  return out;
}

pointers wrong_person(const std::string& members) {
  return wrong(parse_profile("{" + members + "}", "ann"));
}

pointers wrong_device(const std::string& members) {
  return wrong(parse_device("{" + members + "}", "d"));
}

/// A good registration, with more members.
std::string hook(const std::string& more = "", const std::string& events = R"(["push_notification.new_message"])") {
  return R"({"name":"CRM","endpoint":"https://crm.example/in?k=v","events":)" + events + more + "}";
}

pointers wrong_hook(const std::string& more, const std::string& events = R"(["ping"])") {
  return wrong(parse_webhook_input(hook(more, events), webhook_method::post));
}

std::string text(std::size_t n) {
  return '"' + std::string(n, 'x') + '"';
}

} // namespace

TEST(JsonProfile, NeedsOnlyTheType) {
  auto x = parse_profile(R"({"type":"AGENT"})", "ann");
  ASSERT_TRUE(x);
  person_profile expected;
  expected.type = person_type::agent;
  EXPECT_EQ(*x, expected);
  EXPECT_EQ(wrong_person(""), pointers{"/type"});
  EXPECT_EQ(wrong_person(R"("type":"ROBOT")"), pointers{"/type"});
}

TEST(JsonProfile, ReadsBackWhatItWrites) {
  person x{"ann", {}};
  x.profile = {person_type::agent,
               "Ann A",
               "Ann",
               "A",
               "aa",
               "annie",
               "ann@bank.example",
               "+41 1",
               "de-CH",
               "src-1",
               std::vector<std::string>{"vip", "de"},
               std::map<std::string, std::string>{{"branch", "Bern"}, {"x", ""}}};
  auto back = parse_profile(to_json(x), "ann");
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, x.profile);
}

TEST(JsonProfile, AllowsTheIdOfThePathOnly) {
  EXPECT_TRUE(wrong_person(R"("type":"BOT","id":"ann")").empty());
  EXPECT_EQ(wrong_person(R"("type":"BOT","id":"ben")"), pointers{"/id"});
}

TEST(JsonProfile, BoundsItsTexts) {
  EXPECT_TRUE(wrong_person(R"("type":"BOT","displayName":)" + text(500)).empty());
  EXPECT_EQ(wrong_person(R"("type":"BOT","displayName":)" + text(501)), pointers{"/displayName"});
  EXPECT_EQ(wrong_person(R"("type":"BOT","lastName":"","nickname":"a\nb","phone":7)"),
            (pointers{"/lastName", "/nickname", "/phone"}));
}

TEST(JsonProfile, ChecksMailAddressAndLocale) {
  EXPECT_TRUE(wrong_person(R"("type":"BOT","email":"a@b","locale":"en")").empty());
  for (auto bad : {"", "a", "a@b@c", "@b", "a@", "a\\n@b"})
    EXPECT_EQ(wrong_person(R"("type":"BOT","email":")" + std::string{bad} + '"'), pointers{"/email"}) << bad;
  EXPECT_EQ(wrong_person(R"("type":"BOT","locale":"en_US")"), pointers{"/locale"});
}

TEST(JsonProfile, ChecksLabelsAndMetadata) {
  EXPECT_EQ(wrong_person(R"("type":"BOT","labels":["a",1,""],"metadata":{"a":1,"":"x","b/c":[]})"),
            (pointers{"/labels/1", "/labels/2", "/metadata/a", "/metadata/", "/metadata/b~1c"}));
  EXPECT_EQ(wrong_person(R"("type":"BOT","metadata":{"a":"1","a":"1"})"), pointers{"/metadata/a"});
  EXPECT_EQ(wrong_person(R"("type":"BOT","metadata":[])"), pointers{"/metadata"});
  auto x = parse_profile(R"({"type":"BOT","metadata":{"a":null},"labels":null})", "ann");
  ASSERT_TRUE(x);
  EXPECT_TRUE(x->metadata && x->metadata->empty());
  EXPECT_FALSE(x->labels);
}

TEST(JsonProfile, RefusesUnknownAndRepeatedFields) {
  EXPECT_EQ(wrong_person(R"("type":"BOT","type":"BOT","personType":"BOT")"), (pointers{"/type", "/personType"}));
  EXPECT_EQ(wrong(parse_profile("[]", "ann")), pointers{""});
  EXPECT_EQ(wrong(parse_profile("{", "ann")), pointers{""});
}

TEST(JsonDevice, TakesItsFields) {
  auto x = parse_device(R"({"id":"d","platform":"IOS","app":"bank","pushToken":"t","pushKitToken":"u",
                            "environment":"SANDBOX","messageVersion":"ENCRYPTED_SERVICE",
                            "encryptionKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
                        "d");
  ASSERT_TRUE(x);
  device expected{"d",
                  device_platform::ios,
                  "bank",
                  "t",
                  "u",
                  device_environment::sandbox,
                  message_version::encrypted_service,
                  std::string(43, 'A')};
  EXPECT_EQ(*x, expected);
}

TEST(JsonDevice, HasDefaults) {
  auto x = parse_device(R"({"platform":"ANDROID","pushToken":"t"})", "d");
  ASSERT_TRUE(x);
  device expected;
  expected.id = "d";
  expected.push_token = "t";
  EXPECT_EQ(*x, expected);
  EXPECT_EQ(x->app, "default");
}

TEST(JsonDevice, NeedsTheTokensOfItsPlatform) {
  EXPECT_EQ(wrong_device(R"("platform":"ANDROID")"), pointers{"/pushToken"});
  EXPECT_EQ(wrong_device(R"("platform":"ANDROID","pushToken":"t","pushKitToken":"u")"), pointers{"/pushKitToken"});
  EXPECT_EQ(wrong_device(R"("platform":"IOS")"), pointers{"/pushToken"});
  EXPECT_TRUE(wrong_device(R"("platform":"IOS","pushKitToken":"u")").empty());
  EXPECT_EQ(wrong_device(R"("pushToken":"t")"), pointers{"/platform"});
}

TEST(JsonDevice, NeedsAKeyToEncrypt) {
  const std::string base = R"("platform":"ANDROID","pushToken":"t","messageVersion":"ENCRYPTED")";
  EXPECT_EQ(wrong_device(base), pointers{"/encryptionKey"});
  EXPECT_EQ(wrong_device(base + R"(,"encryptionKey":"AAAA")"), pointers{"/encryptionKey"});
}

TEST(JsonDevice, RefusesWhatOnlyAnswersHave) {
  EXPECT_EQ(wrong_device(R"("platform":"ANDROID","pushToken":"t","id":"e","registeredAt":1,"tokens":[])"),
            (pointers{"/id", "/registeredAt", "/tokens"}));
  EXPECT_EQ(wrong_device(R"("platform":"ANDROID","pushToken":"t","app":"")"), pointers{"/app"});
}

TEST(JsonPause, TakesAnEndInTheFutureWithOnOnly) {
  auto x = parse_pause(R"({"mode":"ON","until":101})", 100);
  ASSERT_TRUE(x);
  EXPECT_EQ(x->mode, pause_mode::on);
  EXPECT_EQ(x->until, 101);
  EXPECT_EQ(wrong(parse_pause(R"({"mode":"ON","until":100})", 100)), pointers{"/until"});
  EXPECT_EQ(wrong(parse_pause(R"({"mode":"AUTO","until":101})", 100)), pointers{"/until"});
  EXPECT_EQ(wrong(parse_pause(R"({"mode":"on"})", 100)), pointers{"/mode"});
  EXPECT_EQ(wrong(parse_pause("{}", 100)), pointers{"/mode"});
}

TEST(JsonPauseReason, NeedsATimeout) {
  auto x = parse_pause_reason(R"({"displayName":"Lunch","timeoutSeconds":60})", "lunch");
  ASSERT_TRUE(x);
  EXPECT_EQ(x->display_name, "Lunch");
  EXPECT_EQ(x->timeout_seconds, 60);
  for (auto bad : {"{}", R"({"timeoutSeconds":0})", R"({"timeoutSeconds":1.0})", R"({"timeoutSeconds":1000000001})"})
    EXPECT_EQ(wrong(parse_pause_reason(bad, "lunch")), pointers{"/timeoutSeconds"}) << bad;
}

TEST(JsonPauseReason, ChecksTheSourceIdOfThePath) {
  const std::string body = R"({"timeoutSeconds":1})";
  EXPECT_TRUE(parse_pause_reason(body, std::string(36, 'x')));
  for (const auto& bad : {std::string(37, 'x'), std::string{}, std::string{"session:1"}, std::string{"call:1"}})
    EXPECT_EQ(wrong(parse_pause_reason(body, bad)), pointers{"/sourceId"}) << bad;
  EXPECT_EQ(wrong(parse_pause_reason(R"({"timeoutSeconds":1,"sourceId":"b"})", "a")), pointers{"/sourceId"});
}

TEST(JsonWebhook, TakesItsFieldsAndDefaults) {
  auto x = parse_webhook_input(hook(R"(,"description":"d","secret":"s","version":2)"), webhook_method::put);
  ASSERT_TRUE(x);
  EXPECT_EQ(x->name, "CRM");
  EXPECT_EQ(x->description, "d");
  EXPECT_EQ(x->endpoint, "https://crm.example/in?k=v");
  EXPECT_EQ(x->status, webhook_status::active);
  EXPECT_EQ(x->api_version, "V4");
  EXPECT_EQ(x->secret, "s");
  EXPECT_EQ(x->version, 2u);
  EXPECT_EQ(x->events, pointers{"push_notification.new_message"});
}

TEST(JsonWebhook, NeedsAVersionInPutOnly) {
  EXPECT_TRUE(parse_webhook_input(hook(), webhook_method::post));
  EXPECT_EQ(wrong(parse_webhook_input(hook(), webhook_method::put)), pointers{"/version"});
  EXPECT_EQ(wrong(parse_webhook_input(hook(R"(,"version":0)"), webhook_method::put)), pointers{"/version"});
}

TEST(JsonWebhook, NeedsNameEndpointAndEvents) {
  EXPECT_EQ(wrong(parse_webhook_input("{}", webhook_method::post)), (pointers{"/name", "/endpoint", "/events"}));
}

TEST(JsonWebhook, BoundsItsTexts) {
  auto body = [](const std::string& name, const std::string& endpoint) {
    return R"({"events":["ping"],"name":)" + name + R"(,"endpoint":)" + endpoint + "}";
  };
  const std::string url = R"("https://a.example")";
  auto check = [](const std::string& x) { return wrong(parse_webhook_input(x, webhook_method::post)); };
  EXPECT_TRUE(check(body(text(250), url)).empty());
  EXPECT_EQ(check(body(text(251), url)), pointers{"/name"});
  EXPECT_EQ(check(body("\"\"", url)), pointers{"/name"});
  auto long_url = [](std::size_t n) { return "\"https://a.example/" + std::string(n - 18, 'x') + '"'; };
  EXPECT_TRUE(check(body(text(1), long_url(4000))).empty());
  EXPECT_EQ(check(body(text(1), long_url(4001))), pointers{"/endpoint"});
  EXPECT_TRUE(wrong_hook(R"(,"description":)" + text(500) + R"(,"secret":)" + text(4000)).empty());
  EXPECT_EQ(wrong_hook(R"(,"description":)" + text(501) + R"(,"secret":)" + text(4001)),
            (pointers{"/description", "/secret"}));
  EXPECT_EQ(wrong_hook(R"(,"secret":"")"), pointers{"/secret"});
}

TEST(JsonWebhook, RefusesCredentialsInTheEndpoint) {
  EXPECT_EQ(wrong(parse_webhook_input(R"({"name":"n","endpoint":"https://u:p@a.example/","events":["ping"]})",
                                      webhook_method::post)),
            pointers{"/endpoint"});
}

TEST(JsonWebhook, KnowsTheNamesOfEvents) {
  std::string all = R"(["ping")";
  for (int i = 0; i < kind_count; ++i)
    all += ",\"push_notification." + std::string{to_string(static_cast<kind>(i))} + '"';
  EXPECT_TRUE(wrong_hook("", all + "]").empty());
  EXPECT_TRUE(wrong_hook("", R"(["push_notification.revoked_call"])").empty());
  EXPECT_EQ(wrong_hook("", R"(["ping","new_message","push_notification.","x",1])"),
            (pointers{"/events/1", "/events/2", "/events/3", "/events/4"}));
  EXPECT_EQ(wrong_hook("", "[]"), pointers{"/events"});
}

TEST(JsonWebhook, RefusesAnEventTwice) {
  EXPECT_EQ(wrong_hook("", R"(["ping","push_notification.new_message","ping"])"), pointers{"/events/2"});
  EXPECT_EQ(wrong_hook("", R"(["push_notification.revoke_call","push_notification.revoked_call"])"),
            pointers{"/events/1"});
}

TEST(JsonWebhook, TakesEveryStatusButOnlyV4) {
  for (auto x : {webhook_status::active, webhook_status::inactive, webhook_status::inactive_unavailable}) {
    auto parsed = parse_webhook_input(hook(R"(,"status":")" + std::string{to_string(x)} + '"'), webhook_method::post);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->status, x);
  }
  EXPECT_EQ(wrong_hook(R"(,"status":"ON","apiVersion":"V3")"), (pointers{"/status", "/apiVersion"}));
}

TEST(JsonWebhook, ComesBackAsItWasAnswered) {
  webhook x;
  x.name = "CRM";
  x.endpoint = "https://a.example/?q";
  x.secret = "s";
  x.events = {"ping"};
  x.version = 7;
  auto back = parse_webhook_input(to_json(x, "acc", endpoint_shown::whole), webhook_method::put);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->endpoint, x.endpoint);
  EXPECT_EQ(back->version, 7u);
  EXPECT_FALSE(back->secret);
}

} // namespace belfry
