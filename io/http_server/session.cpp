#include "belfry/io/http_server/core.hpp"
#include "belfry/io/http_server/gate.hpp"
#include "belfry/io/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <ctime>

namespace belfry::io::http {

namespace beast = boost::beast;
namespace bhttp = beast::http;

namespace {

using boost::system::error_code;
template <class T>
using task = asio::awaitable<T>;
// In a coroutine of g++ 12 a temporary that is an argument of `co_await f(...)` may be destroyed twice, and a
// `co_await` in a condition may be lost: below, both are given names first.
constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
using clock = std::chrono::steady_clock;

/// Bytes that a connection holds of what was read but not yet understood.
constexpr std::size_t buffer_max = 256 * 1024;
/// A body that nobody wants is read (and the connection kept) up to this size.
constexpr std::size_t unwanted_body_max = 64 * 1024;
/// Bytes that are read of a refused connection before it is cut.
constexpr std::size_t linger_max = 64 * 1024 * 1024;
/// Bytes of events that are written to a stream at once.
constexpr std::size_t stream_write_max = 64 * 1024;

constexpr std::string_view stream_type = "text/event-stream";

std::string http_date() {
  auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  auto n = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, n};
}

/// The first byte that is not blank, or 0.
char first_byte(std::string_view body) {
  auto i = body.find_first_not_of(" \t\r\n");
  return i == std::string_view::npos ? '\0' : body[i];
}

/// One deadline for whatever a connection is doing: when it passes, `on_expiry` runs. Moving it later costs nothing.
class deadline {
public:
  deadline(const asio::any_io_executor& ex, std::function<void()> on_expiry)
      : timer_(ex), on_expiry_(std::move(on_expiry)) {}

  /// `owner` keeps what `on_expiry` refers to alive.
  void arm(duration in, std::weak_ptr<session_base> owner) {
    at_ = clock::now() + in;
    armed_ = true;
    expired_ = false;
    if (!waiting_ || at_ < timer_.expiry())
      wait(std::move(owner));
  }
  void disarm() { armed_ = false; }
  bool expired() const { return expired_; }
  void cancel() { timer_.cancel(); }

private:
  void wait(std::weak_ptr<session_base> owner) {
    waiting_ = true;
    timer_.expires_at(at_);
    timer_.async_wait([this, owner = std::move(owner)](error_code e) mutable {
      auto alive = owner.lock();
      if (e || !alive)
        return;
      waiting_ = false;
      if (!armed_)
        return;
      if (clock::now() < at_)
        return wait(std::move(owner));
      armed_ = false;
      expired_ = true;
      on_expiry_();
    });
  }

  asio::steady_timer timer_;
  std::function<void()> on_expiry_;
  clock::time_point at_{};
  bool armed_ = false;
  bool waiting_ = false;
  bool expired_ = false;
};

/// Counts the bytes of one body in the bound over all bodies.
class body_share {
public:
  explicit body_share(core& c) : core_(c) {}
  ~body_share() { core_.body_bytes -= held_; }
  body_share(const body_share&) = delete;
  body_share& operator=(const body_share&) = delete;

  /// False: over the bound.
  bool hold(std::size_t bytes) {
    if (bytes <= held_)
      return true;
    core_.body_bytes += bytes - held_;
    held_ = bytes;
    return core_.body_bytes <= core_.settings.bodies_max;
  }

private:
  core& core_;
  std::size_t held_ = 0;
};

/// One connection: reads a request, judges its head, reads its body, asks a handler, writes the answer, goes on.
/// Everything runs on one strand.
template <class Stream>
class session final : public session_base, public std::enable_shared_from_this<session<Stream>> {
public:
  template <class... Args>
  session(core& c, Args&&... args)
      : core_(c),
        stream_(std::forward<Args>(args)...),
        buffer_(buffer_max),
        deadline_(stream_.get_executor(), [this] { cancel_io(); }),
        answer_ready_(stream_.get_executor()) {}

  ~session() override { core_.left(this); }

  void start() {
    core_.joined(this, this->weak_from_this());
    asio::co_spawn(
        stream_.get_executor(), [self = this->shared_from_this()] { return self->run(); },
        [self = this->shared_from_this()](std::exception_ptr e) {
          self->deadline_.cancel();
          if (e)
            log(log_level::error, "a connection ended by an exception");
        });
  }

  void stop(bool now) override {
    asio::post(stream_.get_executor(), [weak = this->weak_from_this(), now] {
      auto self = weak.lock();
      if (!self)
        return;
      self->stopping_ = true;
      if (now)
        self->close();
      else if (self->interruptible_)
        self->cancel_io();
    });
  }

private:
  static constexpr bool is_tls = !std::is_same_v<Stream, tcp::socket>;
  using parser = bhttp::request_parser<bhttp::string_body>;

