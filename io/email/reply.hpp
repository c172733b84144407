#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// What a mail server's answer means (PROTOCOLS S-2 to S-4). Pure.
namespace belfry::io::email {

/// How far a session had come when it ended.
enum class phase : std::uint8_t {
  /// Connection, greeting, EHLO, STARTTLS.
  connect,
  sign_in,
  /// MAIL FROM: what is refused is the sender.
  sender,
  /// RCPT TO: what is refused is the recipient.
  recipient,
  /// DATA and the mail itself.
  content,
};

/// What becomes of the mail, its address and the sender.
enum class verdict : std::uint8_t {
  /// The server has it now.
  accepted,
  /// Try again later: 4yz, a full mailbox, a connection that broke.
  again,
  /// The server closes the connection (421): try again on another one, which counts no attempt.
  reconnect,
  /// The address does not exist or takes no mail: suppress it.
  address_bad,
  /// Too big for this mailbox or server: try once more with less.
  too_big,
  /// The server refuses us, not the recipient (5.7.x, block lists, SPF, DKIM, DMARC): an alarm, never a suppression.
  sender_refused,
  /// The server does not let us in: an alarm, and no mail before that is mended.
  not_authorized,
  /// Refused for good for another reason; the address stays.
  refused,
  /// No connection was free for too long: nothing was sent.
  not_begun,
};
/// "accepted", ...
std::string_view to_string(verdict x);

/// The reply that ended a session: its code, the text of its last line, and that of the lines before it.
struct reply {
  int code = 0;
  std::string text;
  std::string before = {};
};

/// What `r` means in phase `p`. The enhanced code (RFC 3463) decides where there is one, else the phase and the code.
verdict judge(phase p, const reply& r);

/// "5.1.1", or "" if the text of the reply does not begin with an enhanced code. Fit for the trace.
std::string enhanced_code(const reply& r);

} // namespace belfry::io::email
