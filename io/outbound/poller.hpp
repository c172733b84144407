#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <vector>

namespace belfry::io {

/// epoll for sockets that are used over and over: one that is idle stays registered until something happens on it, so
/// that a request on a kept connection costs no change of registration. Used by one thread.
class poller {
public:
  poller();
  ~poller();
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  /// Tells `fd` apart as a socket whose end will be told by `closed`.
  void opened(int fd);
  /// Call before the descriptor is closed.
  void closed(int fd);
  /// What is wanted of `fd`: EPOLLIN, EPOLLOUT, both, or 0.
  void want(int fd, std::uint32_t events);

  /// Waits up to `timeout_ms` (-1: for ever) and calls `on_event(fd, events)` for each event that is wanted.
  template <class OnEvent>
  void wait(int timeout_ms, OnEvent on_event) {
    auto count = wait_events(timeout_ms);
    for (int i = 0; i < count; ++i)
      if (auto fd = events_[static_cast<std::size_t>(i)].data.fd; is_wanted(fd))
        on_event(fd, events_[static_cast<std::size_t>(i)].events);
  }

private:
  struct slot {
    std::uint32_t wanted = 0;
    std::uint32_t registered = 0;
    bool told_when_closed = false;
  };

  int wait_events(int timeout_ms);
  /// False for an idle socket, which is taken out so that it does not report again.
  bool is_wanted(int fd);
  slot& at(int fd);
  void change(int fd, slot& s, std::uint32_t events);

  int epoll_fd_;
  std::vector<slot> slots_;
  std::array<epoll_event, 256> events_{};
};

} // namespace belfry::io
