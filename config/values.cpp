#include "belfry/config/values.hpp"

#include "belfry/config/structured.hpp"
#include "belfry/messages/people.hpp"
#include "belfry/messages/utf8.hpp"
#include "belfry/messages/validate.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace belfry::values {

namespace {

/// Characters of a value that an error cites.
constexpr std::size_t cited_max = 120;
/// Bytes of an error.
constexpr std::size_t line_max = 1'000;

// One `decode` per plain type: the value, or nothing if the JSON has another shape.

std::optional<bool> decode(const flag_type&, const json& v) {
  return v.is_boolean() ? std::optional{v.get<bool>()} : std::nullopt;
}

std::optional<std::uint64_t> decode(const count_type&, const json& v) {
  return v.is_number_unsigned() ? std::optional{v.get<std::uint64_t>()} : std::nullopt;
}

std::optional<std::uint16_t> decode(const port_type&, const json& v) {
  if (!v.is_number_unsigned() || v.get<std::uint64_t>() > 65'535)
    return std::nullopt;
  return v.get<std::uint16_t>();
}

std::optional<double> decode(const factor_type&, const json& v) {
  return v.is_number() ? std::optional{v.get<double>()} : std::nullopt;
}

std::optional<duration> decode(const duration_type&, const json& v) {
  if (v.is_string())
    return parse_duration(v.get_ref<const std::string&>());
  return v.is_number_integer() && v.get<std::int64_t>() == 0 ? std::optional{duration::zero()} : std::nullopt;
}

std::optional<std::string> decode(const text_type&, const json& v) {
  return v.is_string() ? std::optional{v.get<std::string>()} : std::nullopt;
}

std::optional<std::vector<std::string>> decode(const list_type&, const json& v) {
  if (!v.is_array() || !std::all_of(v.begin(), v.end(), [](const json& x) { return x.is_string(); }))
    return std::nullopt;
  return v.get<std::vector<std::string>>();
}

std::optional<std::vector<role>> decode(const roles_type&, const json& v) {
  if (!v.is_array())
    return std::nullopt;
  std::vector<role> out;
  for (const auto& item : v) {
    role x{};
    if (!item.is_string() || !from_string(item.get_ref<const std::string&>(), x))
      return std::nullopt;
    out.push_back(x);
  }
  return out;
}

// One `within` per plain type: whether a value keeps the row's bounds.

bool within(const flag_type&, bool) {
  return true;
}

bool within(const count_type& t, std::uint64_t x) {
  return x >= t.min && x <= t.max;
}

bool within(const port_type&, std::uint16_t x) {
  return x > 0;
}

bool within(const factor_type& t, double x) {
  return std::isfinite(x) && x >= t.min && x <= t.max;
}

bool within(const duration_type& t, duration x) {
  return (t.zero && x == duration::zero()) || (x >= t.min && x <= t.max);
}

bool within(const text_type& t, const std::string& x) {
  return x.empty() ? !t.required : fits(*t.format, x, config_text_max);
}

bool within(const list_type& t, const std::vector<std::string>& x) {
  return x.size() <= config_list_max && std::all_of(x.begin(), x.end(), [&t](const std::string& item) {
           return !item.empty() && fits(*t.format, item, config_text_max);
         });
}

bool within(const roles_type&, const std::vector<role>& x) {
  const std::set<role> distinct{x.begin(), x.end()};
  return distinct.size() == x.size() && distinct.count(role::none) == 0;
}

bool within(const secret_type& t, const secret& x) {
  return x.empty() || fits(*t.format, x.value, config_secret_max);
}

bool within(const secrets_type& t, const std::vector<secret>& x) {
  return x.size() <= t.max && std::all_of(x.begin(), x.end(), [&t](const secret& item) {
           return !item.empty() && fits(*t.format, item.value, config_secret_max);
         });
}

/// Sets one key; a class because every type needs the same five things.
struct assigner {
  options& out;
  const key& k;
  const json& value;
  const reader& r;
  bool merge;

  bool refuse() const {
    r.fail(k.name, refusal(k, value));
    return false;
  }

  template <class Plain>
  bool operator()(const Plain& type) const {
    auto x = decode(type, value);
    if (!x || !within(type, *x))
      return refuse();
    type.at.of(out) = std::move(*x);
    return true;
  }

  bool operator()(const choice_type& type) const {
    const auto it = value.is_string()
                        ? std::find(type.names.begin(), type.names.end(), value.get_ref<const std::string&>())
                        : type.names.end();
    if (it == type.names.end())
      return refuse();
    type.set(out, static_cast<std::size_t>(it - type.names.begin()));
    return true;
  }

  bool operator()(const secret_type& type) const {
    secret x;
    if (!read_secret(value, k.name, *type.format, r, x))
      return false;
    type.at.of(out) = std::move(x);
    return true;
  }

  bool operator()(const secrets_type& type) const {
    const auto items = value.is_array() ? value : json::array({value});
    if (items.size() > type.max)
      return refuse();
    std::vector<secret> list;
    bool good = true;
    for (const auto& item : items)
      good = read_secret(item, k.name, *type.format, r, list.emplace_back()) && good;
    std::erase_if(list, [](const secret& s) { return s.empty(); });
    if (good)
      type.at.of(out) = std::move(list);
    return good;
  }

  // What these hold is judged by `breaches` when all sources are read: one may complete what another began.

  bool operator()(const templates_type& type) const {
    auto x = merge ? type.at.in(out) : template_map{};
    return store(type, std::move(x));
  }

  bool operator()(const apps_type& type) const { return store(type, std::vector<mobile_app>{}); }
  bool operator()(const tokens_type& type) const { return store(type, std::vector<http_token>{}); }

  template <class Type, class Value>
  bool store(const Type& type, Value x) const {
    if (!read(value, k.name, r, x))
      return false;
    type.at.of(out) = std::move(x);
    return true;
  }
};

struct printer {
  const options& from;

  template <class Plain>
  json operator()(const Plain& type) const {
    return type.at.in(from);
  }

  json operator()(const duration_type& type) const {
    const auto x = type.at.in(from);
    return x == duration::zero() ? json(0) : json(duration_text(x));
  }

  json operator()(const choice_type& type) const { return type.names.at(type.get(from)); }

  json operator()(const roles_type& type) const {
    auto out = json::array();
    for (const auto x : type.at.in(from))
      out.push_back(to_string(x));
    return out;
  }

  json operator()(const secret_type& type) const { return type.at.in(from).empty() ? std::string_view{} : mask; }

  json operator()(const secrets_type& type) const {
    auto out = json::array();
    for (std::size_t i = 0; i < type.at.in(from).size(); ++i)
      out.push_back(mask);
    return out;
  }

  json operator()(const templates_type& type) const { return values::shown(type.at.in(from)); }
  json operator()(const apps_type& type) const { return values::shown(type.at.in(from)); }
  json operator()(const tokens_type& type) const { return values::shown(type.at.in(from)); }
};

struct inspector {
  const key& k;
  const options& from;

  std::vector<std::string> refuse_unless(bool good) const {
    return good ? std::vector<std::string>{}
                : std::vector<std::string>{std::string{k.name} + ": " + refusal(k, values::shown(k, from))};
  }

  template <class Plain>
  std::vector<std::string> operator()(const Plain& type) const {
    return refuse_unless(within(type, type.at.in(from)));
  }

  std::vector<std::string> operator()(const choice_type&) const { return {}; }
  std::vector<std::string> operator()(const templates_type& type) const { return structured(type.at.in(from)); }
  std::vector<std::string> operator()(const apps_type& type) const { return structured(type.at.in(from)); }
  std::vector<std::string> operator()(const tokens_type& type) const { return structured(type.at.in(from)); }

  template <class Value>
  std::vector<std::string> structured(const Value& x) const {
    std::vector<std::string> out;
    for (const auto& f : check(x))
      out.push_back(std::string{k.name} + f.at + ": " + f.what);
    return out;
  }
};

} // namespace

void reader::fail(std::string_view where, std::string_view what) const {
  auto line = std::string{where};
  if (!source.empty())
    line += " (" + source + ")";
  errors->push_back(line + ": " + std::string{what});
}

std::string cited(const json& value) {
  auto text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.find("://") != std::string::npos && text.find('@') != std::string::npos)
    return "a URL with credentials";
  if (text.size() > cited_max)
    text = text.substr(0, cited_max) + "...";
  return text;
}

std::string one_line(std::string text) {
  for (auto& c : text)
    c = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  if (text.size() > line_max) {
    auto end = line_max;
    // Not inside a character of UTF-8.
    while (end > 0 && continues_code_point(text[end]))
      --end;
    text.resize(end);
    text += "...";
  }
  return text;
}

std::string refusal(const key& k, const json& value) {
  const auto* text = std::get_if<text_type>(&k.type);
  const auto wanted = text != nullptr && !value.is_string() ? "a string: " : "";
  return (holds_secret(k) ? "this value" : cited(value)) + " is not allowed; allowed: " + wanted + allowed(k);
}

bool assign(options& out, const key& k, const json& value, const reader& r, bool merge) {
  return std::visit(assigner{out, k, value, r, merge}, k.type);
}

json shown(const key& k, const options& from) {
  return std::visit(printer{from}, k.type);
}

std::vector<std::string> breaches(const key& k, const options& from) {
  return std::visit(inspector{k, from}, k.type);
}

} // namespace belfry::values
