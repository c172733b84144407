#include "belfry/tests/hostile/connection.hpp"

#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace belfry::test::hostile {

using clock = std::chrono::steady_clock;

connection::connection(unsigned short port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  timeval limit{20, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error{"the server takes no connection"};
}

connection::~connection() {
  ::close(fd_);
}

bool connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool connection::send_slowly(std::string_view bytes) {
  for (auto& c : bytes)
    if (!send({&c, 1}))
      return false;
  return true;
}

void connection::half_close() {
  ::shutdown(fd_, SHUT_WR);
}

bool connection::more(clock::time_point until) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now()).count();
  pollfd p{fd_, POLLIN, 0};
  late_ = left <= 0 || ::poll(&p, 1, static_cast<int>(left)) <= 0;
  if (late_)
    return false;
  std::array<char, 16 * 1024> piece{};
  auto n = ::recv(fd_, piece.data(), piece.size(), 0);
  if (n > 0)
    in_.append(piece.data(), static_cast<std::size_t>(n));
  return n > 0;
}

heard connection::receive(answer& out, bool head, std::chrono::milliseconds limit) {
  constexpr std::string_view blank = "\r\n\r\n";
  constexpr std::size_t head_max = 16 * 1024;
  auto until = clock::now() + limit;
  for (;;) {
    auto end = in_.find(blank);
    while (end == in_.npos && in_.size() < head_max && more(until))
      end = in_.find(blank);
    if (end == in_.npos)
      return late_ ? heard::too_late : in_.empty() ? heard::ended : heard::malformed;
    auto a = parse_head(std::string_view{in_}.substr(0, end));
    auto size = a ? body_size(*a, head) : std::nullopt;
    if (!size)
      return heard::malformed;
    auto whole = end + blank.size() + *size;
    while (in_.size() < whole && more(until)) {
    }
    if (in_.size() < whole)
      return late_ ? heard::too_late : heard::malformed;
    a->body = in_.substr(end + blank.size(), *size);
    in_.erase(0, whole);
    out = std::move(*a);
    if (out.status / 100 != 1)
      return heard::whole;
  }
}

} // namespace belfry::test::hostile
