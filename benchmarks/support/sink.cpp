#include "belfry/benchmarks/support/sink.hpp"

#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <chrono>
#include <cstdio>
#include <thread>

namespace belfry::bench {

void serve_sink(board& b, const std::string& secret) {
  test::sink_settings s;
  s.log_max = 0;
  if (!secret.empty())
    s.verify_secret = secret;
  test::webhook_sink sink{s};
  b.port = sink.port();
  b.ready = 1;
  while (b.stop == 0) {
    b.count = sink.count();
    b.extra[0] = sink.violations();
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  if (const auto wrong = sink.violation_texts(); !wrong.empty())
    std::fprintf(stderr, "sink: %s\n", wrong.front().c_str());
}

std::string sink_url(const board& b) {
  return "http://127.0.0.1:" + std::to_string(b.port.load()) + "/ok";
}

} // namespace belfry::bench
