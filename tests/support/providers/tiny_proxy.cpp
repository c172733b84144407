#include "belfry/tests/support/providers/tiny_proxy.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace belfry::test {

namespace {

constexpr int tick_ms = 20;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// Moves what is there from one socket to the other; false at the end.
bool move_some(int from, int to) {
  char buffer[16384];
  auto n = ::recv(from, buffer, sizeof(buffer), 0);
  if (n <= 0)
    return false;
  write_all(to, {buffer, static_cast<std::size_t>(n)});
  return true;
}

} // namespace

tiny_proxy::tiny_proxy(std::uint16_t tunnel_port)
    : tunnel_port_(tunnel_port), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  auto where = loopback(0);
  socklen_t size = sizeof(where);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&where), size) != 0)
    throw std::system_error{errno, std::generic_category(), "bind"};
  ::listen(listener_, 16);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
  port_ = ntohs(where.sin_port);
  thread_ = std::thread([this] { run(); });
}

tiny_proxy::~tiny_proxy() {
  stopped_ = true;
  thread_.join();
  ::close(listener_);
}

std::vector<std::string> tiny_proxy::heads() const {
  std::lock_guard lock(mutex_);
  return heads_;
}

void tiny_proxy::run() {
  while (!stopped_) {
    pollfd p{listener_, POLLIN, 0};
    if (::poll(&p, 1, tick_ms) <= 0)
      continue;
    if (int client = ::accept(listener_, nullptr, nullptr); client >= 0) {
      serve(client);
      ::close(client);
    }
  }
}

void tiny_proxy::serve(int client) {
  std::string head;
  char c = 0;
  while (!head.ends_with("\r\n\r\n") && ::recv(client, &c, 1, 0) == 1)
    head += c;
  {
    std::lock_guard lock(mutex_);
    heads_.push_back(head);
  }
  if (!head.starts_with("CONNECT "))
    return write_all(client, "HTTP/1.1 299 Proxied\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  if (tunnel_port_ == 0)
    return write_all(client, "HTTP/1.1 403 No\r\nContent-Length: 0\r\nRetry-After: 9\r\n\r\n");
  tunnel(client);
}

void tiny_proxy::tunnel(int client) {
  int server = ::socket(AF_INET, SOCK_STREAM, 0);
  auto where = loopback(tunnel_port_);
  if (::connect(server, reinterpret_cast<sockaddr*>(&where), sizeof(where)) == 0) {
    write_all(client, "HTTP/1.1 200 Connected\r\nRetry-After: 9\r\n\r\n");
    for (bool open = true; open && !stopped_;) {
      pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      ::poll(both, 2, tick_ms);
      if (both[0].revents != 0)
        open = move_some(client, server);
      if (open && both[1].revents != 0)
        open = move_some(server, client);
    }
  }
  ::close(server);
}

} // namespace belfry::test
