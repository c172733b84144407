#include "belfry/io/http_server/target.hpp"

namespace belfry::io::http {

namespace {

int digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

belfry::error bad(const std::string& detail, const char* pointer = "/path") {
  return {ec::bad_input, detail, {{pointer, detail}}};
}

/// Cuts `text` at the first `at` and answers what stood before it.
std::string_view cut(std::string_view& text, char at) {
  auto i = text.find(at);
  auto head = text.substr(0, i);
  text = i == std::string_view::npos ? std::string_view{} : text.substr(i + 1);
  return head;
}

/// Takes "http://host:port" off the absolute form.
void take_authority(std::string_view& text, target& out) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme))
      continue;
    text.remove_prefix(scheme.size());
    auto end = text.find_first_of("/?");
    out.authority = std::string{text.substr(0, end)};
    text = end == std::string_view::npos ? std::string_view{"/"} : text.substr(end);
    return;
  }
}

bool take_segments(std::string_view path, target& out) {
  path.remove_prefix(1);
  if (path.empty())
    return true;
  for (auto more = true; more;) {
    more = path.find('/') != std::string_view::npos;
    auto decoded = percent_decode(cut(path, '/'), false);
    if (!decoded)
      return false;
    out.segments.push_back(std::move(*decoded));
  }
  return true;
}

bool take_query(std::string_view query, target& out) {
  while (!query.empty()) {
    auto pair = cut(query, '&');
    if (pair.empty())
      continue;
    auto name = percent_decode(cut(pair, '='), true);
    auto value = percent_decode(pair, true);
    if (!name || !value || out.query.size() == parameters_max)
      return false;
    out.query.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

} // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      auto high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
      auto low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

result<target> parse_target(std::string_view text) {
  target out;
  text = cut(text, '#');
  take_authority(text, out);
  if (text.empty() || (text.front() != '/' && text.front() != '?'))
    return bad("the request target must be a path that begins with a slash");
  auto path = cut(text, '?');
  out.path = path.empty() ? "/" : std::string{path};
  if (!take_segments(out.path, out))
    return bad("the path holds a broken percent-encoding");
  if (!take_query(text, out))
    return bad("the query holds a broken percent-encoding, or more than 32 parameters", "/query");
  return out;
}

} // namespace belfry::io::http
