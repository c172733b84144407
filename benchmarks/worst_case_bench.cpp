// What remains when nothing can be saved? 100,000 conversations, one message each, so that every wait fires and no two
// events share a row; no channel is interested.
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/group_commit.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"

#include <random>

using namespace belfry;
using namespace belfry::bench;

namespace {

struct size {
  std::size_t conversations = 100'000;
  std::size_t participants = 2;
  double pace = 10'000;
  double loop_seconds = 2;
};

size size_of(const settings& o) {
  return o.smoke ? size{1'000, 2, 2'000, 0.1} : size{};
}

std::vector<event> messages_of(const size& s) {
  std::vector<std::size_t> order(s.conversations);
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937_64{7});
  std::vector<event> out;
  out.reserve(order.size());
  for (auto c : order)
    out.push_back(message_in(c, 0, c));
  return out;
}

/// `pace` in events a second; 0: as quickly as the engine takes them.
void one_message_each(const settings& o, figures& out, bool paced) {
  const auto s = size_of(o);
  const std::string name = paced ? "worst case paced: " : "worst case at full speed: ";
  scratch folder;
  double rows_per_commit = 0, rate = 0;
  {
    auto e = start_engine(options_in(folder));
    start_conversations(*e, 0, s.conversations, s.participants);
    auto events = messages_of(s);
    const auto n = static_cast<double>(events.size());
    const auto before = e->statistics();
    usage u;
    publisher p{*e, 20'000};
    const auto began = bench_clock::now();
    for (std::size_t i = 0; i < events.size(); ++i) {
      auto due = began
                 + std::chrono::duration_cast<bench_clock::duration>(
                     std::chrono::duration<double>(paced ? static_cast<double>(i) / s.pace : 0));
      if (paced)
        sleep_until(due);
      p.send(std::move(events[i]), paced ? due : bench_clock::now());
    }
    p.drain();
    rate = n / u.seconds();
    out.add(name + "rate", rate, "events/s", bound::at_least, paced ? 9'950 : 10'000);
    add_latencies(out, name + "answer", p.latencies(), 0, paced ? 50 : 0);
    // A wait that fired has asked its participant: one message there, one back, besides the one that began it.
    const auto fired = [&] {
      return static_cast<double>(e->statistics().participant_messages - before.participant_messages) >= 3 * n;
    };
    if (!wait_until(30, fired))
      out.failure(name + "not every wait fired");
    const auto after = e->statistics();
    rows_per_commit =
        static_cast<double>(after.units - before.units) / static_cast<double>(after.commits - before.commits);
    out.add(name + "CPU, waits included", 1e6 * u.cpu() / n, "us/event");
    out.add(name + "until the last wait", u.seconds(), "s");
    out.add(name + "load of others", u.others(), "cores");
    if (p.refused() > 0)
      out.failure(name + std::to_string(p.refused()) + " events were not accepted");
  }
  const auto row = mean_journal_bytes(folder.store());
  const auto loop =
      group_commit_loop(folder.path(), static_cast<std::size_t>(row),
                        std::max<std::size_t>(1, static_cast<std::size_t>(rows_per_commit)), s.loop_seconds);
  out.add(name + "bytes per row", row, "bytes");
  out.add(name + "bare loop rate", loop.rows_per_second, "rows/s");
  out.add(name + "rate beside the bare loop", rate / loop.rows_per_second, "ratio");
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv,
                 {{"paced", [](const settings& o, figures& r) { one_message_each(o, r, true); }},
                  {"full speed", [](const settings& o, figures& r) { one_message_each(o, r, false); }}});
}
