#include "belfry/io/http_server/connection.hpp"

#include <ctime>

namespace belfry::io::http {

namespace {

std::string http_date() {
  auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  auto n = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, n};
}

void add(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

/// HTTP/1.0 closes unless told otherwise, HTTP/1.1 keeps (RFC 9112 9.3).
std::string_view connection_field(unsigned version, bool keep_alive) {
  if (keep_alive)
    return version < 11 ? "keep-alive" : "";
  return version < 11 ? "" : "close";
}

} // namespace

std::string head_text(const response& r, const request_head& asked, const http_options& o, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(r.status) + ' ';
  out.append(status_phrase(r.status)).append("\r\n");
  add(out, "Date", http_date());
  for (const auto& [name, value] : common_headers(asked, o))
    add(out, name, value);
  for (const auto& [name, value] : r.headers)
    add(out, name, value);
  if (!r.type.empty())
    add(out, "Content-Type", r.type);
  auto stays = connection_field(asked.version, keep_alive);
  if (!stays.empty())
    add(out, "Connection", stays);
  // A stream has no length, which HEAD must not make up (RFC 9110 8.6).
  if (r.status != 204 && r.type != stream_type)
    add(out, "Content-Length", std::to_string(r.body.size()));
  return out += "\r\n";
}

} // namespace belfry::io::http
