#pragma once

#include "belfry/benchmarks/support/figures.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>

namespace belfry::bench {

/// The command line of every driver.
struct settings {
  /// A few seconds of little work, so that the driver cannot rot; nothing is judged.
  bool smoke = false;
  int repeat = 3;
  /// Runs only the scenarios whose name contains it.
  std::string only;
};

/// One question under one load; called once per repetition, in a process of its own.
struct scenario {
  std::string name;
  std::function<void(const settings&, figures&)> run;
};

/// Reads the command line, runs every scenario in turn, prints medians; the exit code of the program.
int run_all(int argc, char** argv, const std::vector<scenario>& scenarios);

/// What a process and its helper write to each other.
struct board {
  std::atomic<std::uint64_t> ready{0};
  std::atomic<std::uint64_t> stop{0};
  std::atomic<std::uint64_t> port{0};
  std::atomic<std::uint64_t> count{0};
  std::atomic<std::uint64_t> extra[8]{};
};

/// A helper process: runs `work` until it sets or sees `board::stop`. To be made before any thread is.
class helper {
public:
  explicit helper(const std::function<void(board&)>& work);
  /// Asks it to stop and waits for it.
  ~helper();
  helper(const helper&) = delete;
  helper& operator=(const helper&) = delete;

  pid_t pid() const { return pid_; }
  board& shared() { return *board_; }
  /// Waits until it says that it is ready; false when it ended or the time is up.
  bool wait_ready(double seconds);

private:
  board* board_ = nullptr;
  pid_t pid_ = 0;
};

/// Polls until `done` or the time is up.
bool wait_until(double seconds, const std::function<bool()>& done);

} // namespace belfry::bench
