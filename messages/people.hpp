#pragma once

#include "belfry/messages/ids.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// What somebody is (SPEC 1). Stored as a number: new values go to the end.
enum class person_type : std::uint8_t { agent, visitor, bot, system };

/// Participation type (SPEC 1). `none` is a bot: it takes part without a role and is never notified.
/// Stored as a number: new values go to the end.
enum class role : std::uint8_t { none, assigned_agent, context_person, secondary_agent, secondary_visitor };

/// "AGENT", "VISITOR", ...
std::string_view to_string(person_type x);
bool from_string(std::string_view text, person_type& out);

/// "ASSIGNED_AGENT", ...; "" for none.
std::string_view to_string(role x);
bool from_string(std::string_view text, role& out);

constexpr bool is_agent(role x) {
  return x == role::assigned_agent || x == role::secondary_agent;
}
constexpr bool is_visitor(role x) {
  return x == role::context_person || x == role::secondary_visitor;
}

/// What PUT /v1/persons/{id} takes (SPEC 13). Absent values are empty.
struct person_profile {
  person_type type = person_type::visitor;
  std::optional<std::string> display_name, first_name, last_name, username, nickname, email, phone, locale, source_id;
  std::optional<std::vector<std::string>> labels;
  std::optional<std::map<std::string, std::string>> metadata;

  bool operator==(const person_profile&) const = default;
};

/// displayName, else first and last name, nickname, username, else nothing (SPEC 8).
std::optional<std::string> name_of(const person_profile& p);

/// A profile together with its id: the `person object` of webhook bodies and of GET.
struct person {
  person_id id;
  person_profile profile;

  bool operator==(const person&) const = default;
};

/// Stored as numbers: new values go to the end.
enum class device_platform : std::uint8_t { android, ios };
enum class device_environment : std::uint8_t { production, sandbox };
enum class message_version : std::uint8_t { not_encrypted, encrypted, encrypted_service };

std::string_view to_string(device_platform x);
std::string_view to_string(device_environment x);
std::string_view to_string(message_version x);
bool from_string(std::string_view text, device_platform& out);
bool from_string(std::string_view text, device_environment& out);
bool from_string(std::string_view text, message_version& out);

/// A mobile device of a person (SPEC 10). Tokens and key are secrets: no log, trace or answer shows them.
struct device {
  device_id id;
  device_platform platform = device_platform::android;
  std::string app = "default";
  std::optional<std::string> push_token;
  std::optional<std::string> push_kit_token;
  device_environment environment = device_environment::production;
  message_version version = message_version::not_encrypted;
  std::optional<std::string> encryption_key;
  /// Set by the engine at every PUT.
  millis registered_at = 0;
  /// Set by the engine at every PUT: of two persons who stored the same token, the one with the higher number has it.
  std::uint64_t claim = 0;

  bool operator==(const device&) const = default;
};

/// What a device token is known by where its owner is looked up: 16 bytes derived from its kind ("push", "pushKit") and
/// the token itself.
std::string derive_token_key(std::string_view kind, std::string_view token);

/// Every token of these devices once, as payloads list them.
std::vector<std::string> device_tokens(const std::vector<device>& devices);

/// Stored as a number: new values go to the end.
enum class pause_mode : std::uint8_t { off, on, automatic };

/// "OFF", "ON", "AUTO".
std::string_view to_string(pause_mode x);
bool from_string(std::string_view text, pause_mode& out);

/// An auto-pause reason as the API shows it (SPEC 6).
struct pause_reason {
  std::string source_id;
  std::optional<std::string> display_name;
  /// Absent for built-in reasons (`session:<id>`, `call:<id>`): they end with their cause.
  std::optional<millis> expires_at;

  bool operator==(const pause_reason&) const = default;
};

/// GET /v1/persons/{id}/pause.
struct pause_view {
  pause_mode mode = pause_mode::off;
  bool on = false;
  std::optional<millis> until;
  std::vector<pause_reason> reasons;

  bool operator==(const pause_view&) const = default;
};

} // namespace belfry
