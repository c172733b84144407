#include "belfry/tests/hostile/request.hpp"

#include <array>

/// Mutators of the fields of the head.
namespace belfry::test::hostile {

namespace {

/// The head is no good one: refused.
void refused(request& r) {
  r.want = wanted::refusal;
  r.last = true;
}

/// Puts a raw line behind the request line.
void insert_line(request& r, std::string_view line) {
  r.bytes = render(r);
  r.bytes.insert(r.bytes.find("\r\n") + 2, std::string{line} + "\r\n");
  r.last = true;
}

void no_host(request& r, random&) {
  r.drop("Host");
  refused(r);
}

void two_hosts(request& r, random& chance) {
  r.headers.emplace_back("Host", chance.percent(50) ? "127.0.0.1" : "evil.example");
  refused(r);
}

void odd_host(request& r, random& chance) {
  static constexpr std::array<std::string_view, 10> some{"",
                                                         "evil.example",
                                                         "127.0.0.1:99999",
                                                         "[::1",
                                                         "localhost:abc",
                                                         "127.1",
                                                         "127.0.0.1.evil.example",
                                                         "user@127.0.0.1",
                                                         "127.0.0.1, evil.example",
                                                         "\xff\xfe"};
  r.set("Host", std::string{chance.of(some)});
  r.last = true;
}

void big_header(request& r, random& chance) {
  r.set("X-Big", std::string(17'000 + chance.below(300'000), 'x'));
  refused(r);
}

void near_big_header(request& r, random& chance) {
  r.set("X-Big", std::string(15'000 + chance.below(2'000), 'x'));
  r.last = true;
}

void many_headers(request& r, random& chance) {
  for (auto n = 50 + chance.below(3000); n > 0; --n)
    r.headers.emplace_back("X-" + std::to_string(n), "1");
  r.last = true;
}

void odd_content_type(request& r, random& chance) {
  static constexpr std::array<std::string_view, 12> some{"",
                                                         "text/plain",
                                                         "application/json; charset=utf-16",
                                                         "application/json; charset=UTF-8",
                                                         "APPLICATION/JSON",
                                                         "application/x-ndjson",
                                                         "application/cloudevents+json",
                                                         "json",
                                                         "application/json, text/plain",
                                                         ";;;",
                                                         "multipart/form-data; boundary=x",
                                                         "application/\xff"};
  r.set("Content-Type", std::string{chance.of(some)});
}

void no_content_type(request& r, random&) {
  r.drop("Content-Type");
  if (r.method == "POST" && r.target == "/v1/events")
    r.want = wanted::refusal;
}

void content_encoding(request& r, random& chance) {
  static constexpr std::array<std::string_view, 4> some{"gzip", "identity", "br, gzip", "chunked"};
  r.set("Content-Encoding", std::string{chance.of(some)});
}

void odd_authorization(request& r, random& chance) {
  static constexpr std::array<std::string_view, 11> some{
      "",
      "Bearer",
      "Bearer ",
      "Bearer wrong",
      "Basic aG9zdDpob3N0",
      "Bearer a.b.c",
      "Bearer host host",
      "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiYXVkIjoiYmVsZnJ5In0.",
      "Bearer ..",
      "Bearer \xff\xff",
      "Digest x=\""};
  r.set("Authorization", std::string{chance.of(some)});
  r.want = wanted::refusal;
}

void long_authorization(request& r, random& chance) {
  r.set("Authorization", "Bearer " + std::string(1 + chance.below(12'000), chance.percent(50) ? 'x' : '.'));
  r.want = wanted::refusal;
}

void no_authorization(request& r, random&) {
  r.drop("Authorization");
  r.want = wanted::refusal;
}

void two_authorizations(request& r, random& chance) {
  r.headers.emplace_back("Authorization", chance.percent(50) ? "Bearer wrong" : "Bearer admin");
}

void odd_accept(request& r, random& chance) {
  static constexpr std::array<std::string_view, 5> some{"", "text/html", "application/xml;q=0", ",,,;q=x",
                                                        "*/*;q=9e99"};
  r.set("Accept", std::string{chance.of(some)});
}

void expect_continue(request& r, random& chance) {
  r.set("Expect", chance.percent(50) ? "100-continue" : "100-Continue");
}

void expect_other(request& r, random& chance) {
  r.set("Expect", chance.percent(50) ? "200-ok" : "100-continue, more");
  refused(r);
}

void odd_connection(request& r, random& chance) {
  static constexpr std::array<std::string_view, 5> some{"close", "keep-alive, close", "Upgrade", "Host", ",,"};
  r.set("Connection", std::string{chance.of(some)});
  r.set("Upgrade", "websocket");
  r.last = true;
}

void origin(request& r, random& chance) {
  static constexpr std::array<std::string_view, 4> some{"https://evil.example", "null", "http://127.0.0.1", "\x80"};
  r.set("Origin", std::string{chance.of(some)});
  r.last = true;
}

void bad_line(request& r, random& chance) {
  using namespace std::string_view_literals;
  static constexpr std::array some{
      "no colon at all"sv, "X Y: 1"sv,  "X : 1"sv,  ": nameless"sv,         "X\x01: 1"sv, "X: a\0b"sv,  "X: a\x01 b"sv,
      "X\xff: 1"sv,        "X: a\rb"sv, "(X): 1"sv, "Content-Length : 3"sv, "\"X\": 1"sv, "Host\t: x"sv};
  insert_line(r, chance.of(some));
  refused(r);
}

void obs_fold(request& r, random& chance) {
  static constexpr std::array<std::string_view, 4> some{"X-Fold: a\r\n b", "X-Fold: a\r\n\tb\r\n c", "X-Fold:\r\n  a",
                                                        "Content-Length: 1\r\n 2"};
  insert_line(r, chance.of(some));
}

void first_line_folded(request& r, random&) {
  insert_line(r, " X: folded under the request line");
}

void bare_newline(request& r, random&) {
  insert_line(r, "X-One: 1\nX-Two: 2");
}

void odd_version(request& r, random& chance) {
  static constexpr std::array<std::string_view, 9> some{"HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "HTTP/11.1",
                                                        "http/1.1", "HTTP/1.",  "XTTP/1.1", ""};
  r.version = chance.of(some);
  r.last = true;
}

void blank_lines_before(request& r, random& chance) {
  std::string blank;
  for (auto n = 1 + chance.below(5); n > 0; --n)
    blank += "\r\n";
  r.bytes = blank + render(r);
}

constexpr auto head = std::to_array<mutator>({
    {"no_host", no_host},
    {"two_hosts", two_hosts},
    {"odd_host", odd_host},
    {"big_header", big_header},
    {"near_big_header", near_big_header},
    {"many_headers", many_headers},
    {"odd_content_type", odd_content_type},
    {"no_content_type", no_content_type},
    {"content_encoding", content_encoding},
    {"odd_authorization", odd_authorization},
    {"long_authorization", long_authorization},
    {"no_authorization", no_authorization},
    {"two_authorizations", two_authorizations},
    {"odd_accept", odd_accept},
    {"expect_continue", expect_continue},
    {"expect_other", expect_other},
    {"odd_connection", odd_connection},
    {"origin", origin},
    {"bad_line", bad_line},
    {"obs_fold", obs_fold},
    {"first_line_folded", first_line_folded},
    {"bare_newline", bare_newline},
    {"odd_version", odd_version},
    {"blank_lines_before", blank_lines_before},
});

} // namespace

std::span<const mutator> header_mutators() {
  return head;
}

} // namespace belfry::test::hostile
