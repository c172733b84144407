#include "belfry/io/http2_client/tunnel.hpp"

#include "belfry/io/crypto/encoding.hpp"

#include <curl/curl.h>

#include <charconv>
#include <memory>

namespace belfry::io::http2 {

namespace {

constexpr std::size_t answer_max = 8 * 1024;
constexpr unsigned default_port = 1080;

std::string part(CURLU* url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, flags) != CURLUE_OK || text == nullptr)
    return {};
  std::string out(text);
  curl_free(text);
  return out;
}

} // namespace

std::optional<proxy_address> parse_proxy(const std::string& url) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK
      || part(parsed.get(), CURLUPART_SCHEME) != "http")
    return std::nullopt;
  proxy_address out;
  out.host = part(parsed.get(), CURLUPART_HOST);
  if (out.host.size() > 2 && out.host.front() == '[')
    out.host = out.host.substr(1, out.host.size() - 2);
  unsigned port = default_port;
  const auto digits = part(parsed.get(), CURLUPART_PORT);
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  out.port = static_cast<std::uint16_t>(port);
  const auto user = part(parsed.get(), CURLUPART_USER, CURLU_URLDECODE);
  const auto password = part(parsed.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  if (!user.empty() || !password.empty())
    out.authorization = "Basic " + crypto::base64_encode(user + ":" + password);
  return out;
}

std::string connect_request(const proxy_address& proxy, std::string_view server) {
  std::string out("CONNECT ");
  out.append(server).append(" HTTP/1.1\r\nHost: ").append(server).append("\r\n");
  if (!proxy.authorization.empty())
    out.append("Proxy-Authorization: ").append(proxy.authorization).append("\r\n");
  return out.append("\r\n");
}

std::optional<bool> read_connect_answer(std::string_view received) {
  if (received.find("\r\n\r\n") == received.npos)
    return received.size() < answer_max ? std::nullopt : std::optional(false);
  const auto blank = received.find(' ');
  return received.starts_with("HTTP/1.") && blank < 12 && received.substr(blank + 1, 1) == "2";
}

} // namespace belfry::io::http2
