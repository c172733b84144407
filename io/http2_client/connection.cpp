#include "belfry/io/http2_client/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace belfry::io::http2 {

namespace {

using step = tls_stream::step;
constexpr std::size_t chunk = 16 * 1024;

struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family = AF_INET;
};

socket_address to_socket_address(const ip& x, std::uint16_t port) {
  socket_address out;
  if (x.v4) {
    auto* to = reinterpret_cast<sockaddr_in*>(&out.storage);
    to->sin_family = AF_INET;
    to->sin_port = htons(port);
    std::memcpy(&to->sin_addr, x.bytes.data() + 12, 4);
    out.size = sizeof(sockaddr_in);
    return out;
  }
  auto* to = reinterpret_cast<sockaddr_in6*>(&out.storage);
  out.family = to->sin6_family = AF_INET6;
  to->sin6_port = htons(port);
  std::memcpy(&to->sin6_addr, x.bytes.data(), x.bytes.size());
  out.size = sizeof(sockaddr_in6);
  return out;
}

std::uint32_t events_of(step s) {
  return s == step::want_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
}

} // namespace

connection::connection(environment& shared, const origin& where, pool& owner, time_point now)
    : last_used(now),
      environment_(shared),
      where_(where),
      owner_(owner),
      deadline_(now + shared.settings.connect_timeout),
      address_deadline_(deadline_),
      session_(shared.settings.streams_max),
      last_received_(now) {
  // Through a proxy the name is not ours to resolve, but what it leads to is ours to judge.
  if (where_.proxy && where_.untrusted && !where_.literal)
    look_up(where_.where->host);
  else
    resolve(now);
}

connection::~connection() {
  close_socket();
  if (look_up_id_ != 0)
    environment_.forget_look_up(look_up_id_);
}

void connection::look_up(const std::string& name) {
  look_up_id_ = environment_.look_up(name, *this);
  if (look_up_id_ == 0)
    fail(transport_error::busy);
}

void connection::resolve(time_point now) {
  phase_ = phase::resolving;
  const auto literal = where_.proxy ? literal_host(where_.proxy->host) : where_.literal;
  if (literal)
    return on_addresses({*literal}, now);
  look_up(where_.proxy ? where_.proxy->host : where_.where->host);
}

void connection::on_addresses(std::vector<ip> found, time_point now) {
  look_up_id_ = 0;
  if (phase_ == phase::judging) {
    if (std::any_of(found.begin(), found.end(), [this](const ip& x) { return !environment_.policy.allowed(x); }))
      return fail(transport_error::refused_address);
    return resolve(now);
  }
  std::reverse(found.begin(), found.end());
  addresses_ = std::move(found);
  phase_ = phase::connecting;
  connect_next(now);
}

bool connection::refused(const ip& address) const {
  return where_.untrusted && !where_.proxy && !environment_.policy.allowed(address);
}

void connection::connect_next(time_point now) {
  close_socket();
  const auto port = where_.proxy ? where_.proxy->port : where_.where->port;
  while (!addresses_.empty()) {
    const auto address = addresses_.back();
    // Whoever is left shares what is left of the time.
    address_deadline_ = now + (deadline_ - now) / static_cast<int>(addresses_.size());
    addresses_.pop_back();
    if (refused(address)) {
      refused_ = true;
      continue;
    }
    failure_ = transport_error::connect;
    if (connect_to(address, port))
      return;
  }
  // With another address that may be called, its failure counts: that one may recover.
  if (refused_ && failure_ == transport_error::none)
    return fail(transport_error::refused_address);
  fail(where_.proxy ? transport_error::proxy : transport_error::connect);
}

bool connection::connect_to(const ip& address, std::uint16_t port) {
  const auto to = to_socket_address(address, port);
  fd_ = ::socket(to.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0)
    return false;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  environment_.sockets.opened(fd_);
  const auto place = static_cast<std::size_t>(fd_);
  if (place >= environment_.by_socket.size())
    environment_.by_socket.resize(place + 64);
  environment_.by_socket[place] = this;
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0 && errno != EINPROGRESS) {
    close_socket();
    return false;
  }
  environment_.sockets.want(fd_, EPOLLOUT);
  return true;
}

void connection::on_socket(std::uint32_t events, time_point now) {
  switch (phase_) {
  case phase::connecting:
    return connected(now);
  case phase::tunnelling:
    return tunnel(now);
  case phase::securing:
    return secure(now);
  case phase::greeting:
  case phase::open:
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0)
      read(now);
    return flush();
  case phase::judging:
  case phase::resolving:
  case phase::closed:
    return;
  }
}

void connection::connected(time_point now) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
    return connect_next(now);
  failure_ = transport_error::none;
  address_deadline_ = deadline_;
  if (!where_.proxy) {
    phase_ = phase::securing;
    return secure(now);
  }
  phase_ = phase::tunnelling;
  out_ = connect_request(*where_.proxy, where_.server);
  tunnel(now);
}

