#pragma once

#include "belfry/tests/hostile/answer.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::test::hostile {

/// What came of waiting for an answer.
enum class heard { whole, ended, malformed, too_late };

/// A blocking connection on loopback; closed at the end of its life.
class connection {
public:
  explicit connection(unsigned short port);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// False: the other side takes no more.
  bool send(std::string_view bytes);
  /// One byte at a time.
  bool send_slowly(std::string_view bytes);
  /// No more is sent; what comes is still heard.
  void half_close();
  /// The next answer into `out`; interim ones are skipped. `head`: it has no body whatever its head says.
  heard receive(answer& out, bool head, std::chrono::milliseconds limit = std::chrono::seconds{60});

private:
  /// False: ended or too late.
  bool more(std::chrono::steady_clock::time_point until);

  int fd_ = -1;
  std::string in_;
  /// The last wait ended by its limit.
  bool late_ = false;
};

} // namespace belfry::test::hostile
