#include "belfry/tests/hostile/request.hpp"

#include <array>
#include <cstdio>

/// Mutators of the chunked coding.
namespace belfry::test::hostile {

namespace {

std::string hex(std::size_t n) {
  char text[32];
  std::snprintf(text, sizeof text, "%zx", n);
  return text;
}

std::string chunk(std::string_view data, std::string_view extension = {}) {
  return hex(data.size()) + std::string{extension} + "\r\n" + std::string{data} + "\r\n";
}

/// The request goes chunked, with `payload` behind its head.
void encode(request& r, std::string payload) {
  r.framing = {{"Transfer-Encoding", "chunked"}};
  r.payload = std::move(payload);
  r.encoded = true;
}

/// The same, but it must not be taken.
void encode_badly(request& r, std::string payload) {
  encode(r, std::move(payload));
  r.want = wanted::refusal;
  r.last = true;
}

std::string in_pieces(std::string_view body, random& chance, std::size_t max) {
  std::string out;
  while (!body.empty()) {
    auto n = std::min(body.size(), 1 + chance.below(max));
    out += chunk(body.substr(0, n));
    body.remove_prefix(n);
  }
  return out;
}

void whole(request& r, random&) {
  encode(r, chunk(r.body) + "0\r\n\r\n");
}

void pieces(request& r, random& chance) {
  encode(r, in_pieces(r.body, chance, 50) + "0\r\n\r\n");
}

void tiny(request& r, random& chance) {
  encode(r, in_pieces(r.body, chance, 1) + "0\r\n\r\n");
}

void extension(request& r, random& chance) {
  static constexpr std::array<std::string_view, 4> some{";a", ";a=b", ";a=\"b c\"", ";a=1;b=2;c"};
  encode(r, chunk(r.body, chance.of(some)) + "0;last=1\r\n\r\n");
}

void odd_extension(request& r, random& chance) {
  static constexpr std::array<std::string_view, 5> some{";", ";=", ";\"", " ;a", ";a=\x01"};
  encode(r, chunk(r.body, chance.of(some)) + "0\r\n\r\n");
  r.last = true;
}

void long_extension(request& r, random& chance) {
  encode(r, chunk(r.body, ";x=" + std::string(1000 + chance.below(600'000), 'y')) + "0\r\n\r\n");
  r.last = true;
}

void trailer(request& r, random&) {
  encode(r, chunk(r.body) + "0\r\nX-Sum: 1\r\n\r\n");
}

void odd_trailer(request& r, random& chance) {
  static constexpr std::array<std::string_view, 6> some{
      "no colon\r\n\r\n",           "Content-Length: 3\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n",
      "Host: evil.example\r\n\r\n", ": nameless\r\n\r\n",        "X: \x01\r\n\r\n"};
  encode(r, chunk(r.body) + "0\r\n" + std::string{chance.of(some)});
  r.last = true;
}

void many_trailers(request& r, random&) {
  std::string list;
  for (auto i = 0; i < 3000; ++i)
    list += "X-" + std::to_string(i) + ": " + std::to_string(i) + "\r\n";
  encode(r, chunk(r.body) + "0\r\n" + list + "\r\n");
  r.last = true;
}

void bad_size(request& r, random& chance) {
  static constexpr std::array<std::string_view, 9> some{
      "-1", "0x10", "zz", "", "+5", "5 5", "ffffffffffffffff", "10000000000000000", "\xff"};
  encode_badly(r, std::string{chance.of(some)} + "\r\n" + r.body + "\r\n0\r\n\r\n");
}

void size_too_big(request& r, random& chance) {
  encode_badly(r, hex(r.body.size() + 1 + chance.below(5000)) + "\r\n" + r.body + "\r\n0\r\n\r\n");
}

void size_too_small(request& r, random& chance) {
  if (r.body.size() < 4)
    return;
  encode_badly(r, hex(1 + chance.below(r.body.size() - 3)) + "\r\n" + r.body + "\r\n0\r\n\r\n");
}

void no_end(request& r, random& chance) {
  // The chunk of an empty body would be the end itself.
  auto text = (r.body.empty() ? std::string{} : chunk(r.body)) + "0\r\n\r\n";
  text.resize(text.size() - 1 - chance.below(6));
  encode_badly(r, std::move(text));
}

void no_line_end(request& r, random&) {
  encode_badly(r, hex(r.body.size()) + "\r\n" + r.body + "XX0\r\n\r\n");
}

void bare_newlines(request& r, random&) {
  encode(r, hex(r.body.size()) + "\n" + r.body + "\n0\n\n");
  r.last = true;
}

void many_zeros(request& r, random& chance) {
  encode(r, std::string(1 + chance.below(200), '0') + chunk(r.body) + "0\r\n\r\n");
  r.last = true;
}

constexpr auto all = std::to_array<mutator>({
    {"chunk_whole", whole},
    {"chunk_pieces", pieces},
    {"chunk_tiny", tiny},
    {"chunk_extension", extension},
    {"chunk_odd_extension", odd_extension},
    {"chunk_long_extension", long_extension},
    {"chunk_trailer", trailer},
    {"chunk_odd_trailer", odd_trailer},
    {"chunk_many_trailers", many_trailers},
    {"chunk_bad_size", bad_size},
    {"chunk_too_big", size_too_big},
    {"chunk_too_small", size_too_small},
    {"chunk_no_end", no_end},
    {"chunk_no_line_end", no_line_end},
    {"chunk_bare_newlines", bare_newlines},
    {"chunk_many_zeros", many_zeros},
});

} // namespace

std::span<const mutator> chunk_mutators() {
  return all;
}

} // namespace belfry::test::hostile
