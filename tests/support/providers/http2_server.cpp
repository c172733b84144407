#include "belfry/tests/support/providers/http2_server.hpp"

#include "belfry/io/outbound/poller.hpp"
#include "belfry/tests/support/providers/http2_peer.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace belfry::test {

namespace {

using clock = std::chrono::steady_clock;
constexpr std::size_t violations_max = 100;

std::shared_ptr<SSL_CTX> make_context(const http2_server_settings& s) {
  std::shared_ptr<SSL_CTX> out(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  std::unique_ptr<BIO, decltype(&BIO_free)> chain(BIO_new_mem_buf(s.tls.chain.data(), -1), BIO_free);
  std::unique_ptr<BIO, decltype(&BIO_free)> key(BIO_new_mem_buf(s.tls.key.data(), -1), BIO_free);
  std::unique_ptr<X509, decltype(&X509_free)> x(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr), X509_free);
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> k(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr),
                                                        EVP_PKEY_free);
  SSL_CTX_use_certificate(out.get(), x.get());
  SSL_CTX_use_PrivateKey(out.get(), k.get());
  SSL_CTX_set_mode(out.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(out.get(), 1);
  SSL_CTX_set_default_read_buffer_len(out.get(), 64 * 1024);
  SSL_CTX_set_num_tickets(out.get(), 0);
  return out;
}

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void* mine) {
  const auto& wanted = *static_cast<const std::string*>(mine);
  std::string encoded(1, static_cast<char>(wanted.size()));
  encoded += wanted;
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, out_size, reinterpret_cast<const unsigned char*>(encoded.data()),
                            static_cast<unsigned>(encoded.size()), in, in_size)
      != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  // What was found lies in a text that goes: the client's own list stays.
  *out = std::search(in, in + in_size, found, found + *out_size);
  return SSL_TLSEXT_ERR_OK;
}

} // namespace

std::string_view http2_request::header(std::string_view name) const {
  for (const auto& [n, value] : headers)
    if (n == name)
      return value;
  return {};
}

struct http2_server::server {
  struct later {
    std::uint64_t connection;
    std::int32_t stream;
    http2_reply reply;
  };

  explicit server(http2_server_settings s) : settings(std::move(s)), context(make_context(settings)) {
    SSL_CTX_set_alpn_select_cb(context.get(), select_protocol, &settings.protocol);
    listen();
    events.on_request = [this](http2_peer& p, http2_request&& r) { take(p, std::move(r)); };
    events.on_violation = [this](std::string text) { blame(std::move(text)); };
    events.on_ping = [this] { count(pings); };
    thread = std::thread([this] { run(); });
  }

  ~server() {
    order([this] { stopping = true; });
    thread.join();
    ::close(listener);
    ::close(wake_fd);
  }

