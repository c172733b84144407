#pragma once

#include "belfry/tests/support/server/http_client.hpp"

/// Short names for the events of SPEC 2 as a host sends them.
namespace belfry::test::event {

inline json participant(const std::string& person, const std::string& role = {}, json more = json::object()) {
  more["person"] = person;
  if (!role.empty())
    more["role"] = role;
  return more;
}

inline json of(const std::string& type, const std::string& conversation, json more = json::object()) {
  more["type"] = type;
  if (!conversation.empty())
    more["conversation"] = conversation;
  return more;
}

inline json started(const std::string& c, const json& participants, json more = json::object()) {
  more["participants"] = participants;
  return of("conversation.started", c, std::move(more));
}

inline json ended(const std::string& c) {
  return of("conversation.ended", c);
}

inline json joined(const std::string& c, const std::string& person, const std::string& role,
                   json more = json::object()) {
  return of("participant.joined", c, participant(person, role, std::move(more)));
}

inline json changed(const std::string& c, const std::string& person, json more) {
  more["person"] = person;
  return of("participant.changed", c, std::move(more));
}

inline json left(const std::string& c, const std::string& person) {
  return of("participant.left", c, {{"person", person}});
}

inline json presence(const std::string& person, bool online, json more = json::object()) {
  more["person"] = person;
  more["online"] = online;
  return of("presence.changed", "", std::move(more));
}

inline json opened(const std::string& c, const std::string& person, json more = json::object()) {
  more["person"] = person;
  return of("conversation.opened", c, std::move(more));
}

inline json closed(const std::string& c, const std::string& person, json more = json::object()) {
  more["person"] = person;
  return of("conversation.closed", c, std::move(more));
}

/// `more` goes into the message.
inline json sent(const std::string& c, const std::string& id, const std::string& sender, json more = json::object()) {
  more["id"] = id;
  if (!sender.empty())
    more["sender"] = sender;
  if (!more.contains("text"))
    more["text"] = "text of " + id;
  return of("message.sent", c, {{"message", more}});
}

inline json read(const std::string& c, const std::string& person, const std::string& message = {}) {
  auto e = of("message.read", c, {{"person", person}});
  if (!message.empty())
    e["message"] = message;
  return e;
}

inline json edited(const std::string& c, const std::string& id, const std::string& text) {
  return of("message.edited", c, {{"message", {{"id", id}, {"text", text}}}});
}

inline json deleted(const std::string& c, const std::string& id) {
  return of("message.deleted", c, {{"message", id}});
}

inline json call(const std::string& c, const std::string& id, const std::string& caller,
                 const std::string& type = "AUDIO") {
  return of("call.started", c, {{"call", {{"id", id}, {"type", type}, {"caller", caller}}}});
}

inline json accepted(const std::string& c, const std::string& id, const std::string& person) {
  return of("call.accepted", c, {{"call", id}, {"person", person}});
}

inline json declined(const std::string& c, const std::string& id, const std::string& person) {
  return of("call.declined", c, {{"call", id}, {"person", person}});
}

inline json hung_up(const std::string& c, const std::string& id) {
  return of("call.ended", c, {{"call", id}});
}

/// `more` goes into the invitation.
inline json offered(const std::string& c, const std::string& id, json more) {
  more["id"] = id;
  if (!more.contains("kind"))
    more["kind"] = "AGENT_INVITATION";
  return of("request.offered", c, {{"invitation", more}});
}

inline json request_closed(const std::string& c, const std::string& id, const std::string& reason) {
  return of("request.closed", c, {{"invitation", id}, {"reason", reason}});
}

inline json delegated(const std::string& c, const std::string& id, json more) {
  more["id"] = id;
  return of("deputy.delegated", c, {{"invitation", more}});
}

inline json deputy_closed(const std::string& c, const std::string& id, const std::string& reason) {
  return of("deputy.closed", c, {{"invitation", id}, {"reason", reason}});
}

inline json session(const std::string& c, const std::string& person, const std::string& id, bool begins = true) {
  return of(begins ? "session.started" : "session.ended", c,
            {{"person", person}, {"session", id}, {"kind", "CO_BROWSING"}});
}

/// With an event id.
inline json with_id(json e, const std::string& id) {
  e["id"] = id;
  return e;
}

} // namespace belfry::test::event
