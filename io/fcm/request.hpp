#pragma once

#include "belfry/io/apns/request.hpp"
#include "belfry/io/mobile/push.hpp"
#include "belfry/io/ports.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What is sent to FCM HTTP v1 (PROTOCOLS F-1, F-5 to F-7); pure but for the random numbers of sealing.
namespace belfry::io::fcm {

constexpr std::size_t message_max = 4'096;

/// Of one app.
struct app_settings {
  std::string project_id;
  /// Where FCM is, "https://host[:port]".
  std::string endpoint;
  /// For iPhones that are reached through FCM.
  apns::app_settings apns;
  /// Of the keyed hash for `tag`.
  std::string tag_key;
};

/// True for a name that FCM keeps for itself (F-5).
bool reserved(std::string_view data_name);

/// The message, in `bytes_max` bytes or less. Android: data, and a notification for kinds that are shown, unless texts
/// are sealed; `tag` makes one replace the other. iOS: the payload and headers of APNs. Nothing when the device has no
/// token, phones are not told of this kind, or the message cannot be made so small.
std::optional<std::string> message_of(const mobile::push& p, const app_settings& app, std::size_t bytes_max);

/// The whole request; nothing when there is no message.
std::optional<http_request> make_request(const mobile::push& p, const app_settings& app,
                                         const std::string& authorization, std::size_t bytes_max);

} // namespace belfry::io::fcm
