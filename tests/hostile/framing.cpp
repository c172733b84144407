#include "belfry/tests/hostile/request.hpp"

#include <array>

/// Mutators of what says where the body ends.
namespace belfry::test::hostile {

namespace {

/// The end of the body is in doubt: refused.
void refused(request& r) {
  r.want = wanted::refusal;
  r.last = true;
}

void same_length_twice(request& r, random&) {
  r.framing.insert(r.framing.end(), r.framing.begin(), r.framing.end());
  r.last = true;
}

void other_length_too(request& r, random& chance) {
  if (r.body.empty())
    return;
  r.framing.emplace_back("Content-Length", std::to_string(chance.below(r.body.size())));
  refused(r);
}

void odd_length(request& r, random& chance) {
  static constexpr std::array<std::string_view, 11> some{
      "-1", "+5", "0x10", "1e3", "", "18446744073709551616", "99999999999999999999999", "5, 6", "5 5", "abc", "1.0"};
  r.framing = {{"Content-Length", std::string{chance.of(some)}}};
  refused(r);
}

void huge_length(request& r, random& chance) {
  r.framing = {{"Content-Length", std::to_string(8'400'000 + chance.below(1ULL << 60))}};
  refused(r);
}

void longer_length(request& r, random& chance) {
  r.framing = {{"Content-Length", std::to_string(r.body.size() + 1 + chance.below(3000))}};
  if (!r.body.empty())
    refused(r);
  r.last = true;
}

/// The request ends with its head; what follows is nonsense.
void no_length(request& r, random&) {
  r.framing.clear();
  r.payload = std::move(r.body);
  r.body.clear();
  r.encoded = true;
  r.last = true;
}

/// A request in the body of another one, which only a confused reader of the framing sees.
void smuggle(request& r, random& chance) {
  static constexpr std::array<std::string_view, 8> codings{"chunked",  "chunked, identity", "identity, chunked",
                                                           "xchunked", " chunked",          "chunked\x0b",
                                                           "Chunked",  "gzip, chunked"};
  auto hidden = render(r);
  r.payload = "0\r\n\r\n" + hidden;
  r.encoded = true;
  r.framing = {{"Content-Length", std::to_string(r.payload.size())},
               {"Transfer-Encoding", std::string{chance.of(codings)}}};
  if (chance.percent(50))
    std::swap(r.framing[0], r.framing[1]);
  refused(r);
}

void odd_coding(request& r, random& chance) {
  static constexpr std::array<std::string_view, 6> some{"identity", "gzip",          "chunked, gzip",
                                                        "",         "chunked;x=\"1", "cow"};
  r.framing = {{"Transfer-Encoding", std::string{chance.of(some)}}};
  refused(r);
}

void coding_twice(request& r, random&) {
  auto text = render(r);
  r.framing = {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}};
  r.payload = "0\r\n\r\n" + text;
  r.encoded = true;
  refused(r);
}

constexpr auto framing = std::to_array<mutator>({
    {"same_length_twice", same_length_twice},
    {"other_length_too", other_length_too},
    {"odd_length", odd_length},
    {"huge_length", huge_length},
    {"longer_length", longer_length},
    {"no_length", no_length},
    {"smuggle", smuggle},
    {"odd_coding", odd_coding},
    {"coding_twice", coding_twice},
});

} // namespace

std::span<const mutator> framing_mutators() {
  return framing;
}

} // namespace belfry::test::hostile
