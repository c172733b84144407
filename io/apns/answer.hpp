#pragma once

#include "belfry/io/ports.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

/// How APNs answers (PROTOCOLS A-6); pure.
namespace belfry::io::apns {

/// The reasons that Apple documents, and two of ours.
enum class reason : std::uint8_t {
  /// The body named none: 200, or not Apple who answers.
  none,
  /// One that is not on the list.
  unknown,
  bad_collapse_id,
  bad_device_token,
  bad_expiration_date,
  bad_message_id,
  bad_priority,
  bad_topic,
  device_token_not_for_topic,
  duplicate_headers,
  idle_timeout,
  invalid_push_type,
  missing_device_token,
  missing_topic,
  payload_empty,
  topic_disallowed,
  bad_certificate,
  bad_certificate_environment,
  expired_provider_token,
  forbidden,
  invalid_provider_token,
  missing_provider_token,
  unrelated_key_id_in_token,
  bad_environment_key_id_in_token,
  bad_path,
  method_not_allowed,
  expired_token,
  unregistered,
  payload_too_large,
  too_many_provider_token_updates,
  too_many_requests,
  internal_server_error,
  service_unavailable,
  shutdown,
};

constexpr reason reason_last = reason::shutdown;

/// "BadDeviceToken", ...; "" for none and unknown.
std::string_view to_string(reason x);
/// `unknown` for what is not on the list, `none` for "".
reason reason_from(std::string_view text);

/// What must happen.
enum class action : std::uint8_t {
  /// Apple took it.
  accepted,
  /// The token is dead.
  gone,
  /// It is dead unless it was registered again after the time of the answer.
  gone_before,
  /// It is dead, or the app is set up wrong: `mobile::deletion_guard` decides.
  suspect,
  /// Our mistake: refused for good, the token stays, an alarm.
  our_mistake,
  /// This push is refused for good, nothing else.
  refused,
  /// Once more, smaller.
  shrink,
  /// This token has had too much: later, and only the newest.
  slow_down,
  /// Once more with a new provider token.
  new_token,
  /// No new provider token for a while; once more with the old one.
  keep_token,
  /// The app's credentials are wrong: nothing more for the app, an alarm.
  stop_app,
  /// Again at once, on another connection.
  again,
  /// Again later: Apple is in trouble.
  later,
};

/// What APNs said of one push.
struct verdict {
  action what = action::accepted;
  reason why = reason::none;
  /// Of `gone_before`: when the token ended, in milliseconds; nothing: Apple did not say.
  std::optional<millis> since;
};

/// Reads an answer that came (`a.error` is none).
verdict read_answer(const http_answer& a);

} // namespace belfry::io::apns
