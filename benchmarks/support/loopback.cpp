#include "belfry/benchmarks/support/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace belfry::bench {

int connect_loopback(std::uint16_t port) {
  const int out = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval limit{30, 0};
  setsockopt(out, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(out, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0)
    return out;
  close(out);
  return -1;
}

} // namespace belfry::bench
