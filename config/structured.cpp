#include "belfry/config/structured.hpp"

#include "belfry/config/nearest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace belfry::values {

namespace {

constexpr std::array<std::string_view, 3> template_kinds{"new_message", "incoming_call", "missed_call"};
constexpr std::size_t template_bytes_max = 64 * 1024;
constexpr std::size_t locales_max = 200;

std::string index(std::size_t i) {
  return "[" + std::to_string(i) + "]";
}

/// Takes the members of one object and, in the end, reports those that nobody took.
class members {
public:
  members(const json& value, std::string where, const reader& r) : value_(value), where_(std::move(where)), r_(r) {
    if (!value_.is_object())
      fail("", "must be an object");
  }

  members(const members&) = delete;
  members& operator=(const members&) = delete;

  void text(const char* name, std::string& out) {
    const auto* v = take(name);
    if (v && v->is_string())
      out = v->get<std::string>();
    else if (v)
      fail(name, "must be text");
  }

  void read_secret(const char* name, const formats::rule& format, secret& out) {
    if (const auto* v = take(name))
      good_ = values::read_secret(*v, where_ + "." + name, format, r_, out) && good_;
  }

  /// The inner object's value, if there is one.
  const json* take(const char* name) {
    known_.emplace_back(name);
    if (!value_.is_object())
      return nullptr;
    const auto it = value_.find(name);
    return it == value_.end() ? nullptr : &*it;
  }

  bool has(const char* name) const { return value_.is_object() && value_.contains(name); }

  void fail(std::string_view name, std::string_view what) {
    r_.fail(where_ + (name.empty() ? "" : ".") + std::string{name}, what);
    good_ = false;
  }

  bool finish() {
    if (value_.is_object()) {
      for (const auto& [name, v] : value_.items()) {
        if (std::find(known_.begin(), known_.end(), name) == known_.end())
          fail(name, "is unknown; the nearest known one is " + nearest(name, known_));
      }
    }
    return good_;
  }

  const std::string& where() const { return where_; }

private:
  const json& value_;
  std::string where_;
  const reader& r_;
  std::vector<std::string> known_;
  bool good_ = true;
};

bool read_app(const json& value, std::string where, const reader& r, mobile_app& out) {
  members app{value, std::move(where), r};
  app.text("app", out.app);
  bool good = true;
  if (const auto* v = app.take("fcm")) {
    members fcm{*v, app.where() + ".fcm", r};
    fcm.text("projectId", out.fcm.project_id);
    fcm.read_secret("serviceAccountKey", formats::service_account, out.fcm.service_account_key);
    good = fcm.finish();
  }
  if (const auto* v = app.take("apns")) {
    members apns{*v, app.where() + ".apns", r};
    apns.text("teamId", out.apns.team_id);
    apns.text("keyId", out.apns.key_id);
    apns.read_secret("key", formats::apns_key, out.apns.key);
    apns.text("bundleId", out.apns.bundle_id);
    good = apns.finish() && good;
  }
  return app.finish() && good;
}

bool read_token(const json& value, std::string where, const reader& r, http_token& out) {
  members token{value, std::move(where), r};
  std::string role_text;
  token.text("name", out.name);
  token.text("role", role_text);
  token.text("sha256", out.sha256);
  const auto& roles = token_role_names();
  const auto it = std::find(roles.begin(), roles.end(), role_text);
  if (it == roles.end() && !token.has("role"))
    token.fail("role", "is missing; allowed: host, read, admin");
  else if (it == roles.end() && value["role"].is_string())
    token.fail("role", cited(role_text) + " is not allowed; allowed: host, read, admin");
  else if (it != roles.end())
    out.role = static_cast<token_role>(it - roles.begin());
  // Hashes are compared as lower case.
  for (auto& c : out.sha256)
    c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  return token.finish();
}

template <class Item, class Read>
bool read_list(const json& value, std::string_view where, const reader& r, std::vector<Item>& out, Read read_item) {
  if (!value.is_array() || value.size() > config_list_max) {
    r.fail(where, "must be a list of at most " + std::to_string(config_list_max) + " objects");
    return false;
  }
  bool good = true;
  for (std::size_t i = 0; i < value.size(); ++i)
    good = read_item(value[i], std::string{where} + index(i), r, out.emplace_back()) && good;
  return good;
}

/// A value that cannot be read is judged no further: what else is wrong with it is said now.
template <class Value>
void judge_the_rest(const Value& x, std::string_view where, const reader& r, std::size_t errors_before) {
  for (const auto& f : check(x)) {
    const auto place = std::string{where} + f.at;
    const auto said = std::any_of(
        r.errors->begin() + static_cast<std::ptrdiff_t>(errors_before), r.errors->end(),
        [&](const std::string& line) { return line.starts_with(place + ":") || line.starts_with(place + " "); });
    if (!said)
      r.fail(place, f.what);
  }
}

template <class Item, class Read>
bool read_all(const json& value, std::string_view where, const reader& r, std::vector<Item>& out, Read read_item) {
  const auto before = r.errors->size();
  const auto good = read_list(value, where, r, out, read_item);
  if (!good)
    judge_the_rest(out, where, r, before);
  return good;
}

void check_template(const std::string& at, const email_template& t, std::vector<finding>& out) {
  if (t.subject.empty())
    out.push_back({at + ".subject", "is missing"});
  if (t.text.empty())
    out.push_back({at + ".text", "is missing"});
  if (t.subject.find_first_of("\r\n") != std::string::npos)
    out.push_back({at + ".subject", "must be one line"});
  const std::array<std::pair<std::string_view, const std::string*>, 3> parts{
      {{".subject", &t.subject}, {".text", &t.text}, {".html", &t.html}}};
  for (const auto& [name, text] : parts) {
    if (text->size() > template_bytes_max)
      out.push_back({at + std::string{name}, "is longer than 64 KiB"});
    if (const auto wrong = formats::wrong_placeholder(*text))
      out.push_back({at + std::string{name}, *wrong});
  }
}

void check_text(const std::string& at, const std::string& x, const formats::rule& format, std::vector<finding>& out) {
  if (!x.empty() && !format.holds(x))
    out.push_back({at, cited(x) + " is not allowed; allowed: " + std::string{format.allowed}});
}

} // namespace

