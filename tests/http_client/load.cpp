// How many small requests a second the client carries: http_client_load [requests] [in flight].
#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <sys/resource.h>

namespace {

double cpu_seconds() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return s(use.ru_utime) + s(use.ru_stime);
}

} // namespace

int main(int argc, char** argv) {
  using namespace belfry;
  const long total = argc > 1 ? std::atol(argv[1]) : 50'000;
  const long in_flight = argc > 2 ? std::atol(argv[2]) : 64;
  test::webhook_sink sink({.log_max = 0});
  outbound_options options;
  options.allowed_networks = {"127.0.0.0/8"};
  options.allow_plain_http = true;
  auto client = io::make_http_client(options);
  if (!client)
    return 1;
  std::atomic<long> left = total;
  std::atomic<long> done = 0;
  std::promise<void> all;
  std::function<void()> next = [&] {
    io::http_request r;
    r.url = sink.url();
    r.headers = {{"Content-Type", "application/json"},
                 {"X-Unblu-Event", "push_notification.new_message"},
                 {"X-Unblu-Event-ID", "00112233445566778899aabbccddeeff"},
                 {"X-Unblu-Retry-No", "0"}};
    r.body.assign(700, 'x');
    (*client)->send(std::move(r), [&](io::http_answer a) {
      if (a.status != 200)
        std::fprintf(stderr, "error %d\n", static_cast<int>(a.error));
      if (--left >= in_flight)
        next();
      if (++done == total)
        all.set_value();
    });
  };
  const auto cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < in_flight; ++i)
    next();
  all.get_future().wait();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.0f requests/s, %.1f us CPU each (both ends), %lu connections\n",
              static_cast<double>(total) / took.count(), (cpu_seconds() - cpu) * 1e6 / static_cast<double>(total),
              static_cast<unsigned long>(sink.connections()));
  // The promise's waiter may be ahead of the last callback.
  client->reset();
}
