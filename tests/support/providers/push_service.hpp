#pragma once

#include "belfry/io/crypto/p256.hpp"
#include "belfry/tests/support/providers/http2_server.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

/// A browser's end of web push: its keys, and what it does with a body (RFC 8291).
class browser {
public:
  browser();

  /// base64url.
  std::string p256dh() const;
  std::string auth() const;
  /// The outer plaintext; nothing when it cannot be opened with these keys.
  std::optional<std::string> open(std::string_view body) const;
  /// The inner plaintext of that: sealed by the subscription of this id, with this secret (base64url).
  std::optional<std::string> open_both(std::string_view body, const std::string& id, const std::string& secret) const;

private:
  io::crypto::p256_key key_;
  std::string auth_;
};

/// A push that a push service got, refused or not.
struct web_push {
  /// Of the endpoint's path.
  std::string token;
  std::string ttl;
  std::string urgency;
  std::string topic;
  /// The public key that it was signed with, base64url.
  std::string key;
  std::string body;
  int status = 0;
};

struct push_service_settings {
  certificate tls;
  /// The only key that its subscriptions were made for; empty: any.
  std::string key{};
  /// Looked at before the rules: a reply of its own, or none.
  std::function<std::optional<http2_reply>(const http2_request&)> faults{};
  /// Called on the service's thread for every push.
  std::function<void(const web_push&)> on_push{};
};

/// A push service, strict: what RFC 8030, 8188 and 8292 forbid is refused with the status they give. Endpoints whose
/// token begins with "e" and three digits are answered with that status.
class push_service {
public:
  explicit push_service(push_service_settings settings);
  ~push_service();
  push_service(const push_service&) = delete;
  push_service& operator=(const push_service&) = delete;

  /// "https://127.0.0.1:4711/push/<token>".
  std::string endpoint(const std::string& token) const;
  std::vector<web_push> pushes() const;
  std::uint64_t count() const;
  /// Signed tokens seen so far.
  std::uint64_t vapid_tokens() const;
  bool wait_for(std::uint64_t count, std::chrono::milliseconds limit) const;

private:
  struct desk;
  std::unique_ptr<desk> desk_;
};

} // namespace belfry::test
