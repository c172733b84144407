#pragma once

#include "belfry/messages/notification.hpp"
#include "belfry/messages/reason.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// Stored as a number: new values go to the end.
enum class channel_kind : std::uint8_t { email, mobile, webhook, web_push };
constexpr channel_kind channel_last = channel_kind::web_push;
constexpr int channel_count = static_cast<int>(channel_last) + 1;
/// "EMAIL", "MOBILE", "WEBHOOK", "WEB_PUSH".
std::string_view to_string(channel_kind x);

/// The life of a delivery (SPEC 13). Stored as a number: new values go to the end.
enum class delivery_state : std::uint8_t {
  queued,
  retrying,
  accepted,
  address_gone,
  refused,
  expired,
  cancelled,
  given_up,
};
/// "QUEUED", ...
std::string_view to_string(delivery_state x);

constexpr bool is_final(delivery_state x) {
  return x != delivery_state::queued && x != delivery_state::retrying;
}

/// One try at a provider.
struct attempt {
  millis at = 0;
  /// The provider's status (HTTP status, SMTP code); 0: no answer.
  int status = 0;
  /// A known code of ours or of the provider ("timeout", "Unregistered"): never a body.
  std::string answer;
  /// How long it took, in milliseconds.
  std::int64_t duration = 0;
  /// What the provider calls the message that it took; "": it gave none.
  std::string message_id = {};

  bool operator==(const attempt&) const = default;
};

/// Attempts kept in the trace of one delivery; beyond it the oldest but the first go.
constexpr std::size_t attempts_max = 50;

/// One notification to one address (SPEC 1).
struct delivery {
  /// Derived from the notification, the channel and the target: 32 hex digits when printed.
  notification_id id;
  channel_kind channel = channel_kind::webhook;
  /// Id of the registration, device or subscription; "email" for mail.
  std::string target;
  /// The lane in which it waits, if other targets share it (`io::endpoint::lane`).
  std::string lane = {};
  delivery_state state = delivery_state::queued;
  belfry::reason reason = belfry::reason::none;
  /// Attempts made so far (the list below may be shortened).
  std::uint32_t tries = 0;
  /// When the next attempt is due; 0: at once.
  millis next_at = 0;
  /// An attempt of it began, or may have begun before a crash (SPEC 1).
  bool left = false;
  /// It had not left when the message was edited: it carries the new text.
  bool edited = false;
  /// It waits in the store for room in its lane or for its time.
  bool parked = false;
  std::vector<attempt> attempts;
};

notification_id derive_delivery_id(const notification_id& n, channel_kind channel, std::string_view target);

/// Stored as a number: new values go to the end.
enum class trace_state : std::uint8_t { waiting, queued, done, not_sent };
/// "WAITING", ...
std::string_view to_string(trace_state x);
bool from_string(std::string_view text, trace_state& out);

constexpr bool is_final(trace_state x) {
  return x == trace_state::done || x == trace_state::not_sent;
}

/// A notification with all that became of it: the row of the store and the object of the trace.
struct notification_record {
  belfry::notification notification;
  trace_state state = trace_state::queued;
  belfry::reason reason = belfry::reason::none;
  /// Why it is not told any more while an attempt is in flight whose answer still counts; none: it is told.
  belfry::reason withdrawn = belfry::reason::none;
  std::vector<delivery> deliveries;
};

} // namespace belfry