  void listen() {
    listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(settings.port);
    ::inet_pton(AF_INET, settings.address.c_str(), &where.sin_addr);
    socklen_t size = sizeof(where);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&where), size) != 0 || ::listen(listener, 1024) != 0)
      throw std::runtime_error("cannot listen on " + settings.address);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size);
    port = ntohs(where.sin_port);
    sockets.want(listener, EPOLLIN);
    sockets.want(wake_fd, EPOLLIN);
  }

  void run() {
    while (!stopping) {
      const auto due = delayed.empty() ? clock::time_point::max() : delayed.begin()->first;
      const auto ms = due == clock::time_point::max()
                          ? -1
                          : static_cast<int>(std::max<std::int64_t>(
                              0, std::chrono::ceil<std::chrono::milliseconds>(due - clock::now()).count()));
      sockets.wait(ms, [this](int fd, std::uint32_t) { on_socket(fd); });
      while (!delayed.empty() && delayed.begin()->first <= clock::now())
        act_later(delayed.extract(delayed.begin()).mapped());
    }
    peers.clear();
  }

  void on_socket(int fd) {
    if (fd == listener)
      return accept();
    if (fd == wake_fd)
      return obey();
    carry_on(fd);
  }

  void accept() {
    for (int fd; (fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      auto* ssl = SSL_new(context.get());
      SSL_set_accept_state(ssl);
      sockets.opened(fd);
      sockets.want(fd, EPOLLIN);
      count(connections);
      count(open);
      peers.emplace(fd,
                    std::make_unique<http2_peer>(fd, io::http2::tls_stream(ssl, fd), settings, connections, events));
    }
  }

  void carry_on(int fd) {
    const auto i = peers.find(fd);
    if (i == peers.end())
      return;
    if (!i->second->carry_on())
      return close(i);
    sockets.want(fd, i->second->wants_to_write() ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  void close(std::map<int, std::unique_ptr<http2_peer>>::iterator i) {
    sockets.closed(i->first);
    peers.erase(i);
    std::lock_guard lock(mutex);
    --open;
    changed.notify_all();
  }

  void take(http2_peer& p, http2_request&& r) {
    {
      std::lock_guard lock(mutex);
      r.number = ++requests;
      peak = std::max<std::uint64_t>(peak, p.open_streams());
      changed.notify_all();
    }
    const auto stream = r.stream;
    auto reply = settings.handle ? settings.handle(r) : http2_reply{};
    p.expect(stream, reply);
    if (reply.delay.count() == 0)
      return p.act(stream, reply);
    delayed.emplace(clock::now() + reply.delay, later{p.number(), stream, std::move(reply)});
  }

  void act_later(const later& l) {
    for (auto& [fd, p] : peers)
      if (p->number() == l.connection) {
        p->act(l.stream, l.reply);
        return carry_on(fd);
      }
  }

  void blame(std::string text) {
    std::lock_guard lock(mutex);
    if (violations.size() < violations_max)
      violations.push_back(std::move(text));
  }

  void count(std::uint64_t& what) {
    std::lock_guard lock(mutex);
    ++what;
    changed.notify_all();
  }

  /// Lets the server's thread do something, and waits until it is done.
  void order(std::function<void()> what) {
    std::unique_lock lock(mutex);
    const auto mine = ++ordered;
    orders.push_back(std::move(what));
    ::eventfd_write(wake_fd, 1);
    changed.wait(lock, [&] { return obeyed >= mine; });
  }

  void obey() {
    eventfd_t n = 0;
    ::eventfd_read(wake_fd, &n);
    std::vector<std::function<void()>> now;
    {
      std::lock_guard lock(mutex);
      now.swap(orders);
    }
    for (auto& what : now)
      what();
    std::lock_guard lock(mutex);
    obeyed += now.size();
    changed.notify_all();
  }

  void each_peer(const std::function<void(http2_peer&)>& what) {
    std::vector<int> all;
    for (auto& [fd, p] : peers)
      all.push_back(fd);
    for (auto fd : all) {
      what(*peers.at(fd));
      carry_on(fd);
    }
  }

  http2_server_settings settings;
  std::shared_ptr<SSL_CTX> context;
  http2_peer_events events;
  io::poller sockets;
  int listener = -1;
  int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::uint16_t port = 0;
  bool stopping = false;
  std::map<int, std::unique_ptr<http2_peer>> peers;
  std::multimap<clock::time_point, later> delayed;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<std::function<void()>> orders;
  std::uint64_t ordered = 0, obeyed = 0;
  std::uint64_t requests = 0, connections = 0, open = 0, pings = 0, peak = 0;
  std::vector<std::string> violations;
  std::thread thread;
};

http2_server::http2_server(http2_server_settings settings) : server_(std::make_unique<server>(std::move(settings))) {}

http2_server::~http2_server() = default;

std::uint16_t http2_server::port() const {
  return server_->port;
}

std::string http2_server::url(std::string_view path) const {
  return "https://" + server_->settings.address + ":" + std::to_string(port()) + std::string(path);
}

void http2_server::set_streams_max(std::uint32_t n) {
  server_->order([&] {
    server_->settings.streams_max = n;
    server_->each_peer([n](http2_peer& p) { p.set_streams_max(n); });
  });
}

void http2_server::go_away(const std::string& text) {
  server_->order([&] { server_->each_peer([&](http2_peer& p) { p.go_away(0, text); }); });
}

void http2_server::cut() {
  server_->order([&] {
    while (!server_->peers.empty())
      server_->close(server_->peers.begin());
  });
}

std::uint64_t http2_server::count() const {
  std::lock_guard lock(server_->mutex);
  return server_->requests;
}

std::uint64_t http2_server::connections() const {
  std::lock_guard lock(server_->mutex);
  return server_->connections;
}

std::uint64_t http2_server::open_connections() const {
  std::lock_guard lock(server_->mutex);
  return server_->open;
}

std::uint64_t http2_server::pings() const {
  std::lock_guard lock(server_->mutex);
  return server_->pings;
}

std::uint64_t http2_server::streams_peak() const {
  std::lock_guard lock(server_->mutex);
  return server_->peak;
}

std::vector<std::string> http2_server::violations() const {
  std::lock_guard lock(server_->mutex);
  return server_->violations;
}

bool http2_server::wait_until(const std::function<bool()>& wanted, std::chrono::milliseconds limit) const {
  const auto end = clock::now() + limit;
  while (!wanted()) {
    std::unique_lock lock(server_->mutex);
    if (clock::now() >= end)
      return false;
    // Whatever `wanted` asks may have changed between its answer and the lock.
    server_->changed.wait_for(lock, std::chrono::milliseconds(20));
  }
  return true;
}

} // namespace belfry::test
