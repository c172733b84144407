#include "belfry/tests/support/providers/sink_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace belfry::test {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using code = boost::system::error_code;

constexpr std::size_t paths_max = 10'000;
constexpr std::size_t texts_max = 100;
constexpr std::uint64_t body_max = 16 * 1024 * 1024;

/// Takes the request over, without a copy of the body.
received_request to_received(http::request<http::string_body>&& r) {
  received_request out;
  out.at = std::chrono::steady_clock::now();
  out.method = std::string(r.method_string());
  out.path = std::string(r.target());
  out.headers.reserve(16);
  for (const auto& field : r)
    out.headers.emplace_back(field.name_string(), field.value());
  out.body = std::move(r.body());
  return out;
}

/// One connection over a plain or a TLS stream; it owns itself through its pending operation.
template <class Stream>
class session : public std::enable_shared_from_this<session<Stream>> {
public:
  session(Stream stream, sink_log& log) : stream_(std::move(stream)), log_(log), timer_(stream_.get_executor()) {}

  void start() {
    if constexpr (std::is_same_v<Stream, tcp::socket>)
      read();
    else
      stream_.async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](code e) {
        if (!e)
          self->read();
      });
  }

private:
  void read() {
    parser_.emplace();
    parser_->body_limit(body_max);
    http::async_read(stream_, buffer_, *parser_, [self = this->shared_from_this()](code e, std::size_t) {
      if (!e)
        self->act();
    });
  }

  void act() {
    keep_ = parser_->keep_alive();
    std::string body;
    action_ = log_.decide(to_received(parser_->release()), body);
    out_ = answer_text(action_, body);
    if (action_.delay.count() == 0)
      return answer();
    timer_.expires_after(action_.delay);
    timer_.async_wait([self = this->shared_from_this()](code e) {
      if (!e)
        self->answer();
    });
  }

  void answer() {
    using what = sink_action::what;
    if (action_.kind == what::close)
      return close();
    if (action_.kind == what::hang)
      return linger();
    asio::async_write(stream_, asio::buffer(out_), [self = this->shared_from_this()](code e, std::size_t) {
      if (!e)
        self->answered();
    });
  }

  void answered() {
    using what = sink_action::what;
    if (action_.kind == what::stall_body)
      return linger();
    if (action_.kind != what::answer || !keep_)
      return close();
    read();
  }

  /// Says nothing more, and ends when the other side does.
  void linger() {
    boost::beast::get_lowest_layer(stream_).async_wait(tcp::socket::wait_read,
                                                       [self = this->shared_from_this()](code) {});
  }

  void close() {
    code ignored;
    boost::beast::get_lowest_layer(stream_).shutdown(tcp::socket::shutdown_both, ignored);
    boost::beast::get_lowest_layer(stream_).close(ignored);
  }

  Stream stream_;
  sink_log& log_;
  asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  sink_action action_;
  std::string out_;
  bool keep_ = true;
};

/// What the plan of faults makes of an action.
void spoil(sink_action& action, const fault& f) {
  using what = sink_action::what;
  switch (f.kind) {
  case fault::what::none:
    return;
  case fault::what::error:
    action = {};
    action.status = f.status;
    return;
  case fault::what::hang:
    action.kind = what::hang;
    return;
  case fault::what::delay:
    action.delay += f.delay;
    return;
  case fault::what::cut:
    action.kind = what::cut_header;
    return;
  }
}

} // namespace

sink_action sink_log::decide(received_request&& r, std::string& body) {
  std::uint64_t before = 0;
  if (r.path.starts_with("/fail-first/") && failed_first_.size() < paths_max)
    before = failed_first_[r.path]++;
  auto action = read_script(r.path, before);
  if (!settings.faults.empty())
    spoil(action, settings.faults.at(number_));
  ++number_;
  std::string why;
  const bool wrong = is_wrong(r, why);
  if (wrong) {
    action = {};
    action.status = 400;
    body = why;
  }
  std::lock_guard lock(mutex);
  ++count;
  violations += wrong ? 1 : 0;
  if (wrong && violation_texts.size() < texts_max)
    violation_texts.push_back(why);
  if (requests.size() < settings.log_max)
    requests.push_back(std::move(r));
  if (waiters > 0)
    changed.notify_all();
  return action;
}

bool sink_log::is_wrong(const received_request& r, std::string& why) const {
  if (!settings.verify_secret)
    return false;
  auto violation = webhook_violation(r, *settings.verify_secret, settings.header_prefix);
  if (violation)
    why = *violation;
  return violation.has_value();
}

void serve(tcp::socket socket, asio::ssl::context* tls, sink_log& log) {
  code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (tls == nullptr)
    return std::make_shared<session<tcp::socket>>(std::move(socket), log)->start();
  using secure = asio::ssl::stream<tcp::socket>;
  std::make_shared<session<secure>>(secure(std::move(socket), *tls), log)->start();
}

} // namespace belfry::test
