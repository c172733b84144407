#pragma once

#include "belfry/tests/support/providers/certificate.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test {

/// A request as it arrived.
struct http2_request {
  std::string method;
  std::string authority;
  std::string path;
  /// All others, in the order received.
  std::vector<std::pair<std::string, std::string>> headers;
  /// Headers that must not be kept in a compression table (NO_INDEX).
  std::vector<std::string> not_indexed;
  std::string body;
  /// Counted from 1, over all connections.
  std::uint64_t number = 0;
  std::uint64_t connection = 0;
  std::int32_t stream = 0;

  /// The first value of a header; empty: it is absent.
  std::string_view header(std::string_view name) const;
};

/// What the server does with a request.
struct http2_reply {
  enum class what : std::uint8_t {
    answer,
    /// Nothing, ever.
    hang,
    /// RST_STREAM with `code`.
    reset,
    /// RST_STREAM(REFUSED_STREAM): it was not processed.
    refuse,
    /// It is refused, with a GOAWAY of `code` and `text` that covers only what was processed before.
    go_away_before,
    /// The same, but this request is covered, and answered.
    go_away_after,
    /// The connection is closed without a word.
    cut,
    /// The connection stays open, and nothing is read or written on it any more.
    freeze,
  };

  what kind = what::answer;
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::uint32_t code = 0;
  std::string text{};
  /// The connection falls back to `streams_first`.
  bool distrust = false;
  /// All of it happens so much later.
  std::chrono::milliseconds delay{0};
};

struct http2_server_settings {
  certificate tls;
  std::string address = "127.0.0.1";
  /// 0: any free one.
  std::uint16_t port = 0;
  /// SETTINGS_MAX_CONCURRENT_STREAMS.
  std::uint32_t streams_max = 1000;
  /// What new connections are told instead, until a request was answered 2xx; 0: nothing else.
  std::uint32_t streams_first = 0;
  /// What it agrees on by ALPN.
  std::string protocol = "h2";
  /// Whether a client that was accepted is told anything at all.
  bool mute = false;
  /// Called on the server's thread, for every request.
  std::function<http2_reply(const http2_request&)> handle = {};
};

/// A strict HTTP/2 server with TLS on loopback, on a thread of its own: it answers, or goes wrong, as its handler says.
/// All functions may be called from any thread but the server's.
class http2_server {
public:
  /// Listens when this returns; throws std::runtime_error when it cannot.
  explicit http2_server(http2_server_settings settings);
  ~http2_server();
  http2_server(const http2_server&) = delete;
  http2_server& operator=(const http2_server&) = delete;

  std::uint16_t port() const;
  /// "https://127.0.0.1:4711/path".
  std::string url(std::string_view path = "/") const;

  /// Tells all connections a new limit of streams.
  void set_streams_max(std::uint32_t n);
  /// Begins the end of all connections; what is being processed on them is covered.
  void go_away(const std::string& text);
  /// Closes all connections without a word.
  void cut();

  /// Requests that came in full.
  std::uint64_t count() const;
  /// Connections accepted so far, and those open now.
  std::uint64_t connections() const;
  std::uint64_t open_connections() const;
  /// PING frames, without acknowledgements.
  std::uint64_t pings() const;
  /// The most requests that were open on one connection at a time.
  std::uint64_t streams_peak() const;
  /// What clients did that HTTP/2 forbids, for the first hundred.
  std::vector<std::string> violations() const;

  /// Waits until `wanted` holds; false when the limit passed first. Asked again whenever something happened.
  bool wait_until(const std::function<bool()>& wanted, std::chrono::milliseconds limit) const;

private:
  struct server;
  std::unique_ptr<server> server_;
};

} // namespace belfry::test
