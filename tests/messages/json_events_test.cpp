#include "belfry/tests/messages/samples.hpp"

#include "belfry/messages/validate.hpp"

#include <algorithm>

namespace belfry::samples {

const std::vector<std::string>& events() {
  static const std::vector<std::string> all{
      R"({"type":"conversation.started","id":"e1","at":1700000000000,"conversation":"c","topic":"Loan","autoJoinCalls":true,
          "participants":[{"person":"ann","role":"ASSIGNED_AGENT","hidden":true,"muted":true},{"person":"bot"}]})",
      R"({"type":"conversation.ended","conversation":"c"})",
      R"({"type":"participant.joined","conversation":"c","person":"ben","role":"CONTEXT_PERSON","hidden":false,"muted":true})",
      R"({"type":"participant.changed","conversation":"c","person":"ben","role":"SECONDARY_VISITOR","hidden":true,"muted":false})",
      R"({"type":"participant.left","conversation":"c","person":"ben"})",
      R"({"type":"presence.changed","person":"ben","online":true,"client":"tab 1"})",
      R"({"type":"presence.reset"})",
      R"({"type":"conversation.opened","conversation":"c","person":"ben","client":"tab 1"})",
      R"({"type":"conversation.closed","conversation":"c","person":"ben"})",
      R"({"type":"message.sent","conversation":"c","message":{"id":"m1","sender":"ann","kind":"FILE","text":"h\u00e9 \ud83d\ude00",
          "internal":true,"recipients":["ben","eve"],"sentAt":1700000000001}})",
      R"({"type":"message.read","conversation":"c","person":"ben","message":"m1"})",
      R"({"type":"message.edited","conversation":"c","message":{"id":"m1","text":"new"}})",
      R"({"type":"message.deleted","conversation":"c","message":"m1"})",
      R"({"type":"call.started","conversation":"c","call":{"id":"k","type":"VIDEO","caller":"ann"}})",
      R"({"type":"call.accepted","conversation":"c","call":"k","person":"ben"})",
      R"({"type":"call.declined","conversation":"c","call":"k","person":"ben"})",
      R"({"type":"call.ended","conversation":"c","call":"k","reason":"hung up"})",
      R"({"type":"request.offered","conversation":"c","invitation":{"id":"i","kind":"AGENT_INVITATION","agent":"ann",
          "contextPerson":"ben","engagementType":"CHAT_REQUEST","startUrl":"https://bank.example/x"}})",
      R"({"type":"request.closed","conversation":"c","invitation":"i","reason":"ACCEPTED","person":"ann"})",
      R"({"type":"deputy.delegated","conversation":"c","invitation":{"id":"i","deputies":["dan","eve"],"primaryAgent":"ann",
          "contextPerson":"ben","engagementType":"CHAT_REQUEST","startUrl":"https://bank.example/x"}})",
      R"({"type":"deputy.closed","conversation":"c","invitation":"i","reason":"EXPIRED"})",
      R"({"type":"session.started","conversation":"c","person":"ann","session":"s","kind":"CO_BROWSING"})",
      R"({"type":"session.ended","conversation":"c","person":"ann","session":"s","kind":"CO_BROWSING"})"};
  return all;
}

std::vector<std::string> wrong(std::string_view body, body_form form) {
  auto parsed = parse_events(body, form);
  std::vector<std::string> out;
  if (!parsed) {
    for (const auto& p : parsed.error().problems)
      out.push_back(p.pointer);
  }
  return out;
}

std::string sentence(std::string_view body, std::string_view pointer) {
  auto parsed = parse_events(body, body_form::json);
  if (!parsed) {
    for (const auto& p : parsed.error().problems) {
      if (p.pointer == pointer)
        return p.detail;
    }
  }
  return "";
}

std::string message(std::string_view members) {
  return R"({"type":"message.sent","conversation":"c","message":{)" + std::string{members} + "}}";
}

} // namespace belfry::samples

