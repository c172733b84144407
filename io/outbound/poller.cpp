#include "belfry/io/outbound/poller.hpp"

#include <unistd.h>

namespace belfry::io {

poller::poller() : epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)) {}

poller::~poller() {
  ::close(epoll_fd_);
}

void poller::opened(int fd) {
  at(fd) = slot{0, 0, true};
}

void poller::closed(int fd) {
  auto& s = at(fd);
  if (s.registered != 0)
    change(fd, s, 0);
  s = {};
}

void poller::want(int fd, std::uint32_t events) {
  auto& s = at(fd);
  s.wanted = events;
  const bool keep = events == 0 && s.told_when_closed;
  if (!keep && s.registered != events)
    change(fd, s, events);
}

int poller::wait_events(int timeout_ms) {
  return ::epoll_wait(epoll_fd_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
}

bool poller::is_wanted(int fd) {
  auto& s = at(fd);
  if (s.wanted == 0 && s.registered != 0)
    change(fd, s, 0);
  return s.wanted != 0;
}

poller::slot& poller::at(int fd) {
  auto i = static_cast<std::size_t>(fd);
  if (i >= slots_.size())
    slots_.resize(i + 64);
  return slots_[i];
}

void poller::change(int fd, slot& s, std::uint32_t events) {
  epoll_event e{};
  e.events = events;
  e.data.fd = fd;
  const int operation = events == 0 ? EPOLL_CTL_DEL : s.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  ::epoll_ctl(epoll_fd_, operation, fd, &e);
  s.registered = events;
}

} // namespace belfry::io