bool read(const json& value, std::string_view where, const reader& r, template_map& out) {
  members kinds{value, std::string{where}, r};
  bool good = true;
  for (const auto* kind : {"new_message", "incoming_call", "missed_call"}) {
    const auto* locales = kinds.take(kind);
    if (!locales)
      continue;
    if (!locales->is_object()) {
      kinds.fail(kind, "must be an object of locales");
      continue;
    }
    for (const auto& [locale, parts] : locales->items()) {
      auto& t = out[kind][locale];
      members m{parts, std::string{where} + "." + kind + "." + locale, r};
      m.text("subject", t.subject);
      m.text("text", t.text);
      m.text("html", t.html);
      good = m.finish() && good;
    }
  }
  return kinds.finish() && good;
}

bool read(const json& value, std::string_view where, const reader& r, std::vector<mobile_app>& out) {
  return read_all(value, where, r, out, read_app);
}

bool read(const json& value, std::string_view where, const reader& r, std::vector<http_token>& out) {
  return read_all(value, where, r, out, read_token);
}

std::vector<finding> check(const template_map& x) {
  std::vector<finding> out;
  for (const auto& [kind, locales] : x) {
    const auto at = "." + kind;
    if (std::find(template_kinds.begin(), template_kinds.end(), kind) == template_kinds.end())
      out.push_back({at, "is not a kind with email templates; known are new_message, incoming_call, missed_call"});
    if (locales.size() > locales_max)
      out.push_back({at, "has more than " + std::to_string(locales_max) + " locales"});
    for (const auto& [locale, t] : locales) {
      if (!formats::locale.holds(locale))
        out.push_back({at + "." + locale, "is not " + std::string{formats::locale.allowed}});
      check_template(at + "." + locale, t, out);
    }
  }
  return out;
}

std::vector<finding> check(const std::vector<mobile_app>& x) {
  std::vector<finding> out;
  std::set<std::string> names;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto& a = x[i];
    const auto at = index(i);
    if (a.app.empty())
      out.push_back({at + ".app", "is missing"});
    else if (!names.insert(a.app).second)
      out.push_back({at + ".app", cited(a.app) + " appears more than once"});
    check_text(at + ".app", a.app, formats::id, out);
    check_text(at + ".fcm.projectId", a.fcm.project_id, formats::project_id, out);
    check_text(at + ".apns.teamId", a.apns.team_id, formats::apple_id, out);
    check_text(at + ".apns.keyId", a.apns.key_id, formats::apple_id, out);
    check_text(at + ".apns.bundleId", a.apns.bundle_id, formats::bundle_id, out);
  }
  return out;
}

std::vector<finding> check(const std::vector<http_token>& x) {
  std::vector<finding> out;
  std::set<std::string> names, hashes;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto at = index(i);
    if (x[i].name.empty())
      out.push_back({at + ".name", "is missing"});
    else if (!names.insert(x[i].name).second)
      out.push_back({at + ".name", cited(x[i].name) + " appears more than once"});
    check_text(at + ".name", x[i].name, formats::id, out);
    if (!formats::sha256.holds(x[i].sha256))
      out.push_back({at + ".sha256", "must be " + std::string{formats::sha256.allowed}});
    else if (!hashes.insert(x[i].sha256).second)
      out.push_back({at + ".sha256", "is the hash of another token as well"});
  }
  return out;
}

json shown(const template_map& x) {
  auto out = json::object();
  for (const auto& [kind, locales] : x) {
    for (const auto& [locale, t] : locales) {
      auto& parts = out[kind][locale];
      parts = {{"subject", t.subject}, {"text", t.text}};
      if (!t.html.empty())
        parts["html"] = t.html;
    }
  }
  return out;
}

json shown(const std::vector<mobile_app>& x) {
  const auto hide = [](const secret& s) { return s.empty() ? std::string_view{} : mask; };
  auto out = json::array();
  for (const auto& a : x) {
    json app{{"app", a.app}};
    if (!a.fcm.project_id.empty() || !a.fcm.service_account_key.empty())
      app["fcm"] = {{"projectId", a.fcm.project_id}, {"serviceAccountKey", hide(a.fcm.service_account_key)}};
    if (!a.apns.team_id.empty() || !a.apns.key_id.empty() || !a.apns.key.empty() || !a.apns.bundle_id.empty())
      app["apns"] = {{"teamId", a.apns.team_id},
                     {"keyId", a.apns.key_id},
                     {"key", hide(a.apns.key)},
                     {"bundleId", a.apns.bundle_id}};
    out.push_back(std::move(app));
  }
  return out;
}

json shown(const std::vector<http_token>& x) {
  auto out = json::array();
  for (const auto& t : x)
    out.push_back(
        {{"name", t.name}, {"role", token_role_names().at(static_cast<std::size_t>(t.role))}, {"sha256", t.sha256}});
  return out;
}

} // namespace belfry::values
