#include "belfry/messages/binary.hpp"

namespace belfry {

void binary_writer::number(std::uint64_t x) {
  while (x >= 0x80) {
    out_.push_back(static_cast<char>(x | 0x80));
    x >>= 7;
  }
  out_.push_back(static_cast<char>(x));
}

void binary_writer::signed_number(std::int64_t x) {
  number((static_cast<std::uint64_t>(x) << 1) ^ static_cast<std::uint64_t>(x >> 63));
}

void binary_writer::text(std::string_view x) {
  number(x.size());
  out_.append(x);
}

void binary_writer::optional_text(const std::optional<std::string>& x) {
  flag(x.has_value());
  if (x)
    text(*x);
}

std::uint64_t binary_reader::number() {
  std::uint64_t x = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (in_.empty())
      break;
    auto byte = static_cast<unsigned char>(in_.front());
    in_.remove_prefix(1);
    x |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80)
      return x;
  }
  fail();
  return 0;
}

std::uint64_t binary_reader::number_up_to(std::uint64_t last) {
  auto x = number();
  if (x <= last)
    return x;
  fail();
  return 0;
}

void binary_reader::fail() {
  ok_ = false;
  in_ = {};
}

std::int64_t binary_reader::signed_number() {
  auto x = number();
  return static_cast<std::int64_t>(x >> 1) ^ -static_cast<std::int64_t>(x & 1);
}

bool binary_reader::flag() {
  auto x = raw(1);
  return !x.empty() && x.front() != '\0';
}

std::string binary_reader::text() {
  return std::string{raw(static_cast<std::size_t>(number()))};
}

std::optional<std::string> binary_reader::optional_text() {
  if (!flag())
    return std::nullopt;
  return text();
}

std::string_view binary_reader::raw(std::size_t n) {
  if (n > in_.size()) {
    fail();
    return {};
  }
  auto x = in_.substr(0, n);
  in_.remove_prefix(n);
  return x;
}

std::size_t binary_reader::count() {
  auto n = number();
  if (n > in_.size()) {
    fail();
    return 0;
  }
  return static_cast<std::size_t>(n);
}

} // namespace belfry
