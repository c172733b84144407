// How many small requests a second the client carries: http2_client_load [requests] [in flight].
#include "belfry/io/http2_client/http2_client.hpp"
#include "belfry/tests/support/providers/http2_server.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <sys/resource.h>

namespace {

double cpu_seconds() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  auto s = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return s(use.ru_utime) + s(use.ru_stime);
}

/// What a push to an iPhone looks like.
belfry::io::http_request push(const std::string& url) {
  belfry::io::http_request r;
  r.url = url;
  r.headers = {{"authorization", "bearer " + std::string(200, 'j')},
               {"apns-topic", "com.example.chat"},
               {"apns-push-type", "alert"},
               {"apns-priority", "10"},
               {"apns-id", "123e4567-e89b-12d3-a456-426655440000"},
               {"apns-expiration", "1700000000"}};
  r.unindexed = 1U << 4 | 1U << 5;
  r.body.assign(400, 'x');
  return r;
}

} // namespace

int main(int argc, char** argv) {
  using namespace belfry;
  const long total = argc > 1 ? std::atol(argv[1]) : 200'000;
  const long in_flight = argc > 2 ? std::atol(argv[2]) : 500;
  const auto pair = test::make_certificate({"127.0.0.1"});
  const std::string ca_file = "/tmp/belfry_http2_load.pem";
  std::ofstream(ca_file) << pair.chain;
  test::http2_server server({.tls = pair});
  auto client = io::make_http2_client({ca_file, {}, {"127.0.0.0/8"}, false});
  if (!client)
    return 1;
  const auto url = server.url("/3/device/" + std::string(64, 'a'));
  std::atomic<long> left = total;
  std::atomic<long> done = 0;
  std::promise<void> all;
  std::function<void()> next = [&] {
    (*client)->send(push(url), [&](io::http_answer a) {
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
              static_cast<unsigned long>(server.connections()));
  // The promise's waiter may be ahead of the last callback.
  client->reset();
}
