#include "belfry/io/http2_client/request_url.hpp"

#include "belfry/io/outbound/header_rules.hpp"

#include <algorithm>

namespace belfry::io::http2 {

namespace {

constexpr std::string_view scheme = "https://";
constexpr std::uint16_t usual_port = 443;

bool printable(unsigned char c) {
  return c > 0x20 && c < 0x7f;
}

} // namespace

std::optional<url_parts> split_url(std::string_view url) {
  if (!header_is(url.substr(0, scheme.size()), scheme) || !std::all_of(url.begin(), url.end(), printable))
    return std::nullopt;
  url = url.substr(0, url.find('#'));
  const auto end = std::min(url.find_first_of("/?", scheme.size()), url.size());
  url_parts out{url.substr(0, end), url.substr(end)};
  if (out.path.empty())
    out.path = "/";
  // A query without a path would need one to be made up.
  return out.path.front() == '/' ? std::optional(out) : std::nullopt;
}

std::string host_and_port(const target& where, bool always) {
  auto out = where.host.find(':') == where.host.npos ? where.host : "[" + where.host + "]";
  if (always || where.port != usual_port)
    out += ":" + std::to_string(where.port);
  return out;
}

} // namespace belfry::io::http2
