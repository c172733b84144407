#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::io {

/// Appends `text` as a JSON string with its quotes: control characters escaped, bytes that are not UTF-8 replaced by
/// U+FFFD, so that what goes out is valid whatever came in.
void append_json_string(std::string& out, std::string_view text);

/// Writes JSON members in the order of the calls. Names are written as they are (they must need no escaping).
class json_text {
public:
  explicit json_text(std::size_t reserve) { out_.reserve(reserve); }

  void begin_object() { out_.push_back('{'); }
  /// Opens an object that is the value of a member.
  void begin_object(std::string_view name);
  void end_object();

  void member(std::string_view name, std::string_view value);
  void member(std::string_view name, const char* value) { member(name, std::string_view{value}); }
  /// Left out when absent.
  void optional_member(std::string_view name, const std::optional<std::string>& value);
  void member(std::string_view name, std::int64_t value);
  void member(std::string_view name, std::uint64_t value);

  /// A value that is JSON already.
  void raw_member(std::string_view name, std::string_view json);

  /// Begins an array of strings.
  void begin_array(std::string_view name);
  void element(std::string_view value);
  void end_array();

  std::string take() { return std::move(out_); }

private:
  void name(std::string_view x);
  /// A comma, unless this is the first in its object or array.
  void separate();

  std::string out_;
};

} // namespace belfry::io
