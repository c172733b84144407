#include "belfry/io/email/compose.hpp"
#include "belfry/io/program/commands.hpp"
#include "belfry/io/program/configuration.hpp"
#include "belfry/io/program/report.hpp"

#include <fstream>

namespace belfry::program {

namespace {

/// Somebody with every value that a template may show.
person sample_person(const char* id, const char* name, const std::string& locale) {
  person p{person_id{id}, {}};
  p.profile.display_name = name;
  p.profile.email = std::string{id} + "@example.com";
  p.profile.locale = locale;
  return p;
}

notification sample_notification(kind k) {
  notification n;
  n.kind = k;
  n.recipient = person_id{"ada"};
  n.conversation = conversation_id{"c-42"};
  n.topic = "Mortgage, 12 Lake Street";
  n.created_at = 1'790'000'000'000;
  n.people.push_back(sample_person("vera", "Vera Molnár", ""));
  n.id = derive_notification_id(k, n.conversation, n.recipient, "sample");
  if (k == kind::new_message) {
    auto& m = n.message.emplace();
    m.text = "Good morning, I have a question about the contract.\nCould you call me today?";
    m.sender = person_id{"vera"};
    m.count = 3;
  } else {
    auto& c = n.call.emplace();
    c.caller = person_id{"vera"};
    c.type = call_type::video;
  }
  return n;
}

/// What the file's name asks for: HTML, text, or the mail as it is sent.
std::optional<std::string> part_for(const std::string& file, const io::email::mail& m) {
  if (file.ends_with(".html"))
    return m.html;
  if (file.ends_with(".txt"))
    return m.subject + "\n\n" + m.text;
  return io::email::to_mime(m);
}

} // namespace

int render_template(const template_arguments& a) {
  auto o = read_configuration(a.from);
  if (!o)
    return failed;
  kind k{};
  if (!from_string(a.kind, k) || !io::email::template_book{*o}.find(k, a.locale))
    return report("mails tell new_message, incoming_call and missed_call, not \"" + a.kind + "\"");
  if (o->email.from.empty())
    o->email.from = "Example Bank <chat@example.com>";
  if (o->email.conversation_url.empty())
    o->email.conversation_url = "https://bank.example.com/chat/${conversationId}";
  const io::email::composer composer{*o, std::string(32, 's')};
  const auto mail = composer.compose(sample_notification(k), {}, sample_person("ada", "Ada Lovelace", a.locale));
  const auto text = mail ? part_for(a.out, *mail) : std::nullopt;
  if (!text)
    return report("email.from is no address that mails can be sent from");
  std::ofstream out{a.out, std::ios::binary};
  out << *text << std::flush;
  if (!out)
    return report(a.out + " cannot be written");
  return succeeded;
}

} // namespace belfry::program
