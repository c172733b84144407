#include "belfry/io/webhook/endpoint.hpp"

#include "belfry/io/outbound/address_policy.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>

namespace belfry::io::webhooks {

namespace {

constexpr const char* pointer = "/endpoint";

using url_handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::optional<std::string> part(CURLU* url, CURLUPart what, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, flags) != CURLUE_OK)
    return std::nullopt;
  std::string out{text};
  curl_free(text);
  return out;
}

/// The URL as the sender will read it, so that both see the same host; null when it cannot.
url_handle parse(const std::string& text, std::vector<problem>& out) {
  url_handle url{curl_url(), curl_url_cleanup};
  auto code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER);
  if (code == CURLUE_OK)
    return url;
  if (code == CURLUE_USER_NOT_ALLOWED)
    out.push_back({pointer, "has a user name or password; credentials are not allowed in the URL"});
  else
    out.push_back({pointer, std::string{"is not a URL that can be called: "} + curl_url_strerror(code)});
  return {nullptr, curl_url_cleanup};
}

void check_scheme(std::vector<problem>& out, std::string_view scheme, const address_policy& policy) {
  if (policy.scheme_allowed(scheme))
    return;
  if (scheme == "http")
    out.push_back({pointer, "refused address: plain http is not allowed (outbound.allowPlainHttp); use https"});
  else
    out.push_back({pointer, "refused address: the scheme must be https"});
}

void check_port(std::vector<problem>& out, const std::string& text) {
  std::uint32_t port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  if (!address_policy::port_allowed(port))
    out.push_back({pointer, "refused address: port " + text + "; allowed are 80, 443 and those above 1023"});
}

void check_host(std::vector<problem>& out, const std::string& host, const address_policy& policy) {
  if (literal_refused(host, policy))
    out.push_back(
        {pointer, "refused address: " + host + " is in a network that must not be called (outbound.allowedNetworks)"});
}

} // namespace

std::vector<problem> check_endpoint(std::string_view url, const outbound_options& o) {
  std::vector<problem> out;
  if (url.find('\0') != std::string_view::npos) {
    out.push_back({pointer, "is not a URL that can be called: it has a zero byte"});
    return out;
  }
  auto parsed = parse(std::string{url}, out);
  if (!parsed)
    return out;
  auto scheme = part(parsed.get(), CURLUPART_SCHEME);
  auto host = part(parsed.get(), CURLUPART_HOST);
  if (!scheme || !host) {
    out.push_back({pointer, "is not a URL that can be called: it has no host"});
    return out;
  }
  // How such a name is looked up depends on the process's locale; some of them map to an address.
  if (!std::ranges::all_of(*host, [](unsigned char c) { return c < 0x80; })) {
    out.push_back({pointer, "must name its host in ASCII: a name in other letters by its xn-- form"});
    return out;
  }
  address_policy policy{o};
  check_scheme(out, *scheme, policy);
  check_port(out, part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or(""));
  check_host(out, *host, policy);
  return out;
}

} // namespace belfry::io::webhooks
