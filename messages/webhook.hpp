#pragma once

#include "belfry/messages/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// Stored as a number: new values go to the end.
enum class webhook_status : std::uint8_t { active, inactive, inactive_unavailable };
/// "ACTIVE", "INACTIVE", "INACTIVE_UNAVAILABLE".
std::string_view to_string(webhook_status x);
bool from_string(std::string_view text, webhook_status& out);

/// What POST and PUT of /v1/webhooks take (SPEC 8).
struct webhook_input {
  std::string name;
  std::optional<std::string> description;
  std::string endpoint;
  webhook_status status = webhook_status::active;
  std::string api_version = "V4";
  /// Absent in PUT: the old one stays.
  std::optional<std::string> secret;
  /// Event names as given ("push_notification.new_message", ..., "ping"); the seed's
  /// "push_notification.revoked_call" is kept by that name.
  std::vector<std::string> events;
  /// Required in PUT.
  std::optional<std::uint64_t> version;
};

/// A registration as kept (the secrets are never in an answer or a log).
struct webhook {
  webhook_id id;
  std::string name;
  std::optional<std::string> description;
  std::string endpoint;
  webhook_status status = webhook_status::active;
  std::string api_version = "V4";
  std::optional<std::string> secret;
  /// Signs beside `secret` until `previous_secret_until`.
  std::optional<std::string> previous_secret;
  millis previous_secret_until = 0;
  std::vector<std::string> events;
  std::uint64_t version = 1;
  millis created_at = 0;
  millis modified_at = 0;
  /// When the present unbroken failure began (engine time); 0: it does not fail.
  millis failing_since = 0;
  /// Failed attempts since then, counted as far as they matter.
  std::uint32_t failures = 0;

  bool operator==(const webhook&) const = default;
};

} // namespace belfry
