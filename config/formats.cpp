#include "belfry/config/formats.hpp"

#include "belfry/messages/validate.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace belfry::formats {

namespace {

constexpr std::array<std::string_view, 8> placeholders{"recipientName",     "senderName",     "messageText",
                                                       "conversationTopic", "unreadCount",    "callerName",
                                                       "callType",          "conversationUrl"};

// The ASCII classes, whatever the locale of the process.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_word(char c) {
  return is_digit(c) || is_letter(c);
}

template <class Predicate>
bool all(std::string_view x, Predicate holds) {
  return std::all_of(x.begin(), x.end(), holds);
}

std::string lower(std::string_view x) {
  std::string out{x};
  for (auto& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view bare(std::string_view host) {
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    return host.substr(1, host.size() - 2);
  return host;
}

bool is_address(std::string_view host) {
  const std::string text{bare(host)};
  std::array<unsigned char, sizeof(in6_addr)> out{};
  return inet_pton(AF_INET, text.c_str(), out.data()) == 1 || inet_pton(AF_INET6, text.c_str(), out.data()) == 1;
}

bool is_label(std::string_view x) {
  return !x.empty() && x.size() <= 63 && x.front() != '-' && x.back() != '-'
         && all(x, [](char c) { return is_word(c) || c == '-' || c == '_'; });
}

/// Labels between dots; the last one is not a number, so that "1.2.3" is no name.
bool is_name(std::string_view x) {
  if (x.empty() || x.size() > 253)
    return false;
  std::string_view last;
  while (true) {
    const auto dot = x.find('.');
    last = x.substr(0, dot);
    if (!is_label(last))
      return false;
    if (dot == std::string_view::npos)
      return !all(last, is_digit);
    x.remove_prefix(dot + 1);
  }
}

bool is_host(std::string_view x) {
  return is_name(x) || is_address(x);
}

/// A name that Apple takes as a contact (PROTOCOLS WP-4): it has a dot and is none of the reserved ones.
bool is_public_name(std::string_view name) {
  const auto x = lower(name);
  const auto ends = [&x](std::string_view suffix) { return x.ends_with(suffix); };
  return is_name(x) && x.find('.') != std::string::npos && !ends(".invalid") && !ends(".local") && !ends(".localhost");
}

bool is_port(std::string_view x) {
  std::uint16_t port = 0;
  const auto [rest, ec] = std::from_chars(x.data(), x.data() + x.size(), port);
  return ec == std::errc{} && rest == x.data() + x.size();
}

bool is_clean(std::string_view x) {
  const auto facts = scan(x);
  return facts.utf8 && !facts.control;
}

bool is_http(const url& u) {
  return u.scheme == "https" || u.scheme == "http";
}

bool has_only_a_place(const url& u) {
  return u.user.empty() && u.password.empty() && u.query.empty() && u.fragment.empty();
}

bool is_provider_url(std::string_view x) {
  const auto u = parse_url(x);
  return u && is_http(*u) && has_only_a_place(*u) && (u->path.empty() || u->path == "/")
         && (u->scheme == "https" || is_loopback(u->host));
}

bool is_public_url(std::string_view x) {
  const auto u = parse_url(x);
  return u && is_http(*u) && has_only_a_place(*u);
}

bool is_origin(std::string_view x) {
  const auto u = parse_url(x);
  return u && is_http(*u) && has_only_a_place(*u) && x.find('/', u->scheme.size() + 3) == std::string_view::npos;
}

bool is_conversation_url(std::string_view x) {
  constexpr std::string_view place = "${conversationId}";
  std::string filled{x};
  for (auto at = filled.find(place); at != std::string::npos; at = filled.find(place, at))
    filled.replace(at, place.size(), "0");
  return filled.find("${") == std::string::npos && parse_url(filled).has_value();
}

bool is_proxy_url(std::string_view x) {
  const auto u = parse_url(x);
  return u && (is_http(*u) || u->scheme == "socks5" || u->scheme == "socks5h") && u->query.empty()
         && u->fragment.empty() && (u->path.empty() || u->path == "/");
}

bool is_network(std::string_view x) {
  const auto slash = x.find('/');
  if (slash == std::string_view::npos)
    return false;
  const auto bits_text = x.substr(slash + 1);
  unsigned bits = 0;
  const auto [rest, ec] = std::from_chars(bits_text.data(), bits_text.data() + bits_text.size(), bits);
  const auto address = x.substr(0, slash);
  const bool v6 = address.find(':') != std::string_view::npos;
  return ec == std::errc{} && rest == bits_text.data() + bits_text.size() && address.find('[') == std::string_view::npos
         && is_address(address) && bits <= (v6 ? 128U : 32U);
}

bool is_host_pattern(std::string_view x) {
  return x.starts_with("*.") ? is_name(x.substr(2)) : is_host(x);
}

bool is_address_of_mail(std::string_view x) {
  const auto at = x.rfind('@');
  return at != std::string_view::npos && at > 0 && at <= 64 && is_host(x.substr(at + 1))
         && all(x.substr(0, at), [](char c) { return c > ' ' && c < 0x7f; })
         && x.substr(0, at).find_first_of("<>@,;:\"\\") == std::string_view::npos;
}

bool is_mailbox(std::string_view x) {
  if (!is_clean(x))
    return false;
  const auto open = x.rfind('<');
  if (open == std::string_view::npos)
    return is_address_of_mail(x);
  return x.ends_with('>') && x.substr(0, open).find_first_of("<>") == std::string_view::npos
         && is_address_of_mail(x.substr(open + 1, x.size() - open - 2));
}

bool is_vapid_subject(std::string_view x) {
  constexpr std::string_view mailto = "mailto:";
  if (x.starts_with(mailto)) {
    const auto address = x.substr(mailto.size());
    return is_address_of_mail(address) && is_public_name(address.substr(address.rfind('@') + 1));
  }
  const auto u = parse_url(x);
  return u && u->scheme == "https" && u->user.empty() && u->password.empty() && is_public_name(u->host);
}

bool is_header_prefix(std::string_view x) {
  return x.size() <= 64 && all(x, [](char c) {
           return is_word(c) || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
         });
}

bool is_identifier(std::string_view x, std::string_view more) {
  return x.size() <= 255 && all(x, [more](char c) { return is_word(c) || more.find(c) != std::string_view::npos; });
}

/// One part of a URL, percent-encoding left as it is; absent parts are "".
std::string part(CURLU* handle, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(handle, what, &text, 0) != CURLUE_OK)
    return {};
  std::string out{text};
  curl_free(text);
  return out;
}

} // namespace

