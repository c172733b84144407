#include "belfry/io/outbound/target.hpp"

#include <curl/curl.h>

#include <charconv>

namespace belfry::io {

namespace {

constexpr std::size_t known_max = 2048;

/// One part of a URL; empty when it is absent.
std::string part(CURLU* url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, flags) != CURLUE_OK || text == nullptr)
    return {};
  std::string out(text);
  curl_free(text);
  return out;
}

} // namespace

std::shared_ptr<const target> parse_target(const std::string& url, const address_policy& policy) {
  auto out = std::make_shared<target>();
  out->url = {curl_url(), curl_url_cleanup};
  if (url.find('\0') != url.npos || curl_url_set(out->url.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return nullptr;
  auto scheme = part(out->url.get(), CURLUPART_SCHEME);
  out->host = part(out->url.get(), CURLUPART_HOST);
  if ((scheme != "http" && scheme != "https") || out->host.empty())
    return nullptr;
  if (out->host.front() == '[')
    out->host = out->host.substr(1, out->host.size() - 2);
  auto port = part(out->url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), out->port);
  out->literal = literal_host(out->host).has_value();
  const bool credentials =
      !part(out->url.get(), CURLUPART_USER).empty() || !part(out->url.get(), CURLUPART_PASSWORD).empty();
  out->refused = credentials || !policy.scheme_allowed(scheme) || !address_policy::port_allowed(out->port)
                 || literal_refused(out->host, policy);
  return out;
}

std::shared_ptr<const target> target_cache::find(const std::string& url) {
  if (auto i = known_.find(url); i != known_.end())
    return i->second;
  auto fresh = parse_target(url, policy_);
  if (known_.size() >= known_max)
    known_.clear();
  known_.emplace(url, fresh);
  return fresh;
}

} // namespace belfry::io
