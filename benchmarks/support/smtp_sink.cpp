#include "belfry/benchmarks/support/smtp_sink.hpp"

#include "belfry/io/outbound/poller.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <stdexcept>

namespace belfry::bench {

// -- dialogue -----------------------------------------------------------------

bool smtp_dialogue::receive(std::string_view bytes, std::string& replies) {
  in_ += bytes;
  for (;;) {
    if (in_content_) {
      if (!content(replies))
        return true;
      continue;
    }
    const auto end = in_.find("\r\n");
    if (end == in_.npos)
      return true;
    const auto line = in_.substr(0, end);
    in_.erase(0, end + 2);
    if (!command(line, replies))
      return false;
  }
}

bool smtp_dialogue::command(std::string_view line, std::string& replies) {
  const auto verb = line.substr(0, 4);
  if (verb == "EHLO") {
    replies += "250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n";
  } else if (verb == "DATA") {
    in_content_ = true;
    searched_ = 0;
    replies += "354 go on\r\n";
  } else if (verb == "QUIT") {
    replies += "221 2.0.0 bye\r\n";
    return false;
  } else {
    replies += "250 2.0.0 ok\r\n";
  }
  return true;
}

/// False: its end has not come yet.
bool smtp_dialogue::content(std::string& replies) {
  static constexpr std::string_view mark = "\r\n.\r\n";
  const auto end = in_.find(mark, searched_);
  if (end == in_.npos) {
    searched_ = in_.size() < mark.size() ? 0 : in_.size() - mark.size() + 1;
    return false;
  }
  bytes_ += end;
  ++mails_;
  in_.erase(0, end + mark.size());
  in_content_ = false;
  replies += "250 2.0.0 taken\r\n";
  return true;
}

// -- server -------------------------------------------------------------------

namespace {

int listen_anywhere(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&where), size) != 0 || ::listen(fd, 128) != 0
      || ::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size) != 0)
    throw std::runtime_error("the mail sink cannot listen");
  port = ntohs(where.sin_port);
  return fd;
}

/// Replies are short and the client waits for them: they always fit into the socket.
void say(int fd, std::string_view text) {
  if (!text.empty())
    static_cast<void>(::send(fd, text.data(), text.size(), MSG_NOSIGNAL));
}

/// False: the connection is over.
bool serve(int fd, smtp_dialogue& d) {
  std::array<char, 16'384> buffer;
  std::string replies;
  const auto n = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (n <= 0)
    return n < 0 && (errno == EAGAIN || errno == EINTR);
  // A client that writes a mail in pieces, with Nagle's algorithm, would wait 40 ms for each acknowledgement.
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  const auto going_on = d.receive({buffer.data(), static_cast<std::size_t>(n)}, replies);
  say(fd, replies);
  return going_on;
}

} // namespace

void serve_mails(board& b) {
  std::uint16_t port = 0;
  const int listener = listen_anywhere(port);
  io::poller sockets;
  std::map<int, smtp_dialogue> clients;
  auto accept_one = [&] {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
      return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    clients.try_emplace(fd);
    sockets.opened(fd);
    sockets.want(fd, EPOLLIN);
    say(fd, smtp_dialogue::greeting);
  };
  sockets.want(listener, EPOLLIN);
  b.port = port;
  b.ready = 1;
  while (b.stop == 0) {
    sockets.wait(20, [&](int fd, std::uint32_t) {
      if (fd == listener)
        return accept_one();
      const auto i = clients.find(fd);
      if (i == clients.end())
        return;
      auto& d = i->second;
      const auto mails = d.mails(), bytes = d.bytes();
      const auto going_on = serve(fd, d);
      b.count += d.mails() - mails;
      b.extra[0] += d.bytes() - bytes;
      if (going_on)
        return;
      sockets.closed(fd);
      clients.erase(i);
      ::close(fd);
    });
  }
}

} // namespace belfry::bench
