#pragma once

#include "belfry/io/http2_client/connection.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace belfry::io::http2 {

/// How a request ended.
struct finish {
  exchange* what = nullptr;
  /// None: `what->answer` is the answer.
  transport_error error = transport_error::none;
  bool unprocessed = false;
};

/// The requests for one server and group, and the connections that carry them.
///
/// A connection is opened for the first request, in place of one that takes no more, and beside full ones when more
/// requests wait than these carry; never while one is being opened, nor before each one proved itself by answers, so
/// that a burst opens no connection per request.
class pool {
public:
  pool(environment& shared, origin where, std::function<void(finish)> done);

  /// False: too many wait, and `x` is untouched.
  bool add(exchange& x, time_point now);
  /// Carries on after something happened to a connection or a request came.
  void run(time_point now);
  /// Ends what ran out of time, and asks silent servers whether they are there.
  void on_time(time_point now);
  /// When `on_time` is due, or earlier.
  time_point next_time() const;

  /// No request is under way.
  bool idle() const;
  time_point last_used() const { return last_used_; }
  /// All connections finish what they have; new ones take their place.
  void renew();
  /// Ends everything, as cancelled.
  void stop();

  bool touched = false;
  const origin& where() const { return where_; }

private:
  void settle(connection& c, time_point now);
  void settle_one(const connection& c, const ended_exchange& e);
  void drop_closed();
  void begin_waiting(time_point now);
  void grow(time_point now);
  bool wants_another() const;
  void expire(time_point now);
  /// Some connection is open: what waits does so for a stream.
  bool opened() const;
  /// What waits for a stream has had its time.
  bool late(const exchange& x, time_point now) const;
  void fail_waiting(transport_error why);

  environment& environment_;
  origin where_;
  std::function<void(finish)> done_;
  std::deque<exchange*> waiting_;
  std::vector<std::unique_ptr<connection>> connections_;
  /// No request runs out of time before this.
  time_point earliest_ = time_point::max();
  time_point last_used_{};
};

} // namespace belfry::io::http2
