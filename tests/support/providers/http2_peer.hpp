#pragma once

#include "belfry/io/http2_client/tls.hpp"
#include "belfry/tests/support/providers/http2_server.hpp"

#include <nghttp2/nghttp2.h>

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace belfry::test {

/// What the peers of a server tell it.
struct http2_peer_events {
  std::function<void(class http2_peer&, http2_request&&)> on_request;
  std::function<void(std::string)> on_violation;
  std::function<void()> on_ping;
};

/// One client of the server: its session, and its TLS on a socket that the server watches.
class http2_peer {
public:
  http2_peer(int fd, io::http2::tls_stream tls, const http2_server_settings& settings, std::uint64_t number,
             const http2_peer_events& events);
  ~http2_peer();
  http2_peer(const http2_peer&) = delete;
  http2_peer& operator=(const http2_peer&) = delete;

  /// Reads and writes what can be; false: it is over.
  bool carry_on();
  /// True when the socket must tell when it can be written.
  bool wants_to_write() const { return written_ < out_.size() || blocked_; }

  /// The request counts as processed from here on, unless the reply says that it is not.
  void expect(std::int32_t stream, const http2_reply& reply);
  void act(std::int32_t stream, const http2_reply& reply);
  void set_streams_max(std::uint32_t n);
  /// Covers what was processed so far, and none of what comes later.
  void go_away(std::uint32_t code, const std::string& text);

  int fd() const { return fd_; }
  std::uint64_t number() const { return number_; }
  std::size_t open_streams() const { return open_.size(); }

private:
  struct stream_state {
    http2_request request;
    std::string body;
    std::size_t sent = 0;
  };
  struct callbacks;

  void begin_session();
  bool read();
  bool write();
  void linger();
  void answer(std::int32_t stream, const http2_reply& reply);

  int fd_;
  io::http2::tls_stream tls_;
  const http2_server_settings& settings_;
  std::uint64_t number_;
  const http2_peer_events& events_;
  nghttp2_session* session_ = nullptr;
  bool secured_ = false;
  bool trusted_ = false;
  bool blocked_ = false;
  bool frozen_ = false;
  bool cut_ = false;
  bool lingering_ = false;
  std::map<std::int32_t, stream_state> open_;
  /// The newest stream whose request was processed, and the newest that ever will.
  std::int32_t processed_ = 0;
  std::int32_t covered_ = std::numeric_limits<std::int32_t>::max();
  std::string in_;
  std::string out_;
  std::size_t written_ = 0;
};

} // namespace belfry::test
