// Values that come as plain text: environment variables, `--set` and properties. What cannot be read as the key's type
// stays a string, which the type then refuses by name.
#include "belfry/config/values.hpp"

#include "belfry/messages/ascii.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace belfry::values {

namespace {

template <class Type>
bool is(const key& k) {
  return std::holds_alternative<Type>(k.type);
}

std::string_view trim(std::string_view x) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = x.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view{} : x.substr(first, x.find_last_not_of(blanks) - first + 1);
}

json strict_json(std::string_view text) {
  std::vector<std::string> errors;
  auto out = parse(text, "", errors);
  return out && errors.empty() ? std::move(*out) : json(text);
}

json comma_separated(std::string_view text) {
  auto out = json::array();
  while (!trim(text).empty()) {
    const auto comma = text.find(',');
    out.push_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos)
      break;
    text.remove_prefix(comma + 1);
  }
  return out;
}

json list(std::string_view text) {
  const auto x = trim(text);
  return x.starts_with('[') ? strict_json(x) : comma_separated(x);
}

json number(std::string_view text) {
  auto out = json::parse(trim(text), nullptr, false);
  return out.is_number() ? out : json(text);
}

/// A reference, else the text itself: the JSON of a service account is a secret, not a reference.
json secret_value(std::string_view text) {
  if (!trim(text).starts_with('{'))
    return text;
  auto out = json::parse(text, nullptr, false);
  const bool reference = out.is_object() && out.size() == 1 && (out.contains("file") || out.contains("env"));
  return reference ? out : json(text);
}

json secrets_value(std::string_view text) {
  const auto x = trim(text);
  if (x.starts_with('['))
    return strict_json(x);
  return x.starts_with('{') ? json::array({secret_value(x)}) : comma_separated(x);
}

json boolean(std::string_view text) {
  return text == "true" ? json(true) : text == "false" ? json(false) : json(text);
}

bool is_number(std::string_view x) {
  return !x.empty() && std::all_of(x.begin(), x.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string with_unit(std::string_view property, std::string_view text) {
  const auto unit = lower(property).ends_with("seconds") ? "s" : "ms";
  return std::string{text} + (is_number(text) ? unit : "");
}

/// The name of the choice that `text` is but for upper and lower case.
json choice(const choice_type& type, std::string_view text) {
  for (const auto name : type.names) {
    if (same_but_for_case(name, text))
      return name;
  }
  return text;
}

} // namespace

json from_text(const key& k, std::string_view text) {
  if (is<flag_type>(k))
    return boolean(text);
  if (is<count_type>(k) || is<port_type>(k) || is<factor_type>(k))
    return number(text);
  if (is<list_type>(k) || is<roles_type>(k))
    return list(text);
  if (is<secret_type>(k))
    return secret_value(text);
  if (is<secrets_type>(k))
    return secrets_value(text);
  if (is<templates_type>(k) || is<apps_type>(k) || is<tokens_type>(k))
    return strict_json(text);
  return text;
}

json from_property(const key& k, std::string_view text) {
  if (is<flag_type>(k))
    return boolean(lower(trim(text)));
  if (is<duration_type>(k))
    return with_unit(k.property, trim(text));
  if (const auto* type = std::get_if<choice_type>(&k.type))
    return choice(*type, trim(text));
  if (is<secret_type>(k))
    return text;
  return from_text(k, text);
}

} // namespace belfry::values
