#pragma once

#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/io/outbound/inbox.hpp"
#include "belfry/io/outbound/poller.hpp"
#include "belfry/io/outbound/target.hpp"
#include "belfry/io/outbound/trust.hpp"

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace belfry::io {

/// What all transfers of a client share.
struct transfer_context {
  const address_policy& policy;
  const client_settings& settings;
  /// Exchanged as a whole; read with `atomic_load`.
  const std::shared_ptr<const extra_trust>& trust;
  /// When they were read again, as steady time; 0: never.
  const std::atomic<std::chrono::steady_clock::rep>& trust_read_at;
  const std::string& ca_file;
  poller& sockets;
  CURLSH* share = nullptr;
};

/// One request at a time on a curl handle that is used again and again: options that stay are set once.
class transfer {
public:
  explicit transfer(transfer_context& context);
  ~transfer();
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  /// Sets the handle up for `job`; `proxy` is empty for none. Anything but none: the request cannot be sent, and `job`
  /// is untouched.
  transport_error prepare(http_job& job, const std::shared_ptr<const target>& where, const std::string& proxy,
                          std::chrono::milliseconds time_left);
  /// The answer, once curl is through with it.
  http_answer finish(CURLcode code);
  http_answer cancel();

  CURL* handle() const { return easy_; }
  std::function<void(http_answer)> take_done() { return std::move(job_.done); }

  /// Where the client keeps it among those under way.
  std::size_t place = 0;

private:
  void set_lasting_options();
  void set_method();
  bool set_headers();
  void set_proxy(const std::string& proxy);
  void distrust_what_curl_kept();
  void set_time_limits(std::chrono::milliseconds time_left);
  void pin_test_addresses();
  void on_header(std::string_view line);
  bool address_refused(const std::optional<ip>& address) const;
  transport_error why(CURLcode code) const;
  bool lost_kept_connection(CURLcode code) const;
  std::chrono::milliseconds age() const;

  static std::size_t write_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t write_header(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int close_socket(void* sockets, curl_socket_t fd);
  static int before_request(void* self, char* remote, char* local, int remote_port, int local_port);
  static CURLcode set_up_tls(CURL* handle, void* tls_context, void* self);

  transfer_context& context_;
  CURL* easy_;
  http_job job_;
  http_answer answer_;
  bool answered_ = false;
  bool refused_ = false;
  bool socket_opened_ = false;
  /// The request is on its way; curl must not begin with it again.
  bool begun_ = false;
  /// curl wanted to: the connection it was sent on was a kept one that is closed.
  bool repeated_ = false;

  // What the handle is set to, so that it is not set again.
  std::shared_ptr<const target> target_;
  std::string method_;
  std::string proxy_;
  std::chrono::milliseconds time_limit_{0};
  bool fresh_ = false;
  // curl reads the list in place: one text, no allocation per header.
  std::string header_text_;
  std::vector<curl_slist> headers_;
  curl_slist* pinned_ = nullptr;
};

} // namespace belfry::io
