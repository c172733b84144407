#include "belfry/tests/hostile/request.hpp"

#include <array>
#include <cstdio>

/// Mutators of the request line: method, path, query.
namespace belfry::test::hostile {

namespace {

void other_method(request& r, random& chance) {
  static constexpr std::array<std::string_view, 14> some{"GET",     "HEAD",     "PUT",      "DELETE",   "PATCH",
                                                         "OPTIONS", "TRACE",    "BREW",     "PROPFIND", "post",
                                                         "PRI",     "POSTPOST", "M-SEARCH", "_"};
  r.method = chance.of(some);
}

void connect(request& r, random&) {
  r.method = "CONNECT";
  r.target = "127.0.0.1:80";
  r.last = true;
  r.want = wanted::refusal;
}

void bad_method(request& r, random& chance) {
  static constexpr std::array<std::string_view, 6> some{"", "PO ST", "PO\x01ST", "\xff", "GET\t", "(POST)"};
  r.method = chance.of(some);
  r.last = true;
  r.want = wanted::refusal;
}

void other_route(request& r, random& chance) {
  static constexpr std::array<std::string_view, 26> some{"/v1",
                                                         "/v1/",
                                                         "/v1/nothing",
                                                         "/v1/events/",
                                                         "/v1//events",
                                                         "//v1/events",
                                                         "/v1/./events",
                                                         "/v1/../v1/events",
                                                         "/V1/EVENTS",
                                                         "/v1/persons",
                                                         "/v1/persons/",
                                                         "/v1/persons//pause",
                                                         "/v1/conversations/",
                                                         "/v1/live",
                                                         "/v1/web-push/key",
                                                         "/v1/persons/x/web-push-subscriptions",
                                                         "/v1/unsubscribe/x",
                                                         "/desk/",
                                                         "/web-push/../../etc/passwd",
                                                         "/",
                                                         "/healthz",
                                                         "/readyz",
                                                         "/metrics",
                                                         "/v1/openapi.json",
                                                         "/v1/notifications",
                                                         "/v1/webhooks"};
  r.target = chance.of(some);
}

void bad_target(request& r, random& chance) {
  static constexpr std::array<std::string_view, 9> some{"",   "*",     "v1/events",      "http://", "/v1/ev ents",
                                                        "\\", "/\xff", "/v1/events\x01", "mailto:x"};
  r.target = chance.of(some);
  r.last = true;
}

void query(request& r, random& chance) {
  static constexpr std::array<std::string_view, 10> some{
      "?", "?a", "?a=b&a=c", "?limit=0", "?limit=99999999999999999999", "?cursor=%00", "?%=", "?a=%f", "?=", "?&&&&"};
  r.target += chance.of(some);
}

void long_query(request& r, random& chance) {
  r.target += "?";
  for (auto n = chance.below(60); n > 0; --n)
    r.target += "a" + std::to_string(n) + "=1&";
}

void fragment(request& r, random&) {
  r.target += "#part";
  r.last = true;
}

void absolute(request& r, random& chance) {
  static constexpr std::array<std::string_view, 4> some{"http://127.0.0.1", "https://localhost:1",
                                                        "http://evil.example", "ftp://127.0.0.1"};
  r.target = std::string{chance.of(some)} + r.target;
}

void encode_letter(request& r, random& chance) {
  auto at = 1 + chance.below(r.target.size() - 1);
  char code[4];
  std::snprintf(code, sizeof code, "%%%02x", static_cast<unsigned char>(r.target[at]));
  r.target.replace(at, 1, code);
}

void odd_encoding(request& r, random& chance) {
  static constexpr std::array<std::string_view, 10> some{"%",   "%4",  "%zz", "%00",    "%2f",
                                                         "%25", "%ff", "%0a", "%c0%af", "%ed%a0%80"};
  r.target.insert(1 + chance.below(r.target.size() - 1), chance.of(some));
}

void long_target(request& r, random& chance) {
  r.target += std::string(100 + chance.below(40'000), 'x');
  r.last = true;
}

constexpr auto all = std::to_array<mutator>({
    {"other_method", other_method},
    {"connect", connect},
    {"bad_method", bad_method},
    {"other_route", other_route},
    {"bad_target", bad_target},
    {"query", query},
    {"long_query", long_query},
    {"fragment", fragment},
    {"absolute", absolute},
    {"encode_letter", encode_letter},
    {"odd_encoding", odd_encoding},
    {"long_target", long_target},
});

} // namespace

std::span<const mutator> route_mutators() {
  return all;
}

} // namespace belfry::test::hostile
