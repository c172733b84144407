#include "belfry/tests/hostile/reference.hpp"

#include <algorithm>
#include <sstream>

namespace belfry::test::hostile {

namespace {

/// Levels of nesting that SPEC 13 allows.
constexpr int depth_max = 64;

/// Parses strictly; discarded also when a key appears more than once or the nesting is too deep.
json strictly(const std::string& text) {
  std::vector<std::set<std::string>> keys;
  auto good = true;
  auto value = json::parse(
      text,
      [&](int depth, json::parse_event_t e, json& parsed) {
        good = good && depth <= depth_max;
        if (e == json::parse_event_t::object_start)
          keys.emplace_back();
        else if (e == json::parse_event_t::object_end)
          keys.pop_back();
        else if (e == json::parse_event_t::key)
          good = keys.back().insert(parsed.get<std::string>()).second && good;
        return good;
      },
      false);
  return good ? value : json(json::value_t::discarded);
}

/// A field as text; "" when it is absent, null or something else.
std::string text(const json& o, const char* name) {
  auto i = o.find(name);
  return i != o.end() && i->is_string() ? i->get<std::string>() : std::string{};
}

bool is_true(const json& o, const char* name) {
  auto i = o.find(name);
  return i != o.end() && i->is_boolean() && i->get<bool>();
}

json part(const json& o, const char* name) {
  auto i = o.find(name);
  return i != o.end() && !i->is_null() ? *i : json::object();
}

bool is_agent(const std::string& role) {
  return role == "ASSIGNED_AGENT" || role == "SECONDARY_AGENT";
}

/// The kind and id that must be new in the conversation; "" when the event has none.
std::string other_id(const std::string& type, const json& e) {
  if (type == "message.sent")
    return "m:" + text(part(e, "message"), "id");
  if (type == "call.started")
    return "c:" + text(part(e, "call"), "id");
  if (type == "request.offered")
    return "r:" + text(part(e, "invitation"), "id");
  if (type == "deputy.delegated")
    return "d:" + text(part(e, "invitation"), "id");
  return {};
}

std::set<std::size_t> refused_in(const json& answer, bool batch) {
  std::set<std::size_t> out;
  for (const auto& r : answer.value("refused", json::array()))
    out.insert(batch ? static_cast<std::size_t>(std::stoul("0" + r.value("pointer", "/").substr(1))) : 0);
  return out;
}

} // namespace

std::optional<std::vector<json>> events_of(const std::string& body, bool ndjson, bool& batch) {
  std::vector<json> out;
  batch = true;
  if (ndjson) {
    auto lines = std::istringstream{body};
    for (std::string line; std::getline(lines, line);)
      if (line.find_first_not_of(" \t\r") != std::string::npos)
        out.push_back(strictly(line));
  } else if (auto value = strictly(body); value.is_array()) {
    out = value.get<std::vector<json>>();
  } else {
    batch = false;
    out.push_back(std::move(value));
  }
  if (!std::all_of(out.begin(), out.end(), [](const json& e) { return e.is_object(); }))
    return {};
  return out;
}

std::string reference::apply(const std::string& body, bool ndjson, const json& answer) {
  auto batch = false;
  auto events = events_of(body, ndjson, batch);
  if (!events)
    return "accepted what is no list of events";
  auto refused = refused_in(answer, batch);
  std::size_t accepted = 0, duplicates = 0;
  for (std::size_t i = 0; i < events->size(); ++i)
    if (!refused.contains(i))
      ++(take((*events)[i]) ? accepted : duplicates);
  if (answer.value("accepted", std::size_t{0}) == accepted && answer.value("duplicates", std::size_t{0}) == duplicates)
    return {};
  return "should say accepted " + std::to_string(accepted) + ", duplicates " + std::to_string(duplicates);
}

bool reference::take(const json& e) {
  auto id = text(e, "id");
  auto type = text(e, "type");
  if (!id.empty() && event_ids_.contains(id))
    return false;
  auto name = text(e, "conversation");
  if (!name.empty()) {
    auto& c = conversations_[name];
    if (auto other = other_id(type, e); !other.empty() && !c.ids.insert(other).second)
      return false;
    if (!c.ended)
      take_effect(type, e, c);
  }
  if (!id.empty())
    event_ids_.insert(id);
  return true;
}

void reference::take_effect(const std::string& type, const json& e, conversation& c) {
  if (type == "conversation.started") {
    auto all = part(e, "participants");
    for (const auto& p : all)
      c.members.emplace(text(p, "person"), member{text(p, "role"), {}});
  } else if (type == "conversation.ended") {
    c.ended = true;
  } else if (type == "participant.joined") {
    c.members.emplace(text(e, "person"), member{text(e, "role"), {}});
  } else if (type == "participant.left") {
    c.members.erase(text(e, "person"));
  } else if (type == "message.sent") {
    take_message(part(e, "message"), c);
  } else if (type == "message.read") {
    take_read(e, c);
  } else if (type == "message.deleted") {
    take_deleted(e, c);
  }
}

void reference::take_message(const json& m, conversation& c) {
  auto at = c.messages.size();
  c.messages.push_back(text(m, "id"));
  if (text(m, "kind") == "SYSTEM")
    return;
  auto sender = text(m, "sender");
  auto recipients = part(m, "recipients");
  for (auto& [person, x] : c.members) {
    if (person == sender)
      x.unread.clear();
    auto named =
        !recipients.is_array() || std::find(recipients.begin(), recipients.end(), json(person)) != recipients.end();
    auto seen = named && (!is_true(m, "internal") || is_agent(x.role));
    if (person != sender && !x.role.empty() && seen)
      x.unread.insert(at);
  }
}

void reference::take_read(const json& e, conversation& c) {
  auto who = c.members.find(text(e, "person"));
  if (who == c.members.end())
    return;
  auto upto = c.messages.size();
  if (auto id = text(e, "message"); !id.empty()) {
    auto i = std::find(c.messages.begin(), c.messages.end(), id);
    if (i == c.messages.end())
      return;
    upto = static_cast<std::size_t>(i - c.messages.begin()) + 1;
  }
  auto& unread = who->second.unread;
  unread.erase(unread.begin(), unread.lower_bound(upto));
}

void reference::take_deleted(const json& e, conversation& c) {
  auto id = text(e, "message");
  for (std::size_t i = 0; i < c.messages.size(); ++i)
    if (c.messages[i] == id)
      for (auto& [person, x] : c.members)
        x.unread.erase(i);
}

json reference::counts(const std::string& person) const {
  auto list = json::object();
  std::size_t total = 0;
  for (const auto& [name, c] : conversations_) {
    auto who = c.members.find(person);
    if (c.ended || who == c.members.end() || who->second.unread.empty())
      continue;
    list[name] = who->second.unread.size();
    total += who->second.unread.size();
  }
  return {{"total", total}, {"conversations", list}};
}

} // namespace belfry::test::hostile
