#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belfry {

struct property {
  std::string name;
  std::string value;
};

struct property_list {
  /// In the order of the file, repeated names included.
  std::vector<property> items;
  /// Lines that are no Java properties: a \u without four hex digits.
  std::vector<std::string> errors;
};

/// Reads the text of a Java properties file: comments (# and !), continued lines, "=", ":" or blanks behind the name,
/// escapes with \uXXXX. Text that is not UTF-8 is read as ISO 8859-1, as Java does.
property_list read_properties(std::string_view text);

} // namespace belfry
