#include "belfry/io/http2_client/session.hpp"

#include "belfry/io/outbound/header_rules.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace belfry::io::http2 {

namespace {

constexpr std::size_t body_max = 64 * 1024;
/// Of the header of an answer so much is kept; what sends more than the second is reset.
constexpr std::size_t header_kept_max = 16 * 1024;
constexpr std::size_t header_max = 256 * 1024;
/// What a field counts beside its text (RFC 9113 6.5.2), so that many short ones are bounded too.
constexpr std::size_t field_overhead = 32;
constexpr std::size_t farewell_max = 1024;
/// Answers of all streams together: many small ones must not wait for our acknowledgement.
constexpr std::int32_t connection_window = 1 << 20;

std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

nghttp2_nv field(std::string_view name, std::string_view value, bool indexed = true) {
  // The library reads what these point to, and copies it.
  auto* n = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  auto* v = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  return {n, v, name.size(), value.size(),
          static_cast<std::uint8_t>(indexed ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX)};
}

/// Requests of these methods say how long their body is.
bool has_body(const http_request& r) {
  return !r.body.empty() || r.method == "POST" || r.method == "PUT";
}

} // namespace

struct session::callbacks {
  static session& self(void* x) { return *static_cast<session*>(x); }

  static exchange* of(nghttp2_session* s, std::int32_t stream) {
    return static_cast<exchange*>(nghttp2_session_get_stream_user_data(s, stream));
  }

  static int on_begin_headers(nghttp2_session* s, const nghttp2_frame* frame, void*) {
    // After a provisional answer another header follows, which counts alone.
    if (auto* x = of(s, frame->hd.stream_id); x != nullptr && !x->answered)
      x->answer = {};
    return 0;
  }

  static int on_header(nghttp2_session* s, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void*) {
    auto* x = of(s, frame->hd.stream_id);
    if (x == nullptr)
      return 0;
    x->header_bytes += name_size + value_size + field_overhead;
    if (x->header_bytes > header_max)
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    // Behind the body come trailers, which nobody asks for.
    if (!x->answered && x->header_bytes <= header_kept_max)
      keep(x->answer, text(name, name_size), text(value, value_size));
    return 0;
  }

  static void keep(http_answer& a, std::string_view name, std::string_view value) {
    if (name == ":status") {
      std::from_chars(value.data(), value.data() + value.size(), a.status);
      return;
    }
    if (name == "retry-after")
      a.retry_after = std::string(value);
    a.headers.emplace_back(name, value);
  }

  static int on_data(nghttp2_session* s, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                     void* me) {
    auto* x = of(s, stream);
    if (x == nullptr)
      return 0;
    const auto room = body_max - x->answer.body.size();
    x->answer.body.append(text(data, std::min(room, size)));
    if (size > room) {
      // The status is known, and the rest of the body would be dropped anyway.
      self(me).cancel(*x);
      self(me).ended_.push_back({x, ending::answered});
    }
    return 0;
  }

  static int on_frame(nghttp2_session* s, const nghttp2_frame* frame, void* me) {
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      if (auto* x = of(s, frame->hd.stream_id); x != nullptr && x->answer.status >= 200)
        x->answered = true;
      break;
    case NGHTTP2_SETTINGS:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
        self(me).ready_ = true;
      break;
    case NGHTTP2_GOAWAY: {
      auto& said = frame->goaway;
      const auto size = std::min<std::size_t>(said.opaque_data_len, farewell_max);
      self(me).farewell_ = farewell{said.error_code, std::string(text(said.opaque_data, size))};
      break;
    }
    default:
      break;
    }
    return 0;
  }

  static int on_close(nghttp2_session* s, std::int32_t stream, std::uint32_t code, void* me) {
    auto* x = of(s, stream);
    if (x == nullptr)
      return 0;
    // The library ends streams above the last one of a GOAWAY, and those it could not begin, by this code too.
    const auto how = x->answered                      ? ending::answered
                     : code == NGHTTP2_REFUSED_STREAM ? ending::unprocessed
                                                      : ending::broken;
    self(me).end(*x, how);
    return 0;
  }

  static ssize_t read_body(nghttp2_session* s, std::int32_t stream, std::uint8_t* out, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source*, void*) {
    auto* x = of(s, stream);
    if (x == nullptr)
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const auto& body = x->job.request.body;
    const auto n = std::min(size, body.size() - x->body_sent);
    std::copy_n(body.data() + x->body_sent, n, out);
    x->body_sent += n;
    if (x->body_sent == body.size())
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  }

  /// The same for all sessions, made once.
  static const nghttp2_session_callbacks* table() {
    static const auto* const made = [] {
      nghttp2_session_callbacks* out = nullptr;
      nghttp2_session_callbacks_new(&out);
      nghttp2_session_callbacks_set_on_begin_headers_callback(out, on_begin_headers);
      nghttp2_session_callbacks_set_on_header_callback(out, on_header);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(out, on_data);
      nghttp2_session_callbacks_set_on_frame_recv_callback(out, on_frame);
      nghttp2_session_callbacks_set_on_stream_close_callback(out, on_close);
      return out;
    }();
    return made;
  }
};

