#pragma once

#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/engine.hpp"
#include "belfry/io/channel.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// What one of our parts does beside somebody else's program that does the same.
namespace belfry::bench {

/// What so many deliveries took.
struct cost {
  double count = 0;
  double seconds = 0;
  double cpu_seconds = 0;

  double rate() const { return count / seconds; }
  /// Microseconds per delivery.
  double cpu() const { return 1e6 * cpu_seconds / count; }
  cost& operator+=(const cost& x) {
    count += x.count;
    seconds += x.seconds;
    cpu_seconds += x.cpu_seconds;
    return *this;
  }
};

/// Codec and client of a channel alone: its attempts, made by two threads (a channel may be called from any), with so
/// many under way.
cost by_channel(io::channel& c, std::vector<io::attempt_input> attempts, std::size_t under_way, const std::string& who,
                figures& out);

/// Publishes these events, each of which becomes one request or mail at the sink, with so many under way as the lanes'
/// memory holds, and waits until all of them arrived.
cost by_publishing(engine& e, std::vector<event> events, const board& sink, const std::string& who, figures& out);

/// `node SCRIPT ARGUMENTS`, which prints "<seconds> <CPU seconds>"; nothing when $BELFRY_PEERS names no folder.
std::optional<cost> by_node(const std::string& script, const std::string& arguments, std::size_t count,
                            const std::string& who, figures& out);

/// Both take so many turns, so that what else the machine does meets both alike. Returns our rate and work per CPU over
/// theirs; nothing without them.
struct ratios {
  double rate = 0;
  double cpu = 0;
};
std::optional<ratios> in_turns(const std::string& who, const std::string& peer, int rounds,
                               const std::function<cost()>& own, const std::function<std::optional<cost>()>& theirs,
                               figures& out);

} // namespace belfry::bench
