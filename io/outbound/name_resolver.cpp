#include "belfry/io/outbound/name_resolver.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

namespace belfry::io {

namespace {

constexpr std::size_t threads_max = 4;
constexpr std::size_t waiting_max = 4096;

struct query {
  std::string name;
  std::function<void(std::vector<ip>)> found;
};

} // namespace

struct name_resolver::state {
  lookup how;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<query> waiting;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool stopped = false;

  /// What each thread does: it owns the state too, because a look-up may outlive the resolver.
  void work() {
    std::unique_lock lock(mutex);
    while (!stopped) {
      if (waiting.empty()) {
        ++idle;
        changed.wait(lock, [this] { return stopped || !waiting.empty(); });
        --idle;
        continue;
      }
      auto q = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      q.found(how(q.name));
      lock.lock();
    }
  }
};

name_resolver::name_resolver(lookup how) : state_(std::make_shared<state>()) {
  state_->how = how ? std::move(how) : system_lookup;
}

name_resolver::~name_resolver() {
  std::lock_guard lock(state_->mutex);
  state_->stopped = true;
  state_->waiting.clear();
  state_->changed.notify_all();
}

bool name_resolver::resolve(std::string name, std::function<void(std::vector<ip>)> found) {
  std::lock_guard lock(state_->mutex);
  if (state_->waiting.size() >= waiting_max)
    return false;
  if (state_->idle <= state_->waiting.size() && state_->threads < threads_max) {
    try {
      std::thread([s = state_] { s->work(); }).detach();
      ++state_->threads;
    } catch (const std::system_error&) {
      if (state_->threads == 0)
        return false;
    }
  }
  state_->waiting.push_back({std::move(name), std::move(found)});
  state_->changed.notify_one();
  return true;
}

std::optional<ip> from_socket_address(int family, const void* address) {
  if (family == AF_INET)
    return make_v4(ntohl(static_cast<const sockaddr_in*>(address)->sin_addr.s_addr));
  if (family != AF_INET6)
    return std::nullopt;
  ip out;
  const auto* bytes = static_cast<const sockaddr_in6*>(address)->sin6_addr.s6_addr;
  std::copy(bytes, bytes + out.bytes.size(), out.bytes.begin());
  return out;
}

std::vector<ip> system_lookup(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  std::vector<ip> out;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0)
    return out;
  for (auto* i = list; i != nullptr; i = i->ai_next)
    if (auto address = from_socket_address(i->ai_family, i->ai_addr))
      out.push_back(*address);
  ::freeaddrinfo(list);
  return out;
}

} // namespace belfry::io
