// SPEC 15 and 16: secrets, and that nothing prints them.
#include "belfry/config/keys.hpp"
#include "belfry/config/render.hpp"
#include "belfry/tests/config/support.hpp"

#include <nlohmann/json.hpp>

namespace belfry::test {

namespace {

using json = nlohmann::json;

std::string smtp_password(const std::string& value) {
  return R"({"email": {"smtp": {"user": "u", "password": )" + value + "}}}";
}

loaded with(std::string file, std::map<std::string, std::string> environment) {
  return load({.set = {}, .environment = std::move(environment), .file = std::move(file), .properties = {}});
}

} // namespace

TEST(Secret, IsAStringAFileOrAVariable) {
  EXPECT_EQ(from_file(smtp_password(R"("hunter2")")).value.email.smtp_password.value, "hunter2");
  const scratch_file file{"hunter3\n"};
  EXPECT_EQ(from_file(smtp_password(json{{"file", file.path()}}.dump())).value.email.smtp_password.value, "hunter3");
  EXPECT_EQ(with(smtp_password(R"({"env": "SMTP"})"), {{"SMTP", "hunter4"}}).value.email.smtp_password.value,
            "hunter4");
}

TEST(Secret, MayBeAReferenceInTheEnvironmentToo) {
  const scratch_file file{"host=db"};
  const auto x = from_environment({{"BELFRY_STORE_DSN", json{{"file", file.path()}}.dump()}});
  ASSERT_TRUE(good(x));
  EXPECT_EQ(x.value.store.dsn.value, "host=db");
}

TEST(Secret, MayItselfBeJson) {
  const auto account = service_account(pem_of_new_key("RSA"));
  const auto x = load({.set = {"mobile.fcm.serviceAccountKey=" + account, "mobile.fcm.projectId=bank"},
                       .environment = {},
                       .file = {},
                       .properties = {}});
  ASSERT_TRUE(good(x));
  EXPECT_EQ(x.value.mobile.fcm.service_account_key.value, account);
}

TEST(Secret, NamesTheFileOrVariableThatIsMissing) {
  EXPECT_TRUE(one_error(from_file(smtp_password(R"({"file": "/nonexistent/secret"})")),
                        {"email.smtp.password", "/nonexistent/secret"}));
  EXPECT_TRUE(one_error(from_file(smtp_password(R"({"file": "/"})")), {"email.smtp.password", "cannot be read"}));
  EXPECT_TRUE(one_error(from_file(smtp_password(R"({"env": "SMTP"})")), {"email.smtp.password", "SMTP", "not set"}));
}

TEST(Secret, IsNotLookedUpWhenAStrongerSourceHasOne) {
  const auto x = load({.set = {"email.smtp.password=hunter2"},
                       .environment = {},
                       .file = smtp_password(R"({"file": "/nonexistent/secret"})"),
                       .properties = {}});
  ASSERT_TRUE(good(x));
  EXPECT_EQ(x.value.email.smtp_password.value, "hunter2");
}

TEST(Secret, IsRefusedInAnyOtherForm) {
  for (const auto* form : {"5", "{}", R"({"file": 1})", R"({"url": "x"})", R"({"file": "a", "env": "b"})", "[\"x\"]"})
    EXPECT_TRUE(one_error(from_file(smtp_password(form)), {"email.smtp.password", "{\"file\": path}"})) << form;
}

TEST(Secret, MayBeAListOfTwoForThePersonTokenKey) {
  const std::string a(32, 'a'), b(32, 'b');
  EXPECT_EQ(from_file(R"({"http": {"personTokenKey": ")" + a + "\"}}").value.http.person_token_key,
            std::vector<secret>{{a}});
  EXPECT_EQ(with(R"({"http": {"personTokenKey": [")" + a + R"(", {"env": "NEXT"}]}})", {{"NEXT", b}})
                .value.http.person_token_key,
            (std::vector<secret>{{a}, {b}}));
  EXPECT_EQ(from_environment({{"BELFRY_HTTP_PERSON_TOKEN_KEY", a + "," + b}}).value.http.person_token_key,
            (std::vector<secret>{{a}, {b}}));
  EXPECT_TRUE(one_error(from_environment({{"BELFRY_HTTP_PERSON_TOKEN_KEY", a + "," + a + "," + b}}),
                        {"http.personTokenKey", "at most 2"}));
}

