#pragma once

#include "belfry/io/outbound/address_policy.hpp"
#include "belfry/io/ports.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace belfry::io {

/// A request on its way through the client.
struct http_job {
  http_request request;
  std::function<void(http_answer)> done;
  std::chrono::steady_clock::time_point sent_at;
};

/// What a name that was looked up turned out to be; no addresses: it cannot be resolved.
struct resolved_name {
  std::uint64_t id = 0;
  std::vector<ip> addresses;
};

/// Hands work to the transport thread: one lock and at most one wake-up per batch.
class inbox {
public:
  struct batch {
    std::vector<http_job> jobs;
    std::vector<resolved_name> names;
    bool stopping = false;
  };

  inbox();
  ~inbox();
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;

  /// False: the thread has ended; the job is untouched.
  bool put(http_job& job);
  void put(resolved_name name);
  void stop();

  /// Swaps everything into `out` (whose vectors are empty). When there was nothing and `sleep` is set, the next put
  /// makes `wake_fd` readable.
  void take(batch& out, bool sleep);
  /// From here on `put` refuses; false: something is waiting, take it first.
  bool close();

  /// An eventfd: readable when the thread was woken.
  int wake_fd() const { return wake_fd_; }
  /// Makes `wake_fd` quiet again.
  void drain();

private:
  void wake_if(bool asleep);

  std::mutex mutex_;
  std::vector<http_job> jobs_;
  std::vector<resolved_name> names_;
  bool asleep_ = false;
  bool stopping_ = false;
  bool closed_ = false;
  int wake_fd_;
};

} // namespace belfry::io
