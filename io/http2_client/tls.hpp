#pragma once

#include "belfry/io/outbound/address_policy.hpp"
#include "belfry/messages/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace belfry::io::http2 {

/// TLS on a non-blocking socket.
class tls_stream {
public:
  /// What a call waits for, if anything.
  enum class step : std::uint8_t { done, want_read, want_write, closed };

  /// Takes the object, but not the socket. A peer that is gone is an answer, never a signal.
  tls_stream(ssl_st* ssl, int fd);

  step handshake();
  /// Replaces `out` by what is there, 16 KiB at most.
  step read(std::string& out);
  /// Takes away from `data` what was written.
  step write(std::string_view& data);
  /// Tells the other side, as far as that goes without waiting.
  void shut_down();
  /// The protocol both sides agreed on.
  std::string_view protocol() const;

private:
  struct release {
    void operator()(ssl_st* x) const;
  };
  step step_of(int answer) const;

  std::unique_ptr<ssl_st, release> ssl_;
};

/// How connections are secured: TLS 1.2 or later, protocol h2, and a certificate of the host that the system or
/// `outbound.caFile` vouches for.
class tls_context {
public:
  /// ec::bad_input: the file cannot be read.
  static result<std::shared_ptr<const tls_context>> make(const std::string& ca_file);

  /// `address` is there when the host is no name.
  tls_stream open(int fd, const std::string& host, const std::optional<ip>& address) const;

private:
  std::shared_ptr<ssl_ctx_st> context_;
};

} // namespace belfry::io::http2
