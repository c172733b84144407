#include "belfry/messages/json_reader.hpp"

#include "belfry/messages/json.hpp"

#include <unordered_set>

namespace belfry::border {

namespace {

void append(std::string& out, const json_path* path) {
  if (!path)
    return;
  append(out, path->parent);
  append_segment(out, path->name.data() ? std::string{path->name} : std::to_string(path->index));
}

} // namespace

std::string to_pointer(const json_path* path) {
  std::string out;
  append(out, path);
  return out;
}

void problem_list::add(const json_path* where, std::string_view detail) {
  if (!full())
    problems_.push_back({to_pointer(where), std::string{detail}});
}

void problem_list::add(problem p) {
  if (!full())
    problems_.push_back(std::move(p));
}

bool problem_list::full() const {
  return problems_.size() >= problems_max;
}

belfry::error problem_list::take() {
  auto n = problems_.size();
  auto detail = n == 1 ? std::string{"the request has the wrong shape in one place"}
                       : "the request has the wrong shape in " + std::to_string(n) + " places";
  if (full())
    detail += " or more";
  return {ec::bad_input, std::move(detail), std::move(problems_)};
}

std::optional<std::uint32_t> object_reader::find(std::string_view name) {
  auto end = tree_.nodes[node_].end;
  for (auto i = node_ + 1; i != end; i = tree_.nodes[i].end) {
    auto& n = tree_.nodes[i];
    if (n.key.size == name.size() && tree_.view(n.key) == name) {
      n.taken = true;
      if (n.kind == json_kind::null)
        return std::nullopt;
      return i;
    }
  }
  return std::nullopt;
}

bool object_reader::has(std::string_view name) const {
  auto end = tree_.nodes[node_].end;
  for (auto i = node_ + 1; i != end; i = tree_.nodes[i].end) {
    const auto& n = tree_.nodes[i];
    if (tree_.view(n.key) == name)
      return n.kind != json_kind::null;
  }
  return false;
}

std::optional<std::uint32_t> object_reader::take(std::string_view name, need n, json_kind kind, std::string_view rule) {
  auto found = find(name);
  if (!found && n == need::required)
    wrong(name, "is missing");
  if (found && tree_.nodes[*found].kind != kind) {
    wrong(name, rule);
    return std::nullopt;
  }
  return found;
}

void object_reader::wrong(std::string_view name, std::string_view detail) {
  auto here = json_path::member(here_, name);
  problems_.add(&here, detail);
}

void object_reader::wrong_element(std::string_view name, std::size_t index, std::string_view detail) {
  auto list = json_path::member(here_, name);
  auto here = json_path::element(&list, index);
  problems_.add(&here, detail);
}

std::optional<std::string_view> object_reader::text(std::string_view name, need n, text_rule rule) {
  auto found = take(name, n, json_kind::text, "must be a string");
  if (!found)
    return std::nullopt;
  auto x = tree_.view(tree_.nodes[*found].text);
  auto detail = rule ? rule(x) : std::string_view{};
  if (detail.empty())
    return x;
  wrong(name, detail);
  return std::nullopt;
}

void object_reader::read(std::string_view name, std::string& out, text_rule rule) {
  if (auto x = text(name, need::required, rule))
    out = *x;
}

void object_reader::read(std::string_view name, std::optional<std::string>& out, text_rule rule) {
  if (auto x = text(name, need::optional, rule))
    out.emplace(*x);
}

void object_reader::read_if(std::string_view name, std::string& out, text_rule rule) {
  if (auto x = text(name, need::optional, rule))
    out = *x;
}

std::optional<bool> object_reader::boolean(std::string_view name, need n) {
  auto found = take(name, n, json_kind::boolean, "must be true or false");
  if (!found)
    return std::nullopt;
  return tree_.nodes[*found].number != 0;
}

void object_reader::read(std::string_view name, bool& out) {
  out = boolean(name, need::required).value_or(out);
}

void object_reader::read(std::string_view name, std::optional<bool>& out) {
  out = boolean(name, need::optional);
}

void object_reader::read_if(std::string_view name, bool& out) {
  out = boolean(name, need::optional).value_or(out);
}

std::optional<std::int64_t> object_reader::integer(std::string_view name, need n, std::int64_t low, std::int64_t high,
                                                   std::string_view rule) {
  auto found = take(name, n, json_kind::integer, rule);
  if (!found)
    return std::nullopt;
  auto x = tree_.nodes[*found].number;
  if (x >= low && x <= high)
    return x;
  wrong(name, rule);
  return std::nullopt;
}

void object_reader::read_time(std::string_view name, std::optional<millis>& out) {
  out = integer(name, need::optional, 0, millis_max,
                "must be an integer, milliseconds since 1970, 0 to 9007199254740991");
}

std::optional<std::vector<std::string>> object_reader::texts(std::string_view name, need n, text_rule rule) {
  auto found = take(name, n, json_kind::array, "must be an array");
  if (!found)
    return std::nullopt;
  auto here = json_path::member(here_, name);
  std::vector<std::string> out;
  std::size_t index = 0;
  for (auto i = *found + 1; i != tree_.nodes[*found].end && !problems_.full(); i = tree_.nodes[i].end) {
    const auto& x = tree_.nodes[i];
    auto place = json_path::element(&here, index++);
    std::string_view detail = x.kind == json_kind::text ? rule(tree_.view(x.text)) : "must be a string";
    if (!detail.empty())
      problems_.add(&place, detail);
    out.emplace_back(tree_.view(x.text));
  }
  return out;
}

void object_reader::finish() {
  auto first = node_ + 1, end = tree_.nodes[node_].end;
  auto i = first;
  while (i != end && tree_.nodes[i].taken)
    i = tree_.nodes[i].end;
  if (i == end)
    return;
  std::unordered_set<std::string_view> seen;
  for (i = first; i != end && !problems_.full(); i = tree_.nodes[i].end) {
    const auto& n = tree_.nodes[i];
    auto key = tree_.view(n.key);
    if (!seen.insert(key).second)
      wrong(key, "appears more than once");
    else if (!n.taken && n.kind != json_kind::null)
      wrong(key, unknown_field);
  }
}

} // namespace belfry::border
