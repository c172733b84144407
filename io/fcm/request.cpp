#include "belfry/io/fcm/request.hpp"

#include "belfry/io/outbound/json_text.hpp"

#include <algorithm>

namespace belfry::io::fcm {

namespace {

using apns::form;
constexpr std::chrono::milliseconds timeout{20'000};
/// Four weeks (F-6).
constexpr millis ttl_max = 2'419'200;

std::string ttl_of(const mobile::push& p) {
  const auto left = (p.what.expires_at - p.now) / millis{1000};
  return std::to_string(std::clamp<millis>(left, 0, ttl_max)) + "s";
}

bool is_shown(form f) {
  return f == form::alert;
}

/// High is for what the person sees or hears at once; whoever asks for more is demoted.
bool is_urgent(form f) {
  return f == form::alert || f == form::voip;
}

void write_data(json_text& out, const mobile::push& p, const app_settings& app, const mobile::texts& t,
                const std::optional<std::string>& hidden) {
  out.begin_object("data");
  for (const auto& field : mobile::data_of(p.what, hidden ? mobile::texts{} : t, p.conversation_count))
    out.member(field.name, field.value);
  if (hidden)
    out.member("payload", *hidden);
  // By it an app takes back what Android showed without asking the app.
  if (p.to.platform == device_platform::android)
    out.member("tag", mobile::collapse_id(app.tag_key, p.what, app.apns.replace_messages));
  out.end_object();
}

void write_android(json_text& out, const mobile::push& p, const app_settings& app, form f, const mobile::texts& t) {
  out.begin_object("android");
  out.member("priority", is_urgent(f) ? "HIGH" : "NORMAL");
  out.member("ttl", ttl_of(p));
  if (is_shown(f) && !mobile::sealed(p.to)) {
    out.begin_object("notification");
    out.member("title", t.title);
    if (!t.body.empty())
      out.member("body", t.body);
    out.member("tag", mobile::collapse_id(app.tag_key, p.what, app.apns.replace_messages));
    out.end_object();
  }
  out.end_object();
}

bool write_apns(json_text& out, const mobile::push& p, const app_settings& app, const mobile::texts& t) {
  const auto h = apns::headers_of(p, app.apns);
  const auto payload = apns::render_payload(p, t);
  if (!h || !payload)
    return false;
  out.begin_object("apns");
  out.begin_object("headers");
  out.member("apns-push-type", h->type);
  out.member("apns-priority", h->priority);
  out.member("apns-expiration", h->expiration);
  if (!h->collapse_id.empty())
    out.member("apns-collapse-id", h->collapse_id);
  out.end_object();
  out.raw_member("payload", *payload);
  out.end_object();
  return true;
}

std::optional<std::string> render(const mobile::push& p, const app_settings& app, form f, const mobile::texts& t) {
  json_text out(1024);
  out.begin_object();
  out.begin_object("message");
  out.member("token", *p.to.push_token);
  std::optional<std::string> hidden;
  if (mobile::sealed(p.to) && !t.title.empty() && !(hidden = mobile::seal(t, p.to)))
    return std::nullopt;
  write_data(out, p, app, t, hidden);
  if (p.to.platform == device_platform::ios) {
    if (!write_apns(out, p, app, t))
      return std::nullopt;
  } else {
    write_android(out, p, app, f, t);
  }
  out.end_object();
  out.end_object();
  return out.take();
}

} // namespace

bool reserved(std::string_view name) {
  return name == "from" || name == "message_type" || name.starts_with("google") || name.starts_with("gcm");
}

std::optional<std::string> message_of(const mobile::push& p, const app_settings& app, std::size_t bytes_max) {
  const auto f = apns::form_of(p.what.kind);
  // FCM cannot ring an iPhone.
  if (!f || !p.to.push_token || (*f == form::voip && p.to.platform == device_platform::ios))
    return std::nullopt;
  return mobile::fit(mobile::texts_of(p), std::min(bytes_max, message_max),
                     [&](const mobile::texts& t) { return render(p, app, *f, t); });
}

std::optional<http_request> make_request(const mobile::push& p, const app_settings& app,
                                         const std::string& authorization, std::size_t bytes_max) {
  auto body = message_of(p, app, bytes_max);
  if (!body)
    return std::nullopt;
  http_request out;
  out.url = app.endpoint + "/v1/projects/" + app.project_id + "/messages:send";
  out.headers = {{"authorization", authorization}, {"content-type", "application/json"}};
  out.body = std::move(*body);
  out.timeout = timeout;
  out.untrusted = false;
  out.urgent = is_call(p.what.kind);
  return out;
}

} // namespace belfry::io::fcm
