#pragma once

#include "belfry/io/mobile/push.hpp"

#include <nlohmann/json.hpp>

namespace belfry::io::mobile {

constexpr millis now = 1'700'000'000'000;

inline notification_id id_of(std::uint8_t x) {
  notification_id out;
  out.bytes.fill(x);
  return out;
}

inline device iphone() {
  device out;
  out.id = "phone";
  out.platform = device_platform::ios;
  out.push_token = std::string(64, 'a');
  out.push_kit_token = std::string(64, 'b');
  return out;
}

inline device android() {
  device out;
  out.id = "pixel";
  out.push_token = "fcm:token";
  return out;
}

/// 32 bytes, base64url.
constexpr auto key_text = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";

inline device sealing(device d, message_version v = message_version::encrypted) {
  d.version = v;
  d.encryption_key = key_text;
  return d;
}

inline notification about(kind k) {
  notification out;
  out.id = id_of(0x1a);
  out.kind = k;
  out.recipient = "ben";
  out.conversation = "c-1";
  out.created_at = now;
  out.expires_at = now + 60'000;
  out.total_count = 7;
  person anna{"anna", {}};
  anna.profile.display_name = "Anna";
  out.people = {anna};
  return out;
}

inline notification message(const std::string& text, std::uint32_t count = 1, kind k = kind::new_message) {
  auto out = about(k);
  out.message = message_content{};
  out.message->message = "m-1";
  out.message->text = text;
  out.message->sender = "anna";
  out.message->count = count;
  return out;
}

inline notification call(kind k, revoke_reason why = revoke_reason::none) {
  auto out = about(k);
  out.call = call_content{};
  out.call->call = "call-1";
  out.call->caller = "anna";
  out.call->type = call_type::video;
  out.call->ring_deadline = k == kind::incoming_call ? now + 60'000 : 0;
  out.call->revoke_reason = why;
  return out;
}

inline push to(const notification& n, const device& d) {
  return {n, d, id_of(0xd1), now};
}

} // namespace belfry::io::mobile
