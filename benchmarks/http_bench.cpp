// The same work through the HTTP API: NDJSON batches of 100 over keep-alive connections, the client in a process of its
// own; once as fast as it goes, once at 15,000 events a second for the latencies, checkpoints included.
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/http_load.hpp"
#include "belfry/benchmarks/support/serve_http.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"

#include <random>

using namespace belfry;
using namespace belfry::bench;

namespace {

struct size {
  std::size_t conversations = 10'000;
  std::size_t participants = 10;
  std::size_t batches = 3'000;
  std::size_t connections = 8;
  double pace = 150;
};

size size_of(const settings& o) {
  return o.smoke ? size{200, 10, 40, 4, 100} : size{};
}

constexpr std::size_t batch = 100;

/// Engine and server, until it is told to stop.
void serve(const size& s, board& b) {
  scratch folder;
  serve_http(b, options_in(folder), s.conversations, s.participants,
             [](engine&) { std::this_thread::sleep_for(std::chrono::milliseconds{5}); });
}

std::vector<std::string> requests_of(const size& s) {
  std::mt19937_64 dice{4'711};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < s.batches; ++i) {
    std::vector<event> events;
    for (std::size_t k = 0; k < batch; ++k) {
      const auto c = dice() % s.conversations;
      const auto who = dice() % s.participants;
      events.push_back(dice() % 10 == 0 ? read_in(c, who, i * batch + k) : message_in(c, who, i * batch + k));
    }
    out.push_back(post_of(events));
  }
  return out;
}

void over_http(const settings& o, figures& out, bool paced) {
  const auto s = size_of(o);
  const std::string name = paced ? "HTTP at 15,000/s: " : "HTTP at full speed: ";
  helper server{[&](board& b) { serve(s, b); }};
  const auto requests = requests_of(s);
  if (!server.wait_ready(60))
    return out.failure(name + "the server is not ready");
  const auto cpu = cpu_seconds(server.pid());
  usage u{{server.pid()}};
  const auto f =
      http_load(static_cast<std::uint16_t>(server.shared().port), requests, s.connections, paced ? s.pace : 0);
  const auto events = static_cast<double>(s.batches * batch);
  out.add(name + "rate", events / f.seconds, "events/s", paced ? bound::none : bound::at_least, 30'000);
  out.add(name + "CPU of the server", 1e6 * (cpu_seconds(server.pid()) - cpu) / events, "us/event");
  out.add(name + "CPU of the client", 1e6 * u.cpu() / events, "us/event");
  out.add(name + "load of others", u.others(), "cores");
  add_latencies(out, name + "answer", f.latencies, paced ? 5 : 0, paced ? 30 : 0);
  if (f.bad > 0)
    out.failure(name + std::to_string(f.bad) + " requests were not answered 202; the first: " + f.first_bad);
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv,
                 {{"paced", [](const settings& o, figures& r) { over_http(o, r, true); }},
                  {"full speed", [](const settings& o, figures& r) { over_http(o, r, false); }}});
}
