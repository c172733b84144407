#pragma once

#include "belfry/io/http_server/exchange.hpp"
#include "belfry/io/http_server/http_server.hpp"
#include "belfry/io/http_server/stream_hub.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace belfry::io::http {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// Connections being told that there are too many; further ones are closed without a word.
constexpr std::size_t refusals_max = 64;

inline millis wall_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// Posts to a context until it is closed.
class context_poster final : public poster {
public:
  explicit context_poster(asio::io_context& ctx) : ctx_(&ctx) {}

  void post(std::function<void()> what) override {
    auto guard = std::lock_guard{mutex_};
    if (ctx_ != nullptr)
      asio::post(*ctx_, std::move(what));
  }

  void close() {
    auto guard = std::lock_guard{mutex_};
    ctx_ = nullptr;
  }

private:
  std::mutex mutex_;
  asio::io_context* ctx_;
};

/// One connection, as the server sees it.
class session_base {
public:
  virtual ~session_base() = default;
  /// Ends when idle, else after the present answer; `now`: at once. Safe from any thread.
  virtual void stop(bool now) = 0;
};

/// What all connections of a server share.
struct core {
  core(const options& o, service& s, telemetry& own, http_settings x)
      : opts(o),
        settings(x),
        handlers{s, opts, own},
        hub(std::make_shared<stream_hub>(s, o.limits.stream_readers, o.limits.stream_backlog, wall_now())),
        connections(own.get_gauge(metric::http_connections)),
        connections_refused(own.get_counter(metric::http_connections_refused)),
        stream_readers(own.get_gauge(metric::http_stream_readers)),
        stream_cut_off(own.get_counter(metric::http_stream_cut_off)),
        live_pages(own.get_gauge(metric::http_live_pages)),
        live_cut_off(own.get_counter(metric::http_live_cut_off)),
        seconds(own.get_histogram(metric::http_request_seconds)),
        ctx(static_cast<int>(x.threads)),
        back(std::make_shared<context_poster>(ctx)) {}

  void timed_out(std::string_view phase) {
    handlers.own_metrics.get_counter(metric::http_timeouts, {phase}).increment();
  }

  void answered(std::string_view route, int status) {
    handlers.own_metrics.get_counter(metric::http_requests, {route, std::to_string(status)}).increment();
  }

  void joined(session_base* s, std::weak_ptr<session_base> handle) {
    auto guard = std::lock_guard{mutex};
    sessions.emplace(s, std::move(handle));
    connections.set(static_cast<double>(sessions.size()));
  }

  void left(session_base* s) {
    auto guard = std::lock_guard{mutex};
    sessions.erase(s);
    connections.set(static_cast<double>(sessions.size()));
    changed.notify_all();
  }

  std::size_t open() {
    auto guard = std::lock_guard{mutex};
    return sessions.size();
  }

  const options opts;
  const http_settings settings;
  const context handlers;
  const std::shared_ptr<stream_hub> hub;
  gauge connections;
  counter connections_refused;
  gauge stream_readers;
  counter stream_cut_off;
  gauge live_pages;
  counter live_cut_off;
  histogram seconds;
  /// Exchanged as a whole when the files are read again; read with `atomic_load`.
  std::shared_ptr<asio::ssl::context> tls;
  std::atomic<bool> stopping{false};
  /// Bytes of all bodies in memory.
  std::atomic<std::size_t> body_bytes{0};
  std::atomic<std::size_t> refusals{0};
  /// Open pages.
  std::atomic<std::int64_t> pages{0};
  std::mutex mutex;
  std::condition_variable changed;
  std::map<session_base*, std::weak_ptr<session_base>> sessions;
  /// Destroyed before all that its unfinished work refers to.
  asio::io_context ctx;
  std::shared_ptr<context_poster> back;
};

/// Serves a connection until it ends (with TLS when the core has a TLS context).
void open_session(core& c, tcp::socket socket);

/// Answers 503 without reading, then closes: too many connections. Without a word when TLS would be needed or too many
/// are being told.
void refuse_connection(core& c, tcp::socket socket);

} // namespace belfry::io::http
