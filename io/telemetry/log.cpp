#include "belfry/io/telemetry/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>

namespace belfry::io {

namespace {

constexpr std::array<std::string_view, 5> names{"debug", "info", "warning", "error", "off"};

spdlog::level::level_enum translate(log_level x) {
  switch (x) {
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warning:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  case log_level::off:
    return spdlog::level::off;
  }
  return spdlog::level::off;
}

/// Not in spdlog's own registry: a host that uses spdlog too keeps its loggers to itself.
spdlog::logger& logger() {
  static auto instance = [] {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto x = std::make_unique<spdlog::logger>("belfry", std::move(sink));
    x->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
    x->set_level(spdlog::level::info);
    x->flush_on(spdlog::level::debug);
    return x;
  }();
  return *instance;
}

void append_value(std::string& out, std::string_view value) {
  static constexpr char digits[] = "0123456789abcdef";
  out.push_back('"');
  for (auto c : value) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out.push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

} // namespace

std::string_view to_string(log_level x) {
  return names.at(static_cast<std::size_t>(x));
}

bool from_string(std::string_view text, log_level& out) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) {
      out = static_cast<log_level>(i);
      return true;
    }
  }
  return false;
}

void set_log_level(log_level x) {
  logger().set_level(translate(x));
}

log_level current_log_level() {
  auto now = logger().level();
  for (auto x : {log_level::debug, log_level::info, log_level::warning, log_level::error})
    if (translate(x) == now)
      return x;
  return log_level::off;
}

std::string log_line(std::string_view message, std::initializer_list<log_field> fields) {
  std::string out{message};
  for (const auto& [name, value] : fields) {
    out.push_back(' ');
    out += name;
    out.push_back('=');
    append_value(out, value);
  }
  return out;
}

void log(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
  auto to = translate(level);
  if (level != log_level::off && logger().should_log(to))
    logger().log(to, log_line(message, fields));
}

} // namespace belfry::io
