#include "belfry/messages/json.hpp"

#include "belfry/messages/json_reader.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace belfry {

using border::json_path;
using border::json_tree;
using border::need;
using border::object_reader;
using border::problem_list;

namespace {

constexpr std::string_view role_rule = "must be ASSIGNED_AGENT, CONTEXT_PERSON, SECONDARY_AGENT or SECONDARY_VISITOR";

void read(object_reader& o, participant_spec& x) {
  o.read("person", x.person, wrong_id);
  o.name_of("role", need::optional, x.role, role_rule);
  o.read_if("hidden", x.hidden);
  o.read_if("muted", x.muted);
}

void read(object_reader& o, conversation_started& x) {
  o.read("topic", x.topic, wrong_text);
  o.read("autoJoinCalls", x.auto_join_calls);
  std::unordered_set<std::string> seen;
  o.objects("participants", need::optional, [&](object_reader& inner) {
    participant_spec spec;
    read(inner, spec);
    if (!spec.person.empty() && !seen.insert(spec.person).second)
      inner.wrong("person", twice_in_participants);
    x.participants.push_back(std::move(spec));
  });
}

void read(object_reader&, conversation_ended&) {}
void read(object_reader&, presence_reset&) {}

void read(object_reader& o, participant_joined& x) {
  read(o, x.participant);
}

void read(object_reader& o, participant_changed& x) {
  o.read("person", x.person, wrong_id);
  role given = role::none;
  if (o.name_of("role", need::optional, given, role_rule))
    x.role = given;
  o.read("hidden", x.hidden);
  o.read("muted", x.muted);
}

void read(object_reader& o, participant_left& x) {
  o.read("person", x.person, wrong_id);
}

void read(object_reader& o, presence_changed& x) {
  o.read("person", x.person, wrong_id);
  o.read("online", x.online);
  o.read_if("client", x.client, wrong_id);
}

template <class Opening>
void read_opening(object_reader& o, Opening& x) {
  o.read("person", x.person, wrong_id);
  o.read_if("client", x.client, wrong_id);
}

void read(object_reader& o, conversation_opened& x) {
  read_opening(o, x);
}

void read(object_reader& o, conversation_closed& x) {
  read_opening(o, x);
}

void read(object_reader& o, message_sent& x) {
  o.object("message", need::required, [&](object_reader& m) {
    m.read("id", x.message, wrong_id);
    if (m.text("kind", need::optional, wrong_text) == "SYSTEM")
      x.kind = message_kind::system;
    if (auto sender = m.text("sender", x.kind == message_kind::system ? need::optional : need::required, wrong_id))
      x.sender = *sender;
    m.read_if("text", x.text, wrong_text);
    m.read_if("internal", x.internal);
    x.recipients = m.texts("recipients", need::optional, wrong_id);
    if (x.recipients && x.recipients->empty())
      m.wrong("recipients", no_recipients);
    m.read_time("sentAt", x.sent_at);
  });
}

void read(object_reader& o, message_read& x) {
  o.read("person", x.person, wrong_id);
  o.read("message", x.message, wrong_id);
}

void read(object_reader& o, message_edited& x) {
  o.object("message", need::required, [&](object_reader& m) {
    m.read("id", x.message, wrong_id);
    m.read("text", x.text, wrong_text);
  });
}

void read(object_reader& o, message_deleted& x) {
  o.read("message", x.message, wrong_id);
}

void read(object_reader& o, call_started& x) {
  o.object("call", need::required, [&](object_reader& c) {
    c.read("id", x.call, wrong_id);
    c.name_of("type", need::required, x.type, "must be AUDIO or VIDEO");
    c.read("caller", x.caller, wrong_id);
  });
}

template <class Answer>
void read_answer(object_reader& o, Answer& x) {
  o.read("call", x.call, wrong_id);
  o.read("person", x.person, wrong_id);
}

void read(object_reader& o, call_accepted& x) {
  read_answer(o, x);
}

void read(object_reader& o, call_declined& x) {
  read_answer(o, x);
}

void read(object_reader& o, call_ended& x) {
  o.read("call", x.call, wrong_id);
  o.read("reason", x.reason, wrong_text);
}

/// What requests and delegations have in common.
template <class Request>
void read_about(object_reader& i, Request& x) {
  i.read("contextPerson", x.context_person, wrong_id);
  i.read("engagementType", x.engagement_type, wrong_engagement_type);
  i.read("startUrl", x.start_url, wrong_text);
}

void read(object_reader& o, request_offered& x) {
  o.object("invitation", need::required, [&](object_reader& i) {
    i.read("id", x.invitation, wrong_id);
    i.name_of("kind", need::required, x.kind, "must be AGENT_FORWARDING, AGENT_INVITATION or ASSIGNMENT_REQUEST");
    bool agent = i.has("agent"), team = i.has("team");
    if (agent == team)
      i.wrong(agent ? "team" : "agent", agent_or_team);
    i.read("agent", x.agent, wrong_id);
    i.read("team", x.team, wrong_id);
    read_about(i, x);
  });
}

void read(object_reader& o, deputy_delegated& x) {
  o.object("invitation", need::required, [&](object_reader& i) {
    i.read("id", x.invitation, wrong_id);
    if (auto deputies = i.texts("deputies", need::required, wrong_id))
      x.deputies = std::move(*deputies);
    i.read("primaryAgent", x.primary_agent, wrong_id);
    read_about(i, x);
  });
}

template <class Closed>
void read_closed(object_reader& o, Closed& x) {
  o.read("invitation", x.invitation, wrong_id);
  o.name_of("reason", need::required, x.reason, "must be ACCEPTED, DECLINED, REVOKED or EXPIRED");
  o.read("person", x.person, wrong_id);
}

void read(object_reader& o, request_closed& x) {
  read_closed(o, x);
}

void read(object_reader& o, deputy_closed& x) {
  read_closed(o, x);
}

template <class Session>
void read_session(object_reader& o, Session& x) {
  o.read("person", x.person, wrong_id);
  o.read("session", x.session, wrong_id);
  o.read("kind", x.kind, wrong_id);
}

void read(object_reader& o, session_started& x) {
  read_session(o, x);
}

void read(object_reader& o, session_ended& x) {
  read_session(o, x);
}

struct event_reader {
  std::string_view type;
  bool has_conversation;
  void (*read_body)(object_reader&, event&);
};

template <class Body>
event_reader reader_of() {
  event sample;
  sample.body = Body{};
  constexpr bool presence = std::is_same_v<Body, presence_changed> || std::is_same_v<Body, presence_reset>;
  return {type_of(sample), !presence, [](object_reader& o, event& x) { read(o, x.body.emplace<Body>()); }};
}

template <std::size_t... I>
auto make_readers(std::index_sequence<I...>) {
  return std::array{reader_of<std::variant_alternative_t<I, event_body>>()...};
}

const event_reader* find_reader(std::string_view type) {
  static const auto readers = make_readers(std::make_index_sequence<std::variant_size_v<event_body>>{});
  auto i = std::find_if(readers.begin(), readers.end(), [&](const event_reader& x) { return x.type == type; });
  return i == readers.end() ? nullptr : &*i;
}

void read_event(object_reader& o, event& x) {
  auto type = o.text("type", need::required, nullptr);
  o.read_if("id", x.id, wrong_id);
  o.read_time("at", x.at);
  const auto* reader = type ? find_reader(*type) : nullptr;
  if (type && !reader)
    o.wrong("type", "is not a known type of event");
  if (!reader || reader->has_conversation)
    if (auto c = o.text("conversation", reader ? need::required : need::optional, wrong_id))
      x.conversation = *c;
  if (!reader)
    return;
  reader->read_body(o, x);
  o.finish();
}

/// Reads what is in the tree as an event and appends it.
void append_event(json_tree& tree, const json_path* here, problem_list& problems, std::vector<event>& out) {
  auto& x = out.emplace_back();
  if (tree.nodes.front().kind != border::json_kind::object)
    return problems.add(here, "must be an object");
  object_reader o{tree, 0, here, problems};
  read_event(o, x);
}

error too_many() {
  return {ec::too_large, "a request may carry at most " + std::to_string(events_max) + " events", {}};
}

result<event_request> parse_json(std::string_view body) {
  event_request out;
  problem_list problems;
  json_tree tree;
  bool beyond = false;
  auto end = border::read_tree(body, border::document_form::elements, tree,
                               [&](json_tree& t, std::optional<std::size_t> index) {
                                 beyond = index >= events_max;
                                 if (beyond)
                                   return false;
                                 auto place = json_path::element(nullptr, index.value_or(0));
                                 append_event(t, index ? &place : nullptr, problems, out.events);
                                 return !problems.full();
                               });
  if (beyond)
    return too_many();
  if (end.problem)
    problems.add(std::move(*end.problem));
  if (!problems.empty())
    return problems.take();
  out.batch = end.elements;
  return out;
}

/// Reads one line of NDJSON that begins `offset` bytes into the body.
void append_line(std::string_view line, std::size_t offset, json_tree& tree, problem_list& problems,
                 std::vector<event>& out) {
  auto place = json_path::element(nullptr, out.size());
  auto before = out.size();
  auto end = border::read_tree(
      line, border::document_form::whole, tree,
      [&](json_tree& t, std::optional<std::size_t>) {
        append_event(t, &place, problems, out);
        return true;
      },
      offset);
  // A line that is not JSON has a place too.
  out.resize(before + 1);
  if (end.problem)
    problems.add({to_pointer(&place) + end.problem->pointer, std::move(end.problem->detail)});
}

result<event_request> parse_lines(std::string_view body) {
  event_request out{{}, true};
  problem_list problems;
  json_tree tree;
  for (std::size_t at = 0; at < body.size() && !problems.full();) {
    auto line = body.substr(at, body.find('\n', at) - at);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      if (out.events.size() == events_max)
        return too_many();
      append_line(line, at, tree, problems, out.events);
    }
    at += line.size() + 1;
  }
  if (!problems.empty())
    return problems.take();
  return out;
}

} // namespace

result<event_request> parse_events(std::string_view body, body_form form) {
  return form == body_form::ndjson ? parse_lines(body) : parse_json(body);
}

result<event> parse_event(std::string_view body) {
  event x;
  auto problems = border::read_object(body, [&](object_reader& o) { read_event(o, x); });
  if (!problems.empty())
    return problems.take();
  return x;
}

} // namespace belfry
