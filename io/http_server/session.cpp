#include "belfry/io/http_server/access.hpp"
#include "belfry/io/http_server/connection.hpp"
#include "belfry/messages/validate.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <limits>

namespace belfry::io::http {

namespace beast = boost::beast;
namespace bhttp = beast::http;

namespace {

using boost::system::error_code;
using clock = std::chrono::steady_clock;

/// Bytes that a connection holds of what was read but not yet understood.
constexpr std::size_t buffer_max = 256 * 1024;
/// A body that nobody wants is read (and the connection kept) up to this size.
constexpr std::size_t unwanted_body_max = 64 * 1024;

/// The first byte that is not blank, or 0.
char first_byte(std::string_view body) {
  auto i = body.find_first_not_of(" \t\r\n");
  return i == std::string_view::npos ? '\0' : body[i];
}

constexpr auto head_size_unknown = std::numeric_limits<std::size_t>::max();

/// Where the empty line behind the headers ends, lines ended by a line feed alone included, so that what is no HTTP is
/// found out at once; npos: not yet. The first `seen` bytes were looked at before.
std::size_t end_of_head(std::string_view text, std::size_t seen) {
  for (auto at = text.find('\n', seen < 2 ? 0 : seen - 2); at != text.npos; at = text.find('\n', at + 1)) {
    auto rest = text.substr(at + 1);
    if (rest.starts_with("\r\n"))
      return at + 3;
    if (rest.starts_with("\n"))
      return at + 2;
  }
  return text.npos;
}

/// A header field over several lines (RFC 9112 5.2).
bool has_folded_line(std::string_view head) {
  return head.find("\n ") != head.npos || head.find("\n\t") != head.npos;
}

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

/// A connection of requests: reads one, judges its head, reads its body, asks a handler, writes the answer, goes on.
template <class Stream>
class session final : public connection<Stream> {
public:
  template <class... Args>
  explicit session(core& c, Args&&... args)
      : connection<Stream>(c, Stream{std::forward<Args>(args)...}), buffer_(buffer_max) {}

private:
  using base = connection<Stream>;
  using base::arm, base::stopping, base::write_text;
  using base::core_, base::deadline_, base::interruptible_, base::news_, base::stream_;
  using parser = bhttp::request_parser<bhttp::string_body>;

  task<void> run() override {
    error_code ignored;
    this->socket().set_option(tcp::no_delay{true}, ignored);
    if constexpr (base::is_tls) {
      arm(core_.settings.headers);
      auto [e] = co_await stream_.async_handshake(asio::ssl::stream_base::server, quietly);
      if (e)
        co_return this->close();
    }
    auto more = true;
    while (more) {
      more = co_await await_request();
      if (more)
        more = co_await serve_request();
    }
    co_await this->finish(unread_);
  }

  /// Waits for the first byte of a request. False: the connection is over.
  task<bool> await_request() {
    drop_blank_lines();
    if (buffer_.size() > 0 && !stopping())
      co_return true;
    interruptible_ = true;
    arm(core_.opts.http.idle_timeout);
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

  /// From the first byte of a request to the last of its answer. False: close.
  task<bool> serve_request() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.settings.headers_max));
    parser_->body_limit(boost::none);
    parser_->eager(true);
    head_ = {};
    route_ = "none";
    arm(core_.settings.headers);
    auto head = co_await await_head();
    if (head == head_size_unknown)
      co_return co_await head_failed({});
    if (head > core_.settings.headers_max)
      co_return co_await head_failed(bhttp::error::header_limit);
    if (has_folded_line(buffered().substr(0, head))) {
      auto folded = problem_response(400, "bad_input", "a header line begins with a blank; folding is not allowed");
      co_return co_await refuse(std::move(folded));
    }
    auto [e, n] = co_await bhttp::async_read_header(stream_, buffer_, *parser_, quietly);
    if (e)
      co_return co_await head_failed(e);
    read_head();
    if (!has_clear_end(head_)) {
      auto unclear =
          problem_response(400, "bad_input", "the only Transfer-Encoding known is chunked, in HTTP/1.1, once");
      co_return co_await refuse(std::move(unclear));
    }
    auto verdict = judge(head_, core_.opts.http, base::is_tls, wall_now());
    route_ = verdict.route;
    auto* early = std::get_if<response>(&verdict.what);
    if (early != nullptr)
      co_return co_await answer_early(std::move(*early));
    auto& good = std::get<admitted>(verdict.what);
    co_return co_await serve_admitted(std::move(good));
  }

  std::string_view buffered() const { return {static_cast<const char*>(buffer_.data().data()), buffer_.size()}; }

