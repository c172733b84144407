#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test {

/// A request as a provider took it. Header names as sent.
struct received_request {
  std::string method{};
  std::string path{};
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::steady_clock::time_point at{};

  /// The value of the first header of that name, case ignored; nothing when it is absent.
  std::optional<std::string> header(std::string_view name) const;
};

/// What a careful receiver of webhooks would refuse (SPEC 8): headers and their shapes, signatures over the exact bytes
/// (with an empty secret there must be none), the body's common fields and those of its kind. Computed with OpenSSL
/// alone, not with the engine's own code. Nothing when all is well, else a sentence.
std::optional<std::string> webhook_violation(const received_request& r, const std::string& secret,
                                             const std::string& header_prefix = "X-Unblu-");

} // namespace belfry::test
