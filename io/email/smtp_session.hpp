#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/email/reply.hpp"
#include "belfry/io/outbound/trust.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

namespace belfry::io::email {

/// The mail server and how it is spoken to.
struct smtp_settings {
  std::string host;
  std::uint16_t port = 587;
  smtp_tls tls = smtp_tls::starttls;
  std::string user;
  secret password;
  /// What EHLO says.
  std::string client_name;
  /// "" for none.
  std::string proxy;
  /// From the first byte of a mail to its last answer.
  std::chrono::milliseconds timeout{60'000};
  std::chrono::milliseconds connect_timeout{10'000};
  /// Mails before a connection is closed; servers dislike those that never end.
  std::size_t mails_per_connection_max = 200;
};

/// A mail on its way to the server.
struct smtp_mail {
  std::string from, to;
  /// From `to_mime`.
  std::string content;
};

/// How an attempt ended.
struct smtp_result {
  verdict what = verdict::again;
  /// The server's last reply; 0: there was none.
  int status = 0;
  /// "5.1.1", or "timeout", "connection_failed", "tls_failed", "proxy_failed", "cancelled",
  /// "no_smtputf8" (the recipient's address is not ASCII, the server takes only those that are): never a text of the
  /// server.
  std::string answer;
  std::chrono::milliseconds duration{0};
};

/// One connection to a mail server that is kept between mails. Used by one thread, which `send` blocks.
///
///   connect --EHLO--> [STARTTLS] --> [sign in] --> MAIL FROM --> RCPT TO --> DATA --> answer --+
///                                                      ^                                       |
///                                                      +--------- the next mail ---------------+
///
/// A refused mail closes the connection, because nothing is known of what state it is in.
class smtp_session {
public:
  /// `stopping` keeps from new attempts.
  smtp_session(const smtp_settings& settings, const extra_trust& trust, const std::atomic<bool>& stopping);
  ~smtp_session();
  smtp_session(const smtp_session&) = delete;
  smtp_session& operator=(const smtp_session&) = delete;

  /// One attempt. A kept connection that turns out to be closed before the mail went out is replaced, once; a mail
  /// whose content was begun is never sent again from here.
  smtp_result send(const smtp_mail& m);

  /// Says goodbye; the next mail opens a new connection.
  void close();

  /// Breaks the connection under a mail that another thread sends; nothing happens if there is none.
  void interrupt();

private:
  struct handle;
  std::unique_ptr<handle> handle_;
};

} // namespace belfry::io::email
