#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry {

/// Ids are 1 to 128 characters (code points) without control characters (SPEC 2). All are opaque text.
using person_id = std::string;
using conversation_id = std::string;
/// Unique within its conversation, as call, session and invitation ids are.
using message_id = std::string;
using call_id = std::string;
using session_id = std::string;
using invitation_id = std::string;
using webhook_id = std::string;
using device_id = std::string;

/// Milliseconds since 1970 (UTC): every time stamp at the border and on disk.
using millis = std::int64_t;

/// The identity of a notification, derived from kind, conversation, person and cause (SPEC 13), so that doing it
/// twice gives the same id. Printed as 32 hex digits.
struct notification_id {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const notification_id&) const = default;
};

/// 32 lower-case hex digits.
std::string to_string(const notification_id& id);

/// The inverse of `to_string`; false (and `out` untouched) when `text` is not 32 hex digits.
bool from_string(std::string_view text, notification_id& out);

} // namespace belfry

template <>
struct std::hash<belfry::notification_id> {
  /// The bytes are a digest already: eight of them are as good a hash as any.
  std::size_t operator()(const belfry::notification_id& id) const noexcept {
    std::size_t h = 0;
    for (int i = 0; i < 8; ++i)
      h = (h << 8) | id.bytes[static_cast<std::size_t>(i)];
    return h;
  }
};
