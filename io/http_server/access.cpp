#include "belfry/io/http_server/access.hpp"

#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/http_server/jwt.hpp"
#include "belfry/messages/ascii.hpp"

#include <algorithm>
#include <charconv>

namespace belfry::io::http {

namespace {

bool looks_like_jwt(std::string_view token) {
  return std::count(token.begin(), token.end(), '.') == 2;
}

/// Takes a number of at most `max` from the front; false when there is none.
bool take_number(std::string_view& text, int max) {
  auto value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || text.front() == '-' || value > max)
    return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool is_loopback_v4(std::string_view host) {
  if (!host.starts_with("127."))
    return false;
  for (auto i = 0; i < 4; ++i) {
    if (i > 0) {
      if (host.empty() || host.front() != '.')
        return false;
      host.remove_prefix(1);
    }
    if (host.empty() || !take_number(host, 255))
      return false;
  }
  return host.empty();
}

/// Takes ":port" off the end; false when what stands there is no port.
bool drop_port(std::string_view& host) {
  auto after = host.starts_with('[') ? host.find(']') : std::size_t{0};
  if (after == std::string_view::npos)
    return false;
  auto colon = host.find(':', after);
  if (colon == std::string_view::npos)
    return true;
  auto port = host.substr(colon + 1);
  host = host.substr(0, colon);
  return port.empty() || (take_number(port, 65535) && port.empty());
}

} // namespace

std::optional<std::string_view> bearer(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size() || !same_but_for_case(authorization.substr(0, scheme.size()), scheme))
    return std::nullopt;
  auto token = authorization.substr(scheme.size());
  while (token.starts_with(' '))
    token.remove_prefix(1);
  while (token.ends_with(' '))
    token.remove_suffix(1);
  if (token.empty())
    return std::nullopt;
  return token;
}

std::string authorization_of_protocols(std::string_view protocols) {
  constexpr std::string_view prefix = "bearer.";
  while (!protocols.empty()) {
    auto one = protocols.substr(0, protocols.find(','));
    protocols.remove_prefix(std::min(protocols.size(), one.size() + 1));
    while (one.starts_with(' ') || one.starts_with('\t'))
      one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('\t'))
      one.remove_suffix(1);
    if (one.starts_with(prefix))
      return "Bearer " + std::string{one.substr(prefix.size())};
  }
  return {};
}

std::optional<caller> identify(std::string_view authorization, const http_options& o, millis now) {
  auto token = bearer(authorization);
  auto open = o.tokens.empty();
  if (token && !open) {
    auto hash = crypto::sha256_hex(*token);
    std::optional<token_role> role;
    for (const auto& known : o.tokens) {
      const auto digits = lower(known.sha256);
      if (crypto::equal(hash, digits) && !role)
        role = known.role;
    }
    if (role)
      return caller{role, std::nullopt};
  }
  if (token && !o.person_token_key.empty() && looks_like_jwt(*token)) {
    if (auto found = verify_person_token(*token, o.person_token_key, now))
      return caller{std::nullopt, std::move(found->person), found->expires_at};
    return std::nullopt;
  }
  if (open)
    return caller{token_role::admin, std::nullopt};
  return std::nullopt;
}

bool may(const caller& who, audience a, std::string_view person) {
  if (a == audience::everybody)
    return true;
  if (!who.role) {
    // An empty `person`: the route serves every person alike.
    auto own = a == audience::person_readers || a == audience::person_writers;
    return own && who.person && (person.empty() || *who.person == person);
  }
  switch (a) {
  case audience::everybody:
  case audience::readers:
  case audience::person_readers:
    return true;
  case audience::hosts:
  case audience::person_writers:
    return *who.role != token_role::read;
  case audience::admins:
    return *who.role == token_role::admin;
  }
  return false;
}

bool is_loopback_host(std::string_view host) {
  if (!drop_port(host))
    return false;
  return same_but_for_case(host, "localhost") || host == "[::1]" || is_loopback_v4(host);
}

bool is_allowed_origin(std::string_view origin, const std::vector<std::string>& allowed) {
  return std::any_of(allowed.begin(), allowed.end(), [&](std::string_view x) {
    while (x.ends_with('/'))
      x.remove_suffix(1);
    return !origin.empty() && same_but_for_case(origin, x);
  });
}

bool is_foreign_origin(std::string_view origin, std::string_view host, bool tls,
                       const std::vector<std::string>& allowed) {
  if (origin.empty() || is_allowed_origin(origin, allowed))
    return false;
  std::string_view scheme = tls ? "https://" : "http://";
  return !(origin.size() > scheme.size() && same_but_for_case(origin.substr(0, scheme.size()), scheme)
           && same_but_for_case(origin.substr(scheme.size()), host));
}

} // namespace belfry::io::http
