// SPEC 16: keys and their defaults, and SPEC 15: the platform's own names.
#include "belfry/config/keys.hpp"
#include "belfry/config/load.hpp"
#include "belfry/config/render.hpp"
#include "belfry/tests/config/support.hpp"

#include <nlohmann/json.hpp>

namespace belfry::test {

namespace {

using json = nlohmann::json;

const std::string unblu = "com.unblu.";
const std::string push_properties = unblu + "core.push_notification.";
const std::string web_push_properties = unblu + "core.web_push_notification.";

struct table_row {
  const char* key;
  json shown;
  const char* property;
};

/// SPEC 16 as it is written, durations in their largest whole unit.
const std::vector<table_row>& table() {
  static const json four{"ASSIGNED_AGENT", "CONTEXT_PERSON", "SECONDARY_AGENT", "SECONDARY_VISITOR"};
  static const std::vector<table_row> rows{
      {"account.id", "default", ""},
      {"push.enabled", true, "core.push_notification.enablePushNotification"},
      {"push.debounceDelay", "1s", "core.push_notification.pushNotificationDebounceDelay"},
      {"push.debounceDelayWhenInConversation", "10s",
       "core.push_notification.pushNotificationDebounceDelayWhenInConversation"},
      {"push.debounceMaxWait", 0, ""},
      {"push.ownMessageReads", true, ""},
      {"push.defaultLocale", "en-US", ""},
      {"push.messageLife", "1d", ""},
      {"push.participants", four, "conversation.notification.enablePushNotificationsPerActor"},
      {"push.botMessages", four, "conversation.notification.enableNotificationForBotMessages"},
      {"push.secondaryAgentRule", "ALWAYS", "conversation.notification.secondaryAgentNotificationRule"},
      {"push.secondaryVisitorRule", "ALWAYS", "conversation.notification.secondaryVisitorNotificationRule"},
      {"calls.notAnsweredTimeout", "1m", "conversation.call.callNotAnsweredTimeoutSeconds"},
      {"calls.forwardToHiddenAgents", "NEVER", "conversation.call.forwardToHiddenAgents"},
      {"calls.activeTimeout", "12h", ""},
      {"calls.autoJoin", false, "conversation.call.autoStartAndJoinCalls"},
      {"calls.keepRingingAfterAnswer", false, ""},
      {"email.enabled", false, "core.push_notification.mail.enableEmailPushNotification"},
      {"email.from", "", ""},
      {"email.smtp.host", "", ""},
      {"email.smtp.port", 587, ""},
      {"email.smtp.tls", "starttls", ""},
      {"email.smtp.user", "", ""},
      {"email.smtp.password", "", ""},
      {"email.templates", json::object(), ""},
      {"email.conversationUrl", "", ""},
      {"email.delay", 0, ""},
      {"mobile.enabled", false, "mobile.push_notification.enablePushNotification"},
      {"mobile.delay", 0, ""},
      {"mobile.enableFirebaseForNonPushKitNotifications", false,
       "mobile.push_notification.enableFirebaseForNonPushKitNotifications"},
      {"mobile.fcm.projectId", "", "mobile.push_notification.firebaseDatabaseName"},
      {"mobile.fcm.serviceAccountKey", "", "mobile.push_notification.firebaseServiceAccountKey"},
      {"mobile.fcm.endpoint", "https://fcm.googleapis.com", ""},
      {"mobile.apns.teamId", "", ""},
      {"mobile.apns.keyId", "", ""},
      {"mobile.apns.key", "", ""},
      {"mobile.apns.bundleId", "", ""},
      {"mobile.apns.production", "https://api.push.apple.com:443", ""},
      {"mobile.apns.sandbox", "https://api.sandbox.push.apple.com:443", ""},
      {"mobile.apps", json::array(), ""},
      {"webhooks.enabled", true, ""},
      {"webhooks.delay", 0, ""},
      {"webhooks.proxyUrl", "", "webhook.proxyUrl"},
      {"webhooks.headerPrefix", "X-Unblu-", ""},
      {"webhooks.userAgent", "", ""},
      {"webhooks.timeout", "20s", ""},
      {"webhooks.retry.first", "5s", ""},
      {"webhooks.retry.factor", 3.0, ""},
      {"webhooks.retry.max", "10h", ""},
      {"webhooks.retry.jitter", 0.2, ""},
      {"webhooks.disableAfter", "5d", ""},
      {"webhooks.secretOverlap", "1d", ""},
      {"webPush.enabled", false, ""},
      {"webPush.delay", 0, ""},
      {"webPush.subject", "", ""},
      {"webPush.previousKeys", json::array(), ""},
      {"webPush.allowedHosts",
       {"updates.push.services.mozilla.com", "fcm.googleapis.com", "*.notify.windows.com", "*.push.apple.com"},
       ""},
      {"webPush.privateKey", "", ""},
      {"webPush.unencryptedDefaultNotificationTitle", "You have a new notification",
       "core.web_push_notification.unencryptedDefaultNotificationTitle"},
      {"webPush.declarative", false, ""},
      {"webPush.healthCheckInterval", "1h", "core.web_push_notification.healthCheckIntervalSeconds"},
      {"webPush.healthCheckTimeout", "30s", "core.web_push_notification.healthCheckTimeoutMillis"},
      {"webPush.subscriptionRetryInterval", "1m", "core.web_push_notification.subscriptionRetryIntervalMillis"},
      {"presence.timeout", 0, ""},
      {"ingest.idempotencyWindow", "1d", ""},
      {"pause.initialMode", "OFF", "pausenotifications.initialPauseNotificationsMode"},
      {"privacy.messageText", "full", ""},
      {"store.kind", "sqlite", ""},
      {"store.path", "./belfry.db", ""},
      {"store.dsn", "", ""},
      {"outbound.caFile", "", ""},
      {"outbound.proxyUrl", "", ""},
      {"outbound.allowedNetworks", json::array(), ""},
      {"outbound.allowPlainHttp", false, ""},
      {"http.listen", "127.0.0.1:8080", ""},
      {"http.tls.certificate", "", ""},
      {"http.tls.key", "", ""},
      {"http.tokens", json::array(), ""},
      {"http.personTokenKey", json::array(), ""},
      {"http.allowedOrigins", json::array(), ""},
      {"http.publicUrl", "", ""},
      {"retention.trace", "7d", ""},
      {"retention.ended", "30d", ""},
      {"cluster.enabled", false, ""},
      {"limits.eventIds", 5'000'000, ""},
      {"limits.unreadMessages", 10'000, ""},
  };
  return rows;
}

} // namespace

TEST(Table, HasEveryKeyOfTheSpecWithItsDefaultAndProperty) {
  const auto tree = json::parse(render(options{}));
  for (const auto& row : table()) {
    const auto* k = find_key(row.key);
    ASSERT_NE(k, nullptr) << row.key;
    EXPECT_EQ(k->property, row.property) << row.key;
    std::string path = "/" + std::string{row.key};
    std::replace(path.begin(), path.end(), '.', '/');
    EXPECT_EQ(tree.at(json::json_pointer{path}), row.shown) << row.key;
  }
}

TEST(Table, HasNoOtherKeysButLimits) {
  for (const auto& k : keys()) {
    const auto& rows = table();
    const bool listed = std::any_of(rows.begin(), rows.end(), [&k](const table_row& r) { return k.name == r.key; });
    // Balancers differ: how long a connection may be idle is for operators to say. PROTOCOLS A-10 wants the other one.
    EXPECT_TRUE(listed || k.name.starts_with("limits.") || k.name == "http.idleTimeout"
                || k.name == "mobile.replaceMessages")
        << k.name;
  }
}

TEST(PlatformProperties, SetTheirKeys) {
  const auto account = service_account(pem_of_new_key("RSA"));
  std::string escaped;
  for (const char c : account)
    escaped += c == '\\' ? std::string{"\\\\"} : std::string{c};
  const auto x = from_properties(
      push_properties + "enablePushNotification=false\n" + push_properties + "pushNotificationDebounceDelay=2000\n"
      + push_properties + "pushNotificationDebounceDelayWhenInConversation=20000\n" + push_properties
      + "mail.enableEmailPushNotification=false\n" + unblu
      + "conversation.notification.enablePushNotificationsPerActor=ASSIGNED_AGENT, CONTEXT_PERSON\n" + unblu
      + "conversation.notification.enableNotificationForBotMessages=[]\n" + unblu
      + "conversation.notification.secondaryAgentNotificationRule=NEVER\n" + unblu
      + "conversation.notification.secondaryVisitorNotificationRule=NEVER\n" + unblu
      + "conversation.call.callNotAnsweredTimeoutSeconds=30\n" + unblu
      + "conversation.call.forwardToHiddenAgents=ON_TIMEOUT\n" + unblu
      + "conversation.call.autoStartAndJoinCalls=true\n" + unblu
      + "mobile.push_notification.enablePushNotification=true\n" + unblu
      + "mobile.push_notification.enableFirebaseForNonPushKitNotifications=true\n" + unblu
      + "mobile.push_notification.firebaseDatabaseName=bank\n" + unblu
      + "mobile.push_notification.firebaseServiceAccountKey=" + escaped + "\n" + unblu
      + "webhook.proxyUrl=http\\://proxy\\:3128\n" + web_push_properties
      + "unencryptedDefaultNotificationTitle=Neue Nachricht f\\u00fcr Sie\n" + web_push_properties
      + "healthCheckIntervalSeconds=600\n" + web_push_properties + "healthCheckTimeoutMillis=5000\n"
      + web_push_properties + "subscriptionRetryIntervalMillis=90000\n" + unblu
      + "pausenotifications.initialPauseNotificationsMode=AUTO\n");
  ASSERT_TRUE(good(x));
  EXPECT_TRUE(x.notices.empty());
  const auto& o = x.value;
  EXPECT_FALSE(o.push.enabled);
  EXPECT_EQ(o.push.debounce_delay, 2s);
  EXPECT_EQ(o.push.debounce_delay_when_in_conversation, 20s);
  EXPECT_EQ(o.push.participants, (std::vector<role>{role::assigned_agent, role::context_person}));
  EXPECT_TRUE(o.push.bot_messages.empty());
  EXPECT_EQ(o.push.secondary_agent_rule, secondary_rule::never);
  EXPECT_EQ(o.push.secondary_visitor_rule, secondary_rule::never);
  EXPECT_EQ(o.calls.not_answered_timeout, 30s);
  EXPECT_EQ(o.calls.forward_to_hidden_agents, forward_rule::on_timeout);
  EXPECT_TRUE(o.calls.auto_join);
  EXPECT_TRUE(o.mobile.enabled);
  EXPECT_TRUE(o.mobile.firebase_for_non_push_kit);
  EXPECT_EQ(o.mobile.fcm.project_id, "bank");
  EXPECT_EQ(o.mobile.fcm.service_account_key.value, account);
  EXPECT_EQ(o.webhooks.proxy_url.value, "http://proxy:3128");
  EXPECT_EQ(o.web_push.unencrypted_default_notification_title, "Neue Nachricht f\u00fcr Sie");
  EXPECT_EQ(o.web_push.health_check_interval, 600s);
  EXPECT_EQ(o.web_push.health_check_timeout, 5s);
  EXPECT_EQ(o.web_push.subscription_retry_interval, 90s);
  EXPECT_EQ(o.pause_initial_mode, pause_mode::automatic);
}

TEST(PlatformProperties, HaveNamesInAnyCase) {
  const auto x = from_properties("COM.UNBLU.Core.Push_Notification.ENABLEPUSHNOTIFICATION=False");
  ASSERT_TRUE(good(x));
  EXPECT_FALSE(x.value.push.enabled);
}

TEST(PlatformProperties, TakeUnitsAsTheFileDoes) {
  EXPECT_EQ(
      from_properties(unblu + "conversation.call.callNotAnsweredTimeoutSeconds=2m").value.calls.not_answered_timeout,
      2min);
}

TEST(PlatformProperties, OfOtherFeaturesAreCountedInOneLine) {
  const auto x = from_properties("com.unblu.other.thing=1\nfoo=2\n" + push_properties + "enablePushNotification=true");
  ASSERT_TRUE(good(x));
  ASSERT_EQ(x.notices.size(), 1U);
  EXPECT_NE(x.notices[0].find("2 names"), std::string::npos) << x.notices[0];
}

TEST(PlatformProperties, AreNamedInErrors) {
  EXPECT_TRUE(one_error(from_properties(unblu + "conversation.call.callNotAnsweredTimeoutSeconds=soon"),
                        {"calls.notAnsweredTimeout", "callNotAnsweredTimeoutSeconds", "soon", "1ms to 1h"}));
  EXPECT_TRUE(one_error(from_properties("a=\\u1"), {"line 1"}));
}

} // namespace belfry::test
