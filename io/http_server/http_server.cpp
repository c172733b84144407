#include "belfry/io/http_server/http_server.hpp"

#include "belfry/io/http_server/core.hpp"
#include "belfry/io/http_server/router.hpp"
#include "belfry/io/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/ssl.h>

#include <thread>
#include <vector>

namespace belfry::io {

namespace {

using namespace http;
using boost::system::error_code;

belfry::error wrong(std::string detail) {
  return {ec::bad_input, std::move(detail), {}};
}

/// "host:port" or "[address]:port" in its two parts.
bool split_address(const std::string& text, std::string& host, std::string& port) {
  auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size())
    return false;
  host = text.substr(0, colon);
  port = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return !host.empty() && port.find_first_not_of("0123456789") == std::string::npos && port.size() <= 5;
}

result<tcp::endpoint> resolve(asio::io_context& ctx, const std::string& listen) {
  std::string host, port;
  if (!split_address(listen, host, port))
    return wrong("http.listen: \"" + listen + "\" must be host:port");
  error_code e;
  auto found = tcp::resolver{ctx}.resolve(host, port, tcp::resolver::passive, e);
  if (e || found.empty())
    return wrong("http.listen: \"" + listen + "\" cannot be resolved");
  return found.begin()->endpoint();
}

/// nullptr: the server speaks plain HTTP.
result<std::shared_ptr<asio::ssl::context>> make_tls(const http_options& o) {
  if (o.tls_certificate.empty() && o.tls_key.empty())
    return std::shared_ptr<asio::ssl::context>{};
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(tls->native_handle(), SSL_OP_NO_RENEGOTIATION);
  error_code e;
  tls->use_certificate_chain_file(o.tls_certificate, e);
  if (e)
    return wrong("http.tls.certificate: cannot use " + o.tls_certificate + ": " + e.message());
  tls->use_private_key_file(o.tls_key, asio::ssl::context::pem, e);
  if (e || SSL_CTX_check_private_key(tls->native_handle()) != 1)
    return wrong("http.tls.key: cannot use " + o.tls_key + " for this certificate");
  return tls;
}

/// Waits for connections until the acceptor is closed.
asio::awaitable<void> accept_all(core& c, tcp::acceptor& acceptor) {
  constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
  bool in_trouble = false;
  while (acceptor.is_open()) {
    auto [e, socket] = co_await acceptor.async_accept(asio::make_strand(c.ctx), quietly);
    if (e == asio::error::operation_aborted)
      co_return;
    if (e) {
      // No file descriptors left, most likely: some connection will end.
      c.connections_refused.increment();
      if (!std::exchange(in_trouble, true))
        log(log_level::error, "no connection can be taken", {{"detail", e.message()}});
      asio::steady_timer pause{acceptor.get_executor(), 50ms};
      co_await pause.async_wait(quietly);
      continue;
    }
    if (std::exchange(in_trouble, false))
      log(log_level::info, "connections are taken again");
    if (c.open() >= c.opts.limits.connections) {
      refuse_connection(c, std::move(socket));
    } else {
      open_session(c, std::move(socket));
    }
  }
}

} // namespace

struct http_server::impl {
  impl(const options& o, service& s, telemetry& own, http_settings settings) : all(o, s, own, settings) {
    for (const auto& r : all_routes())
      own.get_counter(metric::http_requests, {r.pattern, r.serve != nullptr || r.stream ? "200"
                                                         : r.socket                     ? "101"
                                                                                        : "501"});
  }

  result<success> load_certificate() {
    auto made = make_tls(all.opts.http);
    if (!made)
      return made.error();
    std::atomic_store(&all.tls, std::move(*made));
    return success{};
  }

  result<success> listen() {
    auto endpoint = resolve(all.ctx, all.opts.http.listen);
    if (!endpoint)
      return endpoint.error();
    if (all.opts.http.tokens.empty() && !endpoint->address().is_loopback())
      return wrong("http.tokens: without tokens the server listens on a loopback address only");
    error_code e;
    acceptor.emplace(asio::make_strand(all.ctx));
    acceptor->open(endpoint->protocol(), e);
    if (!e)
      acceptor->set_option(tcp::acceptor::reuse_address{true}, e);
    if (!e)
      acceptor->bind(*endpoint, e);
    if (!e)
      acceptor->listen(asio::socket_base::max_listen_connections, e);
    if (e)
      return wrong("http.listen: cannot listen on " + all.opts.http.listen + ": " + e.message());
    return success{};
  }

  void run() {
    asio::co_spawn(acceptor->get_executor(), accept_all(all, *acceptor), asio::detached);
    for (unsigned i = 0; i < std::max(1U, all.settings.threads); ++i)
      threads.emplace_back([this] { all.ctx.run(); });
  }

  void each_session(bool now) {
    auto guard = std::lock_guard{all.mutex};
    for (const auto& [raw, handle] : all.sessions)
      if (auto s = handle.lock())
        held.push_back(std::move(s));
    for (const auto& s : held)
      s->stop(now);
  }

  void stop() {
    if (threads.empty())
      return;
    all.stopping = true;
    asio::post(acceptor->get_executor(), [this] {
      error_code ignored;
      acceptor->close(ignored);
    });
    all.hub->close();
    each_session(false);
    held.clear();
    {
      auto guard = std::unique_lock{all.mutex};
      all.changed.wait_for(guard, all.settings.drain, [this] { return all.sessions.empty(); });
    }
    all.back->close();
    all.ctx.stop();
    for (auto& t : threads)
      t.join();
    threads.clear();
    acceptor.reset();
  }

  core all;
  std::optional<tcp::acceptor> acceptor;
  std::vector<std::thread> threads;
  std::vector<std::shared_ptr<session_base>> held;
};

http_server::http_server(const options& o, service& s, telemetry& own, http_settings settings)
    : impl_(std::make_unique<impl>(o, s, own, settings)) {}

http_server::~http_server() {
  stop();
}

result<unsigned short> http_server::start() {
  if (auto done = impl_->load_certificate(); !done)
    return done.error();
  if (auto done = impl_->listen(); !done)
    return done.error();
  auto port = impl_->acceptor->local_endpoint().port();
  impl_->run();
  log(log_level::info, "listening", {{"port", std::to_string(port)}});
  return port;
}

void http_server::reload() {
  if (auto done = impl_->load_certificate(); !done)
    log(log_level::error, "certificate and key stay as they were", {{"detail", done.error().detail}});
  else
    log(log_level::info, "certificate and key were read again");
}

result<success> check_certificate(const http_options& o) {
  auto made = make_tls(o);
  return made ? result<success>{success{}} : made.error();
}

void http_server::stop() {
  impl_->stop();
}

} // namespace belfry::io
