#include "belfry/messages/json_tree.hpp"

#include "belfry/messages/json.hpp"
#include "belfry/messages/validate.hpp"

#include <nlohmann/json.hpp>

#include <limits>

namespace belfry::border {

namespace {

/// An array or object that is being read.
struct level {
  bool array = false;
  /// Array: values finished. It is the index of the one being read.
  std::size_t count = 0;
  /// Object: the last key, while its value is not finished.
  bool key_open = false;
  stretch key;
  /// Place in the tree; the outermost array in `document_form::elements` has none.
  std::uint32_t node = 0;
};

/// The cause as the library tells it, without the text it last read (which may be a secret).
std::string cause(const std::exception& e) {
  std::string_view what = e.what();
  auto from = what.find("syntax error");
  if (from == std::string_view::npos)
    return "a number is out of range";
  what.remove_prefix(from);
  return std::string{what.substr(0, what.find("; last read"))};
}

/// Fills a tree from the library's parsing events.
class builder {
public:
  builder(document_form form, json_tree& tree, const tree_handler& handle, std::size_t offset)
      : form_(form), tree_(tree), handle_(handle), offset_(offset) {
    levels_.reserve(nesting_max);
    tree_.clear();
  }

  document_end take() { return std::move(end_); }

  // What nlohmann's SAX interface asks for.

  bool null() { return leaf(json_kind::null, 0); }
  bool boolean(bool x) { return leaf(json_kind::boolean, x); }
  bool number_integer(std::int64_t x) { return leaf(json_kind::integer, x); }
  bool number_unsigned(std::uint64_t x) {
    if (x > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return leaf(json_kind::other_number, 0);
    return leaf(json_kind::integer, static_cast<std::int64_t>(x));
  }
  bool number_float(double, const std::string&) { return leaf(json_kind::other_number, 0); }
  bool string(std::string& x) {
    auto& n = add(json_kind::text);
    n.text = keep(x);
    return finished();
  }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(false); }
  bool start_array(std::size_t) { return open(true); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& x) {
    auto& here = levels_.back();
    here.key = keep(x);
    here.key_open = true;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) {
    end_.problem = {pointer(), "is not valid JSON at byte " + std::to_string(offset_ + position) + ": " + cause(e)};
    return false;
  }

private:
  stretch keep(const std::string& x) {
    stretch s{static_cast<std::uint32_t>(tree_.chars.size()), static_cast<std::uint32_t>(x.size())};
    tree_.chars += x;
    return s;
  }

  json_node& add(json_kind kind) {
    auto& n = tree_.nodes.emplace_back();
    n.kind = kind;
    n.end = static_cast<std::uint32_t>(tree_.nodes.size());
    if (!levels_.empty() && !levels_.back().array)
      n.key = levels_.back().key;
    return n;
  }

  bool leaf(json_kind kind, std::int64_t number) {
    add(kind).number = number;
    return finished();
  }

  bool open(bool array) {
    if (levels_.size() == nesting_max) {
      end_.problem = {pointer(), "is nested deeper than " + std::to_string(nesting_max) + " levels"};
      return false;
    }
    level next;
    next.array = array;
    if (levels_.empty() && array && form_ == document_form::elements) {
      end_.elements = true;
    } else {
      next.node = static_cast<std::uint32_t>(tree_.nodes.size());
      add(array ? json_kind::array : json_kind::object);
    }
    levels_.push_back(next);
    return true;
  }

  bool close() {
    auto node = levels_.back().node;
    levels_.pop_back();
    if (levels_.empty() && end_.elements)
      return true;
    tree_.nodes[node].end = static_cast<std::uint32_t>(tree_.nodes.size());
    return finished();
  }

  /// A value is complete: counts it, and hands the tree out when it is one.
  bool finished() {
    if (levels_.empty())
      return handle_(tree_, std::nullopt);
    auto& here = levels_.back();
    here.key_open = false;
    auto index = here.count++;
    if (levels_.size() > 1 || !end_.elements)
      return true;
    bool go_on = handle_(tree_, index);
    tree_.clear();
    return go_on;
  }

  std::string pointer() const {
    std::string out;
    for (const auto& x : levels_) {
      if (x.array)
        append_segment(out, std::to_string(x.count));
      else if (x.key_open)
        append_segment(out, tree_.view(x.key));
    }
    return out;
  }

  document_form form_;
  json_tree& tree_;
  const tree_handler& handle_;
  std::size_t offset_;
  std::vector<level> levels_;
  document_end end_;
};

} // namespace

document_end read_tree(std::string_view body, document_form form, json_tree& tree, const tree_handler& handle,
                       std::size_t offset) {
  // Places in the tree are 32 bits wide; the server's limits are far below.
  if (body.size() > std::numeric_limits<std::uint32_t>::max())
    return {problem{"", "is too long"}, false};
  builder b{form, tree, handle, offset};
  nlohmann::json::sax_parse(body.data(), body.data() + body.size(), &b);
  return b.take();
}

} // namespace belfry::border