std::optional<url> parse_url(std::string_view text) {
  if (!is_clean(text) || text.find_first_of(" \\\"<>") != std::string_view::npos)
    return std::nullopt;
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle{curl_url(), curl_url_cleanup};
  const std::string copy{text};
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return std::nullopt;
  url out{.scheme = lower(part(handle.get(), CURLUPART_SCHEME)),
          .user = part(handle.get(), CURLUPART_USER),
          .password = part(handle.get(), CURLUPART_PASSWORD),
          .host = std::string{bare(part(handle.get(), CURLUPART_HOST))},
          .port = part(handle.get(), CURLUPART_PORT),
          .path = part(handle.get(), CURLUPART_PATH),
          .query = part(handle.get(), CURLUPART_QUERY),
          .fragment = part(handle.get(), CURLUPART_FRAGMENT)};
  if (!is_host(out.host))
    return std::nullopt;
  return out;
}

bool is_loopback(std::string_view host) {
  const std::string text{bare(host)};
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1)
    return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1)
    return IN6_IS_ADDR_LOOPBACK(&v6);
  return lower(text) == "localhost";
}

std::optional<std::string> listen_host(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1)))
    return std::nullopt;
  const auto host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (!is_host(host) || bracketed != (host.find(':') != std::string_view::npos))
    return std::nullopt;
  return std::string{bare(host)};
}

std::optional<std::string> wrong_placeholder(std::string_view text) {
  for (auto at = text.find("${"); at != std::string_view::npos; at = text.find("${")) {
    text.remove_prefix(at + 2);
    const auto end = text.find('}');
    if (end == std::string_view::npos)
      return "a placeholder is not closed by }";
    const auto name = text.substr(0, end);
    if (std::find(placeholders.begin(), placeholders.end(), name) != placeholders.end())
      continue;
    std::string out = "${" + std::string{name.substr(0, 40)} + "} is not a placeholder; known are";
    for (const auto& p : placeholders)
      out += " ${" + std::string{p} + "}";
    return out;
  }
  return std::nullopt;
}

const rule any{is_clean, "text without control characters"};
const rule id{[](std::string_view x) { return wrong_id(x).empty(); }, "1 to 128 characters without control characters"};
const rule locale{[](std::string_view x) { return wrong_locale(x).empty(); },
                  "a language tag (BCP 47), such as \"en-US\""};
const rule header_prefix{is_header_prefix, "letters, digits and -, at most 64, as in the name of an HTTP header"};
const rule mailbox{is_mailbox, "an email address in ASCII, alone or as \"Name <address>\""};
const rule host{is_host, "a host name or an address"};
const rule listen{[](std::string_view x) { return listen_host(x).has_value(); },
                  "\"host:port\" or \"[address]:port\"; port 0 takes any free one"};
const rule provider_url{is_provider_url,
                        "\"https://host:port\" without path, query and credentials (http on loopback)"};
const rule public_url{is_public_url, "an http or https URL without credentials, query and fragment"};
const rule origin{is_origin, "an origin such as \"https://desk.example.com\", without a path"};
const rule conversation_url{is_conversation_url, "a URL; ${conversationId} is its only placeholder"};
const rule network{is_network, "a network in CIDR form, such as \"127.0.0.0/8\" or \"fd00::/8\""};
const rule host_pattern{is_host_pattern, "a host name, or \"*.\" and a domain"};
const rule sha256{[](std::string_view x) { return x.size() == 64 && all(x, is_hex); },
                  "the SHA-256 of the token, 64 hex digits"};
const rule project_id{[](std::string_view x) { return is_identifier(x, "-.:"); },
                      "the id of a Firebase project: letters, digits, - . and :"};
const rule apple_id{[](std::string_view x) { return x.size() == 10 && all(x, is_word); }, "ten letters and digits"};
const rule bundle_id{[](std::string_view x) { return is_identifier(x, "-."); }, "letters, digits, - and ."};
const rule vapid_subject{is_vapid_subject,
                         "\"mailto:\" and an address at a real domain, or an https URL with a real host; "
                         "not localhost, .invalid or .local"};
const rule proxy_url{is_proxy_url, "scheme://[user:password@]host:port with scheme http, https, socks5 or socks5h"};

} // namespace belfry::formats
