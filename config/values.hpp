#pragma once

#include "belfry/config/keys.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Between JSON and the typed values of `options`. Internal to this room.
namespace belfry::values {

using json = nlohmann::ordered_json;

/// What stands for a secret in print.
constexpr std::string_view mask = "***";

/// Where values come from and where errors go while one source is read.
struct reader {
  const std::map<std::string, std::string>* environment;
  std::vector<std::string>* errors;
  /// Variables that secrets refer to.
  std::set<std::string>* referenced;
  /// How the source calls the key, e.g. "BELFRY_PUSH_ENABLED"; empty for the file.
  std::string source;
  /// Whether {"file"} and {"env"} are looked up: not if a stronger source overrides them.
  bool resolve = true;

  /// One line: `where`, the source, and what is wrong.
  void fail(std::string_view where, std::string_view what) const;
};

/// The value as it may stand in an error: short, on one line, without credentials.
std::string cited(const json& value);

/// `text` without control characters and not endlessly long: names and templates may hold line ends.
std::string one_line(std::string text);

/// Whether a text keeps a rule and a bound in bytes.
bool fits(const formats::rule& format, std::string_view text, std::size_t max);

/// "<value> is not allowed; allowed: ...", the value left out for secrets.
std::string refusal(const key& k, const json& value);

/// Sets the key from JSON; false after having reported why not. Templates are merged into those there when `merge`.
bool assign(options& out, const key& k, const json& value, const reader& r, bool merge = false);

/// The value as it would stand in the file, secrets masked.
json shown(const key& k, const options& from);

/// Breaches of the row's bounds by the value in `from`, one line each.
std::vector<std::string> breaches(const key& k, const options& from);

/// Text is JSON with comments; nothing after having reported where it breaks or repeats a key. `name` begins the lines.
std::optional<json> parse(std::string_view text, std::string_view name, std::vector<std::string>& errors);

/// The JSON that text from the environment or `--set` stands for: lists are JSON or comma-separated.
json from_text(const key& k, std::string_view text);

/// The same for a property of the platform: a bare number of a duration is in the unit its name ends with.
json from_property(const key& k, std::string_view text);

/// Resolves a string, {"file": path} or {"env": name}; reports under `where`.
bool read_secret(const json& value, std::string_view where, const formats::rule& format, const reader& r, secret& out);

} // namespace belfry::values
