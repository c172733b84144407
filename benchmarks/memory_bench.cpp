// What does somebody who waits cost in memory, somebody who does not, and somebody whose conversation sleeps?
// The growth of the resident set, divided by the participants that caused it.
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"

#include <malloc.h>

using namespace belfry;
using namespace belfry::bench;

namespace {

struct size {
  std::size_t conversations = 10'000;
  std::size_t participants = 10;
};

size size_of(const settings& o) {
  return o.smoke ? size{500, 10} : size{};
}

/// What is resident after freed memory went back.
double resident() {
  malloc_trim(0);
  return static_cast<double>(resident_bytes());
}

/// A store's page cache grows with what is written: a small one, filled before the first look, stays out of the sums.
options quiet_options(const scratch& folder) {
  auto o = options_in(folder);
  o.push.debounce_delay = std::chrono::hours{1};
  o.limits.event_ids = 1000;
  o.limits.idle_conversation = std::chrono::milliseconds{500};
  return o;
}

void warm_up(engine& e, const size& s) {
  start_conversations(e, 10 * s.conversations, s.conversations, s.participants);
  publisher p{e, 5'000};
  for (std::size_t i = 0; i < s.conversations; ++i)
    p.send(read_in(10 * s.conversations + i, 1, 1'000'000 + i));
  p.drain();
}

bool asleep(engine& e) {
  return wait_until(60, [&] { return e.statistics().awake_conversations == 0; });
}

void memory(const settings& o, figures& out) {
  const auto s = size_of(o);
  const auto people = static_cast<double>(s.conversations * s.participants);
  scratch folder;
  auto e = start_engine(quiet_options(folder));
  warm_up(*e, s);
  if (!asleep(*e))
    return out.failure("the conversations do not fall asleep");
  const auto empty = resident();
  start_conversations(*e, 0, s.conversations, s.participants);
  const auto started = resident();
  out.add("memory of a quiet participant", (started - empty) / people, "bytes", bound::at_most, 400);
  if (!asleep(*e))
    return out.failure("the conversations do not fall asleep");
  out.add("memory of a sleeping participant", (resident() - empty) / people, "bytes", bound::at_most, 20);
  publisher p{*e, 5'000};
  const auto before = resident();
  for (std::size_t i = 0; i < s.conversations; ++i)
    p.send(message_in(i, 0, i));
  p.drain();
  const auto live = static_cast<double>(e->statistics().live_participants);
  out.add("live participants", live, "participants");
  if (live == 0)
    return out.failure("nobody is live");
  out.add("memory of a live participant and its share", (resident() - before) / live, "bytes", bound::at_most, 2048);
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv, {{"memory", memory}});
}
