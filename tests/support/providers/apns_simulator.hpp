#pragma once

#include "belfry/tests/support/providers/http2_server.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

/// A push that APNs got, refused or not.
struct apns_push {
  std::string token;
  std::string topic;
  std::string type;
  std::string priority;
  std::string id;
  std::string collapse_id;
  std::string expiration;
  std::string payload;
  std::uint64_t connection = 0;
  int status = 0;
  /// What Apple's body says; empty for 200.
  std::string reason;
};

struct apns_settings {
  certificate tls;
  std::uint16_t port = 0;
  std::string team_id = "TEAMID1234";
  std::string bundle_id = "com.example.chat";
  /// The public points (65 bytes) of the team's keys, by their id; empty: signatures are not checked.
  std::map<std::string, std::string> keys{};
  /// As Apple does: one stream until the first success, and again after a bad token.
  bool cautious = true;
  /// Pushes kept in the log; of later ones only the number is known.
  std::size_t log_max = 100'000;
  /// Looked at before the rules: a reply of its own, or none.
  std::function<std::optional<http2_reply>(const http2_request&)> faults{};
  /// Called on the simulator's thread for every push.
  std::function<void(const apns_push&)> on_push{};
};

/// Apple's end, strict: whatever PROTOCOLS forbid is refused with the reason that Apple gives. Tokens that
/// begin with "e" and three digits are answered with that status ("e410..." is no longer registered).
class apns_simulator {
public:
  explicit apns_simulator(apns_settings settings);
  ~apns_simulator();
  apns_simulator(const apns_simulator&) = delete;
  apns_simulator& operator=(const apns_simulator&) = delete;

  /// "https://127.0.0.1:4711".
  std::string url() const;
  std::vector<apns_push> pushes() const;
  std::uint64_t count() const;
  /// Provider tokens seen so far.
  std::uint64_t provider_tokens() const;
  /// Waits until so many pushes came; false when the limit passed first.
  bool wait_for(std::uint64_t count, std::chrono::milliseconds limit) const;
  http2_server& server();

private:
  struct desk;
  std::unique_ptr<desk> desk_;
};

/// A push as a JSON object on one line, for logs.
std::string to_json_line(const apns_push& push);

} // namespace belfry::test
