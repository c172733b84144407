#include "belfry/tests/support/providers/http2_peer.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace belfry::test {

namespace {

using step = io::http2::tls_stream::step;
constexpr std::size_t chunk = 16 * 1024;

std::string text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

std::uint8_t* bytes(const std::string& x) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(x.data()));
}

/// The request may be sent again: nobody looked at it.
bool unprocessed(const http2_reply& reply) {
  return reply.kind == http2_reply::what::refuse || reply.kind == http2_reply::what::go_away_before;
}

} // namespace

struct http2_peer::callbacks {
  static http2_peer& self(void* x) { return *static_cast<http2_peer*>(x); }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* me) {
    auto& request = self(me).open_[frame->hd.stream_id].request;
    request.stream = frame->hd.stream_id;
    request.connection = self(me).number_;
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t flags, void* me) {
    auto& request = self(me).open_[frame->hd.stream_id].request;
    auto n = text(name, name_size);
    auto v = text(value, value_size);
    if ((flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0)
      request.not_indexed.push_back(n);
    if (n == ":method")
      request.method = std::move(v);
    else if (n == ":authority")
      request.authority = std::move(v);
    else if (n == ":path")
      request.path = std::move(v);
    else if (n != ":scheme")
      request.headers.emplace_back(std::move(n), std::move(v));
    return 0;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                     void* me) {
    self(me).open_[stream].request.body.append(text(data, size));
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* me) {
    auto& peer = self(me);
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
      peer.events_.on_ping();
    const bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && frame->hd.stream_id <= peer.covered_)
      peer.events_.on_request(peer, std::move(peer.open_[frame->hd.stream_id].request));
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* me) {
    self(me).open_.erase(stream);
    return 0;
  }

  static int on_invalid(nghttp2_session*, const nghttp2_frame* frame, int why, void* me) {
    // The client cannot know yet of a limit that was lowered just now.
    if (why != NGHTTP2_ERR_REFUSED_STREAM)
      self(me).events_.on_violation("frame of type " + std::to_string(frame->hd.type) + ": " + nghttp2_strerror(why));
    return 0;
  }

  static ssize_t read_body(nghttp2_session*, std::int32_t stream, std::uint8_t* out, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source*, void* me) {
    auto& s = self(me).open_[stream];
    const auto n = std::min(size, s.body.size() - s.sent);
    std::memcpy(out, s.body.data() + s.sent, n);
    s.sent += n;
    if (s.sent == s.body.size())
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  }

  static const nghttp2_session_callbacks* table() {
    static const auto* const made = [] {
      nghttp2_session_callbacks* out = nullptr;
      nghttp2_session_callbacks_new(&out);
      nghttp2_session_callbacks_set_on_begin_headers_callback(out, on_begin_headers);
      nghttp2_session_callbacks_set_on_header_callback(out, on_header);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(out, on_data);
      nghttp2_session_callbacks_set_on_frame_recv_callback(out, on_frame);
      nghttp2_session_callbacks_set_on_stream_close_callback(out, on_close);
      nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(out, on_invalid);
      return out;
    }();
    return made;
  }
};

http2_peer::http2_peer(int fd, io::http2::tls_stream tls, const http2_server_settings& settings, std::uint64_t number,
                       const http2_peer_events& events)
    : fd_(fd), tls_(std::move(tls)), settings_(settings), number_(number), events_(events) {}

http2_peer::~http2_peer() {
  if (session_ != nullptr)
    nghttp2_session_del(session_);
  ::close(fd_);
}

bool http2_peer::carry_on() {
  if (frozen_ || settings_.mute)
    return true;
  if (!secured_) {
    const auto s = tls_.handshake();
    blocked_ = s == step::want_write;
    if (s != step::done)
      return s != step::closed;
    secured_ = true;
    begin_session();
  }
  if (!read() || cut_)
    return false;
  if (frozen_)
    return true;
  if (!write())
    return false;
  if (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0)
    linger();
  return true;
}

