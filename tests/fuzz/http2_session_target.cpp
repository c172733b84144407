#include "http2_session_target.hpp"

#include "belfry/io/http2_client/session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

namespace belfry::fuzz {

namespace {

using io::http2::exchange;
using io::http2::session;
constexpr std::size_t output_max = 64 * 1024;
constexpr std::size_t streams_max = 8;
constexpr std::size_t begun_max = 200;

/// A session and the requests that it was given.
class trial {
public:
  void begin_some() {
    while (session_.free_streams() > 0 && given_.size() < begun_max) {
      auto x = std::make_unique<exchange>();
      x->authority = "push.test";
      x->path = "/x";
      x->job.request.headers = {{"a", "b"}};
      x->job.request.body = given_.size() % 2 == 0 ? "" : std::string(300, 'b');
      if (!session_.begin(*x))
        problem_ = "a plain request was refused";
      ends_[x.get()] = 0;
      given_.push_back(std::move(x));
    }
  }

  bool step(std::string_view piece) {
    const bool going = session_.receive(piece);
    collect();
    if (going && !session_.open().empty() && piece.size() % 7 == 0) {
      auto& x = *session_.open().front();
      session_.cancel(x);
      ++ends_[&x];
    }
    begin_some();
    out_.clear();
    session_.produce(out_, output_max);
    collect();
    return going;
  }

  std::string finish() {
    session_.abandon();
    collect();
    for (const auto& [x, ends] : ends_)
      if (ends != 1)
        return "a request ended " + std::to_string(ends) + " times";
    if (!session_.open().empty())
      return "a request stayed open";
    return problem_;
  }

private:
  void collect() {
    for (const auto& e : session_.take_ended()) {
      ++ends_[e.what];
      if (e.how == io::http2::ending::answered && e.what->answer.status < 200)
        problem_ = "an answer without a status";
      if (e.what->answer.body.size() > 64 * 1024)
        problem_ = "a body beyond its bound";
    }
  }

  session session_{streams_max};
  std::vector<std::unique_ptr<exchange>> given_;
  std::map<exchange*, int> ends_;
  std::string out_;
  std::string problem_;
};

int answer_at_end(nghttp2_session* s, const nghttp2_frame* frame, void*) {
  const bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  if (!carries || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
    return 0;
  static const std::string status(":status"), ok("200"), id("apns-id"), value("123e4567");
  auto bytes = [](const std::string& x) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(x.data())); };
  const std::array fields{nghttp2_nv{bytes(status), bytes(ok), status.size(), ok.size(), 0},
                          nghttp2_nv{bytes(id), bytes(value), id.size(), value.size(), 0}};
  nghttp2_data_provider body{};
  body.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* out, std::size_t size, std::uint32_t* flags,
                          nghttp2_data_source*, void*) -> ssize_t {
    const auto n = std::min<std::size_t>(size, 40);
    std::fill_n(out, n, 'r');
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  };
  if (frame->hd.stream_id % 3 == 0)
    nghttp2_submit_rst_stream(s, 0, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
  else
    nghttp2_submit_response(s, frame->hd.stream_id, fields.data(), fields.size(), &body);
  return 0;
}

} // namespace

std::string try_session(std::string_view bytes) {
  trial t;
  t.begin_some();
  while (!bytes.empty()) {
    const auto n = std::min<std::size_t>(bytes.size(), 1 + static_cast<unsigned char>(bytes.front()) % 64);
    if (!t.step(bytes.substr(0, n)))
      break;
    bytes.remove_prefix(n);
  }
  return t.finish();
}

std::string honest_server() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, answer_at_end);
  nghttp2_session* server = nullptr;
  nghttp2_session_server_new(&server, callbacks, nullptr);
  const nghttp2_settings_entry limit{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 5};
  nghttp2_submit_settings(server, 0, &limit, 1);
  session client(streams_max);
  std::vector<std::unique_ptr<exchange>> given;
  std::string all;
  for (int round = 0; round < 8; ++round) {
    while (round > 0 && client.free_streams() > 0) {
      given.push_back(std::make_unique<exchange>());
      given.back()->authority = "push.test";
      given.back()->path = "/x";
      given.back()->job.request.body = "body";
      client.begin(*given.back());
    }
    if (round == 6)
      nghttp2_submit_goaway(server, 0, 5, 0, nullptr, 0);
    std::string out;
    client.produce(out, output_max);
    nghttp2_session_mem_recv(server, reinterpret_cast<const std::uint8_t*>(out.data()), out.size());
    const std::uint8_t* data = nullptr;
    for (ssize_t n = 0; (n = nghttp2_session_mem_send(server, &data)) > 0;) {
      const std::string_view said(reinterpret_cast<const char*>(data), static_cast<std::size_t>(n));
      all.append(said);
      client.receive(said);
    }
    client.take_ended();
  }
  nghttp2_session_del(server);
  nghttp2_session_callbacks_del(callbacks);
  return all;
}

} // namespace belfry::fuzz