  /// Reads until all of the head is in the buffer; its size, the empty line included. One above the bound: it is
  /// longer. `head_size_unknown`: the connection ended, or time ran out.
  task<std::size_t> await_head() {
    for (std::size_t seen = 0;;) {
      auto text = buffered();
      if (auto end = end_of_head(text, seen); end != std::string_view::npos)
        co_return end;
      if (text.size() > core_.settings.headers_max)
        co_return core_.settings.headers_max + 1;
      seen = text.size();
      auto [e, n] = co_await stream_.async_read_some(buffer_.prepare(4096), quietly);
      if (e || n == 0)
        co_return head_size_unknown;
      buffer_.commit(n);
    }
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
    auto ended = !e || e == bhttp::error::end_of_stream || e == bhttp::error::partial_message;
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
    head_.last_event_id = std::string{m["Last-Event-ID"]};
    head_.protocols = field(bhttp::field::sec_websocket_protocol);
    if (head_.authorization.empty() && head_.target.starts_with("/v1/live"))
      head_.authorization = authorization_of_protocols(head_.protocols);
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
    if (a.what->socket)
      co_return co_await serve_socket(std::move(a));
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

  /// The connection goes on as a stream; for HEAD, it ends with the head of one.
  task<bool> serve_stream() {
    keep_alive_ = false;
    if (head_.method == "HEAD") {
      response head_only{200, std::string{stream_type}, {}, {}};
      co_return co_await write(std::move(head_only));
    }
    deadline_.disarm();
    open_stream(core_, std::move(stream_), std::move(head_), route_);
    co_return false;
  }

  /// The connection goes on as the WebSocket of a page.
  task<bool> serve_socket(admitted a) {
    auto person = page_of(a);
    if (!person) {
      auto wrong = error_response(person.error());
      co_return co_await write(std::move(wrong));
    }
    if (a.who.person && *a.who.person != *person) {
      auto other = problem_response(403, "forbidden", "a person's token opens only that person's own routes");
      co_return co_await write(std::move(other));
    }
    if (is_foreign_origin(head_.origin, head_.host, base::is_tls, core_.opts.http.allowed_origins)) {
      auto foreign = problem_response(403, "forbidden", "pages of this origin are not allowed (http.allowedOrigins)");
      co_return co_await write(std::move(foreign));
    }
    if (head_.method == "HEAD" || !beast::websocket::is_upgrade(parser_->get())) {
      auto plain =
          problem_response(426, "upgrade_required", "this is a WebSocket: the request must ask for an upgrade");
      plain.headers.emplace_back("Upgrade", "websocket");
      co_return co_await write(std::move(plain));
    }
    keep_alive_ = false;
    deadline_.disarm();
    std::string protocol = head_.protocols.find(live_protocol) == std::string::npos ? "" : std::string{live_protocol};
    open_live(core_, std::move(stream_),
              live_request{std::move(head_), std::move(*person), a.who.expires_at, route_, std::move(protocol),
                           parser_->release()});
    co_return false;
  }

  /// Whose page it is: a person's token says so, all others must.
  result<person_id> page_of(const admitted& a) const {
    std::optional<person_id> asked;
    for (const auto& [name, value] : a.query) {
      if (name != "person" || asked || !wrong_id(value).empty())
        return error{ec::bad_input,
                     "a query parameter is not valid",
                     {{"/" + name, "is not allowed; the only parameter is person, one id, given once"}}};
      asked = value;
    }
    if (asked)
      return *asked;
    if (a.who.person)
      return *a.who.person;
    return error{ec::bad_input,
                 "the person is missing",
                 {{"/person", "is missing; it may be left out only with a person's token"}}};
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
        co_return error_response({ec::overloaded, "too many request bodies are being read; try again", {}});
    }
    deadline_.disarm();
    if (body.size() > object_max && first_byte(body) != '[')
      co_return too_large(object_max);
    co_return std::nullopt;
  }

  static response too_large(std::size_t max) {
    return error_response({ec::too_large, "the body may have at most " + std::to_string(max) + " bytes", {}});
  }

  /// The interim answer that a careful client waits for. False: it could not be sent.
  task<bool> send_continue() {
    if (head_.expect.empty() || head_.version < 11)
      co_return true;
    co_return co_await write_text("HTTP/1.1 100 Continue\r\n\r\n");
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
      if (auto alive = weak.lock())
        static_cast<session&>(*alive).take_answer(number, std::move(r));
    };
    deadline_.disarm();
    answer_.reset();
    a.what->serve(core_.handlers, x);
    auto until = clock::now() + core_.settings.answer;
    while (!answer_ && clock::now() < until && this->socket().is_open()) {
      news_.expires_at(until);
      co_await news_.async_wait(quietly);
    }
    ++asked_;
    if (answer_)
      co_return std::move(*answer_);
    co_return error_response({ec::store_unavailable,
                              "no answer in time; the request may have taken effect: repeat it with the same ids",
                              {}});
  }

  /// On any thread of the server.
  void take_answer(std::uint64_t number, response r) {
    asio::dispatch(stream_.get_executor(),
                   [this, alive = this->shared_from_this(), number, r = std::move(r)]() mutable {
                     if (number != asked_)
                       return;
                     answer_ = std::move(r);
                     news_.cancel();
                   });
  }

  /// Writes an answer. False: the connection ends.
  task<bool> write(response r) {
    if (stopping())
      keep_alive_ = false;
    auto text = head_text(r, head_, core_.opts.http, keep_alive_);
    if (head_.method != "HEAD")
      text += r.body;
    auto written = co_await write_text(text);
    core_.answered(route_, r.status);
    core_.seconds.observe(std::chrono::duration<double>(clock::now() - begun_).count());
    co_return written&& keep_alive_;
  }

  /// Writes an answer and ends the connection, though the client may still be sending.
  task<bool> refuse(response r) {
    keep_alive_ = false;
    unread_ = true;
    co_await write(std::move(r));
    co_return false;
  }

  beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  request_head head_;
  std::string_view route_ = "none";
  clock::time_point begun_ = clock::now();
  std::optional<response> answer_;
  /// Grows with each question and each end of waiting, so that a late answer finds nobody.
  std::uint64_t asked_ = 0;
  body_share* share_ = nullptr;
  bool keep_alive_ = false;
  /// The client may still be sending.
  bool unread_ = false;
};

} // namespace

void open_session(core& c, tcp::socket socket) {
  if (auto tls = std::atomic_load(&c.tls))
    std::make_shared<session<tls_stream>>(c, std::move(socket), *tls)->start();
  else
    std::make_shared<session<tcp::socket>>(c, std::move(socket))->start();
}

} // namespace belfry::io::http
