#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/notification.hpp"

#include <string>
#include <string_view>

/// The words of a mail: templates by kind and locale, and how their placeholders are filled (SPEC 9). Pure.
namespace belfry::io::email {

/// What the placeholders stand for, as plain text; empty values are absent ones.
struct placeholders {
  std::string recipient_name;
  std::string sender_name;
  std::string message_text;
  std::string conversation_topic;
  std::string unread_count;
  std::string caller_name;
  std::string call_type;
  std::string conversation_url;
};

/// A filled template: one line without control characters, plain text, and HTML ("" when the template has none).
struct words {
  std::string subject, text, html;

  bool operator==(const words&) const = default;
};

/// Fills `t`. Values are escaped for where they stand: the subject stays one line of at most 200 characters, HTML shows
/// every character as itself and breaks lines where the value does. A line of a text or of the HTML whose placeholders
/// are all empty is left out.
words fill(const email_template& t, const placeholders& values);

/// Words that are no template: what stands for somebody without a name, and the types of calls.
struct vocabulary {
  std::string_view language, somebody, audio, video;
};

/// The templates in force: the configured ones, before those that Belfry brings in English, German, French and Italian.
class template_book {
public:
  explicit template_book(const options& o);

  /// The template of `k` for `locale`, for its language, for `push.defaultLocale`, for that one's language, or the
  /// English one. Exact locales go before languages, configured templates before those that come along.
  /// Returns nullptr if email has no template of this kind (silent kinds and requests).
  const email_template* find(kind k, std::string_view locale) const;

  /// The words in the language that `find` chooses for `locale`; English where Belfry does not speak it.
  const vocabulary& words_for(std::string_view locale) const;

private:
  std::map<std::string, std::map<std::string, email_template>> templates_;
  std::string default_locale_;
};

/// Kind ("new_message", "incoming_call", "missed_call") -> language -> template.
const std::map<std::string, std::map<std::string, email_template>>& default_templates();

/// `text` with the five characters that mean something in HTML written as entities.
std::string escape_html(std::string_view text);

/// The first `n` code points of `text`.
std::string first_characters(std::string_view text, std::size_t n);

} // namespace belfry::io::email