namespace belfry {

namespace {

template <class Body>
Body body_of(std::string_view type) {
  for (const auto& text : samples::events()) {
    auto parsed = parse_event(text);
    if (parsed && type_of(*parsed) == type)
      return std::get<Body>(parsed->body);
  }
  ADD_FAILURE() << "no sample of " << type;
  return {};
}

} // namespace

TEST(JsonEvents, ReadEveryTypeByItsName) {
  std::vector<std::string> seen;
  for (const auto& text : samples::events()) {
    auto parsed = parse_event(text);
    ASSERT_TRUE(parsed) << text << parsed.error().problems.front().pointer << parsed.error().problems.front().detail;
    seen.emplace_back(type_of(*parsed));
    EXPECT_NE(text.find('"' + seen.back() + '"'), std::string::npos) << text;
    EXPECT_TRUE(validate(*parsed, 0, false).empty()) << text;
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
  EXPECT_EQ(seen.size(), std::variant_size_v<event_body>);
}

TEST(JsonEvents, KeepTheEnvelope) {
  auto x = parse_event(samples::events().front());
  ASSERT_TRUE(x);
  EXPECT_EQ(x->id, "e1");
  EXPECT_EQ(x->at, 1700000000000);
  EXPECT_EQ(x->conversation, "c");
}

TEST(JsonEvents, KeepAStartedConversation) {
  auto x = body_of<conversation_started>("conversation.started");
  EXPECT_EQ(x.topic, "Loan");
  EXPECT_EQ(x.auto_join_calls, true);
  ASSERT_EQ(x.participants.size(), 2u);
  EXPECT_EQ(x.participants[0].person, "ann");
  EXPECT_EQ(x.participants[0].role, role::assigned_agent);
  EXPECT_TRUE(x.participants[0].hidden && x.participants[0].muted);
  EXPECT_EQ(x.participants[1].role, role::none);
}

TEST(JsonEvents, KeepParticipants) {
  auto joined = body_of<participant_joined>("participant.joined").participant;
  EXPECT_EQ(joined.person, "ben");
  EXPECT_EQ(joined.role, role::context_person);
  EXPECT_FALSE(joined.hidden);
  EXPECT_TRUE(joined.muted);
  auto changed = body_of<participant_changed>("participant.changed");
  EXPECT_EQ(changed.role, role::secondary_visitor);
  EXPECT_EQ(changed.hidden, true);
  EXPECT_EQ(changed.muted, false);
  EXPECT_EQ(body_of<participant_left>("participant.left").person, "ben");
}

TEST(JsonEvents, KeepPresence) {
  auto x = body_of<presence_changed>("presence.changed");
  EXPECT_EQ(x.person, "ben");
  EXPECT_TRUE(x.online);
  EXPECT_EQ(x.client, "tab 1");
  EXPECT_EQ(body_of<conversation_opened>("conversation.opened").client, "tab 1");
  EXPECT_EQ(body_of<conversation_closed>("conversation.closed").client, "");
}

TEST(JsonEvents, KeepAMessage) {
  auto x = body_of<message_sent>("message.sent");
  EXPECT_EQ(x.message, "m1");
  EXPECT_EQ(x.sender, "ann");
  EXPECT_EQ(x.kind, message_kind::text);
  EXPECT_EQ(x.text, "h\xc3\xa9 \xf0\x9f\x98\x80");
  EXPECT_TRUE(x.internal);
  EXPECT_EQ(x.recipients, (std::vector<person_id>{"ben", "eve"}));
  EXPECT_EQ(x.sent_at, 1700000000001);
  EXPECT_EQ(body_of<message_read>("message.read").message, "m1");
  EXPECT_EQ(body_of<message_edited>("message.edited").text, "new");
  EXPECT_EQ(body_of<message_deleted>("message.deleted").message, "m1");
}

TEST(JsonEvents, KeepCalls) {
  auto x = body_of<call_started>("call.started");
  EXPECT_EQ(x.call, "k");
  EXPECT_EQ(x.type, call_type::video);
  EXPECT_EQ(x.caller, "ann");
  EXPECT_EQ(body_of<call_accepted>("call.accepted").person, "ben");
  EXPECT_EQ(body_of<call_declined>("call.declined").call, "k");
  EXPECT_EQ(body_of<call_ended>("call.ended").reason, "hung up");
}

TEST(JsonEvents, KeepRequestsAndSessions) {
  auto offered = body_of<request_offered>("request.offered");
  EXPECT_EQ(offered.kind, request_kind::agent_invitation);
  EXPECT_EQ(offered.agent, "ann");
  EXPECT_FALSE(offered.team);
  EXPECT_EQ(offered.context_person, "ben");
  EXPECT_EQ(offered.engagement_type, "CHAT_REQUEST");
  EXPECT_EQ(offered.start_url, "https://bank.example/x");
  auto closed = body_of<request_closed>("request.closed");
  EXPECT_EQ(closed.reason, close_reason::accepted);
  EXPECT_EQ(closed.person, "ann");
  auto delegated = body_of<deputy_delegated>("deputy.delegated");
  EXPECT_EQ(delegated.deputies, (std::vector<person_id>{"dan", "eve"}));
  EXPECT_EQ(delegated.primary_agent, "ann");
  EXPECT_EQ(body_of<deputy_closed>("deputy.closed").reason, close_reason::expired);
  EXPECT_EQ(body_of<session_started>("session.started").kind, "CO_BROWSING");
  EXPECT_EQ(body_of<session_ended>("session.ended").session, "s");
}

TEST(JsonEvents, ReadTheTypeWhereverItStands) {
  auto x = parse_event(R"({"message":{"text":"hi","sender":"ann","id":"m"},"conversation":"c","type":"message.sent"})");
  ASSERT_TRUE(x);
  EXPECT_EQ(std::get<message_sent>(x->body).text, "hi");
}

TEST(JsonEvents, OfOneRequestKeepTheirOrder) {
  std::string array = "[", lines;
  for (const auto& text : samples::events()) {
    array += (array.size() > 1 ? "," : "") + text;
    for (char c : text)
      lines += c == '\n' ? ' ' : c;
    lines += "\r\n \n";
  }
  for (auto parsed : {parse_events(array + "]", body_form::json), parse_events(lines, body_form::ndjson)}) {
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->batch);
    ASSERT_EQ(parsed->events.size(), samples::events().size());
    for (std::size_t i = 0; i < parsed->events.size(); ++i)
      EXPECT_EQ(parsed->events[i].body.index(), i);
  }
}

} // namespace belfry
