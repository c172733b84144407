#pragma once

#include "belfry/io/program/commands.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::program {

/// Some lines of the file: one request.
struct replay_batch {
  std::string body;
  std::size_t events = 0;
  /// 1-based number in the file of each event.
  std::vector<std::size_t> lines;
};

/// What became of the events so far.
struct replay_totals {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t refused = 0;
  /// Of the first few: "line 7: /message/sender: not in this conversation (not_in_conversation)".
  std::vector<std::string> refusals;
  /// Of each answered request, in milliseconds.
  std::vector<double> latencies;
  /// Repetitions after 429 and 503.
  std::uint64_t repeats = 0;
};

/// Posts batches over one connection to the server. For one thread.
class replay_poster {
public:
  explicit replay_poster(const replay_arguments& a);
  ~replay_poster();
  replay_poster(const replay_poster&) = delete;
  replay_poster& operator=(const replay_poster&) = delete;

  /// Posts and adds to `totals`; repeats while the server says 429 or 503, at most `repeats_max` times. Why the batch
  /// failed for good, if it did.
  std::optional<std::string> post(const replay_batch& batch, replay_totals& totals);

  static constexpr int repeats_max = 60;
  static constexpr std::size_t refusals_max = 20;

private:
  struct connection;
  std::unique_ptr<connection> connection_;
};

} // namespace belfry::program
