#include "belfry/tests/hostile/request.hpp"

#include <array>

/// Mutators that know nothing of HTTP or JSON: they work on the bytes as they go over the wire.
namespace belfry::test::hostile {

namespace {

/// Renders and hands out the bytes; from now on the end of the request is unclear.
std::string& bytes_of(request& r) {
  r.bytes = render(r);
  r.last = true;
  return r.bytes;
}

void flip_bit(request& r, random& chance) {
  auto& b = bytes_of(r);
  auto& c = b[chance.below(b.size())];
  c = static_cast<char>(c ^ (1 << chance.below(8)));
}

void flip_many(request& r, random& chance) {
  for (auto n = 2 + chance.below(8); n > 0; --n)
    flip_bit(r, chance);
}

void replace_byte(request& r, random& chance) {
  auto& b = bytes_of(r);
  b[chance.below(b.size())] = chance.byte();
}

void truncate(request& r, random& chance) {
  auto& b = bytes_of(r);
  b.resize(1 + chance.below(b.size() - 1));
  r.want = wanted::refusal;
}

void insert_nul(request& r, random& chance) {
  auto& b = bytes_of(r);
  b.insert(b.begin() + static_cast<std::ptrdiff_t>(chance.below(b.size())), '\0');
}

void cut_slice(request& r, random& chance) {
  auto& b = bytes_of(r);
  b.erase(chance.below(b.size() - 1), 1 + chance.below(16));
  if (b.empty())
    b = "\r";
}

void repeat_slice(request& r, random& chance) {
  auto& b = bytes_of(r);
  auto at = chance.below(b.size());
  b.insert(at, b.substr(at, 1 + chance.below(40)));
}

void swap_bytes(request& r, random& chance) {
  auto& b = bytes_of(r);
  std::swap(b[chance.below(b.size())], b[chance.below(b.size())]);
}

void insert_garbage(request& r, random& chance) {
  auto& b = bytes_of(r);
  std::string garbage;
  for (auto n = 1 + chance.below(60); n > 0; --n)
    garbage.push_back(chance.byte());
  b.insert(chance.below(b.size()), garbage);
}

void only_garbage(request& r, random& chance) {
  auto& b = bytes_of(r);
  b.clear();
  for (auto n = 1 + chance.below(400); n > 0; --n)
    b.push_back(chance.byte());
  r.want = wanted::refusal;
}

/// Into the body, so that the framing stays good.
void insert_into_body(request& r, random& chance, std::string_view what) {
  if (r.body.empty())
    return;
  r.body.insert(chance.below(r.body.size()), what);
  r.frame();
}

void invalid_utf8(request& r, random& chance) {
  static constexpr std::array<std::string_view, 8> bad{
      "\xff", "\x80", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf5\x80\x80", "\xf4\x90\x80\x80", "\xf0\x9f"};
  insert_into_body(r, chance, chance.of(bad));
  if (!r.body.empty())
    r.want = wanted::refusal;
}

void overlong_utf8(request& r, random& chance) {
  static constexpr std::array<std::string_view, 4> bad{"\xc0\xaf", "\xc0\xa2", "\xe0\x80\xaf", "\xf0\x80\x80\xaf"};
  insert_into_body(r, chance, chance.of(bad));
  if (!r.body.empty())
    r.want = wanted::refusal;
}

void control_in_body(request& r, random& chance) {
  insert_into_body(r, chance, std::string(1, static_cast<char>(chance.below(32))));
}

constexpr auto all = std::to_array<mutator>({
    {"flip_bit", flip_bit},
    {"flip_many", flip_many},
    {"replace_byte", replace_byte},
    {"truncate", truncate},
    {"insert_nul", insert_nul},
    {"cut_slice", cut_slice},
    {"repeat_slice", repeat_slice},
    {"swap_bytes", swap_bytes},
    {"insert_garbage", insert_garbage},
    {"only_garbage", only_garbage},
    {"invalid_utf8", invalid_utf8},
    {"overlong_utf8", overlong_utf8},
    {"control_in_body", control_in_body},
});

} // namespace

std::span<const mutator> byte_mutators() {
  return all;
}

} // namespace belfry::test::hostile
