#pragma once

#include "belfry/io/http_server/core.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace belfry::io::http {

/// One deadline for whatever a connection is doing: when it passes, `on_expiry` runs. Moving it later costs nothing.
class deadline {
public:
  deadline(const asio::any_io_executor& ex, std::function<void()> on_expiry)
      : timer_(ex), on_expiry_(std::move(on_expiry)) {}

  /// `owner` keeps what `on_expiry` refers to alive.
  void arm(duration in, std::weak_ptr<session_base> owner) {
    at_ = std::chrono::steady_clock::now() + in;
    armed_ = true;
    expired_ = false;
    if (!waiting_ || at_ < timer_.expiry())
      wait(std::move(owner));
  }
  void disarm() { armed_ = false; }
  bool expired() const { return expired_; }
  asio::any_io_executor executor() { return timer_.get_executor(); }
  void cancel() { timer_.cancel(); }

private:
  void wait(std::weak_ptr<session_base> owner) {
    waiting_ = true;
    timer_.expires_at(at_);
    timer_.async_wait([this, owner = std::move(owner)](boost::system::error_code e) mutable {
      auto alive = owner.lock();
      if (e || !alive)
        return;
      waiting_ = false;
      if (!armed_)
        return;
      if (std::chrono::steady_clock::now() < at_)
        return wait(std::move(owner));
      armed_ = false;
      expired_ = true;
      on_expiry_();
    });
  }

  asio::steady_timer timer_;
  std::function<void()> on_expiry_;
  std::chrono::steady_clock::time_point at_{};
  bool armed_ = false;
  bool waiting_ = false;
  bool expired_ = false;
};

} // namespace belfry::io::http
