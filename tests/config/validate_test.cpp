#include "belfry/config/validate.hpp"

#include "belfry/tests/config/support.hpp"

#include <algorithm>

namespace belfry {

namespace {

using test::lines;

/// Exactly one line, which begins with `key`.
testing::AssertionResult only(const options& x, std::string_view key) {
  const auto found = validate(x);
  if (found.size() == 1 && found[0].starts_with(std::string{key} + ":"))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << found.size() << " lines:\n" << lines(found);
}

options with_email() {
  options x;
  x.email.enabled = true;
  x.email.smtp_host = "smtp.example.com";
  x.email.from = "chat@example.com";
  return x;
}

options with_web_push() {
  options x;
  x.web_push.enabled = true;
  x.web_push.subject = "mailto:ops@example.com";
  x.web_push.private_key.value = std::string{test::vapid_key};
  return x;
}

options with_template(email_template t) {
  options x;
  x.email.templates["new_message"]["en"] = std::move(t);
  return x;
}

const std::string hash(64, 'a');

} // namespace

TEST(Validate, HoldsHandMadeOptionsToTheBoundsOfTheTable) {
  options x;
  x.calls.not_answered_timeout = 0ms;
  EXPECT_TRUE(only(x, "calls.notAnsweredTimeout"));
  x = {};
  x.limits.lane_in_flight = 2;
  EXPECT_TRUE(only(x, "limits.laneInFlight"));
}

TEST(Validate, WantsTheFirstRetryNotAfterTheLongestWait) {
  options x;
  x.webhooks.retry_first = x.webhooks.retry_max;
  EXPECT_EQ(lines(validate(x)), "");
  x.webhooks.retry_max -= 1ms;
  EXPECT_TRUE(only(x, "webhooks.retry.first"));
}

TEST(Validate, WantsAFactorOfAtLeastOne) {
  options x;
  x.webhooks.retry_factor = 1;
  EXPECT_EQ(lines(validate(x)), "");
  x.webhooks.retry_factor = 0.99;
  EXPECT_TRUE(only(x, "webhooks.retry.factor"));
}

TEST(Validate, WantsJitterBetweenNoneAndAll) {
  options x;
  for (const double good : {0.0, 1.0}) {
    x.webhooks.retry_jitter = good;
    EXPECT_EQ(lines(validate(x)), "");
  }
  for (const double bad : {-0.01, 1.01}) {
    x.webhooks.retry_jitter = bad;
    EXPECT_TRUE(only(x, "webhooks.retry.jitter"));
  }
}

TEST(Validate, WantsAServerAndASenderForEmail) {
  EXPECT_EQ(lines(validate(with_email())), "");
  auto x = with_email();
  x.email.smtp_host.clear();
  EXPECT_TRUE(only(x, "email.smtp.host"));
  x = with_email();
  x.email.from.clear();
  EXPECT_TRUE(only(x, "email.from"));
}

TEST(Validate, AllowsUnsecuredSmtpOnLoopbackOnly) {
  auto x = with_email();
  x.email.tls = smtp_tls::none;
  EXPECT_TRUE(only(x, "email.smtp.tls"));
  x.email.smtp_host = "127.0.0.1";
  EXPECT_EQ(lines(validate(x)), "");
}

TEST(Validate, WantsAUserWithAPassword) {
  auto x = with_email();
  x.email.smtp_password.value = "hunter2";
  EXPECT_TRUE(only(x, "email.smtp.user"));
}

TEST(Validate, WantsTemplatesWithSubjectAndText) {
  EXPECT_EQ(lines(validate(with_template({"Hi ${senderName}", "${messageText}", ""}))), "");
  EXPECT_TRUE(only(with_template({"", "text", ""}), "email.templates.new_message.en.subject"));
  EXPECT_TRUE(only(with_template({"subject", "", ""}), "email.templates.new_message.en.text"));
  EXPECT_TRUE(only(with_template({"two\nlines", "text", ""}), "email.templates.new_message.en.subject"));
}

TEST(Validate, RefusesAnUnknownPlaceholderInAnyPart) {
  EXPECT_TRUE(only(with_template({"${sender}", "text", ""}), "email.templates.new_message.en.subject"));
  EXPECT_TRUE(only(with_template({"subject", "${password}", ""}), "email.templates.new_message.en.text"));
  EXPECT_TRUE(only(with_template({"subject", "text", "<p>${name}</p>"}), "email.templates.new_message.en.html"));
}

TEST(Validate, RefusesTemplatesOfOtherKindsAndLanguages) {
  options x;
  x.email.templates["read_message"]["en"] = {"subject", "text", ""};
  EXPECT_TRUE(only(x, "email.templates.read_message"));
  x.email.templates = {{"new_message", {{"en_US!", {"subject", "text", ""}}}}};
  EXPECT_TRUE(only(x, "email.templates.new_message.en_US!"));
}

TEST(Validate, WantsCredentialsForMobile) {
  options x;
  x.mobile.enabled = true;
  EXPECT_TRUE(only(x, "mobile.enabled"));
  x.mobile.apns = {"TEAMTEAM01", "KEYKEYKE01", "com.example.bank", {test::pem_of_new_key("EC")}};
  EXPECT_EQ(lines(validate(x)), "");
}

TEST(Validate, WantsTheCredentialsOfAnAppWhole) {
  options x;
  x.mobile.fcm.project_id = "bank";
  EXPECT_TRUE(only(x, "mobile"));
  x = {};
  x.mobile.apns.team_id = "TEAMTEAM01";
  EXPECT_TRUE(only(x, "mobile"));
  x = {};
  x.mobile.apps = {{"business", {}, {}}};
  EXPECT_TRUE(only(x, "mobile.apps"));
  x.mobile.apps[0].fcm.project_id = "bank";
  EXPECT_GE(validate(x).size(), 1U);
}

TEST(Validate, WantsEveryAppOnce) {
  const apns_options apns{"TEAMTEAM01", "KEYKEYKE01", "com.example.bank", {test::pem_of_new_key("EC")}};
  options x;
  x.mobile.apps = {{"a", {}, apns}, {"a", {}, apns}};
  EXPECT_TRUE(only(x, "mobile.apps[1].app"));
  x.mobile.apps = {{"default", {}, apns}};
  EXPECT_EQ(lines(validate(x)), "");
  x.mobile.apns = apns;
  EXPECT_TRUE(only(x, "mobile.apps"));
}

TEST(Validate, WantsAContactAndAKeyForWebPush) {
  EXPECT_EQ(lines(validate(with_web_push())), "");
  auto x = with_web_push();
  x.web_push.subject.clear();
  EXPECT_TRUE(only(x, "webPush.subject"));
  x = with_web_push();
  x.web_push.private_key.value.clear();
  EXPECT_TRUE(only(x, "webPush.privateKey"));
  x = with_web_push();
  x.web_push.subject = "mailto:ops@localhost";
  EXPECT_TRUE(only(x, "webPush.subject"));
}

TEST(Validate, WantsBothHalvesOfTls) {
  options x;
  x.http.tls_certificate = "cert.pem";
  EXPECT_TRUE(only(x, "http.tls.certificate"));
  x.http.tls_key = "key.pem";
  EXPECT_EQ(lines(validate(x)), "");
}

TEST(Validate, RefusesAnOpenApiBeyondLoopback) {
  options x;
  for (const auto* loopback : {"127.0.0.1:1", "[::1]:1", "localhost:1"}) {
    x.http.listen = loopback;
    EXPECT_EQ(lines(validate(x)), "") << loopback;
  }
  for (const auto* open : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "push.example.com:1"}) {
    x.http.listen = open;
    EXPECT_TRUE(only(x, "http.tokens")) << open;
  }
  x.http.tokens = {{"host", token_role::host, hash}};
  EXPECT_EQ(lines(validate(x)), "");
}

