#include "belfry/io/outbound/address_policy.hpp"

#include "belfry/messages/ascii.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace belfry::io {

namespace {

constexpr std::size_t host_max = 255;
constexpr int mapped_bits = 96;

/// True for ::ffff:0:0/96, where IPv4 addresses live.
bool is_mapped(const ip& x) {
  return std::all_of(x.bytes.begin(), x.bytes.begin() + 10, [](auto b) { return b == 0; }) && x.bytes[10] == 0xff
         && x.bytes[11] == 0xff;
}

/// Every range of PROTOCOLS H-9, and the deprecated ones beside them that lead to the same places.
const std::vector<network>& refused_networks() {
  static const std::vector<network> list = [] {
    std::vector<network> out;
    for (auto text : {
             "0.0.0.0/8",
             "10.0.0.0/8",
             "100.64.0.0/10",
             "127.0.0.0/8",
             "169.254.0.0/16",
             "172.16.0.0/12",
             "192.0.0.0/24",
             "192.0.2.0/24",
             "192.88.99.0/24",
             "192.168.0.0/16",
             "198.18.0.0/15",
             "198.51.100.0/24",
             "203.0.113.0/24",
             "224.0.0.0/4",
             "240.0.0.0/4",
             // IPv4-compatible addresses, :: and ::1.
             "::/96",
             // IPv4-translated addresses.
             "::ffff:0:0:0/96",
             "64:ff9b::/96",
             "64:ff9b:1::/48",
             "100::/64",
             // Teredo and its neighbours (2001::/23 is set aside for protocols).
             "2001::/23",
             "2001:db8::/32",
             "2002::/16",
             "3fff::/20",
             "5f00::/16",
             "fc00::/7",
             "fe80::/10",
             "fec0::/10",
             "ff00::/8",
         })
      out.push_back(*parse_network(text));
    return out;
  }();
  return list;
}

bool in_any(const std::vector<network>& list, const ip& x) {
  return std::any_of(list.begin(), list.end(), [&](const network& n) { return n.contains(x); });
}

/// One part of an IPv4 address as inet_aton reads it: decimal, 0x hex or 0 octal.
std::optional<std::uint64_t> ipv4_part(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
    if (text.empty())
      return 0;
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  std::uint64_t value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failure != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// 1 to 4 parts; the last one fills all bytes that are left.
std::optional<ip> loose_ipv4(std::string_view text) {
  std::uint64_t parts[4] = {};
  std::size_t count = 0;
  for (std::size_t start = 0; start <= text.size(); ++count) {
    auto dot = std::min(text.find('.', start), text.size());
    auto part = dot == start || count == 4 ? std::nullopt : ipv4_part(text.substr(start, dot - start));
    if (!part)
      return std::nullopt;
    parts[count] = *part;
    start = dot + 1;
  }
  std::uint64_t address = 0;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (parts[i] > 255)
      return std::nullopt;
    address |= parts[i] << (24 - 8 * i);
  }
  if (parts[count - 1] >= (std::uint64_t{1} << (8 * (5 - count))))
    return std::nullopt;
  return make_v4(static_cast<std::uint32_t>(address | parts[count - 1]));
}

} // namespace

ip make_v4(std::uint32_t address) {
  ip out;
  out.v4 = true;
  out.bytes[10] = out.bytes[11] = 0xff;
  for (std::size_t i = 0; i < 4; ++i)
    out.bytes[12 + i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
  return out;
}

std::optional<ip> parse_ip(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN + 1] = {};
  if (text.empty() || text.size() >= sizeof(buffer) || text.find('\0') != text.npos)
    return std::nullopt;
  text.copy(buffer, text.size());
  if (in_addr v4; inet_pton(AF_INET, buffer, &v4) == 1)
    return make_v4(ntohl(v4.s_addr));
  ip out;
  if (inet_pton(AF_INET6, buffer, out.bytes.data()) == 1)
    return out;
  return std::nullopt;
}

bool network::contains(const ip& x) const {
  auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + static_cast<std::ptrdiff_t>(whole), x.bytes.begin()))
    return false;
  auto mask = static_cast<std::uint8_t>(0xff00 >> (bits % 8));
  return bits % 8 == 0 || (base.bytes[whole] & mask) == (x.bytes[whole] & mask);
}

std::optional<network> parse_network(std::string_view text) {
  auto slash = text.find('/');
  auto base = parse_ip(text.substr(0, slash));
  if (!base)
    return std::nullopt;
  if (slash == text.npos)
    return network{*base, 128};
  auto digits = text.substr(slash + 1);
  int bits = 0;
  auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (failure != std::errc{} || end != digits.data() + digits.size() || bits < 0 || bits > (base->v4 ? 32 : 128))
    return std::nullopt;
  return network{*base, base->v4 ? mapped_bits + bits : bits};
}

std::optional<ip> literal_host(std::string_view host) {
  if (host.empty() || host.size() > host_max)
    return std::nullopt;
  if (host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  if (host.find(':') != host.npos)
    return parse_ip(host.substr(0, host.find('%')));
  if (host.ends_with('.'))
    host.remove_suffix(1);
  return loose_ipv4(host);
}

address_policy::address_policy(const outbound_options& options) : plain_http_(options.allow_plain_http) {
  for (const auto& text : options.allowed_networks)
    if (auto n = parse_network(text))
      allowed_.push_back(*n);
}

bool address_policy::allowed(const ip& x) const {
  if (in_any(allowed_, x))
    return true;
  if (is_mapped(x) && !x.v4)
    return false;
  return !in_any(refused_networks(), x);
}

bool address_policy::scheme_allowed(std::string_view scheme) const {
  auto s = lower(scheme);
  return s == "https" || (s == "http" && plain_http_);
}

bool address_policy::port_allowed(std::uint32_t port) {
  return port == 80 || port == 443 || (port > 1023 && port <= 65535);
}

bool literal_refused(std::string_view host, const address_policy& policy) {
  if (auto address = literal_host(host))
    return !policy.allowed(*address);
  auto name = lower(host.ends_with('.') ? host.substr(0, host.size() - 1) : host);
  if (name == "localhost" || name.ends_with(".localhost"))
    return !policy.allowed(*parse_ip("127.0.0.1")) && !policy.allowed(*parse_ip("::1"));
  return name.empty();
}

} // namespace belfry::io