void connection::tunnel(time_point now) {
  if (!write_plain())
    return fail(transport_error::proxy);
  environment_.sockets.want(fd_, out_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
  char some[1024];
  // The server says nothing before we begin TLS: what comes here is the proxy's.
  for (ssize_t n = 0; (n = ::recv(fd_, some, sizeof(some), 0)) >= 0;) {
    tunnel_text_.append(some, static_cast<std::size_t>(n));
    const auto stands = read_connect_answer(tunnel_text_);
    if (n == 0 || (stands && !*stands))
      return fail(transport_error::proxy);
    if (stands) {
      phase_ = phase::securing;
      return secure(now);
    }
  }
  if (errno != EAGAIN)
    fail(transport_error::proxy);
}

bool connection::write_plain() {
  const auto n = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
  if (n < 0)
    return errno == EAGAIN;
  out_.erase(0, static_cast<std::size_t>(n));
  return true;
}

void connection::secure(time_point now) {
  if (!tls_)
    tls_ = environment_.tls->open(fd_, where_.where->host, where_.literal);
  const auto s = tls_->handshake();
  if (s == step::closed)
    return fail(transport_error::tls);
  environment_.sockets.want(fd_, events_of(s));
  if (s != step::done)
    return;
  if (tls_->protocol() != "h2")
    return fail(transport_error::tls);
  phase_ = phase::greeting;
  flush();
  if (!closed())
    read(now);
}

void connection::read(time_point now) {
  for (;;) {
    const auto s = tls_->read(in_);
    if (s != step::done) {
      if (s == step::closed)
        fail(transport_error::connect);
      break;
    }
    last_received_ = now;
    pinged_.reset();
    if (!session_.receive(in_)) {
      flush();
      fail(transport_error::connect);
      break;
    }
  }
  if (session_.last_words() && !said_leaving_) {
    said_leaving_ = true;
    report(connection_event::what::leaving);
  }
  if (phase_ == phase::greeting && session_.ready()) {
    phase_ = phase::open;
    opened_ = true;
    report(connection_event::what::opened);
  }
}

void connection::flush() {
  if (phase_ != phase::greeting && phase_ != phase::open)
    return;
  for (;;) {
    if (written_ == out_.size()) {
      out_.clear();
      written_ = 0;
      if (!session_.produce(out_, chunk) && out_.empty())
        return fail(transport_error::connect);
      if (out_.empty())
        return environment_.sockets.want(fd_, EPOLLIN);
    }
    auto rest = std::string_view(out_).substr(written_);
    const auto s = tls_->write(rest);
    written_ = out_.size() - rest.size();
    if (s == step::closed)
      return fail(transport_error::connect);
    if (s != step::done)
      return environment_.sockets.want(fd_, events_of(s));
  }
}

time_point connection::next_time() const {
  const auto& s = environment_.settings;
  if (phase_ != phase::open)
    return std::min(deadline_, address_deadline_);
  if (pinged_)
    return *pinged_ + s.ping_timeout;
  return last_received_ + (session_.open().empty() ? s.ping_idle : s.ping_waiting);
}

void connection::ask_for_life(time_point now) {
  if (phase_ != phase::open || pinged_ || now < last_received_ + environment_.settings.ping_urgent)
    return;
  pinged_ = now;
  session_.ping();
}

void connection::on_time(time_point now) {
  if (closed() || now < next_time())
    return;
  if (phase_ == phase::open) {
    if (pinged_)
      return fail(transport_error::timeout);
    pinged_ = now;
    session_.ping();
    return flush();
  }
  if (phase_ == phase::connecting && !addresses_.empty() && now < deadline_)
    return connect_next(now);
  fail(transport_error::timeout);
}

void connection::leave() {
  if (closed())
    return;
  if (phase_ == phase::open) {
    session_.say_goodbye();
    session_.produce(out_, out_.size() + chunk);
    auto rest = std::string_view(out_).substr(written_);
    tls_->write(rest);
    tls_->shut_down();
  }
  session_.abandon();
  close_socket();
  phase_ = phase::closed;
  report(connection_event::what::closed);
}

void connection::fail(transport_error why) {
  if (closed())
    return;
  const bool orderly = session_.leaving() && session_.open().empty();
  failure_ = why;
  session_.abandon();
  close_socket();
  phase_ = phase::closed;
  report(!opened_  ? connection_event::what::failed
         : orderly ? connection_event::what::closed
                   : connection_event::what::lost);
}

void connection::close_socket() {
  tls_.reset();
  if (fd_ < 0)
    return;
  environment_.by_socket[static_cast<std::size_t>(fd_)] = nullptr;
  environment_.sockets.closed(fd_);
  ::close(fd_);
  fd_ = -1;
}

void connection::report(connection_event::what kind) {
  connection_event out{kind, where_.server, failure_, 0, {}};
  if (kind == connection_event::what::leaving) {
    out.code = session_.last_words()->code;
    out.text = session_.last_words()->text;
  }
  environment_.report(out);
}

} // namespace belfry::io::http2
