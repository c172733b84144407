#include "belfry/io/http_server/gate.hpp"

#include "belfry/io/http_server/target.hpp"
#include "belfry/messages/ascii.hpp"
#include "belfry/messages/validate.hpp"

#include <algorithm>
#include <optional>

namespace belfry::io::http {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

enum class media : std::uint8_t { other, json, ndjson };

/// The media type; a charset other than UTF-8 makes it `other`.
media media_of(std::string_view content_type) {
  auto text = lower(content_type);
  auto end = text.find(';');
  auto type = trimmed(std::string_view{text}.substr(0, end));
  if (auto at = text.find("charset="); at != std::string::npos) {
    auto charset = std::string_view{text}.substr(at + 8);
    if (!charset.starts_with("utf-8") && !charset.starts_with("\"utf-8\""))
      return media::other;
  }
  if (type == "application/x-ndjson")
    return media::ndjson;
  auto suffixed = type.starts_with("application/") && type.ends_with("+json");
  return type == "application/json" || suffixed ? media::json : media::other;
}

/// Whether the path is one that tokens (or the loopback rule) guard.
bool is_guarded(const std::vector<std::string>& segments) {
  return !segments.empty() && (segments[0] == "v1" || segments[0] == "metrics");
}

response unauthorized(bool with_token) {
  auto out =
      problem_response(401, "unauthorized", with_token ? "the bearer token is not valid" : "a bearer token is needed");
  out.headers.emplace_back("WWW-Authenticate",
                           with_token ? R"(Bearer realm="belfry", error="invalid_token")" : R"(Bearer realm="belfry")");
  return out;
}

response forbidden(std::string detail) {
  return problem_response(403, "forbidden", std::move(detail));
}

response bad(std::string detail, std::vector<problem> problems = {}) {
  return problem_response(400, "bad_input", std::move(detail), std::move(problems));
}

response no_route(const route_match& m) {
  if (m.allow.empty())
    return problem_response(404, "not_found", "there is no such route");
  auto out = problem_response(405, "method_not_allowed", "the route takes " + m.allow);
  out.headers.emplace_back("Allow", m.allow);
  return out;
}

/// A browser asking before it sends (CORS preflight): such requests carry no token.
std::optional<response> preflight(const request_head& head, const route_match& m, const http_options& o) {
  if (head.method != "OPTIONS" || head.origin.empty() || head.requested_method.empty())
    return std::nullopt;
  if (!is_allowed_origin(head.origin, o.allowed_origins))
    return forbidden("pages of this origin are not allowed (http.allowedOrigins)");
  if (m.allow.empty())
    return no_route(m);
  response out{204, {}, {}, {}};
  out.headers = {{"Access-Control-Allow-Methods", m.allow},
                 {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
                 {"Access-Control-Max-Age", "600"}};
  return out;
}

/// Ids in paths: SPEC 2.
std::optional<response> wrong_params(const route& r, const std::vector<std::string>& params) {
  std::vector<problem> problems;
  auto rest = r.pattern;
  for (const auto& value : params) {
    rest = rest.substr(rest.find('{') + 1);
    const auto name = rest.substr(0, rest.find('}'));
    // A token is ours, longer than the id in it, and proves itself.
    if (name == "token")
      continue;
    if (auto wrong = wrong_id(value); !wrong.empty())
      problems.push_back({"/" + std::string{name}, std::string{wrong}});
  }
  if (problems.empty())
    return std::nullopt;
  return bad("an id in the path is wrong", std::move(problems));
}

std::optional<response> wrong_query(const route& r, const target& t) {
  if (r.query != query_kind::none || t.query.empty())
    return std::nullopt;
  std::vector<problem> problems;
  for (const auto& [name, value] : t.query) {
    std::string pointer;
    append_segment(pointer, name);
    problems.push_back({std::move(pointer), "unknown parameter; the route takes none"});
  }
  return bad("a query parameter is not valid", std::move(problems));
}

std::optional<response> wrong_type(const route& r, const request_head& head, bool& ndjson) {
  if (r.body == body_kind::none)
    return std::nullopt;
  auto type = media_of(head.content_type);
  ndjson = type == media::ndjson;
  if (type == media::other || (ndjson && r.body != body_kind::events)) {
    auto allowed = r.body == body_kind::events ? "application/json or application/x-ndjson" : "application/json";
    return problem_response(415, "unsupported_media_type", std::string{"Content-Type must be "} + allowed);
  }
  auto encoding = lower(trimmed(head.content_encoding));
  if (!encoding.empty() && encoding != "identity")
    return problem_response(415, "unsupported_media_type", "the body must not be encoded (Content-Encoding)");
  return std::nullopt;
}

/// What stands between a request and its route when a token is asked for.
std::optional<response> stopped_at_door(const request_head& head, const target& t, const http_options& o, bool tls) {
  if (!o.tokens.empty())
    return std::nullopt;
  auto host = t.authority.value_or(head.host);
  if (!is_loopback_host(host))
    return forbidden("without configured tokens the Host must be a loopback address");
  if (is_foreign_origin(head.origin, host, tls, o.allowed_origins))
    return forbidden("pages of this origin are not allowed (http.allowedOrigins)");
  return std::nullopt;
}

/// The last questions, once the route is found and its caller known.
std::variant<response, admitted> admit(const request_head& head, target t, route_match m, caller who) {
  admitted out;
  if (auto r = wrong_params(*m.found, m.params))
    return std::move(*r);
  if (auto r = wrong_query(*m.found, t))
    return std::move(*r);
  if (auto r = wrong_type(*m.found, head, out.ndjson))
    return std::move(*r);
  if (!head.expect.empty() && lower(head.expect) != "100-continue")
    return problem_response(417, "expectation_failed", "the only expectation known is 100-continue");
  out.what = m.found;
  out.params = std::move(m.params);
  out.query = std::move(t.query);
  out.who = std::move(who);
  return out;
}

std::variant<response, admitted> judge_target(const request_head& head, target t, route_match m, const http_options& o,
                                              bool tls, millis now) {
  caller who;
  if (is_guarded(t.segments)) {
    if (auto r = stopped_at_door(head, t, o, tls))
      return std::move(*r);
    if (auto r = preflight(head, m, o))
      return std::move(*r);
    auto open = m.found != nullptr && m.found->who == audience::everybody;
    auto known = open ? std::optional<caller>{caller{}} : identify(head.authorization, o, now);
    if (!known)
      return unauthorized(!head.authorization.empty());
    who = std::move(*known);
  }
  if (who.person && m.found == nullptr)
    return forbidden("a person's token opens only that person's own routes");
  if (head.method == "OPTIONS" && !m.allow.empty())
    return response{204, {}, {}, {{"Allow", m.allow}}};
  if (m.found == nullptr)
    return no_route(m);
  auto person = m.params.empty() ? std::string{} : m.params.front();
  // A route with an empty id is refused by `admit`; it must not pass for one that serves every person.
  if (who.person && !m.params.empty() && person.empty())
    return forbidden("a person's token opens only that person's own routes");
  if (!may(who, m.found->who, person))
    return forbidden(who.person ? "a person's token opens only that person's own routes"
                                : "the role of this token may not do that");
  return admit(head, std::move(t), std::move(m), std::move(who));
}

} // namespace

bool has_clear_end(const request_head& head) {
  if (head.transfer_encodings == 0)
    return true;
  return head.version >= 11 && head.transfer_encodings == 1 && lower(head.transfer_encoding) == "chunked";
}

verdict judge(const request_head& head, const http_options& o, bool tls, millis now) {
  if (head.hosts > 1 || (head.version >= 11 && head.hosts == 0))
    return {bad("exactly one Host header is needed"), "none"};
  auto t = parse_target(head.target);
  if (!t)
    return {error_response(t.error()), "none"};
  auto m = find_route(t->segments, head.method);
  verdict out;
  if (m.found != nullptr)
    out.route = m.found->pattern;
  out.what = judge_target(head, std::move(*t), std::move(m), o, tls, now);
  return out;
}

std::vector<std::pair<std::string, std::string>> common_headers(const request_head& head, const http_options& o) {
  std::vector<std::pair<std::string, std::string>> out{{"Cache-Control", "no-store"},
                                                       {"X-Content-Type-Options", "nosniff"}};
  if (o.allowed_origins.empty())
    return out;
  out.emplace_back("Vary", "Origin");
  if (is_allowed_origin(head.origin, o.allowed_origins)) {
    out.emplace_back("Access-Control-Allow-Origin", head.origin);
    out.emplace_back("Access-Control-Expose-Headers", "Location, Retry-After, WWW-Authenticate");
  }
  return out;
}

} // namespace belfry::io::http
