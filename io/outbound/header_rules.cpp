#include "belfry/io/outbound/header_rules.hpp"

#include "belfry/messages/ascii.hpp"

#include <algorithm>
#include <array>

namespace belfry::io {

namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

} // namespace

bool header_valid(std::string_view name, std::string_view value) {
  return !name.empty() && !has_control(name) && name.find_first_of(": \t") == name.npos && !has_control(value);
}

bool header_is(std::string_view name, std::string_view lower_name) {
  return std::equal(name.begin(), name.end(), lower_name.begin(), lower_name.end(),
                    [](char a, char b) { return lower(a) == b; });
}

bool connection_header(std::string_view name) {
  static constexpr std::array<std::string_view, 7> list{"connection", "host",    "keep-alive",       "proxy-connection",
                                                        "te",         "upgrade", "transfer-encoding"};
  return std::any_of(list.begin(), list.end(), [&](auto x) { return header_is(name, x); });
}

} // namespace belfry::io
