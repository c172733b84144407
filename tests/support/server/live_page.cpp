#include "belfry/tests/support/server/live_page.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace belfry::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

struct live_page::page {
  explicit page(const request& r) {
    auto authority = r.base.substr(r.base.find("//") + 2);
    auto colon = authority.find(':');
    asio::ip::tcp::resolver resolver{context};
    asio::connect(socket.next_layer(), resolver.resolve(authority.substr(0, colon), authority.substr(colon + 1)));
    socket.set_option(websocket::stream_base::decorator([&](websocket::request_type& q) {
      if (!r.protocols.empty())
        q.set(beast::http::field::sec_websocket_protocol, r.protocols);
      if (!r.authorization.empty())
        q.set(beast::http::field::authorization, r.authorization);
      if (!r.origin.empty())
        q.set(beast::http::field::origin, r.origin);
    }));
    websocket::response_type answer;
    boost::system::error_code e;
    socket.handshake(answer, authority, "/v1/live" + r.query, e);
    status = answer.result_int();
    protocol = std::string{answer[beast::http::field::sec_websocket_protocol]};
    if (!e)
      reader = std::thread{[this] { read(); }};
    else
      closed = true;
  }

  ~page() {
    boost::system::error_code ignored;
    socket.next_layer().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    if (reader.joinable())
      reader.join();
  }

  void read() {
    for (;;) {
      beast::flat_buffer buffer;
      boost::system::error_code e;
      socket.read(buffer, e);
      std::lock_guard guard{mutex};
      if (e) {
        closed = true;
        changed.notify_all();
        return;
      }
      messages.push_back(json::parse(beast::buffers_to_string(buffer.data()), nullptr, false));
      changed.notify_all();
    }
  }

  asio::io_context context;
  websocket::stream<asio::ip::tcp::socket> socket{context};
  int status = 0;
  std::string protocol;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<json> messages;
  bool closed = false;
  std::thread reader;
};

live_page::live_page(const request& r) : page_(std::make_unique<page>(r)) {}

live_page::~live_page() = default;

int live_page::status() const {
  return page_->status;
}

std::string live_page::protocol() const {
  return page_->protocol;
}

std::vector<json> live_page::messages() const {
  std::lock_guard guard{page_->mutex};
  return page_->messages;
}

bool live_page::wait_until(const std::function<bool(const std::vector<json>&)>& wanted,
                           std::chrono::milliseconds limit) const {
  std::unique_lock guard{page_->mutex};
  return page_->changed.wait_for(guard, limit, [&] { return wanted(page_->messages); });
}

json live_page::wait_for(const std::string& type, std::chrono::milliseconds limit) const {
  json out(json::value_t::discarded);
  wait_until(
      [&](const std::vector<json>& all) {
        for (const auto& m : all) {
          if (m.is_object() && m.value("type", "") == type) {
            out = m;
            return true;
          }
        }
        return false;
      },
      limit);
  return out;
}

bool live_page::wait_closed(std::chrono::milliseconds limit) const {
  std::unique_lock guard{page_->mutex};
  return page_->changed.wait_for(guard, limit, [&] { return page_->closed; });
}

} // namespace belfry::test
