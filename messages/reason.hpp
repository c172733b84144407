#pragma once

#include <cstdint>
#include <string_view>

namespace belfry {

/// Why a notification was not sent, or how a delivery ended: stable codes of the trace (SPEC 13).
/// `docs/reasons.md` explains each; a test holds the two together. Stored as a number: new values go to the end.
enum class reason : std::uint8_t {
  none,
  sent,
  // Rules (SPEC 3 to 6)
  own_message,
  system_message,
  not_in_conversation,
  not_visible,
  role_disabled,
  bot_messages_disabled,
  secondary_rule,
  muted,
  push_disabled,
  auto_join,
  read_before_due,
  superseded,
  deleted,
  left,
  conversation_ended,
  no_address,
  paused,
  taken_back,
  person_erased,
  // Channels
  channel_disabled,
  registration_inactive,
  registration_deleted,
  refused_address,
  endpoint_gone,
  expired,
  http_status,
  timeout,
  connection_failed,
  tls_failed,
  proxy_failed,
  address_suppressed,
  address_dead,
  provider_refused,
};

constexpr reason reason_last = reason::provider_refused;
constexpr int reason_count = static_cast<int>(reason_last) + 1;

/// The snake_case code, "" for none.
std::string_view to_string(reason x);
bool from_string(std::string_view text, reason& out);

} // namespace belfry
