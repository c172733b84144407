#pragma once

#include "belfry/io/http2_client/exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct nghttp2_session;

namespace belfry::io::http2 {

/// How a request left its stream.
enum class ending : std::uint8_t {
  /// The header of an answer is there; the body may have broken off.
  answered,
  /// The server certainly processed nothing of it: the stream was refused, or lies above what GOAWAY covers.
  unprocessed,
  /// Reset or broken off: nobody knows what the server did.
  broken,
};

struct ended_exchange {
  exchange* what = nullptr;
  ending how = ending::broken;
};

/// What the server said when it announced the end of a connection.
struct farewell {
  std::uint32_t code = 0;
  /// Its debug data, 1 KiB at most.
  std::string text;
};

/// The client's side of one HTTP/2 connection: bytes in, bytes out; no socket, no clock. Requests are the caller's and
/// must live until they are in `take_ended` or were cancelled.
class session {
public:
  /// At most `streams_max` requests at a time, however many more the server would take.
  explicit session(std::size_t streams_max);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Takes what the server sent. False: the connection is at its end; what `produce` still gives is its last word.
  bool receive(std::string_view bytes);
  /// Appends to `out` what the server is to get, until `out` holds `limit` bytes or there is no more. False as above.
  bool produce(std::string& out, std::size_t limit);
  /// True when `produce` has something to give.
  bool has_output() const;

  /// How many requests may begin now: none before the server's first SETTINGS and after its GOAWAY, and never more at a
  /// time than its SETTINGS_MAX_CONCURRENT_STREAMS.
  std::size_t free_streams() const;
  /// Begins a request; call it with room only. False: HTTP/2 has no such header, and `x` is untouched.
  bool begin(exchange& x);
  /// Resets the stream of a request, which is the caller's alone from here on.
  void cancel(exchange& x);
  /// Ends all that is open, as broken.
  void abandon();

  void ping();
  /// Tells the server that nothing more will come.
  void say_goodbye();

  /// The server's SETTINGS were seen.
  bool ready() const { return ready_; }
  /// No more requests can begin: the server said GOAWAY, or the numbers of streams are used up.
  bool leaving() const;
  /// The server's GOAWAY, once it came.
  const std::optional<farewell>& last_words() const { return farewell_; }
  const std::vector<exchange*>& open() const { return open_; }
  /// Requests that ended since the last call.
  std::vector<ended_exchange> take_ended();

private:
  struct callbacks;

  void end(exchange& x, ending how);
  void release(exchange& x);

  nghttp2_session* session_ = nullptr;
  std::size_t streams_max_;
  bool ready_ = false;
  std::optional<farewell> farewell_;
  std::vector<exchange*> open_;
  std::vector<ended_exchange> ended_;
};

} // namespace belfry::io::http2
