#include "belfry/tests/support/providers/webhook_sink.hpp"

#include "belfry/tests/support/providers/sink_session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <stdexcept>
#include <thread>

namespace belfry::test {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

struct webhook_sink::server {
  explicit server(sink_settings settings) : log(std::move(settings)), acceptor(io) {
    const auto& s = log.settings;
    if (s.tls) {
      tls.emplace(asio::ssl::context::tls_server);
      tls->use_certificate_chain(asio::buffer(s.tls->chain));
      tls->use_private_key(asio::buffer(s.tls->key), asio::ssl::context::pem);
    }
    tcp::endpoint where(asio::ip::make_address(s.address), s.port);
    acceptor.open(where.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(where);
    acceptor.listen(4096);
    port = acceptor.local_endpoint().port();
    accept();
    thread = std::thread([this] { io.run(); });
  }

  ~server() {
    io.stop();
    thread.join();
  }

  void accept() {
    acceptor.async_accept([this](boost::system::error_code e, tcp::socket socket) {
      if (e == asio::error::operation_aborted)
        return;
      if (!e) {
        {
          std::lock_guard lock(log.mutex);
          ++log.connections;
        }
        serve(std::move(socket), tls ? &*tls : nullptr, log);
      }
      accept();
    });
  }

  // The log and the TLS context are used by what the I/O context still holds when it goes.
  sink_log log;
  std::optional<asio::ssl::context> tls;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  std::thread thread;
};

webhook_sink::webhook_sink(sink_settings settings) : server_(std::make_unique<server>(std::move(settings))) {}

webhook_sink::~webhook_sink() = default;

std::uint16_t webhook_sink::port() const {
  return server_->port;
}

std::string webhook_sink::url(const std::string& path) const {
  const auto& s = server_->log.settings;
  const auto host = s.address.find(':') == s.address.npos ? s.address : "[" + s.address + "]";
  return (s.tls ? "https://" : "http://") + host + ":" + std::to_string(port()) + path;
}

std::uint64_t webhook_sink::count() const {
  std::lock_guard lock(server_->log.mutex);
  return server_->log.count;
}

std::uint64_t webhook_sink::connections() const {
  std::lock_guard lock(server_->log.mutex);
  return server_->log.connections;
}

std::uint64_t webhook_sink::violations() const {
  std::lock_guard lock(server_->log.mutex);
  return server_->log.violations;
}

std::vector<std::string> webhook_sink::violation_texts() const {
  std::lock_guard lock(server_->log.mutex);
  return server_->log.violation_texts;
}

std::vector<received_request> webhook_sink::requests() const {
  std::lock_guard lock(server_->log.mutex);
  return server_->log.requests;
}

void webhook_sink::clear() {
  auto& log = server_->log;
  std::lock_guard lock(log.mutex);
  log.requests.clear();
  log.violation_texts.clear();
  log.count = log.violations = log.connections = 0;
}

bool webhook_sink::wait_for(std::uint64_t count, std::chrono::milliseconds limit) const {
  return wait_until([&](const auto&) { return server_->log.count >= count; }, limit);
}

bool webhook_sink::wait_until(const std::function<bool(const std::vector<received_request>&)>& wanted,
                              std::chrono::milliseconds limit) const {
  const auto& log = server_->log;
  std::unique_lock lock(log.mutex);
  ++log.waiters;
  const bool there = log.changed.wait_for(lock, limit, [&] { return wanted(log.requests); });
  --log.waiters;
  return there;
}

} // namespace belfry::test
