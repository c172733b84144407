#pragma once

#include <chrono>
#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace belfry::bench {

/// CPU seconds used so far by a process of this machine (0: this one); 0 when it is gone.
double cpu_seconds(pid_t process = 0);

/// Resident bytes of this process that are its own (no shared libraries).
std::uint64_t resident_bytes();

/// What passed between construction and a question: time, our CPU, and how busy others kept the machine.
class usage {
public:
  /// `children`: processes of this benchmark whose work is not somebody else's.
  explicit usage(std::vector<pid_t> children = {});

  /// Seconds since construction.
  double seconds() const;
  /// CPU seconds of this process since construction.
  double cpu() const;
  /// Cores that were busy with something else since construction, on average.
  double others() const;

private:
  std::vector<pid_t> children_;
  std::chrono::steady_clock::time_point began_;
  double own_ = 0;
  double children_cpu_ = 0;
  double machine_ = 0;
};

} // namespace belfry::bench
