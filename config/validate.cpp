#include "belfry/config/validate.hpp"

#include "belfry/config/formats.hpp"
#include "belfry/config/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace belfry {

namespace {

/// A demand between keys that is not met; the first key begins the line.
struct conflict {
  std::vector<std::string_view> names;
  std::string what;
};

using conflicts = std::vector<conflict>;

void check_email(const email_options& e, conflicts& out) {
  if (e.enabled && e.smtp_host.empty())
    out.push_back({{"email.smtp.host", "email.enabled"}, "is required with email.enabled"});
  if (e.enabled && e.from.empty())
    out.push_back({{"email.from", "email.enabled"}, "is required with email.enabled"});
  if (e.tls == smtp_tls::none && !e.smtp_host.empty() && !formats::is_loopback(e.smtp_host))
    out.push_back({{"email.smtp.tls", "email.smtp.host"}, "none is allowed only for an email.smtp.host on loopback"});
  if (e.smtp_user.empty() && !e.smtp_password.empty())
    out.push_back({{"email.smtp.user", "email.smtp.password"}, "is required with email.smtp.password"});
}

/// Credentials of one app come whole or not at all.
void check_app(std::string_view key_name, const std::string& at, const fcm_options& fcm, const apns_options& apns,
               conflicts& out) {
  if (fcm.project_id.empty() != fcm.service_account_key.empty())
    out.push_back({{key_name}, at + "fcm needs both projectId and serviceAccountKey, or none"});
  const auto absent = static_cast<int>(apns.team_id.empty()) + static_cast<int>(apns.key_id.empty())
                      + static_cast<int>(apns.key.empty()) + static_cast<int>(apns.bundle_id.empty());
  if (absent != 0 && absent != 4)
    out.push_back({{key_name}, at + "apns needs all of teamId, keyId, key and bundleId, or none"});
}

bool has_credentials(const fcm_options& fcm, const apns_options& apns) {
  return !fcm.service_account_key.empty() || !apns.key.empty();
}

void check_mobile(const mobile_options& m, conflicts& out) {
  const auto size = out.size();
  check_app("mobile", "", m.fcm, m.apns, out);
  const bool top = has_credentials(m.fcm, m.apns);
  bool any = top;
  for (std::size_t i = 0; i < m.apps.size(); ++i) {
    const auto& a = m.apps[i];
    const auto at = "[" + std::to_string(i) + "]: ";
    check_app("mobile.apps", at, a.fcm, a.apns, out);
    any = any || has_credentials(a.fcm, a.apns);
    if (a.app == "default" && top)
      out.push_back({{"mobile.apps"}, at + "the app \"default\" has credentials in mobile.fcm or mobile.apns already"});
    if (!has_credentials(a.fcm, a.apns) && out.size() == size)
      out.push_back({{"mobile.apps"}, at + "has neither fcm nor apns credentials"});
  }
  if (m.enabled && !any && out.size() == size)
    out.push_back({{"mobile.enabled", "mobile.apps", "mobile.fcm.serviceAccountKey", "mobile.apns.key"},
                   "needs credentials: mobile.fcm, mobile.apns or mobile.apps"});
}

void check_webhooks(const webhook_options& w, conflicts& out) {
  if (w.retry_first > w.retry_max)
    out.push_back({{"webhooks.retry.first", "webhooks.retry.max"}, "must not be longer than webhooks.retry.max"});
}

void check_web_push(const web_push_options& w, conflicts& out) {
  if (w.enabled && w.subject.empty())
    out.push_back({{"webPush.subject", "webPush.enabled"}, "is required with webPush.enabled"});
  if (w.enabled && w.private_key.empty())
    out.push_back({{"webPush.privateKey", "webPush.enabled"}, "is required with webPush.enabled"});
}

void check_http(const http_options& h, conflicts& out) {
  if (h.tls_certificate.empty() != h.tls_key.empty())
    out.push_back({{"http.tls.certificate", "http.tls.key"}, "and http.tls.key need each other: set both or none"});
  const auto host = formats::listen_host(h.listen);
  if (h.tokens.empty() && host && !formats::is_loopback(*host))
    out.push_back(
        {{"http.tokens", "http.listen"}, "without tokens the API is open, and http.listen must be on loopback"});
}

void check_store(const store_options& s, conflicts& out) {
  if (s.kind == store_kind::postgres && s.dsn.empty())
    out.push_back({{"store.dsn", "store.kind"}, "is required with store.kind postgres"});
}

void check_limits(const limit_options& l, conflicts& out) {
  if (l.lane_in_flight > l.channel_in_flight)
    out.push_back({{"limits.laneInFlight", "limits.channelInFlight"}, "must not be more than limits.channelInFlight"});
}

conflicts conflicts_of(const options& x) {
  conflicts out;
  check_email(x.email, out);
  check_mobile(x.mobile, out);
  check_webhooks(x.webhooks, out);
  check_web_push(x.web_push, out);
  check_http(x.http, out);
  check_store(x.store, out);
  check_limits(x.limits, out);
  return out;
}

bool is_role(role x) {
  return x <= role::secondary_visitor;
}

bool is_named(const http_token& t) {
  return static_cast<std::size_t>(t.role) < token_role_names().size();
}

/// Whether what the key holds of enumerations has names: else it could not even be printed.
bool has_names(const key& k, const options& x) {
  if (const auto* choice = std::get_if<choice_type>(&k.type))
    return choice->get(x) < choice->names.size();
  if (const auto* roles = std::get_if<roles_type>(&k.type))
    return std::ranges::all_of(roles->at.in(x), is_role);
  if (const auto* tokens = std::get_if<tokens_type>(&k.type))
    return std::ranges::all_of(tokens->at.in(x), is_named);
  return true;
}

std::vector<std::string> breaches_of(const key& k, const options& x) {
  if (has_names(k, x))
    return values::breaches(k, x);
  return {std::string{k.name} + ": this value is not allowed; allowed: " + allowed(k)};
}

/// "/mobile/apps/0" for a line that begins with "mobile.apps[0]: ".
problem to_problem(const std::string& line) {
  const auto end = std::min(line.find(": "), line.size());
  std::string pointer = "/";
  for (const char c : line.substr(0, end)) {
    if (c == '.' || c == '[')
      pointer += '/';
    else if (c != ']')
      pointer += c;
  }
  return {std::move(pointer), line.substr(std::min(end + 2, line.size()))};
}

/// Whether a failed key is one of the conflict's, or lies below one (`mobile` stands for all of mobile.*).
bool concerns_failed(const conflict& c, const std::set<std::string_view>& failed) {
  return std::any_of(c.names.begin(), c.names.end(), [&failed](std::string_view name) {
    return std::any_of(failed.begin(), failed.end(),
                       [name](std::string_view f) { return f == name || f.starts_with(std::string{name} + "."); });
  });
}

} // namespace

