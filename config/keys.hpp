#pragma once

#include "belfry/config/durations.hpp"
#include "belfry/config/formats.hpp"
#include "belfry/config/options.hpp"

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The one table of keys (SPEC 16). The parser, `belfry check`, the environment and `--set` overrides, the properties
/// loader and docs/options.md all come from it; defaults stand in `options`.
namespace belfry {

/// Bytes of a text, and of a secret (a service account's JSON has 2 to 3 KiB).
constexpr std::size_t config_text_max = 4'000;
constexpr std::size_t config_secret_max = 64 * 1024;
/// Items of a list.
constexpr std::size_t config_list_max = 1'000;

/// Where in `options` a key's value lives.
template <class T>
struct place {
  using value = T;

  T& (*of)(options&);
  const T& (*in)(const options&);

  template <class Path>
  place(Path path) : of(path), in(path) {}
};

struct flag_type {
  place<bool> at;
};

/// A whole number of `unit`s.
struct count_type {
  place<std::uint64_t> at;
  std::uint64_t min, max;
  std::string_view unit;
};

struct port_type {
  place<std::uint16_t> at;
};

/// A number without a unit.
struct factor_type {
  place<double> at;
  double min, max;
};

/// Between `min` and `max`, or 0 if `zero`.
struct duration_type {
  place<duration> at;
  duration min, max;
  bool zero = false;
};

/// Empty only if not `required`.
struct text_type {
  place<std::string> at;
  const formats::rule* format;
  bool required = false;
};

/// One of `names`; the value of the enumeration is the index.
struct choice_type {
  std::vector<std::string_view> names;
  std::function<std::size_t(const options&)> get;
  std::function<void(options&, std::size_t)> set;
};

struct list_type {
  place<std::vector<std::string>> at;
  const formats::rule* format;
};

/// A list of roles (SPEC 1).
struct roles_type {
  place<std::vector<role>> at;
};

struct secret_type {
  place<secret> at;
  const formats::rule* format;
};

/// A list of secrets, or a single one.
struct secrets_type {
  place<std::vector<secret>> at;
  const formats::rule* format;
  std::size_t max;
};

/// kind -> locale -> {subject, text, html} (SPEC 9).
struct templates_type {
  place<std::map<std::string, std::map<std::string, email_template>>> at;
};

/// [{app, fcm, apns}] (SPEC 10).
struct apps_type {
  place<std::vector<mobile_app>> at;
};

/// [{name, role, sha256}] (SPEC 13).
struct tokens_type {
  place<std::vector<http_token>> at;
};

using key_type = std::variant<flag_type, count_type, port_type, factor_type, duration_type, text_type, choice_type,
                              list_type, roles_type, secret_type, secrets_type, templates_type, apps_type, tokens_type>;

/// One row of the table.
struct key {
  /// "push.debounceDelay".
  std::string_view name;
  key_type type;
  /// What it does, one sentence.
  std::string_view sentence;
  /// The platform's property without "com.unblu."; empty if the key is ours.
  std::string_view property = {};
};

/// Every key of SPEC 16, in its order.
const std::vector<key>& keys();

/// The row of that exact name, or nullptr.
const key* find_key(std::string_view name);

/// "BELFRY_PUSH_DEBOUNCE_DELAY" for "push.debounceDelay".
std::string environment_name(std::string_view key_name);

/// Whether the value may not be printed: secrets, and lists that hold some.
bool holds_secret(const key& k);

/// "duration", "list of secrets", ...
std::string type_name(const key& k);

/// What the key takes, for errors and docs: "0 or 1ms to 1h (ms, s, m, h, d)".
std::string allowed(const key& k);

/// The values of `token_role`, in order.
const std::vector<std::string_view>& token_role_names();

} // namespace belfry
