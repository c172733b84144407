#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace belfry::test {

/// What a child is started with.
struct child_settings {
  std::string store;
  std::string endpoint;
  int generation = 0;
  int ring_millis = 600;
  /// Writes and syncs until its power goes; negative: never.
  int power = -1;
  std::uint64_t seed = 0;
};

/// crash_child in a process of its own, spoken to in lines. Used by one thread.
class child_process {
public:
  explicit child_process(const child_settings& s);
  /// Kills it.
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  void say(const std::string& line);
  /// The whole lines it said until now; waits at most that long for the first.
  std::vector<std::string> hear(std::chrono::milliseconds limit);
  /// It said everything it will ever say, and `hear` gave it back.
  bool silent() const { return silent_; }
  /// kill -9. What it said before is still to be heard.
  void kill();
  /// Waits for its end; its exit status, or minus the signal.
  int wait();

private:
  int pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  bool silent_ = false;
  std::string partial_;
};

} // namespace belfry::test
