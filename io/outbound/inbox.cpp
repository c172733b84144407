#include "belfry/io/outbound/inbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace belfry::io {

inbox::inbox() : wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

inbox::~inbox() {
  ::close(wake_fd_);
}

bool inbox::put(http_job& job) {
  bool asleep;
  {
    std::lock_guard lock(mutex_);
    if (closed_)
      return false;
    jobs_.push_back(std::move(job));
    asleep = std::exchange(asleep_, false);
  }
  wake_if(asleep);
  return true;
}

void inbox::put(resolved_name name) {
  bool asleep;
  {
    std::lock_guard lock(mutex_);
    if (closed_)
      return;
    names_.push_back(std::move(name));
    asleep = std::exchange(asleep_, false);
  }
  wake_if(asleep);
}

void inbox::stop() {
  bool asleep;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    asleep = std::exchange(asleep_, false);
  }
  wake_if(asleep);
}

void inbox::take(batch& out, bool sleep) {
  std::lock_guard lock(mutex_);
  out.jobs.swap(jobs_);
  out.names.swap(names_);
  out.stopping = stopping_;
  asleep_ = sleep && out.jobs.empty() && out.names.empty() && !stopping_;
}

bool inbox::close() {
  std::lock_guard lock(mutex_);
  closed_ = jobs_.empty();
  return closed_;
}

void inbox::drain() {
  eventfd_t count = 0;
  ::eventfd_read(wake_fd_, &count);
}

void inbox::wake_if(bool asleep) {
  if (asleep)
    ::eventfd_write(wake_fd_, 1);
}

} // namespace belfry::io
