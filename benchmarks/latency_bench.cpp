// How long from an accepted event to the webhook request, when nothing is debounced? 1,000 messages a second, one
// recipient each, a sink on loopback.
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

using namespace belfry;
using namespace belfry::bench;

namespace {

struct size {
  std::size_t conversations = 2'000;
  std::size_t messages = 10'000;
  double pace = 1'000;
};

size size_of(const settings& o) {
  return o.smoke ? size{100, 300, 300} : size{};
}

/// The serial number in `"messageId":"message-<n>"`; as many as there are messages when there is none.
std::size_t serial_of(const std::string& body, std::size_t messages) {
  const std::string mark = "\"messageId\":\"message-";
  const auto at = body.find(mark);
  return at == body.npos ? messages : std::strtoul(body.c_str() + at + mark.size(), nullptr, 10);
}

void latency(const settings& o, figures& out) {
  const auto s = size_of(o);
  scratch folder;
  test::webhook_sink sink;
  auto opts = options_in(folder);
  opts.push.debounce_delay = std::chrono::milliseconds{0};
  auto e = start_engine(opts);
  register_webhook(*e, sink.url(), bench_secret);
  start_conversations(*e, 0, s.conversations, 2);
  std::vector<bench_clock::time_point> sent(s.messages), answered(s.messages);
  std::atomic<std::size_t> answers{0};
  usage u;
  const auto began = bench_clock::now();
  for (std::size_t i = 0; i < s.messages; ++i) {
    sleep_until(began
                + std::chrono::duration_cast<bench_clock::duration>(
                    std::chrono::duration<double>(static_cast<double>(i) / s.pace)));
    sent[i] = bench_clock::now();
    std::vector<event> one;
    one.push_back(message_in(i % s.conversations, 0, i));
    e->publish(std::move(one), [&, i](const result<admission>&) {
      answered[i] = bench_clock::now();
      ++answers;
    });
  }
  wait_until(20, [&] { return answers == s.messages; });
  if (!sink.wait_for(s.messages, std::chrono::seconds{20}))
    out.failure("latency: only " + std::to_string(sink.count()) + " requests came");
  out.add("latency: load of others", u.others(), "cores");
  std::vector<double> from_sent, from_answer;
  for (const auto& r : sink.requests()) {
    const auto i = serial_of(r.body, s.messages);
    if (i >= s.messages)
      continue;
    from_sent.push_back(std::chrono::duration<double, std::milli>(r.at - sent[i]).count());
    from_answer.push_back(std::chrono::duration<double, std::milli>(r.at - answered[i]).count());
  }
  add_latencies(out, "latency: accepted to request", from_answer, 4, 20);
  add_latencies(out, "latency: published to request", from_sent);
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv, {{"latency", latency}});
}