TEST(Secret, StandsInNoError) {
  const std::string bad = "SENSITIVE";
  const std::vector<std::string> settings{
      "webhooks.proxyUrl=",   "outbound.proxyUrl=",      "webPush.privateKey=",           "webPush.previousKeys=",
      "http.personTokenKey=", "mobile.apns.key=",        "mobile.fcm.serviceAccountKey=", "http.tokens=",
      "mobile.apps=",         "email.smtp.password=\x01"};
  for (const auto& s : settings) {
    const auto x = from_set({s + bad});
    EXPECT_FALSE(x.errors.empty()) << s;
    EXPECT_EQ(lines(x.errors).find(bad), std::string::npos) << lines(x.errors);
  }
}

TEST(Secret, StandsInNoErrorAboutAnObjectThatHoldsOne) {
  const auto x = from_file(R"({"mobile": {"apps": [{"app": "a", "apns": {"key": "SENSITIVE", "teamId": 5}}]},
    "http": {"tokens": [{"name": "a", "role": "host", "sha256": "SENSITIVE"}]}})");
  EXPECT_GE(x.errors.size(), 2U);
  EXPECT_EQ(lines(x.errors).find("SENSITIVE"), std::string::npos) << lines(x.errors);
}

TEST(Secret, InAUrlStandsInNoError) {
  const auto x = from_set({"mobile.fcm.endpoint=https://user:SENSITIVE@fcm.example.com"});
  ASSERT_EQ(x.errors.size(), 1U);
  EXPECT_EQ(x.errors[0].find("SENSITIVE"), std::string::npos) << x.errors[0];
}

TEST(EffectiveConfiguration, MasksEverySecret) {
  options x;
  x.email.smtp_password.value = "SENSITIVE";
  x.mobile.fcm.service_account_key.value = "SENSITIVE";
  x.mobile.apns.key.value = "SENSITIVE";
  x.mobile.apps = {{"a", {"p", {"SENSITIVE"}}, {"t", "k", "b", {"SENSITIVE"}}}};
  x.webhooks.proxy_url.value = "http://u:SENSITIVE@proxy";
  x.outbound.proxy_url.value = "http://u:SENSITIVE@proxy";
  x.web_push.private_key.value = "SENSITIVE";
  x.web_push.previous_keys = {{"SENSITIVE"}};
  x.http.person_token_key = {{"SENSITIVE"}, {"SENSITIVE"}};
  x.store.dsn.value = "password=SENSITIVE";
  const auto text = render(x);
  EXPECT_EQ(text.find("SENSITIVE"), std::string::npos) << text;
  const auto tree = json::parse(text);
  EXPECT_EQ(tree["store"]["dsn"], "***");
  EXPECT_EQ(tree["webhooks"]["proxyUrl"], "***");
  EXPECT_EQ(tree["http"]["personTokenKey"], json({"***", "***"}));
  EXPECT_EQ(tree["mobile"]["apps"][0]["apns"]["key"], "***");
}

TEST(EffectiveConfiguration, HasTheFormOfTheFile) {
  const auto x = load({.set = {"push.debounceDelay=1500ms", "retention.trace=48h", "calls.notAnsweredTimeout=60s",
                               "pause.initialMode=AUTO", "push.participants=CONTEXT_PERSON"},
                       .environment = {},
                       .file = {},
                       .properties = {}});
  ASSERT_TRUE(good(x));
  const auto tree = json::parse(render(x.value));
  EXPECT_EQ(tree["push"]["debounceDelay"], "1500ms");
  EXPECT_EQ(tree["retention"]["trace"], "2d");
  EXPECT_EQ(tree["calls"]["notAnsweredTimeout"], "1m");
  EXPECT_EQ(tree["push"]["debounceMaxWait"], 0);
  EXPECT_EQ(tree["pause"]["initialMode"], "AUTO");
  EXPECT_EQ(tree["push"]["participants"], json({"CONTEXT_PERSON"}));
  const auto again = from_file(render(x.value));
  ASSERT_TRUE(good(again));
  EXPECT_EQ(render(again.value), render(x.value));
}

TEST(EffectiveConfiguration, HasEveryKey) {
  const auto tree = json::parse(render(options{}));
  for (const auto& k : keys()) {
    std::string path = "/";
    for (const char c : k.name)
      path += c == '.' ? '/' : c;
    EXPECT_TRUE(tree.contains(json::json_pointer{path})) << k.name;
  }
}

} // namespace belfry::test
