// Where a secret's text comes from: the value itself, a file, or the environment.
#include "belfry/config/values.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

namespace belfry::values {

namespace {

std::string strip_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  return text;
}

std::optional<std::string> read_small_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::string text(config_secret_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad() || in.gcount() == 0)
    return std::nullopt;
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

/// The text a reference stands for; nothing after having reported why there is none.
std::optional<std::string> look_up(const std::string& form, const std::string& target, std::string_view where,
                                   const reader& r) {
  if (form == "file") {
    if (auto text = read_small_file(target))
      return strip_line_end(std::move(*text));
    r.fail(where, "the file " + cited(target) + " cannot be read or is empty");
    return std::nullopt;
  }
  const auto it = r.environment->find(target);
  if (it != r.environment->end() && !it->second.empty())
    return it->second;
  r.fail(where, "the environment variable " + cited(target) + " is not set or empty");
  return std::nullopt;
}

} // namespace

bool fits(const formats::rule& format, std::string_view text, std::size_t max) {
  return text.size() <= max && format.holds(text);
}

bool read_secret(const json& value, std::string_view where, const formats::rule& format, const reader& r, secret& out) {
  const auto refuse = [&] {
    r.fail(where, "this value is not allowed; allowed: " + std::string{format.allowed}
                      + ", as a string, {\"file\": path} or {\"env\": name}");
    return false;
  };
  std::string text;
  if (value.is_string()) {
    text = value.get<std::string>();
  } else {
    if (!value.is_object() || value.size() != 1 || !value.begin()->is_string())
      return refuse();
    const auto& form = value.begin().key();
    const auto& target = value.begin()->get_ref<const std::string&>();
    if (form != "file" && form != "env")
      return refuse();
    if (form == "env")
      r.referenced->insert(target);
    if (!r.resolve)
      return true;
    auto found = look_up(form, target, where, r);
    if (!found)
      return false;
    text = std::move(*found);
  }
  if (!text.empty() && !fits(format, text, config_secret_max))
    return refuse();
  out.value = std::move(text);
  return true;
}

} // namespace belfry::values
