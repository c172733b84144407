#pragma once

#include "belfry/tests/hostile/connection.hpp"
#include "belfry/tests/hostile/events.hpp"
#include "belfry/tests/hostile/findings.hpp"
#include "belfry/tests/hostile/reference.hpp"
#include "belfry/tests/hostile/request.hpp"

#include <optional>
#include <string>
#include <vector>

namespace belfry::test::hostile {

/// One hostile client: a host of its own whose requests are mutated, cut, pipelined and closed upon, with good ones
/// between them; it keeps account of what was accepted. Not for several threads.
class client {
public:
  /// No token: the API is open.
  client(std::uint64_t seed, unsigned short port, std::string token, findings& found);

  /// Starts the conversations.
  void begin();
  /// Sends at least so many requests.
  void run(std::size_t requests);
  /// Says again what got no answer, and compares the counts with those of the reference.
  void check();
  /// Closes all connections.
  void hang_up();

private:
  void once();
  // Requests
  request good_event();
  request good_other();
  request odd_event();
  request odd_other();
  void loosen(request& r) const;
  // Ways to send them
  void on_steady(request r);
  void on_odd(const request& r);
  void finish_last(const request& r);
  void pipeline();
  void cut_off();
  void walk_away();
  void half_close();
  void slowly();
  void compare(const std::string& person);

  /// False: nothing more can be said on that connection.
  bool hear(connection& c, const request& r);
  void judge(const request& r, const answer& a);
  void fault(const request& r, const std::string& what);

  random chance_;
  unsigned short port_;
  std::string token_;
  findings& found_;
  host host_;
  reference reference_;
  std::size_t sent_ = 0;
  std::optional<connection> steady_, odd_;
  /// Sent, but nobody waited for the answer.
  std::vector<json> doubtful_;
};

} // namespace belfry::test::hostile
