#include "belfry/benchmarks/support/http_load.hpp"

#include "belfry/benchmarks/support/loopback.hpp"
#include "belfry/benchmarks/support/workload.hpp"

#include <atomic>
#include <charconv>
#include <mutex>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace belfry::bench {

namespace {

/// The drivers' texts need no escapes.
std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

std::string participants_of(const conversation_started& s) {
  std::string out;
  for (const auto& p : s.participants)
    out += (out.empty() ? "" : ",") + ("{\"person\":" + quoted(p.person))
           + ",\"role\":" + quoted(std::string{to_string(p.role)}) + "}";
  return out;
}

std::string line_of(const event& e) {
  auto out = "{\"type\":" + quoted(std::string{type_of(e)}) + ",\"conversation\":" + quoted(e.conversation);
  if (!e.id.empty())
    out += ",\"id\":" + quoted(e.id);
  if (const auto* m = std::get_if<message_sent>(&e.body))
    out += ",\"message\":{\"id\":" + quoted(m->message) + ",\"sender\":" + quoted(m->sender)
           + ",\"text\":" + quoted(m->text) + "}";
  else if (const auto* r = std::get_if<message_read>(&e.body))
    out += ",\"person\":" + quoted(r->person);
  else if (const auto* s = std::get_if<conversation_started>(&e.body))
    out += ",\"participants\":[" + participants_of(*s) + "]";
  return out + "}\n";
}

/// One blocking connection.
class connection {
public:
  explicit connection(std::uint16_t port) : socket_(connect_loopback(port)), open_(socket_ >= 0) {}
  ~connection() { close(socket_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// The answer's bytes; empty when there was none.
  std::string exchange(const std::string& request) {
    for (std::size_t at = 0; open_ && at < request.size();) {
      const auto n = send(socket_, request.data() + at, request.size() - at, MSG_NOSIGNAL);
      open_ = n > 0;
      at += open_ ? static_cast<std::size_t>(n) : 0;
    }
    std::string answer;
    char buffer[16 * 1024];
    while (open_) {
      const auto n = recv(socket_, buffer, sizeof buffer, 0);
      open_ = n > 0;
      if (open_)
        answer.append(buffer, static_cast<std::size_t>(n));
      if (complete(answer))
        return answer;
    }
    return {};
  }

private:
  /// Header and as much body as Content-Length says.
  static bool complete(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    if (end == answer.npos)
      return false;
    auto at = answer.find("ontent-");
    while (at < end && answer.compare(at, 13, "ontent-Length") != 0 && answer.compare(at, 13, "ontent-length") != 0)
      at = answer.find("ontent-", at + 1);
    std::size_t length = 0;
    if (at < end) {
      at += 15;
      std::from_chars(answer.data() + at, answer.data() + end, length);
    }
    return answer.size() >= end + 4 + length;
  }

  int socket_;
  bool open_;
};

} // namespace

std::string post_of(const std::vector<event>& events) {
  std::string body;
  for (const auto& e : events)
    body += line_of(e);
  return "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n\r\n" + body;
}

http_figures http_load(std::uint16_t port, const std::vector<std::string>& requests, std::size_t connections,
                       double pace) {
  http_figures out;
  std::atomic<std::size_t> next{0};
  std::mutex lock;
  const auto began = bench_clock::now();
  auto work = [&] {
    connection c{port};
    for (std::size_t i = 0; (i = next++) < requests.size();) {
      auto due = bench_clock::now();
      if (pace > 0) {
        due = began
              + std::chrono::duration_cast<bench_clock::duration>(
                  std::chrono::duration<double>(static_cast<double>(i) / pace));
        std::this_thread::sleep_until(due);
      }
      const auto answer = c.exchange(requests[i]);
      const auto took = std::chrono::duration<double, std::milli>(bench_clock::now() - due).count();
      std::lock_guard guard{lock};
      out.latencies.push_back(took);
      if (answer.find(" 202 ") == answer.npos && ++out.bad == 1)
        out.first_bad = answer.empty() ? "no answer" : answer.substr(0, 300);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < connections; ++i)
    threads.emplace_back(work);
  for (auto& t : threads)
    t.join();
  out.seconds = std::chrono::duration<double>(bench_clock::now() - began).count();
  return out;
}

} // namespace belfry::bench
