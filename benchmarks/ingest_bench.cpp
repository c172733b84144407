// How many events a second does an embedded engine take, durably, and what does one cost?
// 10,000 conversations of 10 participants, 90 % messages and 10 % reads, a wait of 1 s armed by every message.
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/group_commit.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"

#include <random>

using namespace belfry;
using namespace belfry::bench;

namespace {

struct size {
  std::size_t conversations = 10'000;
  std::size_t participants = 10;
  std::size_t events = 400'000;
  std::size_t window = 20'000;
  double loop_seconds = 2;
};

size size_of(const settings& o) {
  return o.smoke ? size{200, 10, 5'000, 1'000, 0.1} : size{};
}

std::vector<std::vector<event>> requests_of(const size& s, std::size_t batch) {
  std::mt19937_64 dice{20'240'917};
  std::vector<std::vector<event>> out;
  out.reserve(s.events / batch + 1);
  for (std::size_t i = 0; i < s.events; ++i) {
    if (i % batch == 0)
      out.emplace_back().reserve(batch);
    const auto c = dice() % s.conversations;
    const auto who = dice() % s.participants;
    out.back().push_back(dice() % 10 == 0 ? read_in(c, who, i) : message_in(c, who, i));
  }
  return out;
}

void ingest(const settings& o, figures& out, std::size_t batch) {
  const auto s = size_of(o);
  const auto name = "ingest by " + std::to_string(batch) + ": ";
  scratch folder;
  double rate = 0, cpu = 0, rows_per_commit = 0;
  {
    auto e = start_engine(options_in(folder));
    start_conversations(*e, 0, s.conversations, s.participants);
    auto requests = requests_of(s, batch);
    const auto before = e->statistics();
    publisher p{*e, s.window};
    usage u;
    for (auto& r : requests)
      p.send(std::move(r));
    p.drain();
    const auto n = static_cast<double>(s.events);
    const auto after = e->statistics();
    rate = n / u.seconds();
    cpu = 1e6 * u.cpu() / n;
    rows_per_commit =
        static_cast<double>(after.units - before.units) / static_cast<double>(after.commits - before.commits);
    out.add(name + "rate", rate, "events/s", bound::at_least, 50'000);
    out.add(name + "CPU", cpu, "us/event", bound::at_most, 30);
    out.add(name + "actor messages", static_cast<double>(after.participant_messages - before.participant_messages) / n,
            "per event", bound::at_most, 1.3);
    out.add(name + "units per commit", rows_per_commit, "units");
    out.add(name + "load of others", u.others(), "cores");
    add_latencies(out, name + "answer", p.latencies());
    if (p.refused() > 0)
      out.failure(name + std::to_string(p.refused()) + " events were not accepted");
  }
  const auto row = mean_journal_bytes(folder.store());
  const auto loop =
      group_commit_loop(folder.path(), static_cast<std::size_t>(row),
                        std::max<std::size_t>(1, static_cast<std::size_t>(rows_per_commit)), s.loop_seconds);
  out.add(name + "bytes per row", row, "bytes");
  out.add(name + "bare loop rate", loop.rows_per_second, "rows/s");
  out.add(name + "bare loop CPU", loop.cpu_per_row, "us/row");
  out.add(name + "rate beside the bare loop", rate / loop.rows_per_second, "ratio");
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv,
                 {{"singles", [](const settings& o, figures& r) { ingest(o, r, 1); }},
                  {"batches", [](const settings& o, figures& r) { ingest(o, r, 100); }}});
}
