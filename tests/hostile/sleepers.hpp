#pragma once

#include "belfry/tests/hostile/findings.hpp"

#include <thread>

namespace belfry::test::hostile {

/// Clients that begin a request and then say nothing more, or only a letter now and then, until the server has enough
/// (SPEC 13: 10 s for headers, 30 s for a body). They run beside all else.
class sleepers {
public:
  sleepers(unsigned short port, std::string token, findings& found);
  /// Waits for the last.
  void wait();

private:
  void sleep_all();
  void doze(std::string name, std::string bytes, double seconds, char trickle);

  unsigned short port_;
  std::string token_;
  findings& found_;
  std::thread thread_;
};

} // namespace belfry::test::hostile
