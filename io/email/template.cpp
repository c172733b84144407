#include "belfry/io/email/template.hpp"

#include "belfry/messages/language.hpp"
#include "belfry/messages/utf8.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace belfry::io::email {

namespace {

/// Code points of a subject; mail programs show fewer.
constexpr std::size_t subject_max = 200;

using field = std::pair<std::string_view, std::string placeholders::*>;

constexpr std::array<field, 8> fields{{{"recipientName", &placeholders::recipient_name},
                                       {"senderName", &placeholders::sender_name},
                                       {"messageText", &placeholders::message_text},
                                       {"conversationTopic", &placeholders::conversation_topic},
                                       {"unreadCount", &placeholders::unread_count},
                                       {"callerName", &placeholders::caller_name},
                                       {"callType", &placeholders::call_type},
                                       {"conversationUrl", &placeholders::conversation_url}}};

using escape = std::string (*)(std::string_view);

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Line breaks of any kind become "\n", other control characters blanks.
std::string to_plain(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto c = value[i];
    if (c == '\r' && i + 1 < value.size() && value[i + 1] == '\n')
      continue;
    out += c == '\r' ? '\n' : is_control(c) && c != '\n' && c != '\t' ? ' ' : c;
  }
  return out;
}

std::string to_one_line(std::string_view value) {
  std::string out;
  for (const auto c : value) {
    const auto blank = is_control(c) || c == ' ';
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (out.ends_with(' '))
    out.pop_back();
  return out;
}

std::string to_html(std::string_view value) {
  std::string out;
  for (const auto c : escape_html(to_plain(value))) {
    if (c == '\n')
      out += "<br>";
    else
      out += c;
  }
  return out;
}

/// One line with its placeholders filled; nothing if it has some and all are empty.
std::optional<std::string> fill_line(std::string_view line, const placeholders& values, escape as) {
  std::string out;
  bool any = false, filled = false;
  while (true) {
    const auto begin = line.find("${");
    const auto end = begin == line.npos ? line.npos : line.find('}', begin);
    if (end == line.npos)
      break;
    const auto name = line.substr(begin + 2, end - begin - 2);
    const auto known = std::find_if(fields.begin(), fields.end(), [&](const field& f) { return f.first == name; });
    out += line.substr(0, begin);
    if (known != fields.end()) {
      const auto& value = values.*(known->second);
      any = true;
      filled = filled || !value.empty();
      out += as(value);
    }
    line.remove_prefix(end + 1);
  }
  if (any && !filled)
    return std::nullopt;
  return out.append(line);
}

std::string fill_lines(std::string_view text, const placeholders& values, escape as) {
  std::string out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    if (auto filled = fill_line(line, values, as))
      out.append(*filled).append(end == text.npos ? "" : "\n");
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return out;
}

} // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const auto c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      out += c;
    }
  }
  return out;
}

std::string first_characters(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  for (; at < text.size() && n > 0; --n) {
    ++at;
    while (at < text.size() && continues_code_point(text[at]))
      ++at;
  }
  return std::string{text.substr(0, at)};
}

words fill(const email_template& t, const placeholders& values) {
  words out;
  out.subject = first_characters(to_one_line(fill_line(t.subject, values, to_one_line).value_or("")), subject_max);
  out.text = fill_lines(t.text, values, to_plain);
  out.html = fill_lines(t.html, values, to_html);
  return out;
}

template_book::template_book(const options& o) : default_locale_(lower(o.push.default_locale)) {
  // Tags are the same in any case (BCP 47).
  for (const auto& [name, locales] : o.email.templates) {
    for (const auto& [locale, t] : locales)
      templates_[name].emplace(lower(locale), t);
  }
  for (const auto& [name, languages] : default_templates())
    templates_[name].insert(languages.begin(), languages.end());
}

const email_template* template_book::find(kind k, std::string_view locale) const {
  const auto given = lower(locale);
  const auto locales = templates_.find(std::string{to_string(k)});
  if (locales == templates_.end())
    return nullptr;
  for (const auto wanted : {std::string_view{given}, language_of(given), std::string_view{default_locale_},
                            language_of(default_locale_), std::string_view{"en"}}) {
    if (const auto t = locales->second.find(std::string{wanted}); t != locales->second.end())
      return &t->second;
  }
  return nullptr;
}

const vocabulary& template_book::words_for(std::string_view locale) const {
  static constexpr std::array<vocabulary, 4> spoken{{{"en", "Somebody", "audio call", "video call"},
                                                     {"de", "Jemand", "Sprachanruf", "Videoanruf"},
                                                     {"fr", "Quelqu’un", "appel audio", "appel vidéo"},
                                                     {"it", "Qualcuno", "chiamata audio", "videochiamata"}}};
  return in_language_of(spoken, locale, default_locale_);
}

} // namespace belfry::io::email
