#include "belfry/config/properties.hpp"

#include "belfry/messages/validate.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace belfry {

namespace {

constexpr std::string_view blanks = " \t\f";
constexpr char32_t replacement = 0xFFFD;

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [c](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80)
    out += static_cast<char>(c);
  else if (c < 0x800)
    out += {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
  else if (c < 0x10000)
    out += {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
  else
    out += {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

std::string from_latin1(std::string_view text) {
  std::string out;
  for (const char c : text)
    append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

std::string_view next_line(std::string_view& rest) {
  const auto end = rest.find_first_of("\r\n");
  const auto line = rest.substr(0, end);
  if (end == std::string_view::npos)
    rest = {};
  else
    rest.remove_prefix(end + (rest.substr(end, 2) == "\r\n" ? 2 : 1));
  return line;
}

std::string_view trim_left(std::string_view x) {
  const auto at = x.find_first_not_of(blanks);
  return at == std::string_view::npos ? std::string_view{} : x.substr(at);
}

bool is_continued(std::string_view line) {
  const auto last = line.find_last_not_of('\\');
  const auto backslashes = line.size() - (last == std::string_view::npos ? 0 : last + 1);
  return backslashes % 2 == 1;
}

/// One unit of UTF-16 behind "\u".
std::optional<char32_t> unit_of(std::string_view digits) {
  std::uint16_t x = 0;
  const auto four = digits.substr(0, 4);
  const auto [rest, ec] = std::from_chars(four.data(), four.data() + four.size(), x, 16);
  if (four.size() != 4 || ec != std::errc{} || rest != four.data() + 4)
    return std::nullopt;
  return x;
}

constexpr bool is_high(char32_t c) {
  return c >= 0xD800 && c < 0xDC00;
}
constexpr bool is_low(char32_t c) {
  return c >= 0xDC00 && c < 0xE000;
}

/// Takes the digits of one \uXXXX, and of the second half of a pair, from the front of `rest`.
bool take_unicode(std::string_view& rest, std::string& out) {
  const auto first = unit_of(rest);
  if (!first)
    return false;
  rest.remove_prefix(4);
  auto c = *first;
  const auto second = is_high(c) && rest.starts_with("\\u") ? unit_of(rest.substr(2)) : std::nullopt;
  if (second && is_low(*second)) {
    rest.remove_prefix(6);
    c = 0x10000 + ((c - 0xD800) << 10) + (*second - 0xDC00);
  }
  append_utf8(out, is_high(c) || is_low(c) ? replacement : c);
  return true;
}

std::optional<std::string> unescape(std::string_view rest) {
  std::string out;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\' || rest.empty()) {
      // A lone backslash can only end the last line of a file: Java drops it.
      if (c != '\\')
        out += c;
      continue;
    }
    const char escaped = rest.front();
    rest.remove_prefix(1);
    if (escaped == 'u') {
      if (!take_unicode(rest, out))
        return std::nullopt;
      continue;
    }
    const auto known = std::string_view{"tnrf"}.find(escaped);
    out += known == std::string_view::npos ? escaped : "\t\n\r\f"[known];
  }
  return out;
}

/// Where the name ends: at the first unescaped blank, "=" or ":".
std::size_t end_of_name(std::string_view line) {
  std::size_t i = 0;
  while (i < line.size() && std::string_view{" \t\f=:"}.find(line[i]) == std::string_view::npos)
    i += line[i] == '\\' ? 2 : 1;
  return std::min(i, line.size());
}

void add(property_list& out, std::string_view line, std::size_t number) {
  const auto end = end_of_name(line);
  auto value = trim_left(line.substr(end));
  if (!value.empty() && (value.front() == '=' || value.front() == ':'))
    value = trim_left(value.substr(1));
  auto name = unescape(line.substr(0, end));
  auto text = unescape(value);
  if (name && text)
    out.items.push_back({std::move(*name), std::move(*text)});
  else
    out.errors.push_back("line " + std::to_string(number) + ": \\u must be followed by four hex digits");
}

} // namespace

property_list read_properties(std::string_view text) {
  const auto utf8 = scan(text).utf8 ? std::string{text} : from_latin1(text);
  std::string_view rest{utf8};
  if (rest.starts_with("\xEF\xBB\xBF"))
    rest.remove_prefix(3);
  property_list out;
  std::size_t number = 0;
  while (!rest.empty()) {
    ++number;
    const auto begun_at = number;
    std::string line{trim_left(next_line(rest))};
    if (line.empty() || line.front() == '#' || line.front() == '!')
      continue;
    while (is_continued(line) && !rest.empty()) {
      line.pop_back();
      line += trim_left(next_line(rest));
      ++number;
    }
    add(out, line, begun_at);
  }
  return out;
}

} // namespace belfry
