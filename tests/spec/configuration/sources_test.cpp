// SPEC 15: where configuration comes from, and what happens to what is wrong in it.
#include "belfry/config/keys.hpp"
#include "belfry/config/render.hpp"
#include "belfry/tests/config/support.hpp"

#include <algorithm>

namespace belfry::test {

TEST(ConfigurationFile, IsJsonWithComments) {
  const auto x = from_file(R"(// one
{ /* two */ "push": { "debounceDelay": "2s" } })");
  ASSERT_TRUE(good(x));
  EXPECT_EQ(x.value.push.debounce_delay, 2s);
}

TEST(ConfigurationFile, MayBeAbsentOrEmpty) {
  EXPECT_TRUE(good(load({})));
  EXPECT_TRUE(good(from_file("{}")));
}

TEST(ConfigurationFile, NamesTheLineWhereItBreaks) {
  EXPECT_TRUE(one_error(from_file("{\n  \"push\": {\n    \"enabled\": tru\n}}"), {"line 3", "not JSON"}));
  EXPECT_TRUE(one_error(from_file(""), {"line 1", "not JSON"}));
  EXPECT_TRUE(one_error(from_file("[]"), {"object"}));
}

TEST(ConfigurationFile, NeverCitesItsTextWhereItBreaks) {
  const auto x = from_file("{\"email\": {\"smtp\": {\"password\": \"hunter2\" \"x\"}}}");
  ASSERT_EQ(x.errors.size(), 1U);
  EXPECT_EQ(x.errors[0].find("hunter2"), std::string::npos) << x.errors[0];
  const auto y = from_file("{\"email\": {\"smtp\": {\"password\": \"hunter2\n\"}}}");
  ASSERT_EQ(y.errors.size(), 1U);
  EXPECT_EQ(y.errors[0].find("hunter2"), std::string::npos) << y.errors[0];
}

TEST(ConfigurationFile, RefusesARepeatedKey) {
  EXPECT_TRUE(
      one_error(from_file(R"({"push": {"enabled": true, "enabled": false}})"), {"push.enabled", "more than once"}));
  EXPECT_TRUE(one_error(from_file(R"({"push": {}, "push": {}})"), {"push", "more than once"}));
}

TEST(ConfigurationFile, RefusesBottomlessNesting) {
  EXPECT_TRUE(one_error(from_file(std::string(100'000, '[')), {"nested"}));
}

TEST(ConfigurationFile, RefusesANumberBeyondAllBounds) {
  EXPECT_FALSE(from_file(R"({"limits": {"eventIds": 1e999}})").errors.empty());
  EXPECT_TRUE(one_error(from_file(R"({"limits": {"eventIds": 99999999999999999999}})"), {"limits.eventIds"}));
}

TEST(UnknownKey, IsAnErrorThatNamesTheNearest) {
  EXPECT_TRUE(one_error(from_file(R"({"push": {"debouncDelay": "2s"}})"), {"push.debouncDelay", "push.debounceDelay"}));
  EXPECT_TRUE(one_error(from_file(R"({"pusch": {"enabled": true}})"), {"pusch", "nearest known one is push"}));
  EXPECT_TRUE(one_error(from_set({"push.debouncedelay=2s"}), {"push.debouncedelay", "push.debounceDelay", "--set"}));
}

TEST(UnknownKey, OfTheFileMayBeADottedOne) {
  EXPECT_TRUE(one_error(from_file(R"({"push.enabled": true})"), {"push.enabled", "sections as objects"}));
}

TEST(UnknownKey, NeverShowsItsValue) {
  const auto x = from_file(R"({"email": {"smtp": {"passwort": "hunter2"}}})");
  EXPECT_TRUE(one_error(x, {"email.smtp.password"}));
  EXPECT_EQ(lines(x.errors).find("hunter2"), std::string::npos);
}

TEST(UnknownKey, InsideAnObjectNamesTheNearestToo) {
  EXPECT_TRUE(one_error(from_file(R"({"http": {"tokens": [{"name": "a", "role": "host", "sha": "x", "sha256":
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}})"),
                        {"http.tokens[0].sha", "sha256"}));
}

TEST(ListOfObjects, SaysAtOnceAllThatIsWrongWithIt) {
  const std::string hash(64, 'a');
  auto x = from_file(R"({"http": {"tokens": [{"name": "a", "role": "root", "sha256": "zz"},
      {"role": "host", "sha256": ")"
                     + hash + R"("}, {"name": "q", "role": "read", "sha256": ")" + hash
                     + R"(", "x": 1}, {"name": 5, "role": "read", "sha256": ")" + std::string(64, 'b') + "\"}]}}");
  const std::vector<std::pair<std::string, std::string>> expected{
      {"http.tokens[0].role: ", "\"root\""},     {"http.tokens[2].x: ", "unknown"},
      {"http.tokens[3].name: ", "must be text"}, {"http.tokens[0].sha256: ", "64"},
      {"http.tokens[1].name: ", "is missing"},   {"http.tokens[2].sha256: ", "another token"},
  };
  EXPECT_EQ(x.errors.size(), expected.size()) << lines(x.errors);
  for (const auto& pair : expected) {
    auto said = [&](const std::string& e) {
      return e.starts_with(pair.first) && e.find(pair.second) != std::string::npos;
    };
    EXPECT_TRUE(std::any_of(x.errors.begin(), x.errors.end(), said)) << pair.first << pair.second << "\n"
                                                                     << lines(x.errors);
  }
}

TEST(UnknownVariable, IsAnErrorThatNamesTheNearest) {
  EXPECT_TRUE(one_error(from_environment({{"BELFRY_PUSH_DEBOUNCEDELAY", "2s"}}),
                        {"BELFRY_PUSH_DEBOUNCEDELAY", "BELFRY_PUSH_DEBOUNCE_DELAY"}));
}

TEST(UnknownVariable, MayBeOneThatKubernetesMakes) {
  EXPECT_TRUE(good(from_environment({{"BELFRY_SERVICE_HOST", "10.0.0.1"},
                                     {"BELFRY_SERVICE_PORT_HTTP", "80"},
                                     {"BELFRY_PORT", "tcp://10.0.0.1:80"},
                                     {"BELFRY_PORT_80_TCP", "tcp://10.0.0.1:80"},
                                     {"PATH", "/bin"}})));
}

TEST(UnknownVariable, MayBeOneThatASecretRefersTo) {
  const auto x = load({.set = {},
                       .environment = {{"BELFRY_SMTP", "hunter2"}},
                       .file = R"({"email": {"smtp": {"user": "u", "password": {"env": "BELFRY_SMTP"}}}})",
                       .properties = {}});
  ASSERT_TRUE(good(x));
  EXPECT_EQ(x.value.email.smtp_password.value, "hunter2");
}

TEST(Environment, NamesEveryKeyInCapitals) {
  EXPECT_EQ(environment_name("push.debounceDelay"), "BELFRY_PUSH_DEBOUNCE_DELAY");
  EXPECT_EQ(environment_name("http.tls.key"), "BELFRY_HTTP_TLS_KEY");
  EXPECT_EQ(environment_name("webPush.allowedHosts"), "BELFRY_WEB_PUSH_ALLOWED_HOSTS");
}

TEST(Environment, OverridesEveryTypeOfKey) {
  const auto x = from_environment({{"BELFRY_PUSH_ENABLED", "false"},
                                   {"BELFRY_PUSH_DEBOUNCE_DELAY", "2500ms"},
                                   {"BELFRY_LIMITS_EVENT_IDS", "7"},
                                   {"BELFRY_EMAIL_SMTP_PORT", "25"},
                                   {"BELFRY_WEBHOOKS_RETRY_FACTOR", "1.5"},
                                   {"BELFRY_ACCOUNT_ID", "bank"},
                                   {"BELFRY_PAUSE_INITIAL_MODE", "AUTO"},
                                   {"BELFRY_STORE_DSN", "host=db"},
                                   {"BELFRY_MOBILE_APPS", "[]"},
                                   {"BELFRY_PRESENCE_TIMEOUT", "0"}});
  ASSERT_TRUE(good(x));
  EXPECT_FALSE(x.value.push.enabled);
  EXPECT_EQ(x.value.push.debounce_delay, 2500ms);
  EXPECT_EQ(x.value.limits.event_ids, 7U);
  EXPECT_EQ(x.value.email.smtp_port, 25);
  EXPECT_EQ(x.value.webhooks.retry_factor, 1.5);
  EXPECT_EQ(x.value.account.id, "bank");
  EXPECT_EQ(x.value.pause_initial_mode, pause_mode::automatic);
  EXPECT_EQ(x.value.store.dsn.value, "host=db");
}

TEST(Environment, TakesListsAsJsonOrCommaSeparated) {
  const std::vector<std::string> two{"10.0.0.0/8", "fd00::/8"};
  EXPECT_EQ(
      from_environment({{"BELFRY_OUTBOUND_ALLOWED_NETWORKS", "10.0.0.0/8, fd00::/8"}}).value.outbound.allowed_networks,
      two);
  EXPECT_EQ(from_environment({{"BELFRY_OUTBOUND_ALLOWED_NETWORKS", R"(["10.0.0.0/8", "fd00::/8"])"}})
                .value.outbound.allowed_networks,
            two);
  EXPECT_TRUE(from_environment({{"BELFRY_PUSH_PARTICIPANTS", "[]"}}).value.push.participants.empty());
  EXPECT_TRUE(from_environment({{"BELFRY_PUSH_PARTICIPANTS", ""}}).value.push.participants.empty());
  EXPECT_EQ(from_environment({{"BELFRY_PUSH_PARTICIPANTS", "CONTEXT_PERSON"}}).value.push.participants,
            std::vector<role>{role::context_person});
}

TEST(Environment, NamesItsVariableInAnError) {
  EXPECT_TRUE(one_error(from_environment({{"BELFRY_PUSH_ENABLED", "yes"}}),
                        {"push.enabled", "BELFRY_PUSH_ENABLED", "\"yes\"", "true or false"}));
}

TEST(Set, OverridesAKey) {
  const auto x = from_set({"push.debounceDelay=2s", "email.conversationUrl=https://x/?a=${conversationId}"});
  ASSERT_TRUE(good(x));
  EXPECT_EQ(x.value.push.debounce_delay, 2s);
  EXPECT_EQ(x.value.email.conversation_url, "https://x/?a=${conversationId}");
}

TEST(Set, TakesTheLastOfARepeatedKey) {
  EXPECT_EQ(from_set({"push.debounceDelay=2s", "push.debounceDelay=3s"}).value.push.debounce_delay, 3s);
}

TEST(Set, MustBeKeyAndValue) {
  EXPECT_TRUE(one_error(from_set({"push.enabled"}), {"--set", "key=value"}));
  EXPECT_TRUE(one_error(from_set({"=1"}), {"--set", "key=value"}));
}

TEST(Set, ReplacesOnePartOfATemplate) {
  const auto x = load({.set = {"email.templates.new_message.en-US.subject=Hello"},
                       .environment = {},
                       .file = R"({"email": {"templates": {"new_message": {"en-US": {"subject": "s", "text": "t"}}}}})",
                       .properties = {}});
  ASSERT_TRUE(good(x));
  EXPECT_EQ(x.value.email.templates.at("new_message").at("en-US"), (email_template{"Hello", "t", ""}));
  EXPECT_TRUE(one_error(from_set({"email.templates.new_message=x"}), {"email.templates.new_message", "--set"}));
}

TEST(Precedence, IsSetEnvironmentFilePropertiesDefault) {
  sources from;
  EXPECT_EQ(load(from).value.push.debounce_delay, 1s);
  from.properties = "com.unblu.core.push_notification.pushNotificationDebounceDelay=2000";
  EXPECT_EQ(load(from).value.push.debounce_delay, 2s);
  from.file = R"({"push": {"debounceDelay": "3s"}})";
  EXPECT_EQ(load(from).value.push.debounce_delay, 3s);
  from.environment = {{"BELFRY_PUSH_DEBOUNCE_DELAY", "4s"}};
  EXPECT_EQ(load(from).value.push.debounce_delay, 4s);
  from.set = {"push.debounceDelay=5s"};
  EXPECT_EQ(load(from).value.push.debounce_delay, 5s);
}

TEST(Errors, AreAllCollected) {
  const auto x = load({.set = {"nonsense"},
                       .environment = {{"BELFRY_X", "1"}},
                       .file = R"({"push": {"enabled": 1, "debounceDelay": "1y"}, "foo": 1})",
                       .properties = "com.unblu.core.push_notification.enablePushNotification=maybe"});
  EXPECT_EQ(x.errors.size(), 6U) << lines(x.errors);
}

TEST(Errors, AreOneLineEachAndNotEndless) {
  EXPECT_TRUE(one_error(from_file(R"({"a\nb\u007f": 1})"), {"a b : unknown key"}));
  const auto x = from_file(R"({"email": {"templates": {"new_message": {"en": {"subject": "s", "text": "${a\nb}"}}}}})");
  EXPECT_TRUE(one_error(x, {"email.templates.new_message.en.text"}));
  const auto y = from_file("{\"x" + std::string(5'000, 'y') + "\": 1}");
  ASSERT_EQ(y.errors.size(), 1U);
  EXPECT_LT(y.errors[0].size(), 1'100U);
}

TEST(Errors, OfAnOverriddenValueCountAllTheSame) {
  const auto x =
      load({.set = {"push.enabled=true"}, .environment = {}, .file = R"({"push": {"enabled": 1}})", .properties = {}});
  EXPECT_TRUE(one_error(x, {"push.enabled"}));
}

TEST(WrongValue, IsNamedWithItsKeyAndWhatIsAllowed) {
  const std::vector<std::pair<std::string, std::vector<std::string_view>>> table{
      {R"({"push": {"enabled": "true"}})", {"push.enabled", "\"true\"", "true or false"}},
      {R"({"push": {"enabled": null}})", {"push.enabled", "null", "true or false"}},
      {R"({"push": {"debounceDelay": 1000}})", {"push.debounceDelay", "1000", "ms, s, m, h, d"}},
      {R"({"push": {"debounceDelay": "1000"}})", {"push.debounceDelay", "\"1000\"", "ms, s, m, h, d"}},
      {R"({"push": {"debounceDelay": "61m"}})", {"push.debounceDelay", "\"61m\"", "0, or 1ms to 1h"}},
      {R"({"calls": {"notAnsweredTimeout": 0}})", {"calls.notAnsweredTimeout", "0", "1ms to 1h"}},
      {R"({"limits": {"laneInFlight": 2}})", {"limits.laneInFlight", "2", "3 to 10000"}},
      {R"({"limits": {"eventIds": -1}})", {"limits.eventIds", "-1", "1 to 1000000000"}},
      {R"({"limits": {"eventIds": 1.5}})", {"limits.eventIds", "1.5", "whole number"}},
      {R"({"email": {"smtp": {"port": 65536}}})", {"email.smtp.port", "65536", "1 to 65535"}},
      {R"({"email": {"smtp": {"port": 0}}})", {"email.smtp.port", "0", "1 to 65535"}},
      {R"({"webhooks": {"retry": {"factor": 0.5}}})", {"webhooks.retry.factor", "0.5", "1 to 100"}},
      {R"({"webhooks": {"retry": {"jitter": 1.1}}})", {"webhooks.retry.jitter", "1.1", "0 to 1"}},
      {R"({"pause": {"initialMode": "on"}})", {"pause.initialMode", "\"on\"", "OFF, ON or AUTO"}},
      {R"({"push": {"participants": ["BOT"]}})", {"push.participants", "BOT", "ASSIGNED_AGENT"}},
      {R"({"push": {"participants": ["CONTEXT_PERSON", "CONTEXT_PERSON"]}})", {"push.participants", "at most once"}},
      {R"({"push": {"defaultLocale": "en_US!"}})", {"push.defaultLocale", "en_US!", "BCP 47"}},
      {R"({"push": {"defaultLocale": ""}})", {"push.defaultLocale", "\"\"", "BCP 47"}},
      {R"({"outbound": {"allowedNetworks": ["127.0.0.1"]}})", {"outbound.allowedNetworks", "127.0.0.1", "CIDR"}},
      {R"({"outbound": {"allowedNetworks": "127.0.0.0/8"}})", {"outbound.allowedNetworks", "a list"}},
      {R"({"http": {"listen": "8080"}})", {"http.listen", "8080", "host:port"}},
      {R"({"webhooks": {"userAgent": "a\r\nb"}})", {"webhooks.userAgent", "control characters"}},
      {R"({"push": true})", {"push", "object of keys"}},
      {R"({"http": {"tokens": {}}})", {"http.tokens", "list"}},
      {R"({"http": {"tokens": ["x"]}})", {"http.tokens[0]", "object"}},
  };
  for (const auto& [text, parts] : table) {
    const auto x = from_file(text);
    ASSERT_FALSE(x.errors.empty()) << text;
    for (const auto part : parts)
      EXPECT_NE(x.errors[0].find(part), std::string::npos) << part << " in: " << x.errors[0];
  }
}

TEST(WrongValue, IsCutWhenItIsLong) {
  const auto x = from_set({"account.id=" + std::string(100'000, 'x')});
  ASSERT_EQ(x.errors.size(), 1U);
  EXPECT_LT(x.errors[0].size(), 500U);
}

TEST(WrongValue, CausesNoFurtherComplaints) {
  EXPECT_TRUE(one_error(from_file(R"({"email": {"enabled": true, "from": "a@example.com", "smtp": {"host": 5}}})"),
                        {"email.smtp.host", "5"}));
}

} // namespace belfry::test
