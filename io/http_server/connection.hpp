#pragma once

#include "belfry/io/http_server/core.hpp"
#include "belfry/io/http_server/deadline.hpp"
#include "belfry/io/http_server/gate.hpp"
#include "belfry/io/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace belfry::io::http {

template <class T>
using task = asio::awaitable<T>;
// In a coroutine of g++ 12 a temporary that is an argument of `co_await f(...)` may be destroyed twice, and a
// `co_await` in a condition may be lost: in these files, both are given names first.
constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

using tls_stream = asio::ssl::stream<tcp::socket>;

constexpr std::string_view stream_type = "text/event-stream";

/// Bytes that are read of a refused connection before it is cut.
constexpr std::size_t linger_max = 64 * 1024 * 1024;

/// A socket that the server counts and can stop, with one deadline for whatever it is doing. Everything runs on one
/// strand; `Stream` is tcp::socket or tls_stream.
template <class Stream>
class connection : public session_base, public std::enable_shared_from_this<connection<Stream>> {
public:
  connection(core& c, Stream&& stream)
      : core_(c),
        stream_(std::move(stream)),
        deadline_(stream_.get_executor(), [this] { cancel_io(); }),
        news_(stream_.get_executor()) {}

  ~connection() override { core_.left(this); }

  void start() {
    core_.joined(this, this->weak_from_this());
    asio::co_spawn(
        stream_.get_executor(), [self = this->shared_from_this()] { return self->run(); },
        [self = this->shared_from_this()](const std::exception_ptr& e) {
          self->deadline_.cancel();
          if (e)
            log(log_level::error, "a connection ended by an exception");
        });
  }

  void stop(bool now) override {
    asio::post(deadline_.executor(), [weak = this->weak_from_this(), now] {
      auto self = weak.lock();
      if (!self)
        return;
      self->stopping_ = true;
      if (now)
        self->close();
      else if (self->interruptible_)
        self->cancel_io();
    });
  }

protected:
  static constexpr bool is_tls = !std::is_same_v<Stream, tcp::socket>;

  /// From the first byte to the last.
  virtual task<void> run() = 0;

  auto& socket() {
    if constexpr (is_tls)
      return stream_.next_layer();
    else
      return stream_;
  }

  bool stopping() const { return stopping_ || core_.stopping; }

  void arm(duration in) { deadline_.arm(in, this->weak_from_this()); }

  void cancel_io() {
    boost::system::error_code ignored;
    socket().cancel(ignored);
    news_.cancel();
  }

  void close() {
    boost::system::error_code ignored;
    socket().close(ignored);
    news_.cancel();
  }

  /// False: it could not be sent in time.
  task<bool> write_text(std::string_view text) {
    arm(core_.settings.write);
    auto [e, n] = co_await asio::async_write(stream_, asio::buffer(text.data(), text.size()), quietly);
    if (deadline_.expired())
      core_.timed_out("write");
    deadline_.disarm();
    co_return !e;
  }

  /// Says goodbye and closes; `unread`: the client may still be sending.
  task<void> finish(bool unread) {
    boost::system::error_code ignored;
    if (!socket().is_open())
      co_return;
    if constexpr (is_tls) {
      arm(core_.settings.linger);
      co_await stream_.async_shutdown(quietly);
    }
    socket().shutdown(tcp::socket::shutdown_send, ignored);
    if (unread && !stopping())
      co_await linger();
    deadline_.disarm();
    close();
  }

  core& core_;
  Stream stream_;
  deadline deadline_;
  /// Cancelled when what is waited for has come.
  asio::steady_timer news_;
  /// What is being waited for may be broken off without harm.
  bool interruptible_ = false;

private:
  /// Closing on unread bytes would take the answer back (TCP reset): read on for a while.
  task<void> linger() {
    arm(core_.settings.linger);
    std::string scrap(16 * 1024, '\0');
    std::size_t total = 0;
    interruptible_ = true;
    while (!deadline_.expired() && !stopping() && total < linger_max) {
      auto [e, n] = co_await socket().async_read_some(asio::buffer(scrap), quietly);
      total += n;
      if (e)
        break;
    }
    interruptible_ = false;
  }

  bool stopping_ = false;
};

/// The head of an answer to `asked`, up to and with the empty line; its body is `r.body`, except for HEAD.
std::string head_text(const response& r, const request_head& asked, const http_options& o, bool keep_alive);

/// The subprotocol of the live socket.
constexpr std::string_view live_protocol = "belfry.v1";

/// What a page asked for.
struct live_request {
  request_head head;
  person_id person;
  /// When the token that it came with expires, in wall time; 0: never.
  millis expires_at = 0;
  /// The label of metrics.
  std::string_view route;
  /// The subprotocol that is agreed on; "": none was offered.
  std::string protocol;
  boost::beast::http::request<boost::beast::http::string_body> request;
};

/// From here on the connection is the WebSocket of a page (SPEC 13): its request has been read and admitted.
void open_live(core& c, tcp::socket&& stream, live_request asked);
void open_live(core& c, tls_stream&& stream, live_request asked);

/// From here on the connection carries the events of /v1/stream (SPEC 13): its request has been read and admitted.
void open_stream(core& c, tcp::socket&& stream, request_head asked, std::string_view route);
void open_stream(core& c, tls_stream&& stream, request_head asked, std::string_view route);

} // namespace belfry::io::http
