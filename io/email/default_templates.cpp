#include "belfry/io/email/template.hpp"

namespace belfry::io::email {

namespace {

/// What differs between kinds and languages; the frame is the same for all.
struct phrases {
  std::string_view language;
  std::string_view subject;
  std::string_view greeting;
  /// What happened, in one sentence.
  std::string_view headline;
  /// "Unread messages: ${unreadCount}"; empty for calls.
  std::string_view count;
  std::string_view button;
  std::string_view footer;
};

constexpr std::string_view quote_line = "${messageText}";

/// One block a line, so that a block without values is left out as a whole (`fill`).
std::string html_of(const phrases& p, bool quotes) {
  std::string out = R"(<!DOCTYPE html>
<html lang=")";
  out += p.language;
  out += R"("><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<style>
:root { color-scheme: light dark; }
body { margin: 0; padding: 24px 12px; background: #f2f4f7; color: #1d2433;
font: 16px/1.5 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
.card { max-width: 520px; margin: 0 auto; padding: 28px; background: #ffffff; border-radius: 12px; }
h1 { margin: 0 0 16px; font-size: 20px; line-height: 1.3; }
p { margin: 0 0 16px; overflow-wrap: anywhere; }
.topic, .count, .footer { color: #5b6578; font-size: 14px; }
.quote { padding: 12px 16px; border-left: 4px solid #2f6fed; background: #f5f8ff; border-radius: 4px; }
.button { display: inline-block; padding: 12px 22px; border-radius: 8px; background: #2459c7;
color: #ffffff !important; font-weight: 600; text-decoration: none; }
.footer { margin: 24px auto 0; max-width: 520px; padding: 0 28px; }
@media (prefers-color-scheme: dark) {
body { background: #12161f; color: #e8ecf4; }
.card { background: #1c2230; }
.quote { background: #232c40; border-left-color: #7aa5ff; }
.topic, .count, .footer { color: #a3adc2; }
.button { background: #3c72e0; }
}
</style></head><body>
<div class="card">
)";
  out += "<h1>" + std::string{p.headline} + "</h1>\n";
  out += "<p class=\"topic\">${conversationTopic}</p>\n";
  if (quotes)
    out += "<p class=\"quote\">" + std::string{quote_line} + "</p>\n";
  if (!p.count.empty())
    out += "<p class=\"count\">" + std::string{p.count} + "</p>\n";
  out += "<p><a class=\"button\" href=\"${conversationUrl}\">" + std::string{p.button} + "</a></p>\n";
  out += "</div>\n<p class=\"footer\">" + std::string{p.footer} + "</p>\n</body></html>\n";
  return out;
}

std::string text_of(const phrases& p, bool quotes) {
  std::string out{p.greeting};
  out += "\n\n" + std::string{p.headline} + "\n";
  out += "${conversationTopic}\n";
  if (quotes)
    out += "\n" + std::string{quote_line} + "\n";
  if (!p.count.empty())
    out += "\n" + std::string{p.count} + "\n";
  out += "\n" + std::string{p.button} + ": ${conversationUrl}\n";
  out += "\n-- \n" + std::string{p.footer} + "\n";
  return out;
}

email_template make(const phrases& p, bool quotes) {
  return {std::string{p.subject}, text_of(p, quotes), html_of(p, quotes)};
}

constexpr std::string_view footer_en = "You receive this mail because you take part in this conversation.";
constexpr std::string_view footer_de = "Sie erhalten diese E-Mail, weil Sie an dieser Unterhaltung teilnehmen.";
constexpr std::string_view footer_fr = "Vous recevez cet e-mail parce que vous participez à cette conversation.";
constexpr std::string_view footer_it = "Riceve questa e-mail perché partecipa a questa conversazione.";

constexpr phrases messages[] = {
    {"en", "New message from ${senderName}", "Hello ${recipientName},", "${senderName} wrote to you.",
     "Unread messages: ${unreadCount}", "Open the conversation", footer_en},
    {"de", "Neue Nachricht von ${senderName}", "Guten Tag ${recipientName},", "${senderName} hat Ihnen geschrieben.",
     "Ungelesene Nachrichten: ${unreadCount}", "Unterhaltung öffnen", footer_de},
    {"fr", "Nouveau message de ${senderName}", "Bonjour ${recipientName},", "${senderName} vous a écrit.",
     "Messages non lus : ${unreadCount}", "Ouvrir la conversation", footer_fr},
    {"it", "Nuovo messaggio da ${senderName}", "Buongiorno ${recipientName},", "${senderName} Le ha scritto.",
     "Messaggi non letti: ${unreadCount}", "Apri la conversazione", footer_it},
};

constexpr phrases incoming_calls[] = {
    {"en", "${callerName} is calling you", "Hello ${recipientName},", "${callerName} is calling you (${callType}).", "",
     "Answer the call", footer_en},
    {"de", "${callerName} ruft Sie an", "Guten Tag ${recipientName},", "${callerName} ruft Sie an (${callType}).", "",
     "Anruf annehmen", footer_de},
    {"fr", "${callerName} vous appelle", "Bonjour ${recipientName},", "${callerName} vous appelle (${callType}).", "",
     "Répondre à l’appel", footer_fr},
    {"it", "${callerName} La sta chiamando", "Buongiorno ${recipientName},",
     "${callerName} La sta chiamando (${callType}).", "", "Rispondi alla chiamata", footer_it},
};

constexpr phrases missed_calls[] = {
    {"en", "You missed a call from ${callerName}", "Hello ${recipientName},",
     "${callerName} tried to reach you (${callType}).", "", "Open the conversation", footer_en},
    {"de", "Verpasster Anruf von ${callerName}", "Guten Tag ${recipientName},",
     "${callerName} hat versucht, Sie zu erreichen (${callType}).", "", "Unterhaltung öffnen", footer_de},
    {"fr", "Appel manqué de ${callerName}", "Bonjour ${recipientName},",
     "${callerName} a essayé de vous joindre (${callType}).", "", "Ouvrir la conversation", footer_fr},
    {"it", "Chiamata persa da ${callerName}", "Buongiorno ${recipientName},",
     "${callerName} ha cercato di contattarLa (${callType}).", "", "Apri la conversazione", footer_it},
};

} // namespace

const std::map<std::string, std::map<std::string, email_template>>& default_templates() {
  static const auto all = [] {
    std::map<std::string, std::map<std::string, email_template>> out;
    for (const auto& p : messages)
      out["new_message"][std::string{p.language}] = make(p, true);
    for (const auto& p : incoming_calls)
      out["incoming_call"][std::string{p.language}] = make(p, false);
    for (const auto& p : missed_calls)
      out["missed_call"][std::string{p.language}] = make(p, false);
    return out;
  }();
  return all;
}

} // namespace belfry::io::email
