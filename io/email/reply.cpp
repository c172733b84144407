#include "belfry/io/email/reply.hpp"

#include "belfry/messages/ascii.hpp"

#include <algorithm>
#include <array>

namespace belfry::io::email {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t digits(std::string_view text, std::size_t at) {
  auto end = at;
  while (end < text.size() && is_digit(text[end]))
    ++end;
  return end - at;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Without the addresses that a server repeats, whose letters say nothing of it.
std::string without_addresses(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '<') {
      const auto end = text.find('>', i);
      if (end != text.npos) {
        i = end + 1;
        continue;
      }
    }
    auto end = i;
    while (end < text.size() && !is_blank(text[end]) && (end == i || text[end] != '<'))
      ++end;
    if (const auto word = text.substr(i, end - i); word.find('@') == word.npos)
      out += word;
    for (i = end; i < text.size() && is_blank(text[i]); ++i)
      out += ' ';
  }
  return out;
}

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

/// Whether `text` has `word` as a word, or as the beginning of one where it ends with '*'.
bool has_word(std::string_view text, std::string_view word) {
  const bool begins = word.ends_with('*');
  if (begins)
    word.remove_suffix(1);
  for (auto i = text.find(word); i != text.npos; i = text.find(word, i + 1)) {
    const auto end = i + word.size();
    if ((i == 0 || !is_letter(text[i - 1])) && (begins || end == text.size() || !is_letter(text[end])))
      return true;
  }
  return false;
}

bool names_any(const reply& r, std::initializer_list<std::string_view> words) {
  const auto text = lower(without_addresses(r.before + " " + r.text));
  return std::any_of(words.begin(), words.end(), [&](auto w) { return has_word(text, w); });
}

bool names_sender_trouble(const reply& r) {
  return names_any(r, {"spf", "dkim", "dmarc", "block list*", "blocklist*", "black list*", "blacklist*", "spamhaus",
                       "reputation", "rejected for policy"});
}

/// What servers say of us without an enhanced code, in answer to a recipient.
bool means_us(const reply& r) {
  return names_any(r, {"relay*", "rcpthosts", "prohibit*", "permitted", "authenticat*", "denied", "verify", "blocked",
                       "reverse dns", "ptr", "helo", "ehlo", "too many", "rate limit*", "spam*", "policy", "5.7.*"});
}

bool is_one_of(std::string_view x, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

/// A permanent refusal by its enhanced code.
verdict judge_enhanced(std::string_view code, phase p) {
  const auto detail = code.substr(2);
  if (detail.starts_with("7."))
    return verdict::sender_refused;
  if (is_one_of(detail, {"1.1", "1.2", "1.3", "1.10", "2.1"}))
    return p == phase::sender ? verdict::sender_refused : verdict::address_bad;
  if (detail == "2.2")
    return verdict::again;
  if (is_one_of(detail, {"2.3", "3.4"}))
    return verdict::too_big;
  if (is_one_of(detail, {"1.7", "1.8"}))
    return verdict::sender_refused;
  return verdict::refused;
}

/// A permanent refusal by its phase and code alone.
verdict judge_plain(phase p, const reply& r) {
  const auto code = r.code;
  switch (p) {
  case phase::connect:
  case phase::sender:
    return verdict::sender_refused;
  case phase::sign_in:
    return verdict::not_authorized;
  case phase::recipient:
    if (means_us(r))
      return verdict::sender_refused;
    return code == 550 || code == 551 || code == 553 ? verdict::address_bad : verdict::refused;
  case phase::content:
    return code == 552 ? verdict::too_big : verdict::refused;
  }
  return verdict::refused;
}

} // namespace

std::string_view to_string(verdict x) {
  switch (x) {
  case verdict::accepted:
    return "accepted";
  case verdict::again:
    return "again";
  case verdict::reconnect:
    return "reconnect";
  case verdict::address_bad:
    return "address_bad";
  case verdict::too_big:
    return "too_big";
  case verdict::sender_refused:
    return "sender_refused";
  case verdict::not_authorized:
    return "not_authorized";
  case verdict::refused:
    return "refused";
  case verdict::not_begun:
    return "not_begun";
  }
  return "";
}

std::string enhanced_code(const reply& r) {
  const std::string_view text{r.text};
  const auto subject = digits(text, 2);
  const auto detail = subject == 0 ? 0 : digits(text, 3 + subject);
  const auto end = 3 + subject + detail;
  const auto well_formed = text.size() >= end && detail > 0 && subject <= 3 && detail <= 3 && is_digit(text[0])
                           && text[1] == '.' && text[2 + subject] == '.' && (text.size() == end || text[end] == ' ');
  if (!well_formed || text[0] != static_cast<char>('0' + r.code / 100))
    return {};
  return std::string{text.substr(0, end)};
}

verdict judge(phase p, const reply& r) {
  if (r.code == 421)
    return verdict::reconnect;
  if (r.code >= 200 && r.code < 300)
    return p == phase::content ? verdict::accepted : verdict::again;
  if (r.code < 500 || r.code >= 600)
    return verdict::again;
  if (p == phase::sign_in || r.code == 530 || r.code == 535)
    return verdict::not_authorized;
  if (names_sender_trouble(r))
    return verdict::sender_refused;
  const auto code = enhanced_code(r);
  return code.empty() ? judge_plain(p, r) : judge_enhanced(code, p);
}

} // namespace belfry::io::email
