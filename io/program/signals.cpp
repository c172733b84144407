#include "belfry/io/program/signals.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>

namespace belfry::program {

namespace {

sigset_t both() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

} // namespace

stop_signals::stop_signals() {
  auto set = both();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A reader of our output or a peer that went away is an error code, not the end.
  std::signal(SIGPIPE, SIG_IGN);
}

stop_signals::~stop_signals() {
  auto set = both();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void stop_signals::wait() const {
  auto set = both();
  int which = 0;
  sigwait(&set, &which);
}

bool stop_signals::wait_for(std::chrono::milliseconds limit) const {
  auto set = both();
  auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0)
      return false;
    timespec t{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    if (sigtimedwait(&set, nullptr, &t) > 0)
      return true;
    if (errno != EINTR)
      return false;
  }
}

} // namespace belfry::program
