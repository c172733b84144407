#pragma once

#include "belfry/messages/ids.hpp"

#include <optional>
#include <string>

namespace belfry::io::email {

/// A mail before it is written as MIME. All texts are UTF-8; what would break a header is taken out when it is written.
struct mail {
  /// "Name <address>" or an address alone, as `email.from` has it.
  std::string from;
  /// May be empty.
  std::string to_name;
  std::string to_address;
  std::string subject, text;
  /// "" for a mail of text alone.
  std::string html;
  /// Without angle brackets. The same at every attempt, so that a repeated mail is known as such (PROTOCOLS S-2).
  std::string message_id;
  /// Message id, never sent itself, that all mails of one conversation to one recipient refer to (S-6).
  std::string thread_id;
  /// "<name.host>" of the list without brackets; e.g. "conversations.example.com".
  std::string list_id;
  /// Address that turns mails of this kind off; by one click (RFC 8058) if it is https, or on this host.
  std::optional<std::string> unsubscribe_url;
  millis date = 0;
};

/// The mail as it goes on the wire behind DATA: headers and body, lines end with CR LF and have at most 998 bytes, dots
/// are not stuffed. Returns nullopt if `from` or `to_address` is not an address.
std::optional<std::string> to_mime(const mail& m);

/// The address of "Name <address>" or of an address alone, its host in ASCII (IDNA), its name quoted if it needs it;
/// nullopt if it is none or holds anything that would end an SMTP command.
std::optional<std::string> envelope_address(const std::string& mailbox);

/// The host of an address.
std::string host_of(const std::string& address);

} // namespace belfry::io::email
