#include "belfry/io/http_server/connection.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>

#include <charconv>

namespace belfry::io::http {

namespace {

using clock = std::chrono::steady_clock;

/// Bytes of events that are written at once.
constexpr std::size_t stream_write_max = 64 * 1024;

response too_many_readers() {
  auto out = problem_response(503, "too_many_readers", "too many readers of the stream");
  out.headers.emplace_back("Retry-After", "5");
  return out;
}

/// A reader of /v1/stream: takes from its queue and writes, until it is gone, cut off, or the server stops.
template <class Stream>
class stream_connection final : public connection<Stream> {
public:
  stream_connection(core& c, Stream&& stream, request_head asked, std::string_view route)
      : connection<Stream>(c, std::move(stream)), asked_(std::move(asked)), route_(route) {}

private:
  using base = connection<Stream>;
  using base::core_, base::news_, base::stream_, base::interruptible_;

  task<void> run() override {
    join();
    auto first = reader_ ? response{200, std::string{stream_type}, {}, {}} : too_many_readers();
    core_.answered(route_, first.status);
    auto text = head_text(first, asked_, core_.opts.http, false) + (reader_ ? ": hello\n\n" : first.body);
    if (reader_)
      co_await serve(text);
    else
      co_await this->write_text(text);
    co_await this->finish(false);
  }

  /// Digits and nothing else; what is no id of ours is as if there were none.
  std::optional<std::uint64_t> last_seen() const {
    std::uint64_t id = 0;
    const auto& text = asked_.last_event_id;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), id);
    return wrong == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional{id} : std::nullopt;
  }

  void join() {
    reader_ = core_.hub->join(
        [server = core_.back, weak = this->weak_from_this()] {
          server->post([weak] {
            if (auto alive = weak.lock())
              asio::dispatch(static_cast<stream_connection&>(*alive).stream_.get_executor(),
                             [alive] { static_cast<stream_connection&>(*alive).wake(); });
          });
        },
        last_seen());
    awake_ = reader_ != nullptr;
  }

  task<void> serve(std::string_view greeting) {
    core_.stream_readers.set(static_cast<double>(core_.hub->readers()));
    interruptible_ = true;
    co_await pump(greeting);
    interruptible_ = false;
    if (reader_->cut_off() && !this->stopping())
      core_.stream_cut_off.increment();
    core_.hub->leave(reader_);
    core_.stream_readers.set(static_cast<double>(core_.hub->readers()));
    this->close();
  }

  void wake() {
    awake_ = true;
    news_.cancel();
    // A reader that is cut off most likely takes nothing: the write under way would wait for it.
    if (reader_ && reader_->cut_off())
      this->cancel_io();
  }

  /// Notices that the reader went away; whatever it sends is ignored.
  task<void> watch() {
    std::array<char, 512> scrap{};
    for (boost::system::error_code e; !e;)
      std::tie(e, std::ignore) = co_await stream_.async_read_some(asio::buffer(scrap), quietly);
    gone_ = true;
    wake();
  }

  bool over() { return reader_->cut_off() || gone_ || this->stopping() || !this->socket().is_open(); }

  task<void> pump(std::string_view greeting) {
    std::string text{greeting};
    asio::co_spawn(
        stream_.get_executor(), [this, alive = this->shared_from_this()] { return watch(); }, asio::detached);
    while (!over()) {
      auto written = co_await this->write_text(text);
      if (!written)
        break;
      auto quiet_until = clock::now() + core_.settings.heartbeat;
      text = reader_->take(stream_write_max);
      while (text.empty() && !over() && clock::now() < quiet_until) {
        news_.expires_at(quiet_until);
        if (!std::exchange(awake_, false))
          co_await news_.async_wait(quietly);
        text = reader_->take(stream_write_max);
      }
      if (text.empty())
        text = ": still here\n\n";
    }
  }

  const request_head asked_;
  const std::string_view route_;
  std::shared_ptr<stream_reader> reader_;
  bool awake_ = false;
  bool gone_ = false;
};

} // namespace

void open_stream(core& c, tcp::socket&& stream, request_head asked, std::string_view route) {
  std::make_shared<stream_connection<tcp::socket>>(c, std::move(stream), std::move(asked), route)->start();
}

void open_stream(core& c, tls_stream&& stream, request_head asked, std::string_view route) {
  std::make_shared<stream_connection<tls_stream>>(c, std::move(stream), std::move(asked), route)->start();
}

} // namespace belfry::io::http
