#include "belfry/config/options_doc.hpp"

#include "belfry/config/values.hpp"

#include <nlohmann/json.hpp>

namespace belfry {

namespace {

constexpr std::string_view introduction = R"(# Options

Made from the table in `config/keys.cpp` by `belfry_options_doc`; edit the table, not this file.

Options stand in one JSON file (comments allowed) whose sections are the parts of a key's name:
`{"push": {"debounceDelay": "2s"}}`. [config/example.json](../config/example.json) shows all of them.

- **Precedence**: `--set key=value`, environment, file, `--properties`, default.
- **Environment**: `BELFRY_` and the key in capitals, with `_` at every dot and before every capital letter:
  `push.debounceDelay` is `BELFRY_PUSH_DEBOUNCE_DELAY`. Variables of that prefix that name no key are errors, apart from
  those that Kubernetes makes for services (`BELFRY[_NAME]_SERVICE_HOST`, `_SERVICE_PORT*`, `_PORT*`) and those that a secret refers to.
- **Durations** are `0` or a whole number with a unit: `"1500ms"`, `"10s"`, `"5m"`, `"1h"`, `"7d"`.
- **Lists** are JSON; in the environment and with `--set` they may also be comma-separated. Objects are JSON everywhere;
  one part of a template may be set alone: `--set email.templates.new_message.en.subject=Hello`.
- **Secrets** are a string, `{"file": "path"}` (relative to the working directory; line ends behind the text are dropped)
  or `{"env": "NAME"}`. They are never printed.
- **Platform properties** (`--properties FILE`) have the prefix `com.unblu.`; upper and lower case are alike. A bare
  number is in the unit that the name ends with (`Seconds`, `Millis`), else milliseconds.
- `belfry check` validates a configuration, also one for channels that the build at hand lacks; `belfry serve` refuses to
  start with such a channel switched on.
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '<')
      out += '\\';
    out += c;
  }
  return out;
}

std::string code(std::string_view text) {
  return "`" + std::string{text} + "`";
}

std::string default_text(const key& k) {
  const auto value = values::shown(k, options{});
  if (value.is_string() && value.get_ref<const std::string&>().empty())
    return "-";
  return code(value.is_string() ? value.get<std::string>() : value.dump());
}

std::string row(const key& k) {
  const auto property = k.property.empty() ? std::string{"-"} : code(k.property);
  return "| " + code(k.name) + " | " + escaped(type_name(k)) + " | " + default_text(k) + " | " + escaped(k.sentence)
         + " | " + escaped(allowed(k)) + " | " + property + " |\n";
}

} // namespace

std::string options_document() {
  std::string out{introduction};
  std::string_view section;
  for (const auto& k : keys()) {
    const auto next = k.name.substr(0, k.name.find('.'));
    if (next != section) {
      section = next;
      out += "\n## " + std::string{section}
             + "\n\n| key | type | default | what it does | allowed | platform property |\n"
             + "|---|---|---|---|---|---|\n";
    }
    out += row(k);
  }
  return out;
}

} // namespace belfry
