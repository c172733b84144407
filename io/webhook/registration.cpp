#include "belfry/io/webhook/registration.hpp"

#include "belfry/io/webhook/endpoint.hpp"
#include "belfry/io/webhook/signer.hpp"
#include "belfry/messages/validate.hpp"

#include <algorithm>

namespace belfry::io::webhooks {

namespace {

constexpr std::string_view event_prefix = "push_notification.";
constexpr std::string_view revoke_call_name = "push_notification.revoke_call";
/// The seed's name for revoke_call.
constexpr std::string_view revoked_call_name = "push_notification.revoked_call";
constexpr std::string_view ping_name = "ping";

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_event_name(std::string_view name) {
  if (name == ping_name || name == revoked_call_name)
    return true;
  kind k;
  return name.starts_with(event_prefix) && from_string(name.substr(event_prefix.size()), k);
}

enum class controls : std::uint8_t { refused, taken };

/// So many characters of UTF-8, with or without control characters among them.
void check_text(std::vector<problem>& out, const char* pointer, std::string_view text, std::size_t least,
                std::size_t most, controls c) {
  const auto facts = scan(text);
  if (!facts.utf8)
    out.push_back({pointer, std::string{not_utf8}});
  else if (facts.characters < least || facts.characters > most)
    out.push_back({pointer, "has " + std::to_string(facts.characters) + " characters; allowed are "
                                + std::to_string(least) + " to " + std::to_string(most)});
  else if (facts.control && c == controls::refused)
    out.push_back({pointer, std::string{has_controls}});
}

/// Names that are no events; more are not listed.
constexpr std::size_t wrong_names_max = 100;

void check_events(std::vector<problem>& out, const std::vector<std::string>& names) {
  if (names.empty())
    out.push_back({"/events", "names no event; allowed are ping and push_notification.new_message, read_message, "
                              "incoming_call, revoke_call, missed_call, inbound_request, revoke_inbound_request, "
                              "deputy_delegation, revoke_deputy_delegation"});
  for (std::size_t i = 0; i < names.size() && out.size() < wrong_names_max; ++i)
    if (!is_event_name(names[i]))
      out.push_back({"/events/" + std::to_string(i),
                     "is not the name of an event; names are ping, and push_notification. with the kind after it, as "
                     "in push_notification.new_message"});
  if (contains(names, revoke_call_name) && contains(names, revoked_call_name))
    out.push_back({"/events", "push_notification.revoke_call and push_notification.revoked_call are two names of one "
                              "event; give one of them"});
}

error conflict(std::string pointer, std::string detail) {
  return {ec::conflict, detail, {{std::move(pointer), detail}}};
}

std::optional<error> name_taken(const webhook_input& input, const webhook_id& id, std::span<const webhook> all) {
  for (auto& other : all)
    if (other.name == input.name && other.id != id)
      return conflict("/name", "another registration has this name");
  return std::nullopt;
}

std::vector<std::string> without_repeats(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (auto& name : names)
    if (!contains(out, name))
      out.push_back(name);
  return out;
}

/// All but id, secrets, versions and times.
void take_over(webhook& w, const webhook_input& input) {
  w.name = input.name;
  w.description = input.description;
  w.endpoint = input.endpoint;
  w.status = input.status;
  w.api_version = input.api_version;
  w.events = without_repeats(input.events);
}

void change_secret(webhook& w, const std::optional<std::string>& secret, duration overlap, millis now) {
  if (w.previous_secret && w.previous_secret_until <= now) {
    w.previous_secret.reset();
    w.previous_secret_until = 0;
  }
  if (!secret || secret == w.secret)
    return;
  if (w.secret && overlap.count() > 0) {
    w.previous_secret = w.secret;
    w.previous_secret_until = now + overlap.count();
  }
  w.secret = secret;
}

void check_secret(std::vector<problem>& out, const std::string& secret) {
  check_text(out, "/secret", secret, 1, secret_length_max, controls::taken);
  if (!is_usable_secret(secret))
    out.push_back({"/secret", "begins with whsec_, but what follows is not base64"});
}

/// Its text, whether it may be called, and what other readers of the URL would see otherwise than we do.
void check_whole_endpoint(std::vector<problem>& out, const std::string& endpoint, const outbound_options& o) {
  const auto before = out.size();
  check_text(out, "/endpoint", endpoint, 1, endpoint_length_max, controls::refused);
  if (out.size() == before) {
    for (auto& p : check_endpoint(endpoint, o))
      out.push_back(std::move(p));
  }
  if (out.size() > before)
    return;
  if (auto detail = wrong_endpoint(endpoint); !detail.empty())
    out.push_back({"/endpoint", std::string{detail}});
}

webhook switched_off(webhook w, millis now) {
  w.status = webhook_status::inactive_unavailable;
  w.version += 1;
  w.modified_at = now;
  return w;
}

error bad_input(std::vector<problem> problems) {
  return {ec::bad_input, "the registration is not valid", std::move(problems)};
}

} // namespace

std::vector<problem> check_input(const webhook_input& input, const outbound_options& o) {
  std::vector<problem> out;
  check_text(out, "/name", input.name, 1, name_length_max, controls::refused);
  if (input.description)
    check_text(out, "/description", *input.description, 0, description_length_max, controls::taken);
  check_whole_endpoint(out, input.endpoint, o);
  if (input.status > webhook_status::inactive_unavailable)
    out.push_back({"/status", std::string{one_of_webhook_statuses}});
  if (input.api_version != "V4")
    out.push_back({"/apiVersion", "is not a known version; allowed is V4"});
  if (input.secret)
    check_secret(out, *input.secret);
  check_events(out, input.events);
  return out;
}

result<webhook> create(const webhook_input& input, const webhook_id& id, std::span<const webhook> all, const options& o,
                       millis now) {
  if (auto problems = check_input(input, o.outbound); !problems.empty())
    return bad_input(std::move(problems));
  if (auto taken = name_taken(input, id, all))
    return *std::move(taken);
  if (all.size() >= o.limits.webhooks)
    return error{ec::conflict,
                 "there are " + std::to_string(all.size()) + " registrations already (limits.webhooks); delete one",
                 {}};
  webhook w;
  w.id = id;
  take_over(w, input);
  w.secret = input.secret;
  w.created_at = now;
  w.modified_at = now;
  return w;
}

result<webhook> replace(const webhook& old, const webhook_input& input, std::span<const webhook> all, const options& o,
                        millis now) {
  auto problems = check_input(input, o.outbound);
  if (!input.version)
    problems.push_back({"/version", "is missing; give the version that is to be replaced"});
  if (!problems.empty())
    return bad_input(std::move(problems));
  if (*input.version != old.version)
    return conflict("/version", "version " + std::to_string(*input.version) + " is not the present one, "
                                    + std::to_string(old.version));
  if (auto taken = name_taken(input, old.id, all))
    return *std::move(taken);
  auto w = old;
  take_over(w, input);
  change_secret(w, input.secret, o.webhooks.secret_overlap, now);
  if (w.status == webhook_status::active)
    w.failing_since = w.failures = 0;
  w.version += 1;
  w.modified_at = now;
  return w;
}

std::optional<std::string> event_name_for(const webhook& w, kind k) {
  auto name = std::string{event_prefix} + std::string{to_string(k)};
  if (contains(w.events, name))
    return name;
  if (k == kind::revoke_call && contains(w.events, revoked_call_name))
    return std::string{revoked_call_name};
  return std::nullopt;
}

std::optional<webhook> after_failure(const webhook& w, const webhook_options& o, millis now, millis wall) {
  if (w.status != webhook_status::active)
    return std::nullopt;
  auto failing = w;
  if (w.failing_since == 0)
    failing.failing_since = std::max<millis>(now, 1);
  failing.failures = std::min(w.failures + 1, failures_min);
  const auto lasting = now - failing.failing_since >= o.disable_after.count();
  if (o.disable_after.count() > 0 && failing.failures == failures_min && lasting)
    return switched_off(w, wall);
  return failing == w ? std::nullopt : std::optional{std::move(failing)};
}

std::optional<webhook> after_success(const webhook& w) {
  if (w.failing_since == 0)
    return std::nullopt;
  auto healthy = w;
  healthy.failing_since = 0;
  healthy.failures = 0;
  return healthy;
}

std::optional<webhook> after_gone(const webhook& w, millis now) {
  if (w.status != webhook_status::active)
    return std::nullopt;
  return switched_off(w, now);
}

} // namespace belfry::io::webhooks
