#include "belfry/config/load.hpp"

#include "belfry/config/keys.hpp"
#include "belfry/config/nearest.hpp"
#include "belfry/config/properties.hpp"
#include "belfry/config/validate.hpp"
#include "belfry/config/values.hpp"

#include <nlohmann/json.hpp>

#include <regex>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <unordered_map>

namespace belfry {

namespace {

using values::json;

constexpr std::string_view prefix = "BELFRY_";
constexpr std::string_view platform_prefix = "com.unblu.";
constexpr std::string_view templates_prefix = "email.templates.";
constexpr std::size_t text_file_max = 16 * 1024 * 1024;

/// What one source says about one key.
struct assignment {
  const key* row;
  json value;
  /// As `reader::source`.
  std::string source;
  /// A part of the key's value, not the whole.
  bool part = false;
};

std::string lower(std::string_view x) {
  std::string out{x};
  for (auto& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_section(std::string_view path) {
  const auto begin = std::string{path} + ".";
  return std::any_of(keys().begin(), keys().end(), [&begin](const key& k) { return k.name.starts_with(begin); });
}

/// Every key and every section.
std::vector<std::string> known_names() {
  std::set<std::string> out;
  for (const auto& k : keys()) {
    out.emplace(k.name);
    for (auto dot = k.name.find('.'); dot != std::string_view::npos; dot = k.name.find('.', dot + 1))
      out.emplace(k.name.substr(0, dot));
  }
  return {out.begin(), out.end()};
}

/// A variable that Kubernetes makes for a service called "belfry" or "belfry-<name>".
bool is_of_a_service(const std::string& variable) {
  static const std::regex made_by_kubernetes{
      "BELFRY(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)?)"};
  return std::regex_match(variable, made_by_kubernetes);
}

/// Collects what the sources say, weakest first, and carries it out.
class loader {
public:
  explicit loader(const sources& from) : from_(from) {}

  loaded run() {
    if (from_.properties)
      collect_properties(*from_.properties);
    if (from_.file)
      collect_file(*from_.file);
    collect_environment();
    for (const auto& text : from_.set)
      collect_set(text);
    carry_out();
    refuse_unknown_variables();
    for (auto& line : detail::findings(out_.value, failed_))
      out_.errors.push_back(std::move(line));
    for (auto& line : out_.errors)
      line = values::one_line(std::move(line));
    return std::move(out_);
  }

private:
  void fail(std::string line) { out_.errors.push_back(std::move(line)); }

  void fail_unknown(const std::string& name, const std::string& suffix = "") {
    fail(name + suffix + ": unknown key; the nearest known one is " + nearest(name, known_names()));
  }

  void collect_properties(std::string_view text) {
    std::unordered_map<std::string, const key*> rows;
    for (const auto& k : keys()) {
      if (!k.property.empty())
        rows.emplace(lower(std::string{platform_prefix} + std::string{k.property}), &k);
    }
    auto list = read_properties(text);
    for (const auto& line : list.errors)
      fail("properties: " + line);
    std::size_t ignored = 0;
    for (const auto& p : list.items) {
      const auto it = rows.find(lower(p.name));
      if (it == rows.end())
        ++ignored;
      else
        assignments_.push_back({it->second, values::from_property(*it->second, p.value), p.name});
    }
    if (ignored > 0)
      out_.notices.push_back("properties: " + std::to_string(ignored)
                             + (ignored == 1 ? " name belongs to another feature and is ignored"
                                             : " names belong to other features and are ignored"));
  }

  void collect_file(std::string_view text) {
    const auto document = values::parse(text, "configuration file", out_.errors);
    if (!document)
      return;
    if (document->is_object())
      collect_section("", *document);
    else
      fail("configuration file: must be a JSON object of sections");
  }

  void collect_section(const std::string& path, const json& section) {
    for (const auto& [name, value] : section.items()) {
      const auto full = path.empty() ? name : path + "." + name;
      if (name.find('.') != std::string::npos)
        fail(full + ": unknown key; write sections as objects: {\"push\": {\"enabled\": true}}");
      else if (const auto* row = find_key(full))
        assignments_.push_back({row, value, ""});
      else if (!is_section(full))
        fail_unknown(full);
      else if (value.is_object())
        collect_section(full, value);
      else
        fail(full + ": must be an object of keys");
    }
  }

  void collect_environment() {
    for (const auto& k : keys()) {
      const auto name = environment_name(k.name);
      const auto it = from_.environment.find(name);
      if (it != from_.environment.end())
        assignments_.push_back({&k, values::from_text(k, it->second), name});
    }
  }

  void collect_set(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      // Its text is not cited: it may be a secret that lost its key.
      fail("--set: must be key=value, such as push.debounceDelay=2s");
      return;
    }
    const auto name = text.substr(0, equals);
    const auto value = text.substr(equals + 1);
    if (const auto* row = find_key(name))
      assignments_.push_back({row, values::from_text(*row, value), "--set"});
    else if (name.starts_with(templates_prefix))
      collect_template(name, value);
    else
      fail_unknown(name, " (--set)");
  }

  /// --set email.templates.<kind>.<locale>.<part>=text
  void collect_template(const std::string& name, const std::string& value) {
    const auto first = name.find('.', templates_prefix.size());
    const auto second = first == std::string::npos ? first : name.find('.', first + 1);
    if (second == std::string::npos) {
      fail(name + " (--set): must be email.templates.<kind>.<locale>.<subject, text or html>");
      return;
    }
    const auto kind = name.substr(templates_prefix.size(), first - templates_prefix.size());
    const auto locale = name.substr(first + 1, second - first - 1);
    json tree;
    tree[kind][locale][name.substr(second + 1)] = value;
    assignments_.push_back({find_key("email.templates"), std::move(tree), "--set", true});
  }

  void carry_out() {
    std::unordered_map<const key*, const assignment*> strongest;
    for (const auto& a : assignments_)
      strongest[a.row] = &a;
    for (const auto& a : assignments_) {
      const values::reader r{&from_.environment, &out_.errors, &referenced_, a.source, strongest[a.row] == &a};
      if (!values::assign(out_.value, *a.row, a.value, r, a.part))
        failed_.insert(a.row->name);
    }
  }

  void refuse_unknown_variables() {
    std::vector<std::string> known;
    for (const auto& k : keys())
      known.push_back(environment_name(k.name));
    for (auto it = from_.environment.lower_bound(std::string{prefix});
         it != from_.environment.end() && it->first.starts_with(prefix); ++it) {
      const auto& name = it->first;
      if (!is_of_a_service(name) && referenced_.count(name) == 0
          && std::find(known.begin(), known.end(), name) == known.end())
        fail(name + ": unknown variable; the nearest known one is " + nearest(name, known));
    }
  }

  const sources& from_;
  std::vector<assignment> assignments_;
  std::set<std::string> referenced_;
  std::set<std::string_view> failed_;
  loaded out_;
};

} // namespace

loaded load(const sources& from) {
  return loader{from}.run();
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> out;
  for (auto* const* entry = environ; entry && *entry; ++entry) {
    const std::string_view text{*entry};
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

result<std::string> read_text_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in.is_open() || in.bad())
    return error{ec::not_found, path + ": cannot be read", {}};
  if (text.size() > text_file_max)
    return error{ec::bad_input, path + ": is longer than 16 MiB", {}};
  return text;
}

} // namespace belfry
