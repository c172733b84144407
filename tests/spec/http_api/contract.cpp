#include "contract.hpp"

#include "belfry/io/http_server/handlers.hpp"
#include "belfry/messages/validate.hpp"

#include <algorithm>
#include <regex>
#include <set>

namespace belfry::test {

using nlohmann::json;

namespace {

std::string lowered(std::string_view x) {
  std::string out{x};
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool has_type(const json& value, const std::string& type) {
  if (type == "integer")
    return value.is_number_integer();
  if (type == "number")
    return value.is_number();
  return type == value.type_name();
}

/// The keywords that `check` understands or that only explain.
const std::set<std::string> keywords{"$ref",    "type",      "properties", "required", "additionalProperties",
                                     "items",   "enum",      "const",      "oneOf",    "minimum",
                                     "maximum", "minLength", "maxLength",  "minItems", "maxItems",
                                     "pattern", "default",   "description"};

/// Bounds of numbers, strings and lists.
std::string check_bounds(const json& schema, const json& value) {
  auto below = [&](const char* key, auto x) { return schema.contains(key) && x < schema[key].get<decltype(x)>(); };
  auto above = [&](const char* key, auto x) { return schema.contains(key) && x > schema[key].get<decltype(x)>(); };
  if (value.is_number() && (below("minimum", value.get<double>()) || above("maximum", value.get<double>())))
    return "is out of bounds";
  if (value.is_string()) {
    auto n = scan(value.get_ref<const std::string&>()).characters;
    if (below("minLength", n) || above("maxLength", n))
      return "has a wrong length";
    if (schema.contains("pattern")
        && !std::regex_search(value.get<std::string>(), std::regex{schema["pattern"].get<std::string>()}))
      return "does not match the pattern";
  }
  if (value.is_array() && (below("minItems", value.size()) || above("maxItems", value.size())))
    return "has a wrong number of items";
  return {};
}

} // namespace

contract::contract() : document_(json::parse(io::http::openapi_document())) {}

const json& contract::resolve(const json& x) const {
  auto ref = x.is_object() ? x.find("$ref") : x.end();
  if (!x.is_object() || ref == x.end())
    return x;
  return resolve(document_.at(json::json_pointer{ref->get<std::string>().substr(1)}));
}

const json* contract::operation(std::string_view method, const std::string& path) const {
  auto p = document_["paths"].find(path);
  if (p == document_["paths"].end())
    return nullptr;
  auto o = p->find(method == "HEAD" ? "get" : lowered(method));
  return o == p->end() ? nullptr : &*o;
}

std::string contract::check_object(const json& schema, const json& value, const std::string& at) const {
  for (const auto& name : schema.value("required", json::array()))
    if (!value.contains(name.get<std::string>()))
      return at + "/" + name.get<std::string>() + " is missing";
  auto known = schema.value("properties", json::object());
  auto others = schema.value("additionalProperties", json(true));
  for (const auto& [name, x] : value.items()) {
    auto here = at + "/" + name;
    if (known.contains(name)) {
      if (auto wrong = check(known[name], x, here); !wrong.empty())
        return wrong;
    } else if (others == false) {
      return here + " is not documented";
    } else if (auto wrong = others.is_object() ? check(others, x, here) : ""; !wrong.empty()) {
      return wrong;
    }
  }
  return {};
}

std::string contract::check_one_of(const json& schema, const json& value, const std::string& at) const {
  auto fitting = 0;
  std::string first;
  for (const auto& s : schema["oneOf"]) {
    auto wrong = check(s, value, at);
    fitting += wrong.empty();
    first += (first.empty() ? "" : "; ") + wrong;
  }
  return fitting == 1 ? std::string{} : at + " fits " + std::to_string(fitting) + " of oneOf: " + first;
}

std::string contract::check(const json& unresolved, const json& value, const std::string& at) const {
  const auto& schema = resolve(unresolved);
  for (const auto& [key, ignored] : schema.items())
    if (!keywords.contains(key))
      return at + ": the checker does not know the keyword " + key;
  if (schema.contains("oneOf"))
    return check_one_of(schema, value, at);
  if (schema.contains("const") && schema["const"] != value)
    return at + " is not " + schema["const"].dump();
  if (schema.contains("type") && !has_type(value, schema["type"].get<std::string>()))
    return at + " is no " + schema["type"].get<std::string>();
  if (auto e = schema.find("enum"); e != schema.end() && std::find(e->begin(), e->end(), value) == e->end())
    return at + " is none of " + e->dump();
  if (auto wrong = check_bounds(schema, value); !wrong.empty())
    return at + " " + wrong;
  if (value.is_array() && schema.contains("items"))
    for (std::size_t i = 0; i < value.size(); ++i)
      if (auto wrong = check(schema["items"], value[i], at + "/" + std::to_string(i)); !wrong.empty())
        return wrong;
  return value.is_object() ? check_object(schema, value, at) : std::string{};
}

std::string contract::objection(std::string_view method, const std::string& path, const http_reply& answer) const {
  const auto* o = operation(method, path);
  if (o == nullptr)
    return "the operation is not documented";
  auto found = (*o)["responses"].find(std::to_string(answer.status));
  if (found == (*o)["responses"].end())
    return "status " + std::to_string(answer.status) + " is not documented";
  const auto& r = resolve(*found);
  const auto wanted = r.value("headers", json::object());
  for (const auto& [name, h] : wanted.items())
    if (answer.header(lowered(name)).empty())
      return "the header " + name + " is missing";
  auto type = answer.header("content-type");
  type = type.substr(0, type.find(';'));
  if (!r.contains("content"))
    return answer.body.empty() && type.empty() ? "" : "there is a body, but none is documented";
  if (!r["content"].contains(type))
    return "the content type \"" + type + "\" is not documented";
  if (method == "HEAD" || !type.ends_with("json"))
    return {};
  auto body = json::parse(answer.body, nullptr, false);
  return body.is_discarded() ? "the body is no JSON" : check(r["content"][type]["schema"], body, "");
}

std::string contract::body_objection(std::string_view method, const std::string& path, const json& body) const {
  const auto* o = operation(method, path);
  if (o == nullptr || !o->contains("requestBody"))
    return "no body is documented";
  return check((*o)["requestBody"]["content"]["application/json"]["schema"], body, "");
}

std::vector<std::string> contract::operations() const {
  std::vector<std::string> out;
  for (const auto& [path, item] : document_["paths"].items())
    for (auto method : {"get", "put", "post", "delete"})
      if (item.contains(method)) {
        std::string upper{method};
        std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
        out.push_back(upper + " " + path);
      }
  return out;
}

std::vector<std::string> contract::broken_references() const {
  std::vector<std::string> out;
  auto flat = document_.flatten();
  for (const auto& [pointer, value] : flat.items())
    if (pointer.ends_with("/$ref") && !document_.contains(json::json_pointer{value.get<std::string>().substr(1)}))
      out.push_back(value.get<std::string>());
  return out;
}

} // namespace belfry::test
