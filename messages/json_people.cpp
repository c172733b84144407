#include "belfry/messages/json.hpp"

#include "belfry/messages/json_reader.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace belfry {

using border::need;
using border::object_reader;
using border::problem_list;

namespace {

std::string_view wrong_webhook_name(std::string_view x) {
  return wrong_length(x, 1, 250, "must have 1 to 250 characters");
}

std::string_view wrong_description(std::string_view x) {
  return wrong_length(x, 0, 500, "must have at most 500 characters", true);
}

std::string_view wrong_secret(std::string_view x) {
  return wrong_length(x, 1, 4000, "must have 1 to 4000 characters", true);
}

std::string_view wrong_webhook_endpoint(std::string_view x) {
  auto detail = wrong_length(x, 1, 4000, "must have 1 to 4000 characters");
  return detail.empty() ? wrong_endpoint(std::string{x}) : detail;
}

std::string_view wrong_api_version(std::string_view x) {
  return x == "V4" ? "" : "must be V4";
}

/// The seed's name of revoke_call.
constexpr std::string_view revoked_call = "push_notification.revoked_call";
constexpr std::string_view revoke_call = "push_notification.revoke_call";

std::string_view wrong_event_name(std::string_view x) {
  constexpr std::string_view prefix = "push_notification.";
  kind known{};
  bool good =
      x == "ping" || x == revoked_call || (x.starts_with(prefix) && from_string(x.substr(prefix.size()), known));
  return good ? "" : "is not the name of an event";
}

/// `id` in a body says nothing new: it must be the path's.
void read_path_id(object_reader& o, std::string_view path_id) {
  auto x = o.text("id", need::optional, nullptr);
  if (x && *x != path_id)
    o.wrong("id", "must be the id in the path");
}

template <class T>
result<T> finish(problem_list& problems, T& value) {
  if (!problems.empty())
    return problems.take();
  return std::move(value);
}

void read(object_reader& o, person_profile& x) {
  o.name_of("type", need::required, x.type, one_of_person_types);
  o.read("displayName", x.display_name, wrong_name);
  o.read("firstName", x.first_name, wrong_name);
  o.read("lastName", x.last_name, wrong_name);
  o.read("username", x.username, wrong_name);
  o.read("nickname", x.nickname, wrong_name);
  o.read("email", x.email, wrong_email);
  o.read("phone", x.phone, wrong_name);
  o.read("locale", x.locale, wrong_locale);
  o.read("sourceId", x.source_id, wrong_name);
  x.labels = o.texts("labels", need::optional, wrong_name);
  if (!o.has("metadata"))
    return o.ignore("metadata");
  x.metadata.emplace();
  o.members("metadata", wrong_name, wrong_text,
            [&](std::string_view key, std::string_view value) { return x.metadata->emplace(key, value).second; });
}

void read(object_reader& o, device& x) {
  bool known = o.name_of("platform", need::required, x.platform, one_of_platforms);
  o.read_if("app", x.app, wrong_id);
  o.name_of("environment", need::optional, x.environment, one_of_environments);
  o.name_of("messageVersion", need::optional, x.version, one_of_message_versions);
  bool push = o.has("pushToken"), push_kit = o.has("pushKitToken");
  o.read("pushToken", x.push_token, wrong_token);
  o.read("pushKitToken", x.push_kit_token, wrong_token);
  if (known) {
    for (const auto& p : wrong_tokens(x.platform, push, push_kit))
      o.wrong(p.member, p.detail);
  }
  if (x.version != message_version::not_encrypted && !o.has("encryptionKey"))
    o.wrong("encryptionKey", needs_encryption_key);
  o.read("encryptionKey", x.encryption_key, wrong_key);
}

/// No name twice, nor both names of the same event; pointers to the second.
void check_event_names(object_reader& o, const std::vector<std::string>& names) {
  if (names.empty())
    o.wrong("events", "must not be empty");
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string_view name = names[i];
    bool both =
        (name == revoke_call && seen.contains(revoked_call)) || (name == revoked_call && seen.contains(revoke_call));
    if (!seen.insert(name).second)
      o.wrong_element("events", i, "appears twice in the list");
    else if (both)
      o.wrong_element("events", i, "is another name for an event in the list");
  }
}

void read(object_reader& o, webhook_method method, webhook_input& x) {
  for (auto name : {"$_type", "id", "accountId", "creationTimestamp", "modificationTimestamp"})
    o.ignore(name);
  o.read("name", x.name, wrong_webhook_name);
  o.read("description", x.description, wrong_description);
  o.read("endpoint", x.endpoint, wrong_webhook_endpoint);
  o.name_of("status", need::optional, x.status, one_of_webhook_statuses);
  o.read_if("apiVersion", x.api_version, wrong_api_version);
  o.read("secret", x.secret, wrong_secret);
  if (auto names = o.texts("events", need::required, wrong_event_name)) {
    x.events = std::move(*names);
    check_event_names(o, x.events);
  }
  auto version = o.integer("version", method == webhook_method::put ? need::required : need::optional, 1, millis_max,
                           "must be an integer, at least 1");
  if (version)
    x.version = static_cast<std::uint64_t>(*version);
}

} // namespace

result<person_profile> parse_profile(std::string_view body, std::string_view path_id) {
  person_profile x;
  auto problems = border::read_object(body, [&](object_reader& o) {
    read_path_id(o, path_id);
    read(o, x);
  });
  return finish(problems, x);
}

result<device> parse_device(std::string_view body, std::string_view path_id) {
  device x;
  x.id = path_id;
  auto problems = border::read_object(body, [&](object_reader& o) {
    read_path_id(o, path_id);
    read(o, x);
  });
  return finish(problems, x);
}

result<pause_input> parse_pause(std::string_view body, millis now) {
  pause_input x;
  auto problems = border::read_object(body, [&](object_reader& o) {
    bool known = o.name_of("mode", need::required, x.mode, one_of_pause_modes);
    o.read_time("until", x.until);
    if (x.until && known && x.mode != pause_mode::on)
      o.wrong("until", only_with_on);
    else if (x.until && *x.until <= now)
      o.wrong("until", "must be in the future");
  });
  return finish(problems, x);
}

result<pause_reason_input> parse_pause_reason(std::string_view body, std::string_view path_source_id) {
  pause_reason_input x;
  auto problems = border::read_object(body, [&](object_reader& o) {
    auto given = o.text("sourceId", need::optional, nullptr);
    if (auto detail = wrong_source_id(path_source_id); !detail.empty())
      o.wrong("sourceId", detail);
    else if (given && *given != path_source_id)
      o.wrong("sourceId", "must be the sourceId in the path");
    o.read_if("displayName", x.display_name, wrong_name);
    x.timeout_seconds =
        o.integer("timeoutSeconds", need::required, 1, timeout_seconds_max, seconds_of_reason).value_or(0);
  });
  return finish(problems, x);
}

result<webhook_input> parse_webhook_input(std::string_view body, webhook_method method) {
  webhook_input x;
  auto problems = border::read_object(body, [&](object_reader& o) { read(o, method, x); });
  return finish(problems, x);
}

} // namespace belfry
