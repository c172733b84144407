// What does a page at the live socket (/v1/live) cost the server while nothing happens, and how late is what it is told
// when thousands are open? The pages are in another process; each is of a person of its own.
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/loopback.hpp"
#include "belfry/benchmarks/support/serve_http.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"

#include <malloc.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace belfry;
using namespace belfry::bench;

namespace {

/// Places on the board: the driver asks for the server's resident bytes, and for a message to page number so and so.
constexpr std::size_t asked = 0, resident = 1, message_to = 2;

void allow_descriptors(std::size_t n) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(n + 200, limit.rlim_max));
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Page `i` belongs to the visitor of conversation `i`.
void serve(std::size_t pages, board& b) {
  allow_descriptors(pages);
  scratch folder;
  auto o = options_in(folder);
  o.push.debounce_delay = std::chrono::milliseconds{0};
  // A channel that takes messages, without which nothing is told; nobody has a subscription.
  o.web_push.enabled = true;
  o.web_push.subject = "mailto:ops@example.com";
  o.web_push.private_key.value = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
  std::uint64_t serial = 0;
  serve_http(b, o, pages, 2, [&](engine& e) {
    if (b.extra[asked].exchange(0) != 0) {
      malloc_trim(0);
      b.extra[resident] = resident_bytes();
    }
    if (auto to = b.extra[message_to].exchange(0))
      e.publish({message_in(to - 1, 0, serial++)}, [](const auto&) {});
  });
}

/// A page that says nothing and reads what it is told.
class page {
public:
  page(std::uint16_t port, const person_id& person) : socket_(connect_loopback(port)) {
    if (socket_ < 0)
      throw std::runtime_error("a page cannot connect");
    const auto request = "GET /v1/live?person=" + person
                         + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
    const auto answer = read();
    if (!answer.starts_with("HTTP/1.1 101"))
      throw std::runtime_error("a page is refused: " + answer.substr(0, 200));
  }
  ~page() { close(socket_); }
  page(const page&) = delete;
  page& operator=(const page&) = delete;

  /// What there is, after waiting for it.
  std::string read() {
    char buffer[4096];
    const auto n = recv(socket_, buffer, sizeof buffer, 0);
    return {buffer, n > 0 ? static_cast<std::size_t>(n) : 0};
  }

private:
  int socket_;
};

double resident_of(helper& server) {
  auto& b = server.shared();
  b.extra[resident] = 0;
  b.extra[asked] = 1;
  wait_until(10, [&] { return b.extra[resident] != 0; });
  return static_cast<double>(b.extra[resident]);
}

void live(const settings& o, figures& out) {
  const std::size_t count = o.smoke ? 200 : 10'000;
  const std::size_t told = o.smoke ? 10 : 500;
  allow_descriptors(count);
  helper server{[&](board& b) { serve(count, b); }};
  if (!server.wait_ready(60))
    return out.failure("live: the server is not ready");
  const auto port = static_cast<std::uint16_t>(server.shared().port);
  std::vector<std::unique_ptr<page>> pages;
  const auto open = [&](std::size_t i) { pages.push_back(std::make_unique<page>(port, person_name(i, 1))); };
  // The first ones fill what is filled once.
  for (std::size_t i = 0; i < count / 10; ++i)
    open(i);
  const auto before = resident_of(server);
  for (std::size_t i = count / 10; i < count; ++i)
    open(i);
  const auto grown = resident_of(server) - before;
  out.add("live: memory of an open socket", grown / static_cast<double>(count - count / 10) / 1024, "KB",
          bound::at_most, 20);
  std::vector<double> latencies;
  for (std::size_t i = 0; i < told; ++i) {
    const auto to = i * count / told;
    const auto began = bench_clock::now();
    server.shared().extra[message_to] = to + 1;
    const auto said = pages[to]->read();
    if (said.find("new_message") == std::string::npos)
      return out.failure("live: page " + std::to_string(to) + " was not told, but: " + said);
    latencies.push_back(std::chrono::duration<double, std::milli>(bench_clock::now() - began).count());
  }
  add_latencies(out, "live: told", latencies, 0, 0);
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv, {{"live", live}});
}
