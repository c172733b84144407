#pragma once

#include <optional>
#include <string>
#include <string_view>

/// What a text or a secret of the configuration may look like. Pure syntax: nothing is resolved, opened or called.
namespace belfry::formats {

/// A named rule: whether a text keeps it, and the words that tell an operator what would.
struct rule {
  bool (*holds)(std::string_view);
  std::string_view allowed;
};

/// An absolute URL in its parts; absent parts are empty. `host` has no brackets.
struct url {
  std::string scheme, user, password, host, port, path, query, fragment;
};

/// Nothing when `text` is not an absolute URL.
std::optional<url> parse_url(std::string_view text);

/// "localhost", 127.0.0.0/8 or ::1 (with or without brackets).
bool is_loopback(std::string_view host);

/// The host of "host:port" or "[address]:port"; nothing when `text` is neither.
std::optional<std::string> listen_host(std::string_view text);

/// Why a template names a placeholder that SPEC 9 does not know, or leaves one open; nothing when all are known.
std::optional<std::string> wrong_placeholder(std::string_view text);

extern const rule any;              ///< UTF-8 without control characters.
extern const rule id;               ///< 1 to 128 characters.
extern const rule locale;           ///< BCP 47.
extern const rule header_prefix;    ///< A header name of at most 64 characters.
extern const rule mailbox;          ///< An address, alone or behind a name.
extern const rule host;             ///< A DNS name or a literal address.
extern const rule listen;           ///< host:port, port 0 for any.
extern const rule provider_url;     ///< https, or http on loopback; scheme, host and port only.
extern const rule public_url;       ///< http or https without credentials, query and fragment.
extern const rule origin;           ///< What a browser sends as Origin.
extern const rule conversation_url; ///< A URL that may hold ${conversationId}.
extern const rule network;          ///< CIDR.
extern const rule host_pattern;     ///< A host, or "*." and a domain.
extern const rule sha256;           ///< 64 hex digits.
extern const rule project_id;       ///< As it stands in the address of FCM.
extern const rule apple_id;         ///< Ten letters and digits.
extern const rule bundle_id;        ///< Reverse domain name.
extern const rule vapid_subject;    ///< PROTOCOLS WP-4.
extern const rule proxy_url;        ///< http, https, socks5 or socks5h.
extern const rule vapid_key;        ///< P-256: base64url of 32 bytes, or PEM.
extern const rule apns_key;         ///< P-256 as PEM.
extern const rule service_account;  ///< Google's JSON file.
extern const rule person_token_key; ///< At least 32 bytes.

} // namespace belfry::formats
