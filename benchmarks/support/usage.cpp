#include "belfry/benchmarks/support/usage.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <numeric>
#include <string>
#include <unistd.h>

namespace belfry::bench {

double cpu_seconds(pid_t process) {
  clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
  timespec t{};
  if ((process != 0 && clock_getcpuclockid(process, &clock) != 0) || clock_gettime(clock, &t) != 0)
    return 0;
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

std::uint64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t size = 0, resident = 0, shared = 0;
  in >> size >> resident >> shared;
  return (resident - shared) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

namespace {

/// CPU seconds of the whole machine that were not idle.
double machine_seconds() {
  std::ifstream in("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0;
  in >> cpu >> user >> nice >> system >> idle >> wait >> irq >> soft;
  return (user + nice + system + irq + soft) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double sum(const std::vector<pid_t>& processes) {
  return std::accumulate(processes.begin(), processes.end(), 0.0, [](double x, pid_t p) { return x + cpu_seconds(p); });
}

} // namespace

usage::usage(std::vector<pid_t> children)
    : children_(std::move(children)),
      began_(std::chrono::steady_clock::now()),
      own_(cpu_seconds()),
      children_cpu_(sum(children_)),
      machine_(machine_seconds()) {
  // nop
}

double usage::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

double usage::cpu() const {
  return cpu_seconds() - own_;
}

double usage::others() const {
  return std::max(0.0, (machine_seconds() - machine_ - cpu() - (sum(children_) - children_cpu_)) / seconds());
}

} // namespace belfry::bench
