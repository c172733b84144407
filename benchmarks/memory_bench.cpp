// What does somebody who waits cost in memory, somebody who does not, and somebody whose conversation sleeps?
// The growth of the resident set, divided by the participants that caused it.
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"
#include "belfry/io/store/store.hpp"

#include <malloc.h>
#include <stdexcept>

/// jemalloc gives freed pages back at once; malloc_trim below does the same for the C library's allocator.
extern "C" const char* malloc_conf;
const char* malloc_conf = "dirty_decay_ms:0,muzzy_decay_ms:0";

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

/// What is resident once freed memory went back.
double resident() {
  malloc_trim(0);
  return static_cast<double>(resident_bytes());
}

/// Waits that outlast the run, and little else that grows: the store's page cache is small, ids are few.
std::unique_ptr<engine> start_quiet(const scratch& folder) {
  auto o = options_in(folder);
  o.push.debounce_delay = std::chrono::hours{1};
  o.limits.event_ids = 1000;
  o.limits.idle_conversation = std::chrono::seconds{3};
  engine_parts parts;
  parts.store = io::open_sqlite(o.store.path, {.vfs = {}, .readers = 1, .cache_kib = 1024}).value;
  auto e = engine::start(o, std::move(parts));
  if (!e)
    throw std::runtime_error("the engine does not start: " + e.error().detail);
  return std::move(*e);
}

bool asleep(engine& e) {
  return wait_until(60, [&] { return e.statistics().awake_conversations == 0; });
}

/// Bytes of an awake conversation in which nobody waits for anything.
double quiet_conversation(engine& e, std::size_t first, std::size_t count, std::size_t participants) {
  const auto before = resident();
  start_conversations(e, first, count, participants);
  const auto bytes = (resident() - before) / static_cast<double>(count);
  if (!asleep(e))
    throw std::runtime_error("the conversations do not fall asleep");
  return bytes;
}

void memory(const settings& o, figures& out) {
  const auto s = size_of(o);
  const auto n = s.conversations, people = s.participants;
  scratch folder;
  auto e = start_quiet(folder);
  // The first round fills what is filled once.
  quiet_conversation(*e, 3 * n, n, 2 * people);
  const auto empty = resident();
  const auto few = quiet_conversation(*e, 0, n, people);
  const auto many = quiet_conversation(*e, n, n, 2 * people);
  const auto share = static_cast<double>(people);
  out.add("memory: one quiet participant more", (many - few) / share, "bytes", bound::at_most, 400);
  out.add("memory: an awake, quiet conversation of " + std::to_string(people), few, "bytes");
  out.add("memory: a participant that sleeps", (resident() - empty) / (3 * static_cast<double>(n) * share), "bytes",
          bound::at_most, 20);
  const auto before = resident();
  publisher p{*e, 5'000};
  for (std::size_t i = 0; i < n; ++i)
    p.send(message_in(i, 0, i));
  p.drain();
  const auto live = static_cast<double>(e->statistics().live_participants);
  if (live == 0)
    return out.failure("memory: nobody is live");
  out.add("memory: a live participant and its share", (resident() - before) / live, "bytes", bound::at_most, 2048);
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv, {{"memory", memory}});
}
