#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace belfry::test {

/// The program `belfry` as a child process; dies with the test. Its output goes to files.
class process {
public:
  /// Starts it. `out` is the path that its stdout (`out` + ".out") and stderr (`out` + ".err") start with; BELFRY_*
  /// variables of the test itself are not handed on.
  process(const std::vector<std::string>& arguments, std::string out,
          const std::map<std::string, std::string>& environment = {});
  /// Kills it.
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  /// The exit code once it ended by itself; -signal if one ended it; nothing when the limit passed first.
  std::optional<int> wait(std::chrono::milliseconds limit);
  void signal(int number) const;
  std::string standard_output() const;
  std::string standard_error() const;
  /// The URL after "listening on"; nothing when it ended or the limit passed first.
  std::optional<std::string> wait_for_url(std::chrono::milliseconds limit);

private:
  std::string out_;
  pid_t pid_ = -1;
  std::optional<int> exit_;
};

/// What a run of the program left.
struct run_result {
  /// As of `process::wait`.
  int code = 0;
  std::string out, err;
};

/// Runs the program to its end; -SIGKILL when that takes longer than 20 s.
run_result run_program(const std::vector<std::string>& arguments, const std::string& out,
                       const std::map<std::string, std::string>& environment = {});

} // namespace belfry::test
