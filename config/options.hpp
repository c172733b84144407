#pragma once

#include "belfry/messages/people.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// All options of SPEC 16, one struct per concern. Defaults stand here; the table in keys.cpp names, bounds and
/// explains them. Durations are milliseconds inside; 0 means what the key's sentence says.
namespace belfry {

using duration = std::chrono::milliseconds;
using namespace std::chrono_literals;

/// A secret: resolved text. Never printed.
struct secret {
  std::string value;

  bool empty() const { return value.empty(); }
  bool operator==(const secret&) const = default;
};

enum class secondary_rule : std::uint8_t { always, never, when_primary_offline };
enum class forward_rule : std::uint8_t { never, on_timeout };
enum class smtp_tls : std::uint8_t { starttls, tls, none };
enum class store_kind : std::uint8_t { sqlite, postgres, memory };
enum class message_text_privacy : std::uint8_t { full, none };
enum class token_role : std::uint8_t { host, read, admin };

struct account_options {
  std::string id = "default";
};

struct push_options {
  bool enabled = true;
  duration debounce_delay = 1s;
  duration debounce_delay_when_in_conversation = 10s;
  duration debounce_max_wait = 0s;
  bool own_message_reads = true;
  std::string default_locale = "en-US";
  duration message_life = 24h;
  std::vector<role> participants{role::assigned_agent, role::context_person, role::secondary_agent,
                                 role::secondary_visitor};
  std::vector<role> bot_messages{role::assigned_agent, role::context_person, role::secondary_agent,
                                 role::secondary_visitor};
  secondary_rule secondary_agent_rule = secondary_rule::always;
  secondary_rule secondary_visitor_rule = secondary_rule::always;
};

struct call_options {
  duration not_answered_timeout = 60s;
  forward_rule forward_to_hidden_agents = forward_rule::never;
  duration active_timeout = 12h;
  bool auto_join = false;
  bool keep_ringing_after_answer = false;
};

struct email_template {
  std::string subject, text, html;

  bool operator==(const email_template&) const = default;
};

struct email_options {
  bool enabled = false;
  std::string from;
  std::string smtp_host;
  std::uint16_t smtp_port = 587;
  smtp_tls tls = smtp_tls::starttls;
  std::string smtp_user;
  secret smtp_password;
  /// kind -> locale -> template.
  std::map<std::string, std::map<std::string, email_template>> templates;
  std::string conversation_url;
  duration delay = 0s;
};

struct fcm_options {
  std::string project_id;
  secret service_account_key;

  bool operator==(const fcm_options&) const = default;
};

struct apns_options {
  std::string team_id, key_id, bundle_id;
  secret key;

  bool operator==(const apns_options&) const = default;
};

struct mobile_app {
  std::string app;
  fcm_options fcm;
  apns_options apns;

  bool operator==(const mobile_app&) const = default;
};

struct mobile_options {
  bool enabled = false;
  duration delay = 0s;
  bool firebase_for_non_push_kit = false;
  bool replace_messages = true;
  fcm_options fcm;
  std::string fcm_endpoint = "https://fcm.googleapis.com";
  apns_options apns;
  std::string apns_production = "https://api.push.apple.com:443";
  std::string apns_sandbox = "https://api.sandbox.push.apple.com:443";
  std::vector<mobile_app> apps;

  bool operator==(const mobile_options&) const = default;
};

struct webhook_options {
  bool enabled = true;
  duration delay = 0s;
  secret proxy_url;
  std::string header_prefix = "X-Unblu-";
  /// Empty: "Belfry/<version>".
  std::string user_agent;
  duration timeout = 20s;
  duration retry_first = 5s;
  double retry_factor = 3;
  duration retry_max = 10h;
  double retry_jitter = 0.2;
  duration disable_after = 120h;
  duration secret_overlap = 24h;
};

struct web_push_options {
  bool enabled = false;
  duration delay = 0s;
  std::string subject;
  secret private_key;
  std::vector<secret> previous_keys;
  std::vector<std::string> allowed_hosts{"updates.push.services.mozilla.com", "fcm.googleapis.com",
                                         "*.notify.windows.com", "*.push.apple.com"};
  std::string unencrypted_default_notification_title = "You have a new notification";
  bool declarative = false;
  duration health_check_interval = 3600s;
  duration health_check_timeout = 30s;
  duration subscription_retry_interval = 60s;
};

struct http_token {
  std::string name;
  token_role role = token_role::read;
  /// Lower-case hex SHA-256 of the token.
  std::string sha256;

  bool operator==(const http_token&) const = default;
};

struct http_options {
  std::string listen = "127.0.0.1:8080";
  std::string tls_certificate, tls_key;
  std::vector<http_token> tokens;
  /// At most two (the second while one is being replaced).
  std::vector<secret> person_token_key;
  std::vector<std::string> allowed_origins;
  std::string public_url;
  /// Longer than the 60 s of common balancers, so that the balancer closes first.
  duration idle_timeout = 75s;
};

struct store_options {
  store_kind kind = store_kind::sqlite;
  std::string path = "./belfry.db";
  secret dsn;
};

struct outbound_options {
  std::string ca_file;
  secret proxy_url;
  /// CIDR networks that H-9 would refuse but that may be called.
  std::vector<std::string> allowed_networks;
  bool allow_plain_http = false;
};

struct retention_options {
  duration trace = 24h * 7;
  duration ended = 24h * 30;
};

/// Every bound of a queue or a loop that an operator may want to move. Keys: `limits.<camelCase member>`.
struct limit_options {
  /// Known event ids (and as many known message, call and invitation ids) that are remembered.
  std::uint64_t event_ids = 5'000'000;
  /// Newest messages of a conversation that are counted.
  std::uint64_t unread_messages = 10'000;
  /// Accepted but not yet committed events; beyond it 429.
  std::uint64_t events_in_flight = 50'000;
  /// Deliveries held in memory per lane; the rest waits on disk.
  std::uint64_t lane_queue = 10'000;
  /// Requests in flight per lane, the two kept for calls included.
  std::uint64_t lane_in_flight = 32;
  /// Requests in flight over all lanes of a channel.
  std::uint64_t channel_in_flight = 512;
  /// What is admitted is expected to be answered within this time; else 429.
  duration admission_wait = 5s;
  /// Conversations kept awake; beyond it the longest idle go to sleep.
  std::uint64_t awake_conversations = 200'000;
  /// A conversation without news for this long goes to sleep.
  duration idle_conversation = 30s;
  duration idle_person = 30s;
  /// Persons woken at once during recovery.
  std::uint64_t recovery_batch = 500;
  /// Open HTTP connections, live sockets included.
  std::uint64_t connections = 16'384;
  /// Readers of /v1/stream.
  std::uint64_t stream_readers = 100;
  /// Reports a slow reader may lag behind before it is cut off.
  std::uint64_t stream_backlog = 10'000;
  /// Devices per person.
  std::uint64_t devices_per_person = 50;
  /// Webhook registrations.
  std::uint64_t webhooks = 1'000;
};

/// Everything of SPEC 16.
struct options {
  account_options account;
  push_options push;
  call_options calls;
  email_options email;
  mobile_options mobile;
  webhook_options webhooks;
  web_push_options web_push;
  duration presence_timeout = 0s;
  duration ingest_idempotency_window = 24h;
  pause_mode pause_initial_mode = pause_mode::off;
  message_text_privacy privacy_message_text = message_text_privacy::full;
  store_options store;
  outbound_options outbound;
  http_options http;
  retention_options retention;
  bool cluster_enabled = false;
  limit_options limits;
};

} // namespace belfry
