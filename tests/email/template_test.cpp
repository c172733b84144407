#include "belfry/io/email/template.hpp"

#include <gtest/gtest.h>

namespace belfry::io::email {
namespace {

placeholders everything() {
  return {"Ada", "Vera", "Hello", "Loan", "3", "Max", "video call", "https://bank.test/c1"};
}

words filled(const char* subject, const char* text, const char* html, const placeholders& values) {
  email_template t;
  t.subject = subject;
  t.text = text;
  t.html = html;
  return fill(t, values);
}

TEST(EmailTemplate, FillsEveryPlaceholder) {
  auto w = filled("${senderName} to ${recipientName}",
                  "${messageText}|${conversationTopic}|${unreadCount}|${callerName}|${callType}|${conversationUrl}", "",
                  everything());
  EXPECT_EQ(w.subject, "Vera to Ada");
  EXPECT_EQ(w.text, "Hello|Loan|3|Max|video call|https://bank.test/c1");
  EXPECT_EQ(w.html, "");
}

TEST(EmailTemplate, LeavesOutLinesWhosePlaceholdersAreAllEmpty) {
  placeholders p;
  p.sender_name = "Vera";
  auto w = filled("s", "Hello ${recipientName},\n${senderName} wrote about ${conversationTopic}\n\nBye\n", "", p);
  EXPECT_EQ(w.text, "Vera wrote about \n\nBye\n");
}

TEST(EmailTemplate, DoesNotFillWhatAValueSays) {
  placeholders p;
  p.message_text = "${conversationUrl}";
  p.conversation_url = "https://bank.test/";
  EXPECT_EQ(filled("s", "${messageText}", "", p).text, "${conversationUrl}");
}

TEST(EmailTemplate, KeepsTheSubjectOneLineOfTwoHundredCharacters) {
  placeholders p;
  p.sender_name = "Vera\r\nBcc: all@bank.test\t" + std::string(300, 'x');
  auto w = filled("From ${senderName}", "t", "", p);
  EXPECT_TRUE(w.subject.starts_with("From Vera Bcc: all@bank.test xxx"));
  EXPECT_EQ(w.subject.size(), 200U);
}

TEST(EmailTemplate, CutsNoCharacterOfASubject) {
  placeholders p;
  for (int i = 0; i < 300; ++i)
    p.sender_name += "ü";
  EXPECT_EQ(filled("${senderName}", "t", "", p).subject.size(), 400U);
}

TEST(EmailTemplate, EscapesValuesInHtmlAndBreaksLines) {
  placeholders p;
  p.message_text = "<script>alert('1')</script>\r\n\"a\" & b";
  auto w = filled("s", "t", "<p>${messageText}</p>", p);
  EXPECT_EQ(w.html, "<p>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;<br>&quot;a&quot; &amp; b</p>");
}

TEST(EmailTemplateBook, FallsBackFromLocaleToLanguageToDefaultLocaleToEnglish) {
  options o;
  o.push.default_locale = "de-CH";
  o.email.templates["new_message"]["fr-CH"].subject = "fr-CH";
  o.email.templates["new_message"]["es"].subject = "es";
  template_book book{o};
  EXPECT_EQ(book.find(kind::new_message, "fr-CH")->subject, "fr-CH");
  EXPECT_EQ(book.find(kind::new_message, "es-AR")->subject, "es");
  EXPECT_EQ(book.find(kind::new_message, "FR-ch")->subject, "fr-CH") << "in any case";
  EXPECT_EQ(book.find(kind::new_message, "ES")->subject, "es");
  EXPECT_EQ(book.find(kind::new_message, "fr-FR")->subject, "Nouveau message de ${senderName}");
  EXPECT_EQ(book.find(kind::new_message, "sv")->subject, "Neue Nachricht von ${senderName}");
  o.push.default_locale = "sv-SE";
  EXPECT_EQ(template_book{o}.find(kind::new_message, "fi")->subject, "New message from ${senderName}");
}

TEST(EmailTemplateBook, PutsConfiguredTemplatesBeforeThoseThatComeAlong) {
  options o;
  o.email.templates["missed_call"]["en"].subject = "ours";
  EXPECT_EQ(template_book{o}.find(kind::missed_call, "en-GB")->subject, "ours");
}

TEST(EmailTemplateBook, HasThreeKinds) {
  template_book book{options{}};
  for (int i = 0; i < kind_count; ++i) {
    auto k = static_cast<kind>(i);
    auto told = k == kind::new_message || k == kind::incoming_call || k == kind::missed_call;
    EXPECT_EQ(book.find(k, "en") != nullptr, told) << to_string(k);
  }
}

TEST(EmailTemplateBook, SpeaksFourLanguagesForEachKind) {
  for (const auto& [name, languages] : default_templates()) {
    EXPECT_EQ(languages.size(), 4U) << name;
    for (const auto& [language, t] : languages) {
      auto w = fill(t, everything());
      for (const auto& part : {w.subject, w.text, w.html}) {
        EXPECT_FALSE(part.empty()) << name << language;
        EXPECT_EQ(part.find("${"), part.npos) << name << language;
      }
    }
  }
}

} // namespace
} // namespace belfry::io::email
