#pragma once

#include "belfry/io/mobile/push.hpp"
#include "belfry/io/ports.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What is sent to APNs (PROTOCOLS ); pure but for the random numbers of sealing.
namespace belfry::io::apns {

constexpr std::size_t payload_max = 4'096;
constexpr std::size_t voip_payload_max = 5'120;

/// How a kind is shown on an iPhone.
enum class form : std::uint8_t {
  /// Shown, with a sound.
  alert,
  /// Shown in place of what it takes back, without a sound.
  quiet_alert,
  /// Only the number on the app's icon changes.
  badge,
  /// Rings.
  voip,
};

/// Nothing: phones are not told of this kind.
std::optional<form> form_of(kind k);

/// The token that a kind goes to; nothing when the device has none for it.
const std::optional<std::string>& token_for(kind k, const device& d);

/// Of one app.
struct app_settings {
  std::string bundle_id;
  std::string team_id;
  /// Where tokens of either environment are, "https://host[:port]".
  std::string production;
  std::string sandbox;
  /// Of the keyed hash for `apns-collapse-id`.
  std::string collapse_key;
  bool replace_messages = true;
};

/// The headers that tell APNs how to handle a push; FCM passes them on for iPhones.
struct push_headers {
  std::string topic;
  std::string_view type;
  std::string_view priority;
  /// Seconds since 1970.
  std::string expiration;
  /// Empty: none.
  std::string collapse_id;
};

/// Nothing: phones are not told of this kind.
std::optional<push_headers> headers_of(const mobile::push& p, const app_settings& app);

/// The payload, in `bytes_max` bytes or less: `aps`, and the data of every push in `belfry`. Nothing when it cannot be
/// made so small, or a text must be sealed and there is no key.
std::optional<std::string> payload_of(const mobile::push& p, std::size_t bytes_max);

/// The payload with these texts, whatever its size.
std::optional<std::string> render_payload(const mobile::push& p, const mobile::texts& t);

/// The whole request for the token of its kind. `proven`: the token was accepted before (the others have connections of
/// their own, A-9). Nothing when there is no token for it, or no payload.
std::optional<http_request> make_request(const mobile::push& p, const app_settings& app,
                                         const std::string& authorization, bool proven, std::size_t bytes_max);

/// The most that the payload of a kind may have.
std::size_t payload_max_of(kind k);

} // namespace belfry::io::apns