namespace detail {

std::vector<std::string> findings(const options& x, const std::set<std::string_view>& failed) {
  std::vector<std::string> out;
  for (const auto& k : keys()) {
    if (failed.count(k.name) == 0) {
      auto lines = breaches_of(k, x);
      std::move(lines.begin(), lines.end(), std::back_inserter(out));
    }
  }
  for (const auto& c : conflicts_of(x)) {
    if (!concerns_failed(c, failed))
      out.push_back(std::string{c.names.front()} + ": " + c.what);
  }
  std::transform(out.begin(), out.end(), out.begin(), values::one_line);
  return out;
}

} // namespace detail

std::vector<std::string> validate(const options& x) {
  return detail::findings(x, {});
}

std::vector<std::string> missing_capabilities(const options& x) {
  std::vector<std::string> out;
  const auto lacks = [&out](bool wanted, std::string_view setting, std::string_view what) {
    if (wanted)
      out.push_back(std::string{setting} + ": this build has no " + std::string{what});
  };
  lacks(x.store.kind == store_kind::postgres, "store.kind", "postgres store");
  lacks(x.cluster_enabled, "cluster.enabled", "cluster");
  return out;
}

result<success> check_options(const options& x) {
  auto lines = validate(x);
  auto lacking = missing_capabilities(x);
  std::move(lacking.begin(), lacking.end(), std::back_inserter(lines));
  if (lines.empty())
    return success{};
  error out{ec::bad_input, {}, {}};
  for (const auto& line : lines) {
    out.detail += (out.detail.empty() ? "" : "; ") + line;
    out.problems.push_back(to_problem(line));
  }
  return out;
}

} // namespace belfry
