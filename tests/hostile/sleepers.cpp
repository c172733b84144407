#include "belfry/tests/hostile/sleepers.hpp"

#include "belfry/tests/hostile/connection.hpp"

#include <chrono>
#include <vector>

namespace belfry::test::hostile {

namespace {

using namespace std::chrono_literals;

constexpr double headers_seconds = 10;
constexpr double body_seconds = 30;
/// How much later than the limit an answer may come on a busy machine.
constexpr double slack_seconds = 8;

std::string head(const std::string& token, const std::string& framing) {
  return "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token
         + "\r\nContent-Type: application/json\r\n" + framing + "\r\n\r\n";
}

} // namespace

sleepers::sleepers(unsigned short port, std::string token, findings& found)
    : port_(port), token_(std::move(token)), found_(found), thread_([this] { sleep_all(); }) {}

void sleepers::wait() {
  thread_.join();
}

void sleepers::sleep_all() {
  std::vector<std::thread> all;
  auto add = [&](std::string name, std::string bytes, double seconds, char trickle = '\0') {
    all.emplace_back([this, name, bytes, seconds, trickle] { doze(name, bytes, seconds, trickle); });
  };
  add("half a request line", "POST /v1/ev", headers_seconds);
  add("half the headers", "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nX-", headers_seconds);
  add("headers letter by letter", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", headers_seconds, 'x');
  add("half a body", head(token_, "Content-Length: 100") + "{\"type\":", body_seconds);
  add("half a chunk", head(token_, "Transfer-Encoding: chunked") + "ff\r\n{\"type\":", body_seconds);
  add("a body letter by letter", head(token_, "Content-Length: 1000") + "{", body_seconds, ' ');
  for (auto& t : all)
    t.join();
}

void sleepers::doze(std::string name, std::string bytes, double seconds, char trickle) {
  using clock = std::chrono::steady_clock;
  auto begun = clock::now();
  auto passed = [&] { return std::chrono::duration<double>(clock::now() - begun).count(); };
  connection c{port_};
  found_.sent();
  c.send(bytes);
  answer a;
  auto h = heard::too_late;
  while (h == heard::too_late && passed() < seconds + slack_seconds) {
    if (trickle != '\0')
      c.send({&trickle, 1});
    h = c.receive(a, false, 400ms);
  }
  found_.answered(h == heard::whole ? a.status : 0);
  auto in_time = passed() > seconds - 1 && passed() < seconds + slack_seconds;
  auto wrong = h == heard::whole ? wrong_with(a, false) : "no answer";
  if (a.status != 408 || !in_time || !wrong.empty() || !a.closes())
    found_.fault(name + ": status " + std::to_string(a.status) + " after " + std::to_string(passed()) + " s " + wrong);
  else if (c.receive(a, false, 5s) != heard::ended)
    found_.fault(name + ": the connection stays open behind 408");
}

} // namespace belfry::test::hostile
