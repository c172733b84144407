#pragma once

#include "belfry/tests/support/providers/sink_script.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <condition_variable>
#include <mutex>
#include <unordered_map>

namespace belfry::test {

/// What a sink took, and what it decides by: shared by its connections. Only `decide` belongs to the sink's thread.
class sink_log {
public:
  explicit sink_log(sink_settings settings) : settings(std::move(settings)) {}

  /// Logs the request and says what to do; `body` is what to answer with.
  sink_action decide(received_request&& r, std::string& body);

  const sink_settings settings;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<received_request> requests;
  std::vector<std::string> violation_texts;
  std::uint64_t count = 0;
  std::uint64_t connections = 0;
  std::uint64_t violations = 0;
  /// Threads in wait_for and wait_until: nobody is woken for nothing.
  mutable int waiters = 0;

private:
  bool is_wrong(const received_request& r, std::string& why) const;

  std::uint64_t number_ = 0;
  std::unordered_map<std::string, std::uint64_t> failed_first_;
};

/// Serves one connection until it ends; `tls` may be null. The log must outlive the I/O context.
void serve(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls, sink_log& log);

} // namespace belfry::test
