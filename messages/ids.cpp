#include "belfry/messages/ids.hpp"

namespace belfry {

namespace {

int digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

} // namespace

std::string to_string(const notification_id& id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(32);
  for (auto b : id.bytes) {
    out.push_back(digits[b >> 4]);
    out.push_back(digits[b & 15]);
  }
  return out;
}

bool from_string(std::string_view text, notification_id& out) {
  if (text.size() != 32)
    return false;
  notification_id x;
  for (std::size_t i = 0; i < 16; ++i) {
    auto high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return false;
    x.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  out = x;
  return true;
}

} // namespace belfry
