#include "belfry/io/http_server/router.hpp"

#include "belfry/io/http_server/handlers.hpp"

#include <array>

namespace belfry::io::http {

namespace {

constexpr auto everybody = audience::everybody;
constexpr auto readers = audience::readers;
constexpr auto hosts = audience::hosts;
constexpr auto admins = audience::admins;
constexpr auto person_readers = audience::person_readers;
constexpr auto person_writers = audience::person_writers;

constexpr auto json = body_kind::json;
constexpr auto none = body_kind::none;
constexpr auto ignored = query_kind::ignored;

constexpr std::array<route, 45> table{{
    {"POST", "/v1/events", hosts, post_events, body_kind::events},

    {"GET", "/v1/persons/{id}", readers, get_person},
    {"PUT", "/v1/persons/{id}", hosts, put_person, json},
    {"DELETE", "/v1/persons/{id}", hosts, delete_person},
    {"GET", "/v1/persons/{id}/notification-count", readers, get_notification_count},
    {"GET", "/v1/persons/{id}/devices", readers, get_devices},
    {"GET", "/v1/persons/{id}/devices/{device}", readers, get_device},
    {"PUT", "/v1/persons/{id}/devices/{device}", hosts, put_device, json},
    {"DELETE", "/v1/persons/{id}/devices/{device}", hosts, delete_device},
    {"GET", "/v1/persons/{id}/pause", person_readers, get_pause},
    {"PUT", "/v1/persons/{id}/pause", person_writers, put_pause, json},
    {"PUT", "/v1/persons/{id}/pause/reasons/{sourceId}", person_writers, put_pause_reason, json},
    {"DELETE", "/v1/persons/{id}/pause/reasons/{sourceId}", person_writers, delete_pause_reason},

    {"GET", "/v1/webhooks", readers, get_webhooks},
    {"POST", "/v1/webhooks", admins, post_webhook, json},
    {"GET", "/v1/webhooks/{id}", readers, get_webhook},
    {"PUT", "/v1/webhooks/{id}", admins, put_webhook, json},
    {"DELETE", "/v1/webhooks/{id}", admins, delete_webhook},
    {"POST", "/v1/webhooks/{id}/ping", admins, ping_webhook},

    {"GET", "/v1/persons/{id}/email-suppression", readers, get_email_suppression},
    {"DELETE", "/v1/persons/{id}/email-suppression", hosts, delete_email_suppression},
    {"GET", "/v1/unsubscribe/{token}", everybody, get_unsubscribe, none, ignored},
    {"POST", "/v1/unsubscribe/{token}", everybody, post_unsubscribe, none, ignored},
    {"GET", "/v1/conversations/{id}", readers, get_conversation},
    {"GET", "/v1/notifications", readers, get_notifications, none, query_kind::handler},
    {"GET", "/v1/notifications/{id}", readers, get_notification},
    {"GET", "/v1/stream", readers, nullptr, none, query_kind::none, true},

    {"GET", "/healthz", everybody, get_health, none, ignored},
    {"GET", "/readyz", everybody, get_readiness, none, ignored},
    {"GET", "/metrics", readers, get_metrics, none, ignored},
    {"GET", "/v1/openapi.json", everybody, get_openapi, none, ignored},

    {"GET", "/v1/persons/{id}/web-push-subscriptions", person_readers, get_subscriptions},
    {"POST", "/v1/persons/{id}/web-push-subscriptions", person_writers, post_subscription, json},
    {"DELETE", "/v1/persons/{id}/web-push-subscriptions/{sub}", person_writers, delete_subscription},
    {"POST", "/v1/persons/{id}/web-push-subscriptions/{sub}/health-checks/{check}", person_writers, post_health_check},
    {"GET", "/v1/web-push/key", person_readers, get_web_push_key},
    {"GET", "/v1/live", person_readers, nullptr, none, query_kind::handler, false, true},
    {"GET", "/web-push/belfry.js", everybody, get_page_script, none, ignored},
    {"GET", "/web-push/belfry-worker.js", everybody, get_worker_script, none, ignored},
    {"GET", "/desk", everybody, redirect_to_desk, none, ignored},
    {"GET", "/desk/", everybody, get_desk, none, ignored},
    {"GET", "/desk/desk.js", everybody, get_desk_script, none, ignored},
    {"GET", "/desk/desk.css", everybody, get_desk_style, none, ignored},
    {"GET", "/", everybody, get_console, none, ignored},
    {"GET", "/console/console.js", everybody, get_console_script, none, ignored},
}};

/// Takes the next segment of a pattern; `pattern` begins with a slash.
std::string_view next_segment(std::string_view& pattern) {
  pattern.remove_prefix(1);
  auto end = pattern.find('/');
  auto segment = pattern.substr(0, end);
  pattern = end == std::string_view::npos ? std::string_view{} : pattern.substr(end);
  return segment;
}

bool fits(std::string_view pattern, const std::vector<std::string>& segments, std::vector<std::string>& params) {
  params.clear();
  if (pattern == "/")
    return segments.empty();
  for (const auto& segment : segments) {
    if (pattern.empty())
      return false;
    auto wanted = next_segment(pattern);
    if (wanted == "*")
      return true;
    if (wanted.starts_with('{'))
      params.push_back(segment);
    else if (wanted != segment)
      return false;
  }
  return pattern.empty();
}

void add_method(std::string& allow, std::string_view method) {
  if (!allow.empty())
    allow += ", ";
  allow += method;
  if (method == "GET")
    allow += ", HEAD";
}

} // namespace

std::span<const route> all_routes() {
  return table;
}

route_match find_route(const std::vector<std::string>& segments, std::string_view method) {
  route_match out;
  std::vector<std::string> params;
  for (const auto& r : table) {
    if (!fits(r.pattern, segments, params))
      continue;
    add_method(out.allow, r.method);
    if (r.method == method || (r.method == "GET" && method == "HEAD")) {
      out.found = &r;
      out.params = std::move(params);
      return out;
    }
  }
  if (!out.allow.empty())
    out.allow += ", OPTIONS";
  return out;
}

} // namespace belfry::io::http