  auto& socket() {
    if constexpr (is_tls)
      return stream_.next_layer();
    else
      return stream_;
  }

  void cancel_io() {
    error_code ignored;
    socket().cancel(ignored);
    answer_ready_.cancel();
  }

  void close() {
    error_code ignored;
    socket().close(ignored);
    answer_ready_.cancel();
  }

  void arm(duration in) { deadline_.arm(in, this->weak_from_this()); }

  task<void> run() {
    error_code ignored;
    socket().set_option(tcp::no_delay{true}, ignored);
    if constexpr (is_tls) {
      arm(core_.settings.headers);
      auto [e] = co_await stream_.async_handshake(asio::ssl::stream_base::server, quietly);
      if (e)
        co_return close();
    }
    auto more = true;
    while (more) {
      more = co_await await_request();
      if (more)
        more = co_await serve_request();
    }
    co_await finish();
  }

  /// Waits for the first byte of a request. False: the connection is over.
  task<bool> await_request() {
    drop_blank_lines();
    if (buffer_.size() > 0 && !stopping())
      co_return true;
    interruptible_ = true;
    arm(core_.settings.idle);
    while (!stopping()) {
      auto [e, n] = co_await stream_.async_read_some(buffer_.prepare(4096), quietly);
      if (deadline_.expired())
        core_.timed_out("idle");
      if (e)
        break;
      buffer_.commit(n);
      drop_blank_lines();
      if (buffer_.size() > 0) {
        interruptible_ = false;
        co_return true;
      }
    }
    interruptible_ = false;
    co_return false;
  }

  /// Empty lines before a request are ignored (RFC 9112 2.2).
  void drop_blank_lines() {
    auto text = std::string_view{static_cast<const char*>(buffer_.data().data()), buffer_.size()};
    auto n = text.find_first_not_of("\r\n");
    buffer_.consume(n == std::string_view::npos ? text.size() : n);
  }

  bool stopping() const { return stopping_ || core_.stopping; }

