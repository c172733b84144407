#include "belfry/io/outbound/json_text.hpp"

#include "belfry/messages/utf8.hpp"

#include <charconv>

namespace belfry::io {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

/// Length of the UTF-8 sequence at the front of `text`, 0 when it is none (RFC 3629: no overlong forms, no surrogates).
std::size_t sequence_length(std::string_view text) {
  auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto tail = [&](std::size_t i) { return continues_code_point(static_cast<char>(at(i))); };
  auto a = at(0), b = at(1);
  if (a < 0x80)
    return 1;
  if (a >= 0xc2 && a <= 0xdf)
    return tail(1) ? 2 : 0;
  if (a >= 0xe0 && a <= 0xef)
    return tail(1) && tail(2) && !(a == 0xe0 && b < 0xa0) && !(a == 0xed && b > 0x9f) ? 3 : 0;
  if (a >= 0xf0 && a <= 0xf4)
    return tail(1) && tail(2) && tail(3) && !(a == 0xf0 && b < 0x90) && !(a == 0xf4 && b > 0x8f) ? 4 : 0;
  return 0;
}

void append_control(std::string& out, unsigned char c) {
  static constexpr char digits[] = "0123456789abcdef";
  switch (c) {
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    out += "\\u00";
    out.push_back(digits[c >> 4]);
    out.push_back(digits[c & 15]);
  }
}

template <class Number>
void append_number(std::string& out, Number x) {
  char text[24];
  auto end = std::to_chars(text, text + sizeof text, x).ptr;
  out.append(text, end);
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size()) {
      auto c = static_cast<unsigned char>(text[plain]);
      if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
        break;
      ++plain;
    }
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty())
      break;
    auto c = static_cast<unsigned char>(text.front());
    std::size_t length = sequence_length(text);
    if (c < 0x20) {
      append_control(out, c);
    } else if (c < 0x80) {
      out.push_back('\\');
      out.push_back(text.front());
    } else {
      out.append(length > 0 ? text.substr(0, length) : replacement);
    }
    text.remove_prefix(length > 0 ? length : 1);
  }
  out.push_back('"');
}

void json_text::separate() {
  if (out_.back() != '{' && out_.back() != '[')
    out_.push_back(',');
}

void json_text::name(std::string_view x) {
  separate();
  out_.push_back('"');
  out_.append(x);
  out_.append("\":");
}

void json_text::begin_object(std::string_view x) {
  name(x);
  out_.push_back('{');
}

void json_text::end_object() {
  out_.push_back('}');
}

void json_text::member(std::string_view x, std::string_view value) {
  name(x);
  append_json_string(out_, value);
}

void json_text::optional_member(std::string_view x, const std::optional<std::string>& value) {
  if (value)
    member(x, std::string_view{*value});
}

void json_text::member(std::string_view x, std::int64_t value) {
  name(x);
  append_number(out_, value);
}

void json_text::member(std::string_view x, std::uint64_t value) {
  name(x);
  append_number(out_, value);
}

void json_text::raw_member(std::string_view x, std::string_view json) {
  name(x);
  out_.append(json);
}

void json_text::begin_array(std::string_view x) {
  name(x);
  out_.push_back('[');
}

void json_text::element(std::string_view value) {
  separate();
  append_json_string(out_, value);
}

void json_text::end_array() {
  out_.push_back(']');
}

} // namespace belfry::io
