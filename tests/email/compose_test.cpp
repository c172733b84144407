#include "belfry/io/email/compose.hpp"
#include "belfry/io/email/unsubscribe.hpp"

#include <gtest/gtest.h>

namespace belfry::io::email {
namespace {

const std::string key(32, 'k');

options settings() {
  options o;
  o.email.from = "Bank <chat@bank.test>";
  o.email.conversation_url = "https://bank.test/chat/${conversationId}";
  o.http.public_url = "https://push.bank.test/";
  return o;
}

notification message(const std::string& text = "Hello") {
  notification n;
  n.id = derive_notification_id(kind::new_message, conversation_id{"c 1"}, person_id{"ada"}, "m1");
  n.kind = kind::new_message;
  n.recipient = person_id{"ada"};
  n.conversation = conversation_id{"c 1"};
  n.message.emplace();
  n.message->text = text;
  n.message->sender = person_id{"vera"};
  n.message->count = 2;
  person vera{person_id{"vera"}, {}};
  vera.profile.display_name = "Vera";
  n.people.push_back(vera);
  return n;
}

person ada() {
  person p{person_id{"ada"}, {}};
  p.profile.display_name = "Ada";
  p.profile.email = "ada@example.test";
  return p;
}

TEST(EmailCompose, TellsOfAMessageWithTextCountAndLink) {
  auto m = composer{settings(), key}.compose(message(), {}, ada());
  ASSERT_TRUE(m);
  EXPECT_EQ(m->subject, "New message from Vera");
  EXPECT_NE(m->text.find("\nHello\n"), m->text.npos);
  EXPECT_NE(m->text.find("Unread messages: 2"), m->text.npos);
  EXPECT_NE(m->text.find("https://bank.test/chat/c%201\n"), m->text.npos);
  EXPECT_EQ(m->to_address, "ada@example.test");
}

TEST(EmailCompose, SpeaksTheRecipientsLanguage) {
  auto p = ada();
  p.profile.locale = "de-CH";
  EXPECT_EQ(composer(settings(), key).compose(message(), {}, p)->subject, "Neue Nachricht von Vera");
}

TEST(EmailCompose, NamesSomebodyWithoutAName) {
  auto n = message();
  n.people.clear();
  EXPECT_EQ(composer(settings(), key).compose(n, {}, ada())->subject, "New message from Somebody");
}

TEST(EmailCompose, CarriesTheEditedTextIfTheDeliveryDoes) {
  auto n = message("old");
  n.message->edited_text = "new";
  delivery edited;
  edited.edited = true;
  composer c{settings(), key};
  EXPECT_NE(c.compose(n, edited, ada())->text.find("\nnew\n"), std::string::npos);
  EXPECT_NE(c.compose(n, {}, ada())->text.find("\nold\n"), std::string::npos);
}

TEST(EmailCompose, ShowsNoTextWherePrivacyForbidsIt) {
  auto o = settings();
  o.privacy_message_text = message_text_privacy::none;
  auto m = composer{o, key}.compose(message("secret"), {}, ada());
  EXPECT_EQ((m->text + m->html + m->subject).find("secret"), std::string::npos);
}

TEST(EmailCompose, IsBriefWhenAskedTo) {
  auto m = composer{settings(), key}.compose(message("long"), {}, ada(), true);
  EXPECT_EQ(m->html, "");
  EXPECT_EQ(m->text.find("long"), std::string::npos);
}

TEST(EmailCompose, ThreadsPerConversationAndRecipient) {
  composer c{settings(), key};
  auto a = c.compose(message("1"), {}, ada());
  auto other = message("2");
  other.id = derive_notification_id(kind::new_message, other.conversation, other.recipient, "m2");
  auto b = c.compose(other, {}, ada());
  EXPECT_EQ(a->thread_id, b->thread_id);
  EXPECT_NE(a->message_id, b->message_id);
  EXPECT_TRUE(a->message_id.ends_with("@bank.test"));
  other.recipient = person_id{"ben"};
  EXPECT_NE(c.compose(other, {}, ada())->thread_id, a->thread_id);
}

TEST(EmailCompose, OffersOneClickUnsubscribeWithAPublicUrlOnly) {
  auto m = composer{settings(), key}.compose(message(), {}, ada());
  const std::string prefix = "https://push.bank.test/v1/unsubscribe/";
  ASSERT_TRUE(m->unsubscribe_url && m->unsubscribe_url->starts_with(prefix));
  EXPECT_EQ(read_unsubscribe_token(key, m->unsubscribe_url->substr(prefix.size())),
            (unsubscription{person_id{"ada"}, kind::new_message}));
  auto o = settings();
  o.http.public_url.clear();
  EXPECT_FALSE(composer(o, key).compose(message(), {}, ada())->unsubscribe_url);
}

TEST(EmailCompose, TellsCallsWithTheirType) {
  notification n;
  n.kind = kind::incoming_call;
  n.recipient = person_id{"ada"};
  n.conversation = conversation_id{"c1"};
  n.call.emplace();
  n.call->type = call_type::video;
  n.call->caller = person_id{"max"};
  auto m = composer{settings(), key}.compose(n, {}, ada());
  ASSERT_TRUE(m);
  EXPECT_NE(m->text.find("Somebody is calling you (video call)."), std::string::npos);
}

TEST(EmailCompose, MakesNothingOfSilentKindsOrWithoutAnAddress) {
  composer c{settings(), key};
  auto silent = message();
  silent.kind = kind::read_message;
  EXPECT_FALSE(c.compose(silent, {}, ada()));
  auto nowhere = ada();
  nowhere.profile.email.reset();
  EXPECT_FALSE(c.compose(message(), {}, nowhere));
}

} // namespace
} // namespace belfry::io::email