void http2_peer::linger() {
  // What still comes must be read: a socket closed over it would take back answers that the client has not read yet.
  if (!std::exchange(lingering_, true)) {
    tls_.shut_down();
    ::shutdown(fd_, SHUT_WR);
  }
}

void http2_peer::begin_session() {
  nghttp2_session_server_new(&session_, callbacks::table(), this);
  set_streams_max(settings_.streams_first != 0 ? settings_.streams_first : settings_.streams_max);
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 1 << 24);
}

bool http2_peer::read() {
  for (;;) {
    const auto s = tls_.read(in_);
    if (s != step::done)
      return s != step::closed;
    if (lingering_)
      continue;
    const auto n = nghttp2_session_mem_recv(session_, bytes(in_), in_.size());
    if (n < 0) {
      events_.on_violation(nghttp2_strerror(static_cast<int>(n)));
      return false;
    }
    if (cut_ || frozen_)
      return !cut_;
  }
}

bool http2_peer::write() {
  if (lingering_)
    return true;
  for (;;) {
    if (written_ == out_.size()) {
      out_.clear();
      written_ = 0;
      const std::uint8_t* data = nullptr;
      while (out_.size() < chunk) {
        const auto n = nghttp2_session_mem_send(session_, &data);
        if (n <= 0)
          break;
        out_.append(text(data, static_cast<std::size_t>(n)));
      }
      if (out_.empty())
        return true;
    }
    auto rest = std::string_view(out_).substr(written_);
    const auto s = tls_.write(rest);
    written_ = out_.size() - rest.size();
    if (s != step::done)
      return s != step::closed;
  }
}

void http2_peer::expect(std::int32_t stream, const http2_reply& reply) {
  if (!unprocessed(reply))
    processed_ = std::max(processed_, stream);
}

void http2_peer::act(std::int32_t stream, const http2_reply& reply) {
  switch (reply.kind) {
  case http2_reply::what::answer:
    return answer(stream, reply);
  case http2_reply::what::hang:
    return;
  case http2_reply::what::reset:
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, reply.code);
    return;
  case http2_reply::what::refuse:
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_REFUSED_STREAM);
    return;
  case http2_reply::what::go_away_before:
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_REFUSED_STREAM);
    return go_away(reply.code, reply.text);
  case http2_reply::what::go_away_after:
    answer(stream, reply);
    return go_away(reply.code, reply.text);
  case http2_reply::what::cut:
    cut_ = true;
    return;
  case http2_reply::what::freeze:
    frozen_ = true;
    return;
  }
}

void http2_peer::answer(std::int32_t stream, const http2_reply& reply) {
  const auto i = open_.find(stream);
  if (i == open_.end())
    return;
  i->second.body = reply.body;
  const std::string status_name(":status");
  const auto status = std::to_string(reply.status);
  std::vector<nghttp2_nv> fields;
  auto add = [&](const std::string& name, const std::string& value) {
    fields.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  };
  add(status_name, status);
  for (const auto& [name, value] : reply.headers)
    add(name, value);
  if (settings_.streams_first != 0 && (reply.distrust || (!trusted_ && reply.status / 100 == 2))) {
    trusted_ = !reply.distrust;
    set_streams_max(trusted_ ? settings_.streams_max : settings_.streams_first);
  }
  nghttp2_data_provider body{};
  body.read_callback = callbacks::read_body;
  nghttp2_submit_response(session_, stream, fields.data(), fields.size(), reply.body.empty() ? nullptr : &body);
}

void http2_peer::set_streams_max(std::uint32_t n) {
  const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, n};
  if (session_ != nullptr)
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
}

void http2_peer::go_away(std::uint32_t code, const std::string& text) {
  if (session_ == nullptr)
    return;
  covered_ = std::min(covered_, processed_);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, covered_, code, bytes(text), text.size());
}

} // namespace belfry::test
