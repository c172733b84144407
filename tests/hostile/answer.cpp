#include "belfry/tests/hostile/answer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

namespace belfry::test::hostile {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name(std::string_view x) {
  return !x.empty()
         && std::all_of(x.begin(), x.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
}

bool is_value(std::string_view x) {
  return std::all_of(x.begin(), x.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

/// Takes "HTTP/1.1 200 OK".
bool take_status(std::string_view line, answer& a) {
  constexpr std::string_view prefix = "HTTP/1.1 ";
  if (!line.starts_with(prefix) || line.size() < prefix.size() + 4 || line[prefix.size() + 3] != ' ')
    return false;
  auto digits = line.substr(prefix.size(), 3);
  if (!std::all_of(digits.begin(), digits.end(), is_digit) || !is_value(line))
    return false;
  std::from_chars(digits.data(), digits.data() + 3, a.status);
  return true;
}

bool take_field(std::string_view line, answer& a) {
  auto colon = line.find(": ");
  if (colon == line.npos || !is_name(line.substr(0, colon)) || !is_value(line.substr(colon + 2)))
    return false;
  std::string name{line.substr(0, colon)};
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  a.headers.emplace(std::move(name), line.substr(colon + 2));
  return true;
}

std::string wrong_problem(const answer& a) {
  if (a.header("content-type") != "application/problem+json")
    return "an error without application/problem+json";
  auto v = nlohmann::json::parse(a.body, nullptr, false);
  if (!v.is_object() || v.value("status", 0) != a.status)
    return "an error whose body is no problem of its status";
  auto good = v.value("type", "").rfind("urn:belfry:", 0) == 0 && !v.value("title", "").empty()
              && !v.value("detail", "").empty();
  if (!good)
    return "a problem without type, title or detail";
  if (a.status == 501 && v["type"] != "urn:belfry:not_supported_yet")
    return "501 for something else than a later release";
  return {};
}

} // namespace

std::string answer::header(const std::string& name) const {
  auto i = headers.find(name);
  return i == headers.end() ? std::string{} : i->second;
}

std::optional<answer> parse_head(std::string_view text) {
  answer a;
  for (auto first = true; !text.empty(); first = false) {
    auto end = text.find("\r\n");
    auto line = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 2);
    if (!(first ? take_status(line, a) : take_field(line, a)))
      return {};
  }
  return a;
}

std::optional<std::size_t> body_size(const answer& a, bool head) {
  auto said = a.headers.count("content-length");
  if (a.status / 100 == 1 || a.status == 204 || a.streams())
    return said == 0 ? std::optional<std::size_t>{0} : std::nullopt;
  auto text = a.header("content-length");
  if (said != 1 || text.empty() || !std::all_of(text.begin(), text.end(), is_digit))
    return {};
  return head ? 0 : std::stoull(text);
}

std::string wrong_with(const answer& a, bool head) {
  static const std::set<int> possible{200, 201, 202, 204, 400, 401, 403, 404, 405,
                                      408, 409, 413, 415, 417, 429, 431, 501, 503};
  if (!possible.contains(a.status))
    return "an impossible status";
  for (auto name : {"date", "content-length", "content-type", "connection"})
    if (a.headers.count(name) > 1)
      return std::string{name} + " appears more than once";
  if (a.headers.count("date") == 0 && a.status != 503)
    return "Date is missing";
  if (a.status == 405 && a.headers.count("allow") == 0)
    return "405 without Allow";
  if ((a.status == 429 || a.status == 503) && a.headers.count("retry-after") == 0)
    return "refused for now without Retry-After";
  return a.status >= 400 && !head ? wrong_problem(a) : std::string{};
}

} // namespace belfry::test::hostile