  /// From the first byte of a request to the last of its answer. False: close.
  task<bool> serve_request() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.settings.headers_max));
    parser_->body_limit(boost::none);
    parser_->eager(true);
    head_ = {};
    route_ = "none";
    arm(core_.settings.headers);
    auto [e, n] = co_await bhttp::async_read_header(stream_, buffer_, *parser_, quietly);
    if (e)
      co_return co_await head_failed(e);
    read_head();
    if (!has_clear_end(head_)) {
      auto unclear =
          problem_response(400, "bad_input", "the only Transfer-Encoding known is chunked, in HTTP/1.1, once");
      co_return co_await refuse(std::move(unclear));
    }
    auto verdict = judge(head_, core_.opts.http, is_tls, now());
    route_ = verdict.route;
    auto* early = std::get_if<response>(&verdict.what);
    if (early != nullptr)
      co_return co_await answer_early(std::move(*early));
    auto& good = std::get<admitted>(verdict.what);
    co_return co_await serve_admitted(std::move(good));
  }

  static millis now() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }

  task<bool> head_failed(error_code e) {
    keep_alive_ = false;
    if (deadline_.expired()) {
      core_.timed_out("headers");
      auto late = problem_response(408, "timeout", "the headers took too long");
      co_return co_await refuse(std::move(late));
    }
    if (e == bhttp::error::header_limit || e == bhttp::error::buffer_overflow) {
      auto big = problem_response(431, "headers_too_large", "request line and headers may have 16 KiB in all");
      co_return co_await refuse(std::move(big));
    }
    auto ended = e == bhttp::error::end_of_stream || e == bhttp::error::partial_message;
    if (!ended && e.category() == make_error_code(bhttp::error::bad_method).category()) {
      auto broken = problem_response(400, "bad_input", "this is no HTTP/1.1 request: " + e.message());
      co_return co_await refuse(std::move(broken));
    }
    co_return false;
  }

  void read_head() {
    const auto& m = parser_->get();
    auto field = [&](bhttp::field f) { return std::string{m[f]}; };
    head_.method = std::string{m.method_string()};
    head_.target = std::string{m.target()};
    head_.version = m.version();
    head_.hosts = m.count(bhttp::field::host);
    head_.host = field(bhttp::field::host);
    head_.authorization = field(bhttp::field::authorization);
    head_.origin = field(bhttp::field::origin);
    head_.content_type = field(bhttp::field::content_type);
    head_.content_encoding = field(bhttp::field::content_encoding);
    head_.expect = field(bhttp::field::expect);
    head_.requested_method = field(bhttp::field::access_control_request_method);
    head_.transfer_encodings = m.count(bhttp::field::transfer_encoding);
    head_.transfer_encoding = field(bhttp::field::transfer_encoding);
    keep_alive_ = m.keep_alive();
    begun_ = clock::now();
  }

  /// An answer that needs no body: a small one is read away, behind a big one the connection ends.
  task<bool> answer_early(response r) {
    auto length = parser_->content_length().value_or(0);
    auto small = !parser_->chunked() && length <= unwanted_body_max && head_.expect.empty();
    if (!parser_->is_done() && !small) {
      keep_alive_ = false;
      co_return co_await refuse(std::move(r));
    }
    auto refused = co_await read_body(unwanted_body_max, unwanted_body_max);
    if (refused)
      co_return co_await refuse(std::move(*refused));
    co_return co_await write(std::move(r));
  }

  task<bool> serve_admitted(admitted a) {
    if (a.what->stream)
      co_return co_await serve_stream();
    auto batch = a.what->body == body_kind::events;
    auto object_max = batch && a.ndjson ? core_.settings.batch_max : core_.settings.body_max;
    body_share share{core_};
    share_ = &share;
    auto refused = co_await read_body(object_max, batch ? core_.settings.batch_max : object_max);
    share_ = nullptr;
    if (refused) {
      keep_alive_ = false;
      co_return co_await refuse(std::move(*refused));
    }
    auto r = co_await ask(std::move(a));
    co_return co_await write(std::move(r));
  }

  /// Reads the body: at most `batch_max` bytes when it begins with `[`, else `object_max`. An answer: it was refused.
  task<std::optional<response>> read_body(std::size_t object_max, std::size_t batch_max) {
    if (parser_->is_done())
      co_return std::nullopt;
    auto length = parser_->content_length().value_or(0);
    if (length > batch_max)
      co_return too_large(batch_max);
    auto asked_for = co_await send_continue();
    if (!asked_for)
      co_return problem_response(400, "bad_input", "the connection broke");
    arm(core_.settings.body);
    auto begun = false;
    auto& body = parser_->get().body();
    while (!parser_->is_done()) {
      auto [e, n] = co_await bhttp::async_read_some(stream_, buffer_, *parser_, quietly);
      if (deadline_.expired()) {
        core_.timed_out("body");
        co_return problem_response(408, "timeout", "the body took too long");
      }
      if (e == bhttp::error::need_more)
        e = {};
      if (e)
        co_return problem_response(400, "bad_input", "the body is broken: " + e.message());
      if (!std::exchange(begun, begun || n > 0) && begun)
        arm(core_.settings.body);
      auto first = first_byte(body);
      auto max = first == '[' || first == '\0' ? batch_max : object_max;
      if (body.size() > max || length > max)
        co_return too_large(max);
      if (share_ != nullptr && !share_->hold(body.size()))
        co_return error_response({ec::overloaded, "too many bodies at one time", {}});
    }
    deadline_.disarm();
    if (body.size() > object_max && first_byte(body) != '[')
      co_return too_large(object_max);
    co_return std::nullopt;
  }

  static response too_large(std::size_t max) {
    return error_response({ec::too_large, "the body may have " + std::to_string(max) + " bytes", {}});
  }

  /// The interim answer that a careful client waits for. False: it could not be sent.
  task<bool> send_continue() {
    if (head_.expect.empty() || head_.version < 11)
      co_return true;
    static constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
    arm(core_.settings.write);
    auto [e, n] = co_await asio::async_write(stream_, asio::buffer(text.data(), text.size()), quietly);
    co_return !e;
  }

  /// Has the handler ask the engine, and waits for the answer.
  task<response> ask(admitted a) {
    auto x = std::make_shared<exchange>();
    x->params = std::move(a.params);
    x->query = std::move(a.query);
    x->who = std::move(a.who);
    x->ndjson = a.ndjson;
    x->body = std::move(parser_->get().body());
    x->server = core_.back;
    auto number = ++asked_;
    x->on_answer = [weak = this->weak_from_this(), number](response r) {
      if (auto self = weak.lock())
        self->take_answer(number, std::move(r));
    };
    deadline_.disarm();
    answer_.reset();
    a.what->serve(core_.handlers, x);
    auto until = clock::now() + core_.settings.answer;
    while (!answer_ && clock::now() < until && socket().is_open()) {
      answer_ready_.expires_at(until);
      co_await answer_ready_.async_wait(quietly);
    }
    ++asked_;
    if (answer_)
      co_return std::move(*answer_);
    co_return error_response(
        {ec::store_unavailable, "no answer in time; whether the request took effect is unknown: repeat it", {}});
  }

  /// On any thread of the server.
  void take_answer(std::uint64_t number, response r) {
    asio::dispatch(stream_.get_executor(), [self = this->shared_from_this(), number, r = std::move(r)]() mutable {
      if (number != self->asked_)
        return;
      self->answer_ = std::move(r);
      self->answer_ready_.cancel();
    });
  }

  bhttp::response<bhttp::string_body> make(response r) {
    bhttp::response<bhttp::string_body> out;
    out.version(11);
    out.result(static_cast<unsigned>(r.status));
    out.reason(beast::string_view{phrase(r.status).data(), phrase(r.status).size()});
    out.set(bhttp::field::date, http_date());
    for (const auto& [name, value] : common_headers(head_, core_.opts.http))
      out.insert(name, value);
    for (const auto& [name, value] : r.headers)
      out.insert(name, value);
    if (!r.type.empty())
      out.set(bhttp::field::content_type, r.type);
    out.keep_alive(keep_alive_);
    if (head_.version < 11 && keep_alive_)
      out.set(bhttp::field::connection, "keep-alive");
    // A stream has no length, which HEAD must not make up (RFC 9110 8.6).
    if (r.status != 204 && r.type != stream_type)
      out.content_length(r.body.size());
    if (head_.method != "HEAD")
      out.body() = std::move(r.body);
    return out;
  }

  /// Writes an answer. False: the connection ends.
  task<bool> write(response r) {
    if (stopping())
      keep_alive_ = false;
    auto status = r.status;
    auto message = make(std::move(r));
    arm(core_.settings.write);
    auto [e, n] = co_await bhttp::async_write(stream_, message, quietly);
    if (deadline_.expired())
      core_.timed_out("write");
    deadline_.disarm();
    core_.answered(route_, status);
    core_.seconds.observe(std::chrono::duration<double>(clock::now() - begun_).count());
    co_return !e && keep_alive_;
  }

  /// Writes an answer and ends the connection, though the client may still be sending.
  task<bool> refuse(response r) {
    keep_alive_ = false;
    unread_ = true;
    co_await write(std::move(r));
    co_return false;
  }

  task<void> finish() {
    error_code ignored;
    if (!socket().is_open())
      co_return;
    if constexpr (is_tls) {
      arm(core_.settings.linger);
      co_await stream_.async_shutdown(quietly);
    }
    socket().shutdown(tcp::socket::shutdown_send, ignored);
    if (unread_ && !stopping())
      co_await linger();
    deadline_.disarm();
    close();
  }

  /// Closing on unread bytes would take the answer back (TCP reset): read on for a while.
  task<void> linger() {
    arm(core_.settings.linger);
    std::string scrap(16 * 1024, '\0');
    std::size_t total = 0;
    interruptible_ = true;
    while (!deadline_.expired() && !stopping() && total < linger_max) {
      auto [e, n] = co_await socket().async_read_some(asio::buffer(scrap), quietly);
      total += n;
      if (e)
        break;
    }
    interruptible_ = false;
  }

  // -- /v1/stream -------------------------------------------------------------

  task<bool> serve_stream() {
    keep_alive_ = false;
    if (head_.method == "HEAD") {
      response head_only{200, std::string{stream_type}, {}, {}};
      co_return co_await write(std::move(head_only));
    }
    auto wake = [server = core_.back, weak = this->weak_from_this()] {
      server->post([weak] {
        if (auto self = weak.lock())
          asio::dispatch(self->stream_.get_executor(), [self] { self->wake(); });
      });
    };
    reader_ = core_.hub->join(std::move(wake));
    if (!reader_) {
      auto full = too_many_readers();
      co_return co_await write(std::move(full));
    }
    core_.stream_readers.set(static_cast<double>(core_.hub->readers()));
    core_.answered(route_, 200);
    interruptible_ = true;
    co_await pump(*reader_);
    interruptible_ = false;
    if (reader_->cut_off() && !stopping())
      core_.stream_cut_off.increment();
    core_.hub->leave(reader_);
    core_.stream_readers.set(static_cast<double>(core_.hub->readers()));
    close();
    co_return false;
  }

  static response too_many_readers() {
    auto out = problem_response(503, "too_many_readers", "too many readers of the stream");
    out.headers.emplace_back("Retry-After", "5");
    return out;
  }

  void wake() {
    news_ = true;
    answer_ready_.cancel();
    // A reader that is cut off most likely takes nothing: the write under way would wait for it.
    if (reader_ && reader_->cut_off())
      cancel_io();
  }

  /// Notices that the reader went away; whatever it sends is ignored.
  task<void> watch() {
    std::array<char, 512> scrap{};
    for (error_code e; !e;)
      std::tie(e, std::ignore) = co_await stream_.async_read_some(asio::buffer(scrap), quietly);
    reader_gone_ = true;
    wake();
  }

  std::string stream_head() {
    bhttp::response<bhttp::empty_body> out;
    out.version(11);
    out.result(200);
    out.set(bhttp::field::date, http_date());
    for (const auto& [name, value] : common_headers(head_, core_.opts.http))
      out.insert(name, value);
    out.set(bhttp::field::content_type, stream_type);
    out.set(bhttp::field::connection, "close");
    std::ostringstream text;
    text << out.base();
    return std::move(text).str() + ": hello\n\n";
  }

  /// Until the reader is gone, cut off, or the server stops.
  task<void> pump(stream_reader& reader) {
    asio::co_spawn(
        stream_.get_executor(), [self = this->shared_from_this()] { return self->watch(); }, asio::detached);
    auto text = stream_head();
    auto over = [&] { return reader.cut_off() || reader_gone_ || stopping() || !socket().is_open(); };
    while (!over()) {
      auto written = co_await write_text(text);
      if (!written)
        break;
      auto quiet_until = clock::now() + core_.settings.heartbeat;
      text = reader.take(stream_write_max);
      while (text.empty() && !over() && clock::now() < quiet_until) {
        answer_ready_.expires_at(quiet_until);
        if (!std::exchange(news_, false))
          co_await answer_ready_.async_wait(quietly);
        text = reader.take(stream_write_max);
      }
      if (text.empty())
        text = ": still here\n\n";
    }
  }

  task<bool> write_text(const std::string& text) {
    arm(core_.settings.write);
    auto [e, n] = co_await asio::async_write(stream_, asio::buffer(text), quietly);
    if (deadline_.expired())
      core_.timed_out("write");
    deadline_.disarm();
    co_return !e;
  }

  core& core_;
  Stream stream_;
  beast::flat_buffer buffer_;
  deadline deadline_;
  asio::steady_timer answer_ready_;
  std::optional<parser> parser_;
  request_head head_;
  std::string_view route_ = "none";
  clock::time_point begun_ = clock::now();
  std::optional<response> answer_;
  /// Grows with each question and each end of waiting, so that a late answer finds nobody.
  std::uint64_t asked_ = 0;
  body_share* share_ = nullptr;
  std::shared_ptr<stream_reader> reader_;
  bool keep_alive_ = false;
  /// The client may still be sending.
  bool unread_ = false;
  /// What is being waited for may be broken off without harm.
  bool interruptible_ = false;
  bool stopping_ = false;
  bool news_ = false;
  bool reader_gone_ = false;
};

