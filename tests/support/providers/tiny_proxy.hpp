#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace belfry::test {

/// A forward proxy for tests: notes the head of every request, answers plain ones itself (299), and connects every
/// tunnel to one port on loopback, whatever the name. One connection at a time.
class tiny_proxy {
public:
  /// `tunnel_port`: where tunnels lead; 0: CONNECT is answered 403.
  explicit tiny_proxy(std::uint16_t tunnel_port = 0);
  ~tiny_proxy();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Request lines and headers as they came.
  std::vector<std::string> heads() const;

private:
  void run();
  void serve(int client);
  void tunnel(int client);

  std::uint16_t tunnel_port_;
  std::uint16_t port_ = 0;
  int listener_;
  std::atomic<bool> stopped_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::thread thread_;
};

} // namespace belfry::test
