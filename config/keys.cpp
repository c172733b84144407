#include "belfry/config/keys.hpp"

#include "belfry/messages/people.hpp"

#include <algorithm>

namespace belfry {

namespace {

// A generic lambda turns into both accessors of a `place`.
#define AT(path) ([](auto& o) -> decltype(auto) { return (o.path); })

template <class Enum>
choice_type choice(const std::vector<std::string_view>& names, place<Enum> at) {
  return {.names = names,
          .get = [at](const options& o) { return static_cast<std::size_t>(at.in(o)); },
          .set = [at](options& o, std::size_t i) { at.of(o) = static_cast<Enum>(i); }};
}

/// A channel's extra wait (SPEC 7).
duration_type delay(place<duration> at) {
  return {at, 1ms, 24h, true};
}

constexpr std::string_view delay_sentence =
    "Extra wait before a new message uses this channel; it goes nowhere if it was read meanwhile.";

count_type bound(place<std::uint64_t> at, std::string_view unit, std::uint64_t min = 1,
                 std::uint64_t max = 1'000'000'000) {
  return {at, min, max, unit};
}

using rows = std::vector<key>;

rows push_keys() {
  namespace f = formats;
  const std::vector<std::string_view> rules{"ALWAYS", "NEVER", "WHEN_PRIMARY_OFFLINE"};
  return {
      {"account.id", text_type{AT(account.id), &f::id, true}, "The accountId in webhook bodies."},
      {"push.enabled", flag_type{AT(push.enabled)},
       "Master switch: off sends nothing on any channel and keeps counting.",
       "core.push_notification.enablePushNotification"},
      {"push.debounceDelay", duration_type{AT(push.debounce_delay), 1ms, 1h, true},
       "How long a new message waits for a further one or for being read.",
       "core.push_notification.pushNotificationDebounceDelay"},
      {"push.debounceDelayWhenInConversation",
       duration_type{AT(push.debounce_delay_when_in_conversation), 1ms, 1h, true},
       "The same wait while the participant has the conversation open.",
       "core.push_notification.pushNotificationDebounceDelayWhenInConversation"},
      {"push.debounceMaxWait", duration_type{AT(push.debounce_max_wait), 1ms, 24h, true},
       "Longest total wait of a burst of messages; 0 sets none."},
      {"push.ownMessageReads", flag_type{AT(push.own_message_reads)},
       "Whether a participant's own message marks all earlier ones as read by them."},
      {"push.defaultLocale", text_type{AT(push.default_locale), &f::locale, true},
       "The language of persons who have none, and the last resort among templates."},
      {"push.messageLife", duration_type{AT(push.message_life), 1ms, 24h * 28},
       "How long after its cause a notification may still be sent (calls: until they stop ringing)."},
      {"push.participants", roles_type{AT(push.participants)}, "Roles that are told of messages and calls.",
       "conversation.notification.enablePushNotificationsPerActor"},
      {"push.botMessages", roles_type{AT(push.bot_messages)}, "Roles that are told of messages of bots.",
       "conversation.notification.enableNotificationForBotMessages"},
      {"push.secondaryAgentRule", choice<secondary_rule>(rules, AT(push.secondary_agent_rule)),
       "When secondary agents are told of messages.", "conversation.notification.secondaryAgentNotificationRule"},
      {"push.secondaryVisitorRule", choice<secondary_rule>(rules, AT(push.secondary_visitor_rule)),
       "When secondary visitors are told of messages.", "conversation.notification.secondaryVisitorNotificationRule"},
  };
}

rows call_keys() {
  return {
      {"calls.notAnsweredTimeout", duration_type{AT(calls.not_answered_timeout), 1ms, 1h},
       "How long a call rings, and how long it then rings for hidden agents.",
       "conversation.call.callNotAnsweredTimeoutSeconds"},
      {"calls.forwardToHiddenAgents", choice<forward_rule>({"NEVER", "ON_TIMEOUT"}, AT(calls.forward_to_hidden_agents)),
       "Whether an unanswered call goes on to the hidden agents.", "conversation.call.forwardToHiddenAgents"},
      {"calls.activeTimeout", duration_type{AT(calls.active_timeout), 1ms, 24h * 30},
       "A call ends by itself this long after it was first answered."},
      {"calls.autoJoin", flag_type{AT(calls.auto_join)},
       "autoJoinCalls of conversations that do not say: calls there notify nobody.",
       "conversation.call.autoStartAndJoinCalls"},
      {"calls.keepRingingAfterAnswer", flag_type{AT(calls.keep_ringing_after_answer)},
       "Whether the others go on ringing after one answered."},
  };
}

rows email_keys() {
  namespace f = formats;
  return {
      {"email.enabled", flag_type{AT(email.enabled)}, "Switches email on.",
       "core.push_notification.mail.enableEmailPushNotification"},
      {"email.from", text_type{AT(email.from), &f::mailbox}, "The sender; required with email on."},
      {"email.smtp.host", text_type{AT(email.smtp_host), &f::host}, "The SMTP server; required with email on."},
      {"email.smtp.port", port_type{AT(email.smtp_port)}, "Its port."},
      {"email.smtp.tls", choice<smtp_tls>({"starttls", "tls", "none"}, AT(email.tls)),
       "How the connection is secured; none only for a server on loopback."},
      {"email.smtp.user", text_type{AT(email.smtp_user), &f::any}, "Signs in as this user; empty does not sign in."},
      {"email.smtp.password", secret_type{AT(email.smtp_password), &f::any}, "The password of that user."},
      {"email.templates", templates_type{AT(email.templates)},
       "Templates per kind (new_message, incoming_call, missed_call) and locale, with ${...} placeholders; a locale "
       "falls back to its language, then to push.defaultLocale."},
      {"email.conversationUrl", text_type{AT(email.conversation_url), &f::conversation_url},
       "What ${conversationUrl} stands for; it may contain ${conversationId}."},
      {"email.delay", delay(AT(email.delay)), delay_sentence},
  };
}

rows mobile_keys() {
  namespace f = formats;
  return {
      {"mobile.enabled", flag_type{AT(mobile.enabled)}, "Switches mobile push on.",
       "mobile.push_notification.enablePushNotification"},
      {"mobile.delay", delay(AT(mobile.delay)), delay_sentence},
      {"mobile.enableFirebaseForNonPushKitNotifications", flag_type{AT(mobile.firebase_for_non_push_kit)},
       "Whether iOS devices get all but calls through FCM.",
       "mobile.push_notification.enableFirebaseForNonPushKitNotifications"},
      {"mobile.replaceMessages", flag_type{AT(mobile.replace_messages)},
       "Whether a new message replaces the one of its conversation that a phone shows; if not, each has a place of its "
       "own, and an app takes them back by their conversation."},
      {"mobile.fcm.projectId", text_type{AT(mobile.fcm.project_id), &f::project_id},
       "The Firebase project of the app \"default\".", "mobile.push_notification.firebaseDatabaseName"},
      {"mobile.fcm.serviceAccountKey", secret_type{AT(mobile.fcm.service_account_key), &f::service_account},
       "The JSON of that project's service account.", "mobile.push_notification.firebaseServiceAccountKey"},
      {"mobile.fcm.endpoint", text_type{AT(mobile.fcm_endpoint), &f::provider_url, true}, "Where FCM is."},
      {"mobile.apns.teamId", text_type{AT(mobile.apns.team_id), &f::apple_id},
       "Apple's team id of the app \"default\"."},
      {"mobile.apns.keyId", text_type{AT(mobile.apns.key_id), &f::apple_id}, "The id of its key."},
      {"mobile.apns.key", secret_type{AT(mobile.apns.key), &f::apns_key}, "The key: the text of the .p8 file."},
      {"mobile.apns.bundleId", text_type{AT(mobile.apns.bundle_id), &f::bundle_id}, "The bundle id of the app."},
      {"mobile.apns.production", text_type{AT(mobile.apns_production), &f::provider_url, true},
       "Where APNs is for PRODUCTION devices."},
      {"mobile.apns.sandbox", text_type{AT(mobile.apns_sandbox), &f::provider_url, true},
       "Where APNs is for SANDBOX devices."},
      {"mobile.apps", apps_type{AT(mobile.apps)},
       "Credentials of further apps; the keys above are the app \"default\"."},
  };
}

rows webhook_keys() {
  namespace f = formats;
  return {
      {"webhooks.enabled", flag_type{AT(webhooks.enabled)}, "Switches webhooks on."},
      {"webhooks.delay", delay(AT(webhooks.delay)), delay_sentence},
      {"webhooks.proxyUrl", secret_type{AT(webhooks.proxy_url), &f::proxy_url},
       "The proxy for webhooks; empty uses outbound.proxyUrl.", "webhook.proxyUrl"},
      {"webhooks.headerPrefix", text_type{AT(webhooks.header_prefix), &f::header_prefix, true},
       "What the names of the event headers begin with."},
      {"webhooks.userAgent", text_type{AT(webhooks.user_agent), &f::any},
       "The User-Agent; empty is \"Belfry/<version>\", the platform's own is \"Unblu-Hookshot\"."},
      {"webhooks.timeout", duration_type{AT(webhooks.timeout), 1ms, 5min}, "How long one attempt may take."},
      {"webhooks.retry.first", duration_type{AT(webhooks.retry_first), 1ms, 24h},
       "The wait before the first retry; also how often an open breaker lets a probe through."},
      {"webhooks.retry.factor", factor_type{AT(webhooks.retry_factor), 1, 100},
       "Each further wait is the last one times this."},
      {"webhooks.retry.max", duration_type{AT(webhooks.retry_max), 1ms, 24h * 7}, "The longest wait between retries."},
      {"webhooks.retry.jitter", factor_type{AT(webhooks.retry_jitter), 0, 1},
       "Waits are spread by up to this fraction of their length."},
      {"webhooks.disableAfter", duration_type{AT(webhooks.disable_after), 1ms, 24h * 365},
       "Unbroken failure for this long makes a registration INACTIVE_UNAVAILABLE."},
      {"webhooks.secretOverlap", duration_type{AT(webhooks.secret_overlap), 1ms, 24h * 30, true},
       "How long a replaced secret still signs beside the new one."},
  };
}

rows web_push_keys() {
  namespace f = formats;
  return {
      {"webPush.enabled", flag_type{AT(web_push.enabled)}, "Switches web push on."},
      {"webPush.delay", delay(AT(web_push.delay)), delay_sentence},
      {"webPush.subject", text_type{AT(web_push.subject), &f::vapid_subject},
       "The contact that push services see; required with web push on."},
      {"webPush.previousKeys", secrets_type{AT(web_push.previous_keys), &f::vapid_key, 10},
       "Earlier values of webPush.privateKey, kept while subscriptions made for them live."},
      {"webPush.allowedHosts", list_type{AT(web_push.allowed_hosts), &f::host_pattern},
       "Hosts of push services that a subscription may name."},
      {"webPush.privateKey", secret_type{AT(web_push.private_key), &f::vapid_key},
       "The VAPID key; required with web push on."},
      {"webPush.unencryptedDefaultNotificationTitle",
       text_type{AT(web_push.unencrypted_default_notification_title), &f::any, true},
       "What is shown when the worker cannot open a notification.",
       "core.web_push_notification.unencryptedDefaultNotificationTitle"},
      {"webPush.declarative", flag_type{AT(web_push.declarative)},
       "Apple's browsers show the default title by themselves when no worker opens a notification."},
      {"webPush.healthCheckInterval", duration_type{AT(web_push.health_check_interval), 1ms, 24h * 30},
       "How often a subscription is checked while its page is connected.",
       "core.web_push_notification.healthCheckIntervalSeconds"},
      {"webPush.healthCheckTimeout", duration_type{AT(web_push.health_check_timeout), 1ms, 1h},
       "How long the worker waits for the push of a check.", "core.web_push_notification.healthCheckTimeoutMillis"},
      {"webPush.subscriptionRetryInterval", duration_type{AT(web_push.subscription_retry_interval), 1ms, 24h},
       "The wait before the next check after a new subscription.",
       "core.web_push_notification.subscriptionRetryIntervalMillis"},
  };
}

rows engine_keys() {
  namespace f = formats;
  return {
      {"presence.timeout", duration_type{AT(presence_timeout), 1ms, 24h * 365, true},
       "How long presence counts after it was last said; 0 is until changed."},
      {"ingest.idempotencyWindow", duration_type{AT(ingest_idempotency_window), 1ms, 24h * 30},
       "How long event, message, call and invitation ids are known."},
      {"pause.initialMode", choice<pause_mode>({"OFF", "ON", "AUTO"}, AT(pause_initial_mode)),
       "The pause mode of agents who never set one.", "pausenotifications.initialPauseNotificationsMode"},
      {"privacy.messageText", choice<message_text_privacy>({"full", "none"}, AT(privacy_message_text)),
       "Whether payloads carry the message's text; none sends ids only."},
      {"store.kind", choice<store_kind>({"sqlite", "postgres", "memory"}, AT(store.kind)), "Where state is kept."},
      {"store.path", text_type{AT(store.path), &f::any, true}, "The file of the sqlite store."},
      {"store.dsn", secret_type{AT(store.dsn), &f::any}, "The connection of the postgres store."},
      {"outbound.caFile", text_type{AT(outbound.ca_file), &f::any},
       "A PEM file of certificates that outgoing connections trust as well."},
      {"outbound.proxyUrl", secret_type{AT(outbound.proxy_url), &f::proxy_url},
       "The proxy of every outgoing connection; a channel's own wins."},
      {"outbound.allowedNetworks", list_type{AT(outbound.allowed_networks), &f::network},
       "Otherwise refused networks that webhooks and web push may call."},
      {"outbound.allowPlainHttp", flag_type{AT(outbound.allow_plain_http)},
       "Whether webhooks may be called over plain http."},
      {"http.listen", text_type{AT(http.listen), &f::listen, true}, "Where the API listens."},
      {"http.tls.certificate", text_type{AT(http.tls_certificate), &f::any}, "The PEM file of the certificate chain."},
      {"http.tls.key", text_type{AT(http.tls_key), &f::any}, "The PEM file of its key."},
      {"http.tokens", tokens_type{AT(http.tokens)},
       "The API's bearer tokens; without any it is open, and starts on loopback only."},
      {"http.personTokenKey", secrets_type{AT(http.person_token_key), &f::person_token_key, 2},
       "The key that signs browsers' tokens; two while one is being replaced."},
      {"http.allowedOrigins", list_type{AT(http.allowed_origins), &f::origin},
       "Other origins whose pages may call the API and the live socket."},
      {"http.idleTimeout", duration_type{AT(http.idle_timeout), 1ms, 1h},
       "How long a connection may wait for its next request; longer than that of a balancer in front."},
      {"http.publicUrl", text_type{AT(http.public_url), &f::public_url},
       "Where recipients reach the API, for the links in emails."},
      {"retention.trace", duration_type{AT(retention.trace), 1ms, duration_max},
       "How long finished notifications are kept."},
      {"retention.ended", duration_type{AT(retention.ended), 1ms, duration_max},
       "How long ended conversations stay readable."},
      {"cluster.enabled", flag_type{AT(cluster_enabled)}, "Runs as one node of several."},
  };
}

rows limit_keys() {
  return {
      {"limits.eventIds", bound(AT(limits.event_ids), "ids"),
       "Known event ids, and as many message, call and invitation ids."},
      {"limits.unreadMessages", bound(AT(limits.unread_messages), "messages", 1, 1'000'000),
       "Newest messages of a conversation that are counted."},
      {"limits.admissionWait", duration_type{AT(limits.admission_wait), 1ms, 1h},
       "What is admitted is expected to be answered within this time, by the pace of the last commits; else 429."},
      {"limits.eventsInFlight", bound(AT(limits.events_in_flight), "events"),
       "Accepted but not yet committed events; beyond it 429."},
      {"limits.laneQueue", bound(AT(limits.lane_queue), "deliveries"),
       "Deliveries of a lane held in memory; the rest waits on disk."},
      {"limits.laneInFlight", bound(AT(limits.lane_in_flight), "requests", 3, 10'000),
       "Requests in flight per lane, the two kept for calls included."},
      {"limits.channelInFlight", bound(AT(limits.channel_in_flight), "requests", 3, 100'000),
       "Requests in flight over all lanes of a channel."},
      {"limits.awakeConversations", bound(AT(limits.awake_conversations), "conversations"),
       "Conversations kept awake; beyond it the longest idle go to sleep."},
      {"limits.idleConversation", duration_type{AT(limits.idle_conversation), 1ms, 24h},
       "A conversation without news for this long goes to sleep."},
      {"limits.idlePerson", duration_type{AT(limits.idle_person), 1ms, 24h},
       "A person without news for this long goes to sleep."},
      {"limits.recoveryBatch", bound(AT(limits.recovery_batch), "persons", 1, 100'000),
       "Persons with unfinished notifications loaded at once after a start."},
      {"limits.connections", bound(AT(limits.connections), "connections", 1, 1'000'000),
       "Open HTTP connections, live sockets included."},
      {"limits.streamReaders", bound(AT(limits.stream_readers), "readers", 1, 100'000), "Readers of /v1/stream."},
      {"limits.streamBacklog", bound(AT(limits.stream_backlog), "reports", 1, 10'000'000),
       "Reports a slow reader may lag behind before it is cut off."},
      {"limits.devicesPerPerson", bound(AT(limits.devices_per_person), "devices", 1, 10'000), "Devices of one person."},
      {"limits.webhooks", bound(AT(limits.webhooks), "registrations", 1, 100'000), "Webhook registrations."},
  };
}

#undef AT

} // namespace

const std::vector<key>& keys() {
  static const rows table = [] {
    rows out;
    for (auto* part :
         {push_keys, call_keys, email_keys, mobile_keys, webhook_keys, web_push_keys, engine_keys, limit_keys}) {
      auto more = part();
      std::move(more.begin(), more.end(), std::back_inserter(out));
    }
    return out;
  }();
  return table;
}

const key* find_key(std::string_view name) {
  const auto& all = keys();
  const auto it = std::find_if(all.begin(), all.end(), [name](const key& k) { return k.name == name; });
  return it == all.end() ? nullptr : &*it;
}

const std::vector<std::string_view>& token_role_names() {
  static const std::vector<std::string_view> names{"host", "read", "admin"};
  return names;
}

} // namespace belfry
