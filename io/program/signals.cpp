#include "belfry/io/program/signals.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>

namespace belfry::program {

namespace {

sigset_t kept() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

} // namespace

stop_signals::stop_signals() {
  auto set = kept();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A reader of our output or a peer that went away is an error code, not the end.
  std::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow any more is an error of the store, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
}

stop_signals::~stop_signals() {
  auto set = kept();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void stop_signals::wait(const std::function<void()>& on_hangup) const {
  auto set = kept();
  int which = 0;
  while (sigwait(&set, &which) != 0 || which == SIGHUP)
    on_hangup();
}

bool stop_signals::wait_for(std::chrono::milliseconds limit) const {
  auto set = kept();
  auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0)
      return false;
    timespec t{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    const auto which = sigtimedwait(&set, nullptr, &t);
    if (which > 0 && which != SIGHUP)
      return true;
    if (which < 0 && errno != EINTR)
      return false;
  }
}

} // namespace belfry::program
