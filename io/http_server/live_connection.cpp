#include "belfry/io/http_server/connection.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <algorithm>
#include <deque>

namespace belfry::io::http {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

/// What waits for one page; a page that takes so little is cut off, and sees all anew when it comes back.
constexpr std::size_t waiting_max = 256 * 1024;
/// Pages say nothing that matters; bytes of one message.
constexpr std::size_t page_message_max = 4 * 1024;
/// A page that is silent is pinged after half of this, and taken for gone after all of it.
constexpr auto idle_max = std::chrono::seconds{60};

/// An open page (/v1/live): takes what the engine says to its person and writes it, until it is gone, cut off, or the
/// server stops.
template <class Stream>
class live_connection final : public connection<Stream> {
public:
  live_connection(core& c, Stream&& stream, live_request asked)
      : connection<Stream>(c, std::move(stream)), asked_(std::move(asked)), socket_(stream_) {}

private:
  using base = connection<Stream>;
  using base::core_, base::news_, base::stream_, base::interruptible_;

  task<void> run() override {
    websocket::stream_base::timeout limits{core_.settings.headers, idle_max, true};
    socket_.set_option(limits);
    socket_.set_option(websocket::stream_base::decorator([this](websocket::response_type& r) {
      for (const auto& [name, value] : common_headers(asked_.head, core_.opts.http))
        r.set(name, value);
      if (!asked_.protocol.empty())
        r.set(beast::http::field::sec_websocket_protocol, asked_.protocol);
    }));
    socket_.read_message_max(page_message_max);
    auto [e] = co_await socket_.async_accept(asked_.request, quietly);
    core_.answered(asked_.route, e ? 400 : 101);
    asked_.request = {};
    if (e) {
      this->close();
      co_return;
    }
    join();
    if (asked_.expires_at != 0)
      expires_at_ = std::chrono::steady_clock::now()
                    + std::chrono::milliseconds{std::max<millis>(asked_.expires_at - wall_now(), 0)};
    interruptible_ = true;
    asio::co_spawn(
        stream_.get_executor(), [this, alive = this->shared_from_this()] { return watch(); }, asio::detached);
    co_await pump();
    interruptible_ = false;
    page_.reset();
    core_.live_pages.set(static_cast<double>(--core_.pages));
    if (!gone_ && !cut_off_) {
      websocket::close_reason why{websocket::close_code::going_away};
      if (expired())
        why = {websocket::close_code::policy_error, "the token has expired"};
      co_await socket_.async_close(why, quietly);
    }
    this->close();
  }

  void join() {
    core_.live_pages.set(static_cast<double>(++core_.pages));
    page_ = core_.handlers.service.open_page(
        asked_.person, [server = core_.back, weak = this->weak_from_this()](const page_message& m) {
          server->post([weak, text = to_json(m)]() mutable {
            if (auto alive = weak.lock()) {
              auto& self = static_cast<live_connection&>(*alive);
              asio::dispatch(self.stream_.get_executor(),
                             [alive, &self, text = std::move(text)]() mutable { self.add(std::move(text)); });
            }
          });
        });
  }

  void add(std::string text) {
    waiting_bytes_ += text.size();
    waiting_.push_back(std::move(text));
    if (waiting_bytes_ > waiting_max && !std::exchange(cut_off_, true)) {
      core_.live_cut_off.increment();
      // The write under way would wait for the page.
      this->close();
    }
    news_.cancel();
  }

  /// Answers pings, and notices that the page went away; whatever it says is ignored.
  task<void> watch() {
    beast::flat_buffer scrap;
    for (boost::system::error_code e; !e;) {
      std::tie(e, std::ignore) = co_await socket_.async_read(scrap, quietly);
      scrap.clear();
    }
    gone_ = true;
    news_.cancel();
  }

  /// A page that comes back brings a new token.
  bool expired() const { return std::chrono::steady_clock::now() >= expires_at_; }
  bool over() { return cut_off_ || gone_ || expired() || this->stopping() || !this->socket().is_open(); }

  task<void> pump() {
    socket_.text(true);
    while (!over()) {
      if (waiting_.empty()) {
        news_.expires_at(expires_at_);
        co_await news_.async_wait(quietly);
        continue;
      }
      auto text = std::move(waiting_.front());
      waiting_.pop_front();
      auto [e, n] = co_await socket_.async_write(asio::buffer(text), quietly);
      waiting_bytes_ -= text.size();
      if (e)
        break;
    }
  }

  live_request asked_;
  websocket::stream<Stream&> socket_;
  std::shared_ptr<void> page_;
  std::deque<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::chrono::steady_clock::time_point expires_at_ = std::chrono::steady_clock::time_point::max();
  bool gone_ = false;
  bool cut_off_ = false;
};

} // namespace

void open_live(core& c, tcp::socket&& stream, live_request asked) {
  std::make_shared<live_connection<tcp::socket>>(c, std::move(stream), std::move(asked))->start();
}

void open_live(core& c, tls_stream&& stream, live_request asked) {
  std::make_shared<live_connection<tls_stream>>(c, std::move(stream), std::move(asked))->start();
}

} // namespace belfry::io::http
