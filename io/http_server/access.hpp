#pragma once

#include "belfry/config/options.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::io::http {

/// Whom a route lets in (SPEC 13, the table of roles).
enum class audience : std::uint8_t {
  /// No token at all: health, readiness, pages, unsubscribing.
  everybody,
  /// Every GET but those of a person's own routes: host, read, admin.
  readers,
  /// POST events and what writes persons: host, admin.
  hosts,
  /// What writes webhooks: admin.
  admins,
  /// Read by readers and by that person's token.
  person_readers,
  /// Written by hosts and by that person's token.
  person_writers,
};

/// Who asks.
struct caller {
  /// Absent for a person's token.
  std::optional<token_role> role;
  /// Set for a person's token: its `sub`.
  std::optional<person_id> person;
  /// When that token expires, in wall time; 0: never.
  millis expires_at = 0;
};

/// The token of `Authorization: Bearer <token>`; nothing when the header has another form.
std::optional<std::string_view> bearer(std::string_view authorization);

/// The token in the subprotocols that a page offers (SPEC 13: "belfry.v1, bearer.<jwt>"), as an Authorization header;
/// "": there is none.
std::string authorization_of_protocols(std::string_view protocols);

/// Who the Authorization header speaks for: a configured token (compared by SHA-256 in constant time) or a person's
/// JWT. Without configured tokens everybody is admin, unless they bring a JWT. Nothing: 401.
std::optional<caller> identify(std::string_view authorization, const http_options& o, millis now);

/// Whether `who` may use a route for `a` whose `{id}` is `person` (of person routes). False: 403.
bool may(const caller& who, audience a, std::string_view person);

/// `localhost`, 127.0.0.0/8 or `[::1]`, with or without a port.
bool is_loopback_host(std::string_view host);

/// Whether a page of `origin` stands under an address that is neither ours ("<scheme>://<host>") nor allowed.
bool is_foreign_origin(std::string_view origin, std::string_view host, bool tls,
                       const std::vector<std::string>& allowed);

/// Whether CORS is granted to `origin`.
bool is_allowed_origin(std::string_view origin, const std::vector<std::string>& allowed);

} // namespace belfry::io::http
