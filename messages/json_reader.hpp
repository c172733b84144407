#pragma once

#include "belfry/messages/error.hpp"
#include "belfry/messages/json_tree.hpp"
#include "belfry/messages/validate.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reads the members of JSON objects by name and collects what is wrong with them.
namespace belfry::border {

/// A JSON pointer as a chain on the stack; text is made only when something is wrong.
struct json_path {
  const json_path* parent = nullptr;
  std::string_view name;
  /// Used when `name` is null.
  std::size_t index = 0;

  static json_path member(const json_path* parent, std::string_view name) { return {parent, name, 0}; }
  static json_path element(const json_path* parent, std::size_t index) { return {parent, {}, index}; }
};

/// RFC 6901; the root (nullptr) is "".
std::string to_pointer(const json_path* path);

/// The problems of one request, at most `problems_max`.
class problem_list {
public:
  void add(const json_path* where, std::string_view detail);
  void add(problem p);
  bool full() const;
  bool empty() const { return problems_.empty(); }
  std::size_t size() const { return problems_.size(); }

  /// ec::bad_input with all problems.
  belfry::error take();

private:
  std::vector<problem> problems_;
};

/// Answers with what is wrong with a text, or with nothing.
using text_rule = std::string_view (*)(std::string_view);

enum class need : std::uint8_t { required, optional };

/// One object. Every member is asked for once, by `read` (required, or optional when the target is a std::optional) or
/// `read_if` (optional; the target keeps its value); what nobody asked for is reported by `finish`.
class object_reader {
public:
  object_reader(json_tree& tree, std::uint32_t node, const json_path* here, problem_list& problems)
      : tree_(tree), node_(node), here_(here), problems_(problems) {}

  /// The text of a member; nothing when it is absent or wrong (reported). Valid while the tree is.
  std::optional<std::string_view> text(std::string_view name, need n, text_rule rule);

  void read(std::string_view name, std::string& out, text_rule rule);
  void read(std::string_view name, std::optional<std::string>& out, text_rule rule);
  void read_if(std::string_view name, std::string& out, text_rule rule);

  void read(std::string_view name, bool& out);
  void read(std::string_view name, std::optional<bool>& out);
  void read_if(std::string_view name, bool& out);

  /// An integer for which `low` <= x <= `high`.
  std::optional<std::int64_t> integer(std::string_view name, need n, std::int64_t low, std::int64_t high,
                                      std::string_view rule);
  void read_time(std::string_view name, std::optional<millis>& out);

  /// One of the names that `from_string` knows; `rule` says which.
  template <class Enum>
  bool name_of(std::string_view name, need n, Enum& out, std::string_view rule) {
    auto x = text(name, n, nullptr);
    if (!x)
      return false;
    if (from_string(*x, out))
      return true;
    wrong(name, rule);
    return false;
  }

  /// The texts of a list; nothing when it is absent or no list.
  std::optional<std::vector<std::string>> texts(std::string_view name, need n, text_rule rule);

  /// Calls `f(object_reader&)` for the object of that name; false: there is none.
  template <class F>
  bool object(std::string_view name, need n, F f) {
    auto found = take(name, n, json_kind::object, "must be an object");
    if (!found)
      return false;
    auto here = json_path::member(here_, name);
    object_reader inner{tree_, *found, &here, problems_};
    f(inner);
    inner.finish();
    return true;
  }

  /// Calls `f(object_reader&)` for each object of a list.
  template <class F>
  void objects(std::string_view name, need n, F f) {
    auto found = take(name, n, json_kind::array, "must be an array");
    if (!found)
      return;
    auto here = json_path::member(here_, name);
    std::size_t index = 0;
    for (auto i = *found + 1; i != tree_.nodes[*found].end && !problems_.full(); i = tree_.nodes[i].end) {
      auto place = json_path::element(&here, index++);
      if (tree_.nodes[i].kind != json_kind::object) {
        problems_.add(&place, "must be an object");
        continue;
      }
      object_reader inner{tree_, i, &place, problems_};
      f(inner);
      inner.finish();
    }
  }

  /// Calls `f(key, text)` for each member of an object of texts that keep to the rules (nulls are absent); false: the
  /// key was there before.
  template <class F>
  void members(std::string_view name, text_rule key_rule, text_rule value_rule, F f) {
    object(name, need::optional, [&](object_reader& inner) { inner.all_texts(key_rule, value_rule, f); });
  }

  /// Takes a member without looking at it.
  void ignore(std::string_view name) { find(name); }
  bool has(std::string_view name) const;
  void wrong(std::string_view name, std::string_view detail);
  /// An element of the list of that name is wrong.
  void wrong_element(std::string_view name, std::size_t index, std::string_view detail);
  /// Reports the members that nobody asked for: repeated or unknown.
  void finish();

private:
  std::optional<std::uint32_t> find(std::string_view name);
  /// The member, when it is of that kind; reports it when it is not, or when it is missing.
  std::optional<std::uint32_t> take(std::string_view name, need n, json_kind kind, std::string_view rule);
  std::optional<bool> boolean(std::string_view name, need n);

  template <class F>
  void all_texts(text_rule key_rule, text_rule value_rule, F f) {
    for (auto i = node_ + 1; i != tree_.nodes[node_].end && !problems_.full(); i = tree_.nodes[i].end) {
      auto& n = tree_.nodes[i];
      auto key = tree_.view(n.key);
      if (n.taken || n.kind == json_kind::null)
        continue;
      std::string_view detail = n.kind == json_kind::text ? value_rule(tree_.view(n.text)) : "must be a string";
      if (detail.empty())
        detail = key_rule(key);
      if (!detail.empty())
        wrong(key, detail);
      // A repeated key stays for `finish`.
      n.taken = !detail.empty() || f(key, tree_.view(n.text));
    }
  }

  json_tree& tree_;
  std::uint32_t node_;
  const json_path* here_;
  problem_list& problems_;
};

/// Reads a body that is one object; `f(object_reader&)` names its members.
template <class F>
problem_list read_object(std::string_view body, F f) {
  problem_list problems;
  json_tree tree;
  auto end = read_tree(body, document_form::whole, tree, [&](json_tree& t, std::optional<std::size_t>) {
    if (t.nodes.front().kind != json_kind::object) {
      problems.add(nullptr, "must be an object");
      return true;
    }
    object_reader o{t, 0, nullptr, problems};
    f(o);
    o.finish();
    return true;
  });
  if (end.problem)
    problems.add(std::move(*end.problem));
  return problems;
}

} // namespace belfry::border
