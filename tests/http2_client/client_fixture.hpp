#pragma once

#include "belfry/io/http2_client/http2_client.hpp"
#include "belfry/tests/support/http_calls.hpp"
#include "belfry/tests/support/providers/http2_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace belfry::io {

using namespace std::chrono_literals;
using what = test::http2_reply::what;
/// A certificate for loopback, the file that makes clients trust it, and what clients of these tests are made with.
class Http2 : public testing::Test {
protected:
  Http2() { std::ofstream(ca_file_) << certificate_.chain; }
  ~Http2() override { std::filesystem::remove(ca_file_); }

  /// A server that answers as `handle` says; 200 without it.
  test::http2_server_settings serving(std::function<test::http2_reply(const test::http2_request&)> handle = {}) const {
    test::http2_server_settings out;
    out.tls = certificate_;
    out.handle = std::move(handle);
    return out;
  }

  std::unique_ptr<http2_client> make_client(http2_settings settings = {}) {
    auto user = std::move(settings.on_event);
    settings.on_event = [this, user](const connection_event& e) {
      std::lock_guard lock(mutex_);
      events_.push_back(e);
    };
    auto out = make_http2_client(options_, std::move(settings));
    if (!out) {
      ADD_FAILURE() << out.error().detail;
      return nullptr;
    }
    return std::move(*out);
  }

  std::vector<connection_event> events() const {
    std::lock_guard lock(mutex_);
    return events_;
  }

  std::uint64_t happened(connection_event::what kind) const {
    std::lock_guard lock(mutex_);
    return static_cast<std::uint64_t>(
        std::count_if(events_.begin(), events_.end(), [&](const auto& e) { return e.kind == kind; }));
  }

  /// Waits until it happened so often; false when that takes too long.
  bool wait_for(connection_event::what kind, std::uint64_t times = 1) const {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (happened(kind) < times) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }

  test::certificate certificate_ = test::make_certificate({"127.0.0.1", "push.test"});
  std::string ca_file_ = (std::filesystem::temp_directory_path()
                          / ("belfry_http2_" + std::to_string(::getpid()) + "_" + std::to_string(++number_) + ".pem"))
                             .string();
  outbound_options options_{ca_file_, {}, {"127.0.0.0/8"}, false};

private:
  static inline int number_ = 0;
  mutable std::mutex mutex_;
  std::vector<connection_event> events_;
};

/// Every name leads to these addresses.
inline http2_settings names_lead_to(std::vector<std::string> addresses) {
  http2_settings out;
  out.lookup = [addresses](const std::string&) {
    std::vector<ip> found;
    for (const auto& a : addresses)
      found.push_back(*parse_ip(a));
    return found;
  };
  return out;
}

} // namespace belfry::io