TEST(Validate, WantsTokensThatCanBeToldApart) {
  options x;
  x.http.tokens = {{"a", token_role::host, hash}, {"a", token_role::read, std::string(64, 'b')}};
  EXPECT_TRUE(only(x, "http.tokens[1].name"));
  x.http.tokens = {{"a", token_role::host, hash}, {"b", token_role::read, hash}};
  EXPECT_TRUE(only(x, "http.tokens[1].sha256"));
  x.http.tokens = {{"", token_role::host, hash}};
  EXPECT_TRUE(only(x, "http.tokens[0].name"));
}

TEST(Validate, NeverPrintsATokenThatStandsInPlaceOfItsHash) {
  options x;
  x.http.tokens = {{"a", token_role::host, "my-secret-token"}};
  EXPECT_TRUE(only(x, "http.tokens[0].sha256"));
  EXPECT_EQ(lines(validate(x)).find("my-secret-token"), std::string::npos);
}

TEST(Validate, WantsOneOrTwoPersonTokenKeysOf32Bytes) {
  options x;
  x.http.person_token_key = {{std::string(32, 'k')}, {std::string(40, 'l')}};
  EXPECT_EQ(lines(validate(x)), "");
  x.http.person_token_key.push_back({std::string(32, 'm')});
  EXPECT_TRUE(only(x, "http.personTokenKey"));
  x.http.person_token_key = {{std::string(31, 'k')}};
  EXPECT_TRUE(only(x, "http.personTokenKey"));
}

TEST(Validate, WantsAConnectionForPostgres) {
  options x;
  x.store.kind = store_kind::postgres;
  EXPECT_TRUE(only(x, "store.dsn"));
  x.store.dsn.value = "host=db";
  EXPECT_EQ(lines(validate(x)), "");
}

TEST(Validate, WantsALaneWithinItsChannel) {
  options x;
  x.limits.channel_in_flight = x.limits.lane_in_flight;
  EXPECT_EQ(lines(validate(x)), "");
  --x.limits.channel_in_flight;
  EXPECT_TRUE(only(x, "limits.laneInFlight"));
}

TEST(Capabilities, AreAllThereForTheDefaults) {
  EXPECT_EQ(lines(missing_capabilities(options{})), "");
}

TEST(Capabilities, NameEachThingThatThisBuildLacks) {
  options x;
  x.cluster_enabled = true;
  x.store.kind = store_kind::postgres;
  const auto missing = missing_capabilities(x);
  for (const auto* setting : {"cluster.enabled", "store.kind"})
    EXPECT_EQ(std::count_if(missing.begin(), missing.end(), [&](const auto& l) { return l.starts_with(setting); }), 1)
        << setting;
}

TEST(Capabilities, AreNoMatterOfValidation) {
  EXPECT_EQ(lines(validate(with_web_push())), "");
  options x;
  x.cluster_enabled = true;
  EXPECT_EQ(missing_capabilities(with_web_push()).size(), 0U);
  EXPECT_EQ(missing_capabilities(x).size(), 1U);
}

} // namespace belfry
