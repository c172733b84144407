#include "belfry/tests/hostile/request.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace belfry::test::hostile {

void request::set(std::string_view name, std::string value) {
  for (auto& [n, v] : headers)
    if (n == name) {
      v = std::move(value);
      return;
    }
  headers.emplace_back(name, std::move(value));
}

void request::drop(std::string_view name) {
  std::erase_if(headers, [&](const auto& h) { return h.first == name; });
}

void request::frame() {
  framing = {{"Content-Length", std::to_string(body.size())}};
}

bool request::ndjson() const {
  return std::any_of(headers.begin(), headers.end(), [](const auto& h) {
    return h.first == "Content-Type" && h.second.find("ndjson") != std::string::npos;
  });
}

request without_body(std::string method, std::string target, const std::string& token) {
  request r;
  r.method = std::move(method);
  r.target = std::move(target);
  r.headers = {{"Host", "127.0.0.1"}, {"Accept", "*/*"}};
  if (!token.empty())
    r.set("Authorization", "Bearer " + token);
  return r;
}

request with_body(std::string method, std::string target, std::string body, const std::string& token) {
  auto r = without_body(std::move(method), std::move(target), token);
  r.set("Content-Type", "application/json");
  r.body = std::move(body);
  r.frame();
  return r;
}

std::string render(const request& r) {
  if (!r.bytes.empty())
    return r.bytes;
  auto out = r.method + " " + r.target + " " + r.version + "\r\n";
  for (const auto* list : {&r.headers, &r.framing})
    for (const auto& [name, value] : *list)
      out += name + ": " + value + "\r\n";
  return out + "\r\n" + (r.encoded ? r.payload : r.body);
}

std::string said(const request& r) {
  if (r.bytes.empty())
    return r.body;
  // Blank lines before a request are no part of it.
  auto from = std::min(r.bytes.find_first_not_of("\r\n"), r.bytes.size());
  auto end = r.bytes.find("\r\n\r\n", from);
  auto head = r.bytes.substr(from, end == r.bytes.npos ? end : end - from);
  std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view name = "content-length:";
  auto at = head.find(name);
  if (end == r.bytes.npos || at == head.npos)
    return {};
  return r.bytes.substr(end + 4, std::strtoull(head.c_str() + at + name.size(), nullptr, 10));
}

void mutate(request& r, std::span<const mutator> some, random& chance) {
  const auto& m = chance.of(some);
  m.apply(r, chance);
  r.done += (r.done.empty() ? "" : "+") + std::string{m.name};
}

} // namespace belfry::test::hostile
