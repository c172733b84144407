#pragma once

#include "belfry/tests/support/providers/certificate.hpp"
#include "belfry/tests/support/providers/fault_plan.hpp"
#include "belfry/tests/support/providers/webhook_check.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

struct sink_settings {
  std::string address = "127.0.0.1";
  /// 0: any free one.
  std::uint16_t port = 0;
  /// With a certificate it speaks TLS.
  std::optional<certificate> tls{};
  /// Faults come before the script of the path.
  fault_plan faults{};
  /// Set: every request is checked with `webhook_violation` (empty: unsigned ones are expected), and a wrong one is
  /// answered 400 with the reason.
  std::optional<std::string> verify_secret{};
  std::string header_prefix = "X-Unblu-";
  /// Requests kept in the log; of later ones only the number is known.
  std::size_t log_max = 100'000;
};

/// A receiver of webhooks on loopback, on a thread of its own, that does what the path of a request says
/// (sink_script.hpp). All functions may be called from any thread.
class webhook_sink {
public:
  /// Listens when this returns; throws std::runtime_error when it cannot.
  explicit webhook_sink(sink_settings settings = {});
  ~webhook_sink();
  webhook_sink(const webhook_sink&) = delete;
  webhook_sink& operator=(const webhook_sink&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:4711/ok", https with a certificate.
  std::string url(const std::string& path = "/ok") const;

  /// Requests so far, logged or not.
  std::uint64_t count() const;
  /// Connections accepted so far.
  std::uint64_t connections() const;
  /// Requests that were wrong.
  std::uint64_t violations() const;
  /// Why, for the first hundred.
  std::vector<std::string> violation_texts() const;
  /// The log so far.
  std::vector<received_request> requests() const;
  /// Empties log and counters.
  void clear();

  /// Waits until so many requests came; false when the limit passed first.
  bool wait_for(std::uint64_t count, std::chrono::milliseconds limit) const;
  /// Waits until the log is as `wanted` says; it is asked again after every request, with the log locked.
  bool wait_until(const std::function<bool(const std::vector<received_request>&)>& wanted,
                  std::chrono::milliseconds limit) const;

private:
  struct server;
  std::unique_ptr<server> server_;
};

} // namespace belfry::test
