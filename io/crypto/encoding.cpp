#include "belfry/io/crypto/encoding.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace belfry::io::crypto {

namespace {

std::string to_url(std::string text) {
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::string from_url(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return text;
}

std::size_t fill_of(std::string_view text) {
  return text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
}

/// Does the number of `=` keep to `p` for so many characters before them?
bool fits(std::size_t body, std::size_t fill, padding p) {
  auto full = (4 - body % 4) % 4;
  if (full == 3)
    return false;
  if (fill == 0 && (p != padding::with || full == 0))
    return true;
  return p != padding::without && fill == full;
}

template <class Encode>
std::optional<std::string> decode(std::string_view text, padding p, const Encode& encode, bool url) {
  auto fill = fill_of(text);
  auto body = text.substr(0, text.size() - fill);
  if (!fits(body.size(), fill, p))
    return std::nullopt;
  std::string in{body};
  if (url)
    in = from_url(std::move(in));
  auto full = (4 - body.size() % 4) % 4;
  in.append(full, '=');
  std::string out(in.size() / 4 * 3, '\0');
  auto n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                           reinterpret_cast<const unsigned char*>(in.data()), static_cast<int>(in.size()));
  if (n < 0 || static_cast<std::size_t>(n) != out.size())
    return std::nullopt;
  out.resize(out.size() - full);
  // The library skips blanks and ignores unused bits; only what reads back the same is what was meant.
  if (encode(out, padding::without) != body)
    return std::nullopt;
  return out;
}

} // namespace

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (auto c : bytes) {
    auto b = static_cast<unsigned char>(c);
    out.push_back(digits[b >> 4]);
    out.push_back(digits[b & 15]);
  }
  return out;
}

std::string base64_encode(std::string_view bytes, padding p) {
  // One more for the zero that the library adds.
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  auto n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                           reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(n));
  if (p == padding::without)
    out.resize(out.size() - fill_of(out));
  return out;
}

std::string base64url_encode(std::string_view bytes, padding p) {
  return to_url(base64_encode(bytes, p));
}

std::optional<std::string> base64_decode(std::string_view text, padding p) {
  return decode(text, p, base64_encode, false);
}

std::optional<std::string> base64url_decode(std::string_view text, padding p) {
  return decode(text, p, base64url_encode, true);
}

std::string percent_encode(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  static constexpr std::string_view plain = "-._~";
  std::string out;
  for (auto c : text) {
    auto byte = static_cast<unsigned char>(c);
    auto letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || plain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 15]);
    }
  }
  return out;
}

} // namespace belfry::io::crypto
