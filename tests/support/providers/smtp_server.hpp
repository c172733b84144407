#pragma once

#include "belfry/tests/support/providers/certificate.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

/// A mail as a server took it.
struct received_mail {
  std::string from;
  std::string to;
  /// As it came behind DATA, with CR LF, dots unstuffed.
  std::string content;
  bool secure = false;
  /// The user that signed in; "" for none.
  std::string user;
  /// Which connection brought it, counted from 1.
  std::uint64_t connection = 0;
  std::chrono::steady_clock::time_point at{};
};

enum class smtp_security : std::uint8_t { none, starttls, implicit };

struct smtp_server_settings {
  smtp_security security = smtp_security::none;
  /// Required unless `security` is none.
  std::optional<certificate> tls{};
  /// Set: nothing is taken from who has not signed in.
  std::optional<std::string> user{};
  std::string password{};
  bool smtputf8 = true;
  /// Bytes of a mail, as SIZE announces; 0: any.
  std::size_t size_max = 0;
  /// Mails after which a connection is answered 421 and closed; 0: never.
  std::size_t mails_per_connection = 0;
  /// So many times EHLO is answered 421.
  std::size_t greetings_refused = 0;
  /// Mails kept; of later ones only the number is known.
  std::size_t log_max = 100'000;
};

/// A strict mail server on loopback. It does what the local part of the recipient says:
///   rcpt-<code>[-<enhanced>]   refuses the recipient
///   rcpt-listed                the same, because of who sends, in the first of two lines
///   mail-<code>[-<enhanced>]   refuses the mail after its content
///   drop-data                  closes after the content, without a reply (the mail is logged)
///   drop-rcpt                  closes instead of answering RCPT
///   slow-<milliseconds>        answers the content late
///   greylist-<n>               450 to the first n attempts
/// and takes mails to anybody else. What breaks RFC 5321 (order of commands, bare line feeds, lines of more than 998
/// bytes, commands before the reply to the one before, a sign-in without TLS) is a violation and refused.
class smtp_server {
public:
  /// Listens when this returns; throws std::runtime_error when it cannot.
  explicit smtp_server(smtp_server_settings settings = {});
  ~smtp_server();
  smtp_server(const smtp_server&) = delete;
  smtp_server& operator=(const smtp_server&) = delete;

  std::uint16_t port() const;
  std::uint64_t count() const;
  std::uint64_t connections() const;
  std::vector<received_mail> mails() const;
  /// What a client did wrong, in sentences.
  std::vector<std::string> violations() const;
  /// Waits until so many mails came; false when the limit passed first.
  bool wait_for(std::uint64_t count, std::chrono::milliseconds limit) const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace belfry::test
