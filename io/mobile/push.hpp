#pragma once

#include "belfry/io/mobile/phrases.hpp"
#include "belfry/messages/notification.hpp"
#include "belfry/messages/people.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What FCM and APNs have in common (SPEC 10): what a push says, and how it is kept from those who carry it. Pure but
/// for the random numbers of sealing.
namespace belfry::io::mobile {

/// One notification on its way to one device.
struct push {
  const notification& what;
  const device& to;
  /// The delivery's id: the same for every attempt.
  notification_id delivery;
  millis now = 0;
  /// `attempt_input::conversation_count`.
  std::uint32_t conversation_count = 0;
  /// The recipient's language.
  const phrases& words = phrases_in("en");
  /// Without what can be done without: the body.
  bool brief = false;
};

/// The texts of a push; all that is sealed for devices with an encrypted message version.
struct texts {
  std::string title;
  std::string body;
  /// `callerName`; empty when unknown, and for what is no call.
  std::string caller;
};

/// The title is the sender's or caller's name (with the number of unread messages when there are several), else the
/// topic, else neutral; the body is the message's text or a word on the call. Empty for kinds that show nothing.
texts texts_of(const notification& n, const phrases& words);
/// The same for one push.
texts texts_of(const push& p);

/// One of the data fields that every push has.
struct data_field {
  std::string_view name;
  std::string value;
  /// In JSON it is written as a number where the provider lets us.
  bool number = false;
};

/// kind, notificationId, conversationId, both counts; for calls callId, callType, callerName (from `t`, unless empty),
/// ringDeadline, and the reason of a revoke.
std::vector<data_field> data_of(const notification& n, const texts& t, std::uint32_t conversation_count = 0);

/// Whether texts of this device travel sealed.
bool sealed(const device& d);

/// The field `payload`: {"v":1,"iv","data"}, AES-256-GCM of {"title","body","callerName"} under the device's key, with
/// the device's id as additional data. Nothing when the device has no key of 32 bytes.
std::optional<std::string> seal(const texts& t, const device& d);

/// The same with a given iv of 12 bytes, for tests.
std::optional<std::string> seal(const texts& t, const device& d, std::string_view iv);

/// Renders `t` by `render` into at most `bytes_max` bytes, shortening the longest text as far as needed. Nothing when
/// it does not fit without any text.
std::optional<std::string> fit(texts t, std::size_t bytes_max,
                               const std::function<std::optional<std::string>(const texts&)>& render);

/// 64 hex digits at most: what replaces each other on the screen. From a keyed hash, because a plain id would tell the
/// provider which pushes belong together with what.
/// `replace_messages`: a new_message replaces that of its conversation, else nothing but itself.
std::string collapse_id(std::string_view key, const notification& n, bool replace_messages);

} // namespace belfry::io::mobile
