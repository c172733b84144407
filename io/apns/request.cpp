#include "belfry/io/apns/request.hpp"

#include "belfry/io/outbound/json_text.hpp"

#include <algorithm>

namespace belfry::io::apns {

namespace {

constexpr std::string_view default_sound = "default";
constexpr std::chrono::milliseconds timeout{20'000};
constexpr millis second = 1000;

/// 8-4-4-4-12, of the 32 digits of an id.
std::string uuid_of(const notification_id& id) {
  const auto digits = to_string(id);
  std::string out;
  out.reserve(digits.size() + 4);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20)
      out.push_back('-');
    out.push_back(digits[i]);
  }
  return out;
}

/// What goes into the URL's path is not the device's to choose. Apple's tokens are hexadecimal today; of others that
/// break nothing Apple is the judge.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'
           || c == ':';
  });
}

void write_alert(json_text& out, const mobile::push& p, const mobile::texts& t) {
  const auto hidden = mobile::sealed(p.to);
  out.begin_object("alert");
  out.member("title", hidden ? p.words.neutral_title : std::string_view(t.title));
  if (!hidden && !t.body.empty())
    out.member("body", t.body);
  out.end_object();
}

void write_aps(json_text& out, const mobile::push& p, form f, const mobile::texts& t) {
  const auto& n = p.what;
  out.begin_object("aps");
  if (f == form::alert || f == form::quiet_alert) {
    write_alert(out, p, t);
    out.member("thread-id", n.conversation);
    out.member("interruption-level", f == form::alert ? "active" : "passive");
  }
  if (f == form::alert)
    out.member("sound", default_sound);
  if (f != form::voip && n.total_count)
    out.member("badge", *n.total_count);
  if (p.to.version == message_version::encrypted_service && f != form::badge && f != form::voip)
    out.member("mutable-content", std::int64_t{1});
  out.end_object();
}

std::optional<std::string> render(const mobile::push& p, form f, const mobile::texts& t) {
  std::optional<std::string> hidden;
  if (mobile::sealed(p.to) && f != form::badge && !(hidden = mobile::seal(t, p.to)))
    return std::nullopt;
  json_text out(1024);
  out.begin_object();
  write_aps(out, p, f, t);
  out.begin_object("belfry");
  for (const auto& field : mobile::data_of(p.what, mobile::sealed(p.to) ? mobile::texts{} : t, p.conversation_count)) {
    if (field.number)
      out.raw_member(field.name, field.value);
    else
      out.member(field.name, field.value);
  }
  if (hidden)
    out.member("payload", *hidden);
  out.end_object();
  out.end_object();
  return out.take();
}

} // namespace

std::optional<form> form_of(kind k) {
  switch (k) {
  case kind::new_message:
  case kind::missed_call:
    return form::alert;
  case kind::revoke_call:
    return form::quiet_alert;
  case kind::read_message:
    return form::badge;
  case kind::incoming_call:
    return form::voip;
  case kind::inbound_request:
  case kind::revoke_inbound_request:
  case kind::deputy_delegation:
  case kind::revoke_deputy_delegation:
    return std::nullopt;
  }
  return std::nullopt;
}

const std::optional<std::string>& token_for(kind k, const device& d) {
  return form_of(k) == form::voip ? d.push_kit_token : d.push_token;
}

std::optional<push_headers> headers_of(const mobile::push& p, const app_settings& app) {
  const auto f = form_of(p.what.kind);
  if (!f)
    return std::nullopt;
  push_headers out;
  out.expiration = std::to_string(p.what.expires_at / second);
  if (*f == form::voip) {
    out.topic = app.bundle_id + ".voip";
    out.type = "voip";
    out.priority = "10";
    return out;
  }
  out.topic = app.bundle_id;
  out.type = "alert";
  out.priority = *f == form::alert ? "10" : "5";
  if (*f == form::quiet_alert)
    // It must be there while the ringing is.
    out.priority = "10";
  if (*f != form::badge)
    out.collapse_id = mobile::collapse_id(app.collapse_key, p.what, app.replace_messages);
  return out;
}

std::size_t payload_max_of(kind k) {
  return form_of(k) == form::voip ? voip_payload_max : payload_max;
}

std::optional<std::string> render_payload(const mobile::push& p, const mobile::texts& t) {
  const auto f = form_of(p.what.kind);
  return f ? render(p, *f, t) : std::nullopt;
}

std::optional<std::string> payload_of(const mobile::push& p, std::size_t bytes_max) {
  return mobile::fit(mobile::texts_of(p), bytes_max, [&](const mobile::texts& t) { return render_payload(p, t); });
}

std::optional<http_request> make_request(const mobile::push& p, const app_settings& app,
                                         const std::string& authorization, bool proven, std::size_t bytes_max) {
  const auto& token = token_for(p.what.kind, p.to);
  auto h = headers_of(p, app);
  if (!token || !is_token(*token) || !h)
    return std::nullopt;
  auto body = payload_of(p, std::min(bytes_max, payload_max_of(p.what.kind)));
  if (!body)
    return std::nullopt;
  http_request out;
  const bool sandbox = p.to.environment == device_environment::sandbox;
  out.url = (sandbox ? app.sandbox : app.production) + "/3/device/" + *token;
  out.headers.reserve(7);
  out.headers.emplace_back("authorization", authorization);
  out.headers.emplace_back("apns-topic", std::move(h->topic));
  out.headers.emplace_back("apns-push-type", h->type);
  out.headers.emplace_back("apns-priority", h->priority);
  out.headers.emplace_back("apns-id", uuid_of(p.delivery));
  out.headers.emplace_back("apns-expiration", std::move(h->expiration));
  if (!h->collapse_id.empty())
    out.headers.emplace_back("apns-collapse-id", std::move(h->collapse_id));
  // The last three are never the same again.
  out.unindexed = 0b111'0000;
  out.body = std::move(*body);
  out.timeout = timeout;
  out.untrusted = false;
  out.urgent = is_call(p.what.kind);
  // Teams never share a connection, nor do tokens that may be bad share one with those that are not.
  out.group = proven ? app.team_id : app.team_id + " unproven";
  return out;
}

} // namespace belfry::io::apns
