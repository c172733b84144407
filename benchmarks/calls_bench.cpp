// Do calls go first? 100,000 message deliveries wait for one slow endpoint; a call rings: when does its request arrive,
// and when did it with nothing waiting?
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <thread>

using namespace belfry;
using namespace belfry::bench;

namespace {

struct size {
  std::size_t backlog = 100'000;
  std::size_t calls = 40;
  /// Called before those that count, while the store still writes what was just published.
  std::size_t first = 5;
};

size size_of(const settings& o) {
  return o.smoke ? size{2'000, 5, 2} : size{};
}

constexpr std::size_t first_call = 5'000'000;
/// Longer than the endpoint takes to answer, so that a call finds what the one before it took free again.
constexpr auto between_calls = std::chrono::milliseconds{60};

bool rings(const test::received_request& r, const std::string& conversation) {
  return r.body.find("IncomingCall") != r.body.npos && r.body.find('"' + conversation + '"') != r.body.npos;
}

/// Milliseconds from publishing call.started to the request, for so many calls one after the other.
std::vector<double> ring(engine& e, test::webhook_sink& sink, std::size_t first, std::size_t count, figures& out) {
  std::vector<double> took;
  for (std::size_t c = first; c < first + count; ++c) {
    sink.clear();
    const auto name = conversation_name(c);
    event call;
    call.conversation = name;
    call.body = call_started{"call-" + std::to_string(c), call_type::audio, person_name(c, 0)};
    const auto began = bench_clock::now();
    e.publish(std::move(call)).wait();
    bench_clock::time_point at;
    const auto came = sink.wait_until(
        [&](const auto& log) {
          for (const auto& r : log) {
            if (rings(r, name)) {
              at = r.at;
              return true;
            }
          }
          return false;
        },
        std::chrono::seconds{20});
    if (!came) {
      out.failure("calls: a call never reached the sink");
      return took;
    }
    took.push_back(std::chrono::duration<double, std::milli>(at - began).count());
    std::this_thread::sleep_for(between_calls);
  }
  return took;
}

void calls_first(const settings& o, figures& out) {
  const auto s = size_of(o);
  scratch folder;
  test::webhook_sink sink;
  auto opts = options_in(folder);
  opts.push.debounce_delay = std::chrono::milliseconds{0};
  auto e = start_engine(opts);
  // Slow enough that the backlog outlasts the calls.
  register_webhook(*e, sink.url("/slow/50"), bench_secret,
                   {"push_notification.new_message", "push_notification.incoming_call"});
  const auto each = s.first + s.calls;
  start_conversations(*e, first_call, 2 * each, 2);
  start_conversations(*e, 0, s.backlog, 2);
  usage u;
  ring(*e, sink, first_call, s.first, out);
  const auto free = ring(*e, sink, first_call + s.first, s.calls, out);
  {
    publisher p{*e, 5'000};
    for (std::size_t c = 0; c < s.backlog; ++c)
      p.send(message_in(c, 0, c));
    p.drain();
  }
  if (!wait_until(120, [&] { return queued_messages(*e) >= s.backlog; }))
    return out.failure("calls: the backlog does not build up");
  out.add("calls: backlog when the first one rings", static_cast<double>(s.backlog - sink.count()), "deliveries");
  const auto burst = ring(*e, sink, first_call + each, s.first, out);
  const auto loaded = ring(*e, sink, first_call + each + s.first, s.calls, out);
  out.add("calls: load of others", u.others(), "cores");
  add_latencies(out, "calls: nothing waiting", free);
  add_latencies(out, "calls: behind the backlog", loaded);
  out.add("calls: right after the burst, slowest", quantile(burst, 1), "ms");
  out.add("calls: added by the backlog, p50", quantile(loaded, 0.5) - quantile(free, 0.5), "ms", bound::at_most, 50);
  out.add("calls: added by the backlog, p99", quantile(loaded, 0.99) - quantile(free, 0.99), "ms", bound::at_most, 50);
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv, {{"calls", calls_first}});
}
