#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace belfry::io {

enum class log_level : std::uint8_t { debug, info, warning, error, off };

/// "debug", "info", "warning", "error", "off".
std::string_view to_string(log_level x);
bool from_string(std::string_view text, log_level& out);

/// What is below `x` is not written from now on; info at the start. One level per process.
void set_log_level(log_level x);
log_level current_log_level();

/// `name=value` behind the message of a line.
using log_field = std::pair<std::string_view, std::string_view>;

/// The text of a line without time and level: the message, then the fields; control characters and quotes in values
/// are escaped, so that a value cannot make a line of its own.
std::string log_line(std::string_view message, std::initializer_list<log_field> fields);

/// Writes one line to stderr: UTC time, level, message, fields. Never hand it texts of messages, tokens or addresses.
void log(log_level level, std::string_view message, std::initializer_list<log_field> fields = {});

} // namespace belfry::io
