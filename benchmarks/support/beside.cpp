#include "belfry/benchmarks/support/beside.hpp"

#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <span>
#include <thread>

namespace belfry::bench {

namespace {

/// Makes these attempts with so many under way; how many were not accepted.
std::size_t make_attempts(io::channel& c, std::span<io::attempt_input> attempts, std::size_t under_way) {
  std::mutex lock;
  std::condition_variable changed;
  std::size_t open = 0, bad = 0;
  for (auto& in : attempts) {
    {
      std::unique_lock guard{lock};
      changed.wait(guard, [&] { return open < under_way; });
      ++open;
    }
    c.attempt(std::move(in), [&](const io::attempt_result& r) {
      std::lock_guard guard{lock};
      const bool taken = r.how == io::attempt_result::verdict::made && r.answer.what == outcome::verdict::accepted;
      bad += taken ? 0 : 1;
      // A few at a time: the one who makes them has more to do than to be woken.
      if (--open == 0 || open + under_way / 8 == under_way)
        changed.notify_one();
    });
  }
  std::unique_lock guard{lock};
  changed.wait(guard, [&] { return open == 0; });
  return bad;
}

} // namespace

cost by_channel(io::channel& c, std::vector<io::attempt_input> attempts, std::size_t under_way, const std::string& who,
                figures& out) {
  const auto half = attempts.size() / 2;
  const std::span all{attempts};
  std::size_t bad = 0, others_bad = 0;
  usage u;
  std::thread other{[&] { others_bad = make_attempts(c, all.first(half), under_way / 2); }};
  bad = make_attempts(c, all.subspan(half), under_way / 2);
  other.join();
  const cost spent{static_cast<double>(attempts.size()), u.seconds(), u.cpu()};
  if (bad + others_bad > 0)
    out.failure(who + ": " + std::to_string(bad + others_bad) + " attempts were not accepted");
  return spent;
}

cost by_publishing(engine& e, std::vector<event> events, const board& sink, const std::string& who, figures& out) {
  constexpr std::size_t under_way_max = 800;
  const auto count = events.size();
  const std::uint64_t before = sink.count;
  auto arrived = [&] { return static_cast<std::size_t>(sink.count - before); };
  publisher p{e, under_way_max};
  usage u;
  for (std::size_t i = 0; i < count; ++i) {
    if (!wait_until(20, [&] { return i < arrived() + under_way_max; }))
      break;
    p.send(std::move(events[i]));
  }
  if (!wait_until(20, [&] { return arrived() >= count; }))
    out.failure(who + ": only " + std::to_string(arrived()) + " of the engine's came");
  return {static_cast<double>(count), u.seconds(), u.cpu()};
}

std::optional<cost> by_node(const std::string& script, const std::string& arguments, std::size_t count,
                            const std::string& who, figures& out) {
  if (std::getenv("BELFRY_PEERS") == nullptr)
    return {};
  auto* pipe = popen(("node " BELFRY_PEER_SCRIPTS "/" + script + " " + arguments).c_str(), "r");
  double seconds = 0, cpu = 0;
  const auto read = pipe == nullptr ? 0 : fscanf(pipe, "%lf %lf", &seconds, &cpu);
  if (pipe != nullptr)
    pclose(pipe);
  if (read == 2)
    return cost{static_cast<double>(count), seconds, cpu};
  out.failure(who + ": " + script + " did not run");
  return {};
}

std::optional<ratios> in_turns(const std::string& who, const std::string& peer, int rounds,
                               const std::function<cost()>& own, const std::function<std::optional<cost>()>& theirs,
                               figures& out) {
  cost mine, other;
  for (int round = 0; round < rounds; ++round) {
    mine += own();
    if (const auto c = theirs())
      other += *c;
  }
  out.add(who + ": rate", mine.rate(), "deliveries/s");
  out.add(who + ": CPU", mine.cpu(), "us/delivery");
  if (other.count == 0)
    return {};
  out.add(who + ": rate of " + peer, other.rate(), "deliveries/s");
  out.add(who + ": CPU of " + peer, other.cpu(), "us/delivery");
  return ratios{mine.rate() / other.rate(), other.cpu() / mine.cpu()};
}

} // namespace belfry::bench
