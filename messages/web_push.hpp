#pragma once

#include "belfry/messages/ids.hpp"
#include "belfry/messages/notification.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A person's browsers and open pages (SPEC 11, 13).
namespace belfry {

using subscription_id = std::string;

/// What the health checks of a subscription say of it. Stored as a number: new values go to the end.
enum class subscription_state : std::uint8_t {
  unchecked,
  healthy,
  /// The push of a check is on its way.
  checking,
  /// The last check was not reported in time; nothing else follows from it.
  missed,
  /// Made for a key that is not ours any more: nothing is sent there until the page subscribes anew.
  renewing,
};
/// "unchecked", ...
std::string_view to_string(subscription_state x);

/// What POST takes (SPEC 13).
struct subscription_input {
  std::string endpoint;
  /// The browser's public key and secret, as the page writes them.
  std::string p256dh;
  std::string auth;
  /// The browser profile, made up by the page once: a new endpoint replaces the one that it had.
  std::string install_id;
  /// Another subscription that this one takes the place of.
  std::optional<subscription_id> replaces;
};

/// One browser of a person. Endpoint, keys and secret are secrets: no log, trace or answer shows them.
struct web_push_subscription {
  subscription_id id;
  std::string endpoint;
  std::string p256dh;
  std::string auth;
  std::string install_id;
  /// base64url of 32 bytes, the key of the inner layer.
  std::string secret;
  /// base64url of the public key that it was made for.
  std::string vapid_key;
  /// Wall time.
  millis created_at = 0;
  /// Of two persons who have the endpoint, it is the one's with the higher number.
  std::uint64_t claim = 0;

  subscription_state state = subscription_state::unchecked;
  /// The last check that was reported as passed, in wall time; 0: none yet.
  millis proven_at = 0;
  /// Engine time: when the next check may begin; while one is under way, when it counts as missed.
  std::int64_t next_at = 0;
  /// The check that is under way, or the last one: a late report counts too.
  std::string check;
  /// The subscriptions that it took the place of: deliveries that wait for them go to it.
  std::vector<subscription_id> former = {};

  /// Whether deliveries for the subscription with this id go to this one.
  bool stands_for(std::string_view target) const {
    return id == target || std::find(former.begin(), former.end(), target) != former.end();
  }

  bool operator==(const web_push_subscription&) const = default;
};

/// The answer of POST.
struct new_subscription {
  subscription_id id;
  /// base64url.
  std::string secret;
};

/// What lists show.
struct subscription_view {
  subscription_id id;
  /// Of the endpoint.
  std::string host;
  subscription_state state = subscription_state::unchecked;
  /// Wall time.
  millis created_at = 0;
  std::optional<millis> proven_at;
  /// Nothing: no check is to come (renewing).
  std::optional<millis> next_check_at;
};

/// What the endpoint and the keys of a subscription are known by: 16 bytes. An answer about others says nothing of it.
std::string derive_subscription_key(const web_push_subscription& s);

// -- pages --------------------------------------------------------------------

/// A check begins: the worker is to report it within so many milliseconds.
struct health_check_started {
  subscription_id subscription;
  std::string check;
  millis timeout = 0;
};

/// What is shown under the tag is not true any more.
struct close_shown {
  belfry::kind kind = belfry::kind::read_message;
  conversation_id conversation;
  std::string tag;
  /// "" where none is given.
  std::string reason;
};

/// A toast.
struct toast {
  belfry::kind kind = belfry::kind::new_message;
  conversation_id conversation;
  std::string title;
  std::string body;
  std::string tag;
  std::string url;
};

/// From the server to an open page (`/v1/live`).
using page_message = std::variant<health_check_started, close_shown, toast>;

} // namespace belfry
