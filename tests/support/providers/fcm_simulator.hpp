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

/// A message that FCM got, refused or not.
struct fcm_message {
  std::string token;
  /// The JSON of `message`.
  std::string text;
  int status = 0;
  /// The errorCode of FcmError, or the status of the error; empty for 200.
  std::string reason;
};

struct fcm_settings {
  certificate tls;
  std::uint16_t port = 0;
  std::string project_id = "belfry-demo";
  /// The public key (PEM) of the service account; empty: assertions are not checked.
  std::string public_key{};
  /// How long access tokens are good.
  std::chrono::seconds token_life{3600};
  /// Messages kept in the log; of later ones only the number is known.
  std::size_t log_max = 100'000;
  /// Looked at before the rules: a reply of its own, or none.
  std::function<std::optional<http2_reply>(const http2_request&)> faults{};
  /// Called on the simulator's thread for every message.
  std::function<void(const fcm_message&)> on_message{};
};

/// Google's end, strict: FCM HTTP v1 and the token address ("/token") of its service account. Whatever PROTOCOLS F-1 to
/// F-6 forbid is refused with the error that FCM gives. Tokens that begin with "e" and three digits are answered with
/// that status ("e404..." is no longer registered).
class fcm_simulator {
public:
  explicit fcm_simulator(fcm_settings settings);
  ~fcm_simulator();
  fcm_simulator(const fcm_simulator&) = delete;
  fcm_simulator& operator=(const fcm_simulator&) = delete;

  /// "https://127.0.0.1:4711".
  std::string url() const;
  std::vector<fcm_message> messages() const;
  std::uint64_t count() const;
  /// Access tokens given out so far.
  std::uint64_t access_tokens() const;
  /// No access token given out so far is good any more.
  void revoke_access();
  /// Waits until so many messages came; false when the limit passed first.
  bool wait_for(std::uint64_t count, std::chrono::milliseconds limit) const;
  http2_server& server();

private:
  struct desk;
  std::unique_ptr<desk> desk_;
};

/// A message as a JSON object on one line, for logs.
std::string to_json_line(const fcm_message& message);

} // namespace belfry::test
