#pragma once

#include "belfry/io/outbound/address_policy.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

struct Curl_URL;

namespace belfry::io {

/// A URL as curl understands it, so that what is judged is what is called.
struct target {
  std::shared_ptr<Curl_URL> url;
  /// Without brackets.
  std::string host;
  std::uint16_t port = 0;
  bool literal = false;
  /// What the URL shows breaks a rule for untrusted addresses: scheme, port, credentials or a literal address.
  bool refused = false;
};

/// nullptr when it is no URL of http or https.
std::shared_ptr<const target> parse_target(const std::string& url, const address_policy& policy);

/// Keeps what was parsed: most requests go where others went.
class target_cache {
public:
  explicit target_cache(const address_policy& policy) : policy_(policy) {}

  std::shared_ptr<const target> find(const std::string& url);

private:
  const address_policy& policy_;
  std::unordered_map<std::string, std::shared_ptr<const target>> known_;
};

} // namespace belfry::io