session::session(std::size_t streams_max) : streams_max_(streams_max) {
  nghttp2_session_client_new(&session_, callbacks::table(), this);
  const std::array settings{
      nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, header_kept_max},
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window);
}

session::~session() {
  nghttp2_session_del(session_);
}

bool session::receive(std::string_view bytes) {
  const auto taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return taken >= 0 && (nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0);
}

bool session::produce(std::string& out, std::size_t limit) {
  while (out.size() < limit) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &data);
    if (size < 0)
      return false;
    if (size == 0)
      break;
    out.append(text(data, static_cast<std::size_t>(size)));
  }
  return nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0;
}

bool session::has_output() const {
  return nghttp2_session_want_write(session_) != 0;
}

bool session::leaving() const {
  return farewell_ || nghttp2_session_check_request_allowed(session_) == 0;
}

std::size_t session::free_streams() const {
  if (!ready_ || leaving())
    return 0;
  const std::size_t offered = nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  const auto limit = std::min(offered, streams_max_);
  return limit - std::min(limit, open_.size());
}

bool session::begin(exchange& x) {
  const auto& r = x.job.request;
  std::vector<nghttp2_nv> fields;
  fields.reserve(r.headers.size() + 5);
  fields.push_back(field(":method", r.method));
  fields.push_back(field(":scheme", "https"));
  fields.push_back(field(":authority", x.authority));
  fields.push_back(field(":path", x.path));
  bool sized = !has_body(r);
  for (std::size_t i = 0; i < r.headers.size(); ++i) {
    const auto& [name, value] = r.headers[i];
    if (!header_valid(name, value) || connection_header(name))
      return false;
    sized = sized || header_is(name, "content-length");
    fields.push_back(field(name, value, i >= 64 || (r.unindexed >> i & 1) == 0));
  }
  const auto length = std::to_string(r.body.size());
  if (!sized)
    fields.push_back(field("content-length", length));
  nghttp2_data_provider body{};
  body.read_callback = callbacks::read_body;
  x.body_sent = x.header_bytes = 0;
  x.answered = false;
  x.answer = {};
  x.stream =
      nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), r.body.empty() ? nullptr : &body, &x);
  if (x.stream < 0)
    return false;
  x.place = open_.size();
  open_.push_back(&x);
  return true;
}

void session::cancel(exchange& x) {
  nghttp2_session_set_stream_user_data(session_, x.stream, nullptr);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, x.stream, NGHTTP2_CANCEL);
  release(x);
}

void session::abandon() {
  while (!open_.empty()) {
    auto& x = *open_.back();
    nghttp2_session_set_stream_user_data(session_, x.stream, nullptr);
    end(x, x.answered ? ending::answered : ending::broken);
  }
}

void session::ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

void session::say_goodbye() {
  nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
}

std::vector<ended_exchange> session::take_ended() {
  return std::exchange(ended_, {});
}

void session::end(exchange& x, ending how) {
  release(x);
  ended_.push_back({&x, how});
}

void session::release(exchange& x) {
  open_[x.place] = open_.back();
  open_[x.place]->place = x.place;
  open_.pop_back();
  x.stream = 0;
}

} // namespace belfry::io::http2