/// Tells a client that there are too many connections, and reads on for a moment so that it hears it.
task<void> tell_too_many(core& c, tcp::socket socket) {
  static constexpr std::string_view body =
      R"({"type":"urn:belfry:too_many_connections","title":"Service Unavailable","status":503,)"
      R"("detail":"too many connections"})";
  auto text = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\n"
              "Connection: close\r\nContent-Length: "
              + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
  asio::steady_timer limit{socket.get_executor(), std::min<duration>(c.settings.linger, 1s)};
  limit.async_wait([&socket](error_code e) {
    error_code ignored;
    if (!e)
      socket.close(ignored);
  });
  co_await asio::async_write(socket, asio::buffer(text), quietly);
  error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  std::array<char, 4096> scrap{};
  for (error_code e; !e;)
    std::tie(e, std::ignore) = co_await socket.async_read_some(asio::buffer(scrap), quietly);
  limit.cancel();
  --c.refusals;
}

} // namespace

void open_session(core& c, tcp::socket socket) {
  if (c.tls)
    std::make_shared<session<asio::ssl::stream<tcp::socket>>>(c, std::move(socket), *c.tls)->start();
  else
    std::make_shared<session<tcp::socket>>(c, std::move(socket))->start();
}

void refuse_connection(core& c, tcp::socket socket) {
  c.connections_refused.increment();
  if (c.tls || c.refusals >= refusals_max)
    return;
  ++c.refusals;
  auto executor = socket.get_executor();
  asio::co_spawn(executor, tell_too_many(c, std::move(socket)), asio::detached);
}

} // namespace belfry::io::http
