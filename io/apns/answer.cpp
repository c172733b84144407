#include "belfry/io/apns/answer.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace belfry::io::apns {

namespace {

/// In the order of the values.
constexpr std::array<std::string_view, static_cast<std::size_t>(reason_last) + 1> names{
    "",
    "",
    "BadCollapseId",
    "BadDeviceToken",
    "BadExpirationDate",
    "BadMessageId",
    "BadPriority",
    "BadTopic",
    "DeviceTokenNotForTopic",
    "DuplicateHeaders",
    "IdleTimeout",
    "InvalidPushType",
    "MissingDeviceToken",
    "MissingTopic",
    "PayloadEmpty",
    "TopicDisallowed",
    "BadCertificate",
    "BadCertificateEnvironment",
    "ExpiredProviderToken",
    "Forbidden",
    "InvalidProviderToken",
    "MissingProviderToken",
    "UnrelatedKeyIdInToken",
    "BadEnvironmentKeyIdInToken",
    "BadPath",
    "MethodNotAllowed",
    "ExpiredToken",
    "Unregistered",
    "PayloadTooLarge",
    "TooManyProviderTokenUpdates",
    "TooManyRequests",
    "InternalServerError",
    "ServiceUnavailable",
    "Shutdown",
};

/// For reasons that Apple made up since, or answers that name none.
action of_status(int status) {
  if (status / 100 == 2)
    return action::accepted;
  // That a token is dead is Apple's word, not that of somebody on the way.
  if (status == 410)
    return action::later;
  if (status == 413)
    return action::shrink;
  if (status == 429)
    return action::slow_down;
  if (status == 403)
    return action::stop_app;
  return status / 100 == 4 ? action::our_mistake : action::later;
}

action of_reason(reason x, int status) {
  switch (x) {
  case reason::none:
  case reason::unknown:
    return of_status(status);
  case reason::bad_device_token:
  case reason::device_token_not_for_topic:
  case reason::topic_disallowed:
    return action::suspect;
  case reason::bad_collapse_id:
  case reason::bad_expiration_date:
  case reason::bad_message_id:
  case reason::bad_priority:
  case reason::bad_topic:
  case reason::duplicate_headers:
  case reason::invalid_push_type:
  case reason::missing_device_token:
  case reason::missing_topic:
  case reason::payload_empty:
  case reason::bad_path:
  case reason::method_not_allowed:
    return action::our_mistake;
  case reason::idle_timeout:
    return action::again;
  case reason::expired_provider_token:
    return action::new_token;
  case reason::forbidden:
    return action::refused;
  case reason::bad_certificate:
  case reason::bad_certificate_environment:
  case reason::invalid_provider_token:
  case reason::missing_provider_token:
  case reason::unrelated_key_id_in_token:
  case reason::bad_environment_key_id_in_token:
    return action::stop_app;
  case reason::expired_token:
    return action::gone;
  case reason::unregistered:
    return action::gone_before;
  case reason::payload_too_large:
    return action::shrink;
  case reason::too_many_provider_token_updates:
    return action::keep_token;
  case reason::too_many_requests:
    return action::slow_down;
  case reason::internal_server_error:
  case reason::service_unavailable:
  case reason::shutdown:
    return action::later;
  }
  return of_status(status);
}

} // namespace

std::string_view to_string(reason x) {
  return names[static_cast<std::size_t>(x)];
}

reason reason_from(std::string_view text) {
  if (text.empty())
    return reason::none;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text)
      return static_cast<reason>(i);
  return reason::unknown;
}

verdict read_answer(const http_answer& a) {
  if (a.status / 100 == 2)
    return {};
  verdict out;
  const auto body = nlohmann::json::parse(a.body, nullptr, false);
  if (body.is_object()) {
    const auto why = body.find("reason");
    out.why = why != body.end() && why->is_string() ? reason_from(why->get_ref<const std::string&>()) : reason::none;
    const auto since = body.find("timestamp");
    if (since != body.end() && since->is_number_integer())
      out.since = since->get<millis>();
  }
  out.what = of_reason(out.why, a.status);
  // A page of somebody on the way says nothing of the push.
  if (out.what == action::our_mistake && !a.body.empty() && !body.is_object())
    out.what = action::later;
  return out;
}

} // namespace belfry::io::apns
