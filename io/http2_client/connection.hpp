#pragma once

#include "belfry/io/http2_client/http2_client.hpp"
#include "belfry/io/http2_client/session.hpp"
#include "belfry/io/http2_client/tls.hpp"
#include "belfry/io/http2_client/tunnel.hpp"
#include "belfry/io/outbound/poller.hpp"
#include "belfry/io/outbound/target.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::io::http2 {

class connection;
class pool;
using time_point = std::chrono::steady_clock::time_point;

/// The server of a pool, and the rules that hold for its connections.
struct origin {
  std::shared_ptr<const target> where;
  /// Host, and port unless it is 443.
  std::string authority;
  /// Host and port.
  std::string server;
  /// There when the host is no name.
  std::optional<ip> literal;
  std::optional<proxy_address> proxy;
  /// PROTOCOLS H-9 holds.
  bool untrusted = true;
};

/// What all connections of a client share.
struct environment {
  const address_policy& policy;
  const http2_settings& settings;
  poller& sockets;
  std::shared_ptr<const tls_context> tls;
  /// Who uses a socket, by its number.
  std::vector<connection*> by_socket;
  /// Looks a name up for a connection, which is told by `on_addresses`; 0: too many look-ups wait.
  std::function<std::uint64_t(const std::string& name, connection& asker)> look_up;
  std::function<void(std::uint64_t)> forget_look_up;
  std::function<void(const connection_event&)> report;
};

/// One connection: socket, tunnel and TLS around a session.
///
///     judging --> resolving --> connecting --> tunnelling --> securing --> greeting --> open
///        (a proxy would                 ^  |    (proxy)                                   |
///         resolve the name)             +--+ next address                                 v
///     every one of them --failure, time-out--------------------------------------------> closed
class connection {
public:
  connection(environment& shared, const origin& where, pool& owner, time_point now);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // What happens to it.
  void on_addresses(std::vector<ip> found, time_point now);
  void on_socket(std::uint32_t events, time_point now);
  void on_time(time_point now);
  /// When `on_time` is due.
  time_point next_time() const;

  /// Writes what the session has to say, as far as the socket takes it.
  void flush();
  /// Asks the server whether it is there, unless it was heard of lately.
  void ask_for_life(time_point now);
  /// Takes no more requests, and is closed when none is left.
  void retire() { retired_ = true; }
  /// Closes in an orderly way, without waiting for anything.
  void leave();

  http2::session& session() { return session_; }
  pool& owner() { return owner_; }
  bool opened() const { return opened_; }
  bool closed() const { return phase_ == phase::closed; }
  /// It takes requests, or will once it is open.
  bool staying() const { return !closed() && !retired_ && !session_.leaving(); }
  std::size_t free_streams() const { return phase_ == phase::open && staying() ? session_.free_streams() : 0; }
  /// Why it is closed.
  transport_error failure() const { return failure_; }
  /// Requests that were answered on it.
  std::uint64_t answers = 0;
  /// The one that shall take its place was opened.
  bool replaced = false;
  /// When a request was last begun or ended on it.
  time_point last_used;

private:
  enum class phase : std::uint8_t { judging, resolving, connecting, tunnelling, securing, greeting, open, closed };

  void resolve(time_point now);
  void look_up(const std::string& name);
  bool refused(const ip& address) const;
  void connect_next(time_point now);
  bool connect_to(const ip& address, std::uint16_t port);
  void connected(time_point now);
  void tunnel(time_point now);
  void secure(time_point now);
  void read(time_point now);
  bool write_plain();
  void close_socket();
  void fail(transport_error why);
  void report(connection_event::what kind);

  environment& environment_;
  const origin& where_;
  pool& owner_;
  phase phase_ = phase::judging;
  transport_error failure_ = transport_error::none;
  bool opened_ = false;
  bool retired_ = false;
  bool said_leaving_ = false;

  std::uint64_t look_up_id_ = 0;
  /// Those left to be tried, the next one last.
  std::vector<ip> addresses_;
  bool refused_ = false;
  time_point deadline_;
  time_point address_deadline_;

  int fd_ = -1;
  std::optional<tls_stream> tls_;
  std::string tunnel_text_;
  http2::session session_;
  std::string in_;
  std::string out_;
  /// Of `out_` so much is written.
  std::size_t written_ = 0;
  time_point last_received_;
  std::optional<time_point> pinged_;
};

} // namespace belfry::io::http2
