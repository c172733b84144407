#pragma once

#include "belfry/messages/error.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A JSON document as it was written: a flat list of nodes that keeps repeated keys and tells integers from other
/// numbers. Its memory is reused from event to event, which is what makes reading fast.
namespace belfry::border {

enum class json_kind : std::uint8_t {
  null,
  boolean,
  /// Written without fraction and exponent, and fits 64 bits with sign.
  integer,
  other_number,
  text,
  object,
  array,
};

/// A stretch of the tree's characters.
struct stretch {
  std::uint32_t at = 0;
  std::uint32_t size = 0;
};

struct json_node {
  json_kind kind = json_kind::null;
  /// A reader has asked for this member.
  bool taken = false;
  stretch key;
  stretch text;
  /// Integers; booleans as 0 and 1.
  std::int64_t number = 0;
  /// The node after the last one inside this.
  std::uint32_t end = 0;
};

/// Node 0 is the outermost value; the members of an object follow it, each reached by the `end` of the one before.
struct json_tree {
  std::vector<json_node> nodes;
  std::string chars;

  std::string_view view(stretch x) const { return std::string_view{chars}.substr(x.at, x.size); }
  void clear() {
    nodes.clear();
    chars.clear();
  }
};

/// Called with a finished tree and, when it is an element, its place; false stops the reading.
using tree_handler = std::function<bool(json_tree& tree, std::optional<std::size_t> place)>;

enum class document_form : std::uint8_t {
  /// The handler gets the whole document, once.
  whole,
  /// The handler gets the elements of an outermost array one by one, or whatever else the document is as one.
  elements,
};

/// What became of a document.
struct document_end {
  /// Not JSON, or nested too deeply; the pointer names the innermost value that was being read.
  std::optional<belfry::problem> problem;
  /// It was an array whose elements were given one by one.
  bool elements = false;
};

/// Reads `body`, which begins `offset` bytes into the request (for the sentence of the problem).
document_end read_tree(std::string_view body, document_form form, json_tree& tree, const tree_handler& handle,
                       std::size_t offset = 0);

} // namespace belfry::border
