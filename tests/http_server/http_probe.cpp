#include "http_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <thread>

namespace belfry::test {

namespace {

std::string lowered(std::string_view x) {
  std::string out{x};
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

int number(std::string_view text, int base = 10) {
  int x = 0;
  std::from_chars(text.data(), text.data() + text.size(), x, base);
  return x;
}

/// Status and headers of a head without its last empty line.
http_reply parse_head(std::string_view head) {
  http_reply out;
  out.status = number(head.substr(9, 3));
  for (auto at = head.find("\r\n"); at != std::string_view::npos;) {
    auto line = head.substr(at + 2);
    at = head.find("\r\n", at + 2);
    line = line.substr(0, line.find("\r\n"));
    auto colon = line.find(": ");
    if (colon != std::string_view::npos)
      out.headers.emplace(lowered(line.substr(0, colon)), line.substr(colon + 2));
  }
  return out;
}

} // namespace

std::string http_reply::header(const std::string& name) const {
  auto i = headers.find(name);
  return i == headers.end() ? std::string{} : i->second;
}

http_probe::http_probe(unsigned short port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    ended_ = true;
}

http_probe::~http_probe() {
  ::close(fd_);
}

bool http_probe::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool http_probe::more(std::chrono::steady_clock::time_point until) {
  using namespace std::chrono;
  auto left = duration_cast<milliseconds>(until - steady_clock::now()).count();
  pollfd p{fd_, POLLIN, 0};
  if (ended_ || left <= 0 || ::poll(&p, 1, static_cast<int>(left)) <= 0)
    return false;
  char bytes[16 * 1024];
  auto n = ::recv(fd_, bytes, sizeof bytes, 0);
  if (n <= 0) {
    ended_ = true;
    return false;
  }
  in_.append(bytes, static_cast<std::size_t>(n));
  return true;
}

http_reply http_probe::receive(bool head, std::chrono::milliseconds limit) {
  auto until = std::chrono::steady_clock::now() + limit;
  std::size_t end = 0;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos)
    if (!more(until))
      return {};
  auto out = parse_head(std::string_view{in_}.substr(0, end));
  in_.erase(0, end + 4);
  if (out.status == 100)
    return receive(head, limit);
  auto length = head ? 0U : static_cast<std::size_t>(number(out.header("content-length")));
  while (in_.size() < length)
    if (!more(until))
      return {};
  out.body = in_.substr(0, length);
  in_.erase(0, length);
  return out;
}

bool http_probe::hears(std::string_view what, std::chrono::milliseconds limit) {
  auto until = std::chrono::steady_clock::now() + limit;
  while (in_.find(what) == std::string::npos)
    if (!more(until))
      return false;
  return true;
}

bool http_probe::ends(std::chrono::milliseconds limit) {
  auto until = std::chrono::steady_clock::now() + limit;
  while (more(until)) {
  }
  return ended_;
}

std::string request_text(std::string_view method, std::string_view target, const headers& more, std::string_view body) {
  auto out = std::string{method} + " " + std::string{target} + " HTTP/1.1\r\n";
  auto has_host = std::any_of(more.begin(), more.end(), [](const auto& h) { return h.first == "Host"; });
  if (!has_host)
    out += "Host: localhost\r\n";
  for (const auto& [name, value] : more)
    out += name + ": " + value + "\r\n";
  if (!body.empty() || method == "POST" || method == "PUT")
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + std::string{body};
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace belfry::test
