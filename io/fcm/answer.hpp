#pragma once

#include "belfry/io/ports.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// How FCM answers (PROTOCOLS F-3); pure.
namespace belfry::io::fcm {

/// The codes of `FcmError`, and what stands in their place.
enum class code : std::uint8_t {
  /// The answer has no FcmError.
  none,
  /// One that is not on the list.
  unknown,
  unregistered,
  sender_id_mismatch,
  invalid_argument,
  quota_exceeded,
  unavailable,
  internal,
  third_party_auth_error,
};

constexpr code code_last = code::third_party_auth_error;

/// "UNREGISTERED", ...; "" for none and unknown.
std::string_view to_string(code x);
/// `unknown` for what is not on the list, `none` for "".
code code_from(std::string_view text);

/// What must happen.
enum class action : std::uint8_t {
  accepted,
  /// The token is dead.
  gone,
  /// The token belongs to another project: as good as dead, and worth a warning.
  foreign,
  /// A bad token, or a bad payload: `mobile::deletion_guard` decides whether the token is given up.
  suspect,
  /// Our mistake: refused for good, the token stays, an alarm.
  our_mistake,
  /// The project lacks the key of the service behind this token (Apple's, a browser's): refused, the token stays, an
  /// alarm. Tokens of other services are served as before.
  lacks_key,
  /// The whole project waits.
  hold_project,
  /// Again later.
  later,
  /// Once more with a new access token; when that does not help the project stops, with an alarm.
  new_token,
  /// The project's credentials are wrong: nothing more for the project, an alarm.
  stop_project,
  /// Once more, smaller.
  shrink,
  /// Some intermediary answered in FCM's place: again later.
  not_fcm,
};

/// What FCM said of one push.
struct verdict {
  action what = action::accepted;
  code why = code::none;
  /// At least so long, in milliseconds, before the next attempt.
  std::int64_t wait = 0;
  /// FCM's name of the message, when it took it.
  std::string name;
};

/// Reads an answer that came (`a.error` is none).
verdict read_answer(const http_answer& a, millis now);

} // namespace belfry::io::fcm
