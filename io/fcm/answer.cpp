#include "belfry/io/fcm/answer.hpp"

#include "belfry/io/outbound/retry_after.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace belfry::io::fcm {

namespace {

using nlohmann::json;

constexpr std::int64_t quota_wait = 60'000;
/// The first wait of a backoff is never shorter.
constexpr std::int64_t trouble_wait = 10'000;

/// In the order of the values.
constexpr std::array<std::string_view, static_cast<std::size_t>(code_last) + 1> names{
    "",
    "",
    "UNREGISTERED",
    "SENDER_ID_MISMATCH",
    "INVALID_ARGUMENT",
    "QUOTA_EXCEEDED",
    "UNAVAILABLE",
    "INTERNAL",
    "THIRD_PARTY_AUTH_ERROR",
};

std::string_view text_at(const json& object, const char* name) {
  const auto i = object.find(name);
  return i != object.end() && i->is_string() ? std::string_view(i->get_ref<const std::string&>()) : std::string_view();
}

/// The code of the FcmError among the details; those of other types do not count.
code code_of(const json& error) {
  const auto details = error.find("details");
  if (details == error.end() || !details->is_array())
    return code::none;
  for (const auto& d : *details)
    if (d.is_object() && text_at(d, "@type").ends_with("google.firebase.fcm.v1.FcmError"))
      return code_from(text_at(d, "errorCode"));
  return code::none;
}

/// A request that FCM finds too big says so in words only.
bool speaks_of_size(const json& error) {
  return text_at(error, "message").find("too big") != std::string_view::npos;
}

/// For an answer whose FcmError is absent or not known (PROTOCOLS F-3): the token stays, even on a bare 404.
action of_status(int status) {
  if (status == 401)
    return action::new_token;
  if (status == 403)
    return action::stop_project;
  if (status == 413)
    return action::shrink;
  if (status == 429)
    return action::hold_project;
  return status / 100 == 4 ? action::our_mistake : action::later;
}

action of_code(code x, int status) {
  switch (x) {
  case code::none:
  case code::unknown:
    return of_status(status);
  case code::unregistered:
    return action::gone;
  case code::sender_id_mismatch:
    return action::foreign;
  case code::invalid_argument:
    return action::suspect;
  case code::quota_exceeded:
    return action::hold_project;
  case code::unavailable:
  case code::internal:
    return action::later;
  case code::third_party_auth_error:
    return action::lacks_key;
  }
  return of_status(status);
}

/// PROTOCOLS F-3: Retry-After if there is one, else 60 s for a quota and 10 s for trouble. 0: the action needs none.
std::int64_t wait_of(action what, const http_answer& a, millis now) {
  const bool quota = what == action::hold_project;
  if (!quota && what != action::later && what != action::not_fcm)
    return 0;
  if (a.retry_after)
    if (const auto asked = parse_retry_after(*a.retry_after, now))
      return *asked;
  return quota ? quota_wait : trouble_wait;
}

} // namespace

std::string_view to_string(code x) {
  return names[static_cast<std::size_t>(x)];
}

code code_from(std::string_view text) {
  if (text.empty())
    return code::none;
  const auto i = std::find(names.begin(), names.end(), text);
  return i == names.end() ? code::unknown : static_cast<code>(i - names.begin());
}

verdict read_answer(const http_answer& a, millis now) {
  verdict out;
  const auto body = json::parse(a.body, nullptr, false);
  if (a.status / 100 == 2) {
    if (body.is_object())
      out.name = text_at(body, "name");
    if (body.is_object() || a.body.empty())
      return out;
    // A page of somebody on the way: FCM has not seen the message.
    out.what = action::not_fcm;
    out.wait = wait_of(out.what, a, now);
    return out;
  }
  const auto error = body.is_object() ? body.find("error") : body.end();
  if (!body.is_object() || error == body.end() || !error->is_object()) {
    out.what = action::not_fcm;
  } else {
    out.why = code_of(*error);
    out.what =
        out.why == code::invalid_argument && speaks_of_size(*error) ? action::shrink : of_code(out.why, a.status);
  }
  out.wait = wait_of(out.what, a, now);
  return out;
}

} // namespace belfry::io::fcm
