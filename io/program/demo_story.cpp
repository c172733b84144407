#include "belfry/io/program/demo_story.hpp"

namespace belfry::program {

namespace {

/// Time to read what a scene showed.
constexpr auto breath = std::chrono::milliseconds{300};

participant_spec taking_part(const person_id& id, role as, bool hidden = false) {
  return {id, as, hidden, false};
}

void begin(demo_stage& s) {
  s.printer().scene("Three conversations: Ada (agent), Vera (visitor), Robo (bot), Carl (a supervisor, hidden)");
  s.introduce("ada", person_type::agent, "Ada");
  s.introduce("carl", person_type::agent, "Carl");
  s.introduce("vera", person_type::visitor, "Vera");
  s.introduce("robo", person_type::bot, "Robo");
  s.printer().happens("Ada has a browser and two phones, Vera an iPhone and a mailbox");
  s.has_browser("ada");
  s.has_phone("ada", device_platform::android);
  s.has_phone("ada", device_platform::ios);
  s.has_phone("vera", device_platform::ios);
  s.has_mailbox("vera", "vera@example.com");
  for (const char* name : {"mortgage", "cards", "savings"}) {
    conversation_started c;
    c.topic = name;
    c.participants = {taking_part("ada", role::assigned_agent), taking_part("vera", role::context_person),
                      taking_part("robo", role::none), taking_part("carl", role::secondary_agent, true)};
    s.happens(std::string{"conversation \""} + name + "\" starts", name, std::move(c));
  }
  for (const char* name : {"mortgage", "cards", "savings"}) {
    // Carl hears of calls only: the story is about the two others.
    participant_changed quiet;
    quiet.person = "carl";
    quiet.muted = true;
    s.happens(std::string{"Carl mutes \""} + name + "\"", name, std::move(quiet));
  }
}

void burst(demo_stage& s) {
  s.printer().scene("A burst is told once: its last message, with the count");
  s.writes("vera", "mortgage", "m1", "Hello");
  s.writes("vera", "mortgage", "m2", "I have a question");
  s.writes("vera", "mortgage", "m3", "about my mortgage");
  s.expect("ada", kind::new_message, "mortgage");
  s.explain("mortgage", "m3");
}

void reads(demo_stage& s) {
  s.printer().scene("What is read is taken back; what is read in time is never told");
  s.happens("Ada reads \"mortgage\"", "mortgage", message_read{"ada", std::nullopt});
  s.expect("ada", kind::read_message, "mortgage");
  s.writes("ada", "mortgage", "m4", "How can I help?");
  s.happens("Vera reads \"mortgage\" at once", "mortgage", message_read{"vera", std::nullopt});
  s.explain("mortgage", "m4");
}

void open_conversation(demo_stage& s) {
  s.printer().scene("Whoever has the conversation open is given more time");
  s.happens("Ada opens \"mortgage\"", "mortgage", conversation_opened{"ada", "browser"});
  s.writes("vera", "mortgage", "m5", "What is the rate today?");
  s.expect("ada", kind::new_message, "mortgage");
  s.happens("Ada closes \"mortgage\"", "mortgage", conversation_closed{"ada", "browser"});
}

void bot(demo_stage& s) {
  s.printer().scene("A bot writes in two more conversations: each has its own wait and its own notification");
  s.writes("robo", "cards", "m1", "Your new card is on its way");
  s.writes("robo", "savings", "m1", "Interest was paid");
  for (const char* name : {"cards", "savings"}) {
    s.expect("vera", kind::new_message, name);
    s.expect("ada", kind::new_message, name);
  }
  s.explain("cards", "m1");
}

void missed_call(demo_stage& s) {
  s.printer().scene("A missed call: the caller hangs up");
  s.happens("Ada calls Vera", "cards", call_started{"call-1", call_type::audio, "ada"});
  s.expect("vera", kind::incoming_call, "cards");
  s.happens("Ada hangs up", "cards", call_ended{"call-1", std::nullopt});
  s.expect("vera", kind::revoke_call, "cards");
  s.expect("vera", kind::missed_call, "cards");
}

void declined_call(demo_stage& s) {
  s.printer().scene("A declined call: it stops ringing, and nothing was missed");
  s.happens("Ada calls Vera again", "cards", call_started{"call-2", call_type::video, "ada"});
  s.expect("vera", kind::incoming_call, "cards");
  s.happens("Vera declines", "cards", call_declined{"call-2", "vera"});
  s.expect("vera", kind::revoke_call, "cards");
}

void answered_call(demo_stage& s) {
  s.printer().scene("A call rings on both phones, and stops on the second when it is answered on the first");
  s.happens("Vera calls in \"savings\"", "savings", call_started{"call-4", call_type::audio, "vera"});
  s.expect("ada", kind::incoming_call, "savings");
  s.happens("Ada answers on her iPhone", "savings", call_accepted{"call-4", "ada"});
  s.expect("ada", kind::revoke_call, "savings");
  s.happens("Vera hangs up", "savings", call_ended{"call-4", std::nullopt});
}

void forwarded_call(demo_stage& s) {
  s.printer().scene("A call nobody answers is forwarded to the hidden agent");
  s.happens("Vera calls in \"mortgage\"", "mortgage", call_started{"call-3", call_type::audio, "vera"});
  s.expect("ada", kind::incoming_call, "mortgage");
  s.printer().happens("Ada does not answer ...");
  s.expect("ada", kind::missed_call, "mortgage");
  s.expect("carl", kind::incoming_call, "mortgage");
  s.happens("Carl answers", "mortgage", call_accepted{"call-3", "carl"});
  s.expect("carl", kind::revoke_call, "mortgage");
  s.happens("Vera hangs up", "mortgage", call_ended{"call-3", std::nullopt});
}

void request(demo_stage& s) {
  s.printer().scene("An agent request");
  request_offered offered;
  offered.invitation = "inv-1";
  offered.kind = request_kind::agent_forwarding;
  offered.agent = "carl";
  offered.context_person = "vera";
  s.happens("Ada forwards Vera to Carl", "mortgage", std::move(offered));
  s.expect("carl", kind::inbound_request, "mortgage");
  s.happens("Carl accepts", "mortgage", request_closed{"inv-1", close_reason::accepted, "carl"});
  s.expect("carl", kind::revoke_inbound_request, "mortgage");
}

void pause(demo_stage& s) {
  s.printer().scene("Pausing");
  s.pause("ada", pause_mode::on);
  s.writes("vera", "mortgage", "m6", "Are you there?");
  s.expect("ada", kind::new_message, "mortgage");
  s.pause("ada", pause_mode::off);
}

} // namespace

bool tell_story(demo_stage& stage, const stop_signals& signals) {
  for (auto* scene : {begin, burst, reads, open_conversation, bot, missed_call, declined_call, answered_call,
                      forwarded_call, request, pause}) {
    scene(stage);
    if (signals.wait_for(breath))
      return false;
  }
  return true;
}

} // namespace belfry::program
