#pragma once

#include <string>
#include <vector>

namespace belfry::test {

/// A certificate with its key, both PEM.
struct certificate {
  std::string chain;
  std::string key;
};

/// Signs itself (so that it is its own root), P-256, valid from yesterday for ten days; `names` are host names or
/// addresses. `expired`: its validity ended yesterday. Empty texts when OpenSSL fails.
certificate make_certificate(const std::vector<std::string>& names, bool expired = false);

} // namespace belfry::test
