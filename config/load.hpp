#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// What a configuration is made from, strongest first: `set`, `environment`, `file`, `properties`, defaults (SPEC 15).
struct sources {
  /// "key=value", as given to --set; of a repeated key the last one counts.
  std::vector<std::string> set;
  /// The whole environment; only BELFRY_* and what secrets refer to is looked at.
  std::map<std::string, std::string> environment;
  /// The text of the configuration file: JSON with comments.
  std::optional<std::string> file;
  /// The text of a Java properties file with the platform's names.
  std::optional<std::string> properties;
};

struct loaded {
  options value;
  /// One line each; `value` may be used only if there are none.
  std::vector<std::string> errors;
  /// Lines worth telling an operator.
  std::vector<std::string> notices;
};

/// Reads all sources, resolves secrets (files relative to the working directory), and validates the whole.
loaded load(const sources& from);

/// The environment of this process.
std::map<std::string, std::string> process_environment();

/// A whole text file of at most 16 MiB.
result<std::string> read_text_file(const std::string& path);

} // namespace belfry
