#include "belfry/tests/hostile/request.hpp"

#include <array>

/// Mutators of what a JSON body says. Each works on one place, chosen by chance.
namespace belfry::test::hostile {

namespace {

json parsed(const request& r) {
  return json::parse(r.body, nullptr, false);
}

void put(request& r, std::string body) {
  r.body = std::move(body);
  r.frame();
}

void collect(json& at, std::vector<json*>& objects) {
  if (at.is_object() && !at.empty())
    objects.push_back(&at);
  if (at.is_structured())
    for (auto& x : at)
      collect(x, objects);
}

/// Calls `edit(object, key)` for a member chosen by chance, and makes the body of the result. False: there is none.
template <class Edit>
bool on_member(request& r, random& chance, Edit edit) {
  auto root = parsed(r);
  std::vector<json*> objects;
  if (!root.is_discarded())
    collect(root, objects);
  if (objects.empty())
    return false;
  auto& object = *chance.of(objects);
  auto key = std::next(object.begin(), static_cast<std::ptrdiff_t>(chance.below(object.size()))).key();
  edit(object, key);
  put(r, root.dump());
  return true;
}

void remove_field(request& r, random& chance) {
  on_member(r, chance, [](json& o, const std::string& key) { o.erase(key); });
}

void null_field(request& r, random& chance) {
  on_member(r, chance, [](json& o, const std::string& key) { o[key] = nullptr; });
}

void wrong_type(request& r, random& chance) {
  static const std::array<json, 8> values{json(0),  json(-1),         json(1.5),      json(true),
                                          json(""), json::array({1}), json::object(), json::array()};
  on_member(r, chance, [&](json& o, const std::string& key) { o[key] = chance.of(values); });
}

/// Each text is new, so that as an id it meets no other client's.
void odd_text(request& r, random& chance) {
  auto x = chance.hex(12);
  const std::array<std::string, 9> values{std::string(117, 'x') + x,
                                          "a\n" + x,
                                          x + std::string(1, '\0'),
                                          std::string(70'000, 'y') + x,
                                          "\xc2\x85" + x,
                                          "\xe2\x80\xae" + x,
                                          "../../" + x,
                                          std::string(116, 'z') + x,
                                          "\"\\" + x};
  on_member(r, chance, [&](json& o, const std::string& key) { o[key] = chance.of(values); });
}

void unknown_field(request& r, random& chance) {
  if (on_member(r, chance, [](json& o, const std::string&) { o["fieldOfTomorrow"] = 1; }))
    r.want = wanted::refusal;
}

void unknown_null_field(request& r, random& chance) {
  on_member(r, chance, [](json& o, const std::string&) { o["fieldOfTomorrow"] = nullptr; });
}

void unknown_type(request& r, random& chance) {
  static constexpr std::array<std::string_view, 6> names{"message.exploded", "",  "MESSAGE.SENT",
                                                         "message.sent ",    "*", "presence"};
  on_member(r, chance, [&](json& o, const std::string&) { o["type"] = chance.of(names); });
}

/// Replaces the value of a field by raw text that the library would not print.
bool raw_value(request& r, random& chance, std::string_view raw) {
  static constexpr std::string_view mark = "@@here@@";
  if (!on_member(r, chance, [](json& o, const std::string& key) { o[key] = mark; }))
    return false;
  r.body.replace(r.body.find(mark) - 1, mark.size() + 2, raw);
  r.frame();
  return true;
}

void odd_number(request& r, random& chance) {
  static constexpr std::array<std::string_view, 14> some{"9007199254740992",
                                                         "18446744073709551616",
                                                         "-9223372036854775809",
                                                         "1e400",
                                                         "-0",
                                                         "1E2",
                                                         "0.1e1",
                                                         "01",
                                                         "+1",
                                                         ".5",
                                                         "1.",
                                                         "NaN",
                                                         "Infinity",
                                                         "99999999999999999999999999999999999999999999"};
  raw_value(r, chance, chance.of(some));
}

void bad_literal(request& r, random& chance) {
  static constexpr std::array<std::string_view, 10> some{
      "'x'",         "undefined",          "True",     "\"\\x41\"", "\"\\u12\"",
      "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"a\nb\"", "\"",        "/**/1"};
  if (raw_value(r, chance, chance.of(some)))
    r.want = wanted::refusal;
}

void escaped_nul(request& r, random& chance) {
  raw_value(r, chance, "\"a\\u0000b\"");
}

void deep_value(request& r, random& chance) {
  auto depth = 30 + chance.below(chance.percent(10) ? 200'000 : 80);
  auto close = chance.percent(80) ? depth : depth - 1;
  raw_value(r, chance, std::string(depth, '[') + std::string(close, ']'));
}

void deep_objects(request& r, random& chance) {
  std::string open;
  auto depth = 60 + chance.below(20'000);
  for (std::size_t i = 0; i < depth; ++i)
    open += "{\"a\":";
  put(r, open + "1" + std::string(depth, '}'));
  r.want = wanted::refusal;
}

void doubled_field(request& r, random&) {
  auto at = r.body.find('{');
  auto root = parsed(r);
  if (at == std::string::npos || !root.is_object() || root.empty())
    return;
  auto first = root.begin();
  r.body.insert(at + 1, json(first.key()).dump() + ":" + first.value().dump() + ",");
  r.frame();
  r.want = wanted::refusal;
}

void escaped_double(request& r, random&) {
  if (r.body.find("{\"") != 0 || r.body.find("\"type\"") == std::string::npos)
    return;
  r.body.insert(1, "\"t\\u0079pe\":\"message.sent\",");
  r.frame();
  r.want = wanted::refusal;
}

void garbage_behind(request& r, random& chance) {
  static constexpr std::array<std::string_view, 5> some{"x", "}", ",", "{}", "\0"};
  put(r, r.body + std::string{chance.of(some)} + "!");
  r.want = wanted::refusal;
}

void byte_order_mark(request& r, random&) {
  put(r, "\xef\xbb\xbf" + r.body);
}

void spaces(request& r, random& chance) {
  auto root = parsed(r);
  if (!root.is_discarded() && !r.ndjson())
    put(r, std::string(chance.below(100), ' ') + root.dump(static_cast<int>(chance.below(8))) + "\r\n\t ");
}

void batch_with_one_bad(request& r, random& chance) {
  auto root = parsed(r);
  if (!root.is_object())
    return;
  auto bad = root;
  bad["type"] = "no.such";
  put(r, (chance.percent(50) ? json::array({root, bad}) : json::array({bad, root})).dump());
  r.want = wanted::refusal;
}

void same_twice(request& r, random&) {
  auto root = parsed(r);
  if (root.is_object())
    put(r, json::array({root, root}).dump());
}

void nothing(request& r, random& chance) {
  static constexpr std::array<std::string_view, 8> some{"", "{}", "[]", "null", "1", "\"x\"", "[[]]", "[null]"};
  put(r, std::string{chance.of(some)});
}

void too_many(request& r, random&) {
  std::string many = "[{}";
  for (auto i = 0; i < 10'000; ++i)
    many += ",{}";
  put(r, many + "]");
  r.want = wanted::refusal;
}

void too_big(request& r, random& chance) {
  put(r, "{\"type\":\"" + std::string((1 << 20) + chance.below(200'000), 'x') + "\"}");
  r.want = wanted::refusal;
  r.last = true;
}

constexpr auto all = std::to_array<mutator>({
    {"remove_field", remove_field},
    {"null_field", null_field},
    {"wrong_type", wrong_type},
    {"odd_text", odd_text},
    {"unknown_field", unknown_field},
    {"unknown_null_field", unknown_null_field},
    {"unknown_type", unknown_type},
    {"odd_number", odd_number},
    {"bad_literal", bad_literal},
    {"escaped_nul", escaped_nul},
    {"deep_value", deep_value},
    {"deep_objects", deep_objects},
    {"doubled_field", doubled_field},
    {"escaped_double", escaped_double},
    {"garbage_behind", garbage_behind},
    {"byte_order_mark", byte_order_mark},
    {"spaces", spaces},
    {"batch_with_one_bad", batch_with_one_bad},
    {"same_twice", same_twice},
    {"nothing", nothing},
});

/// Rarely, for they cost much.
constexpr auto heavy = std::to_array<mutator>({{"too_many", too_many}, {"too_big", too_big}});

} // namespace

std::span<const mutator> json_mutators() {
  return all;
}

std::span<const mutator> heavy_mutators() {
  return heavy;
}

} // namespace belfry::test::hostile
