#include "belfry/tests/hostile/events.hpp"

#include "belfry/tests/support/server/events.hpp"

namespace belfry::test::hostile {

namespace {

constexpr std::size_t conversations_of_a_host = 6;
constexpr std::size_t recent_max = 20;

} // namespace

host::host(random& chance) : chance_(chance), tag_(chance.hex(10)) {
  for (auto who : {"agent-", "visitor-", "second-", "bot-"})
    cast_.push_back(who + tag_);
  for (std::size_t i = 0; i < conversations_of_a_host; ++i)
    conversations_.push_back("c-" + tag_ + "-" + chance.hex(4));
  quiet_ = "quiet-" + tag_;
}

json host::beginning() const {
  auto all = json::array();
  auto pair =
      json::array({event::participant(cast_[0], "ASSIGNED_AGENT"), event::participant(cast_[1], "CONTEXT_PERSON")});
  auto with_bot = pair;
  with_bot.push_back(event::participant(cast_[3]));
  for (const auto& c : conversations_)
    all.push_back(event::started(c, with_bot));
  all.push_back(event::started(quiet_, pair));
  return all;
}

std::string host::fresh(const char* kind) {
  return kind + tag_ + "-" + std::to_string(++made_) + "-" + chance_.hex(4);
}

json host::event() {
  const auto& c = chance_.of(conversations_);
  auto n = chance_.below(100);
  auto e = n < 55   ? message(c)
           : n < 75 ? around_messages(c)
           : n < 82 ? membership(c)
           : n < 88 ? call(c)
           : n < 98 ? other(c)
                    : short_lived();
  if (chance_.percent(50))
    e["id"] = fresh("e-");
  if (chance_.percent(20))
    e["at"] = 1'700'000'000'000 + chance_.below(1'000'000);
  return e;
}

json host::lonely_message() {
  return event::with_id(event::sent(quiet_, fresh("q-"), cast_[0]), fresh("e-"));
}

json host::message(const std::string& c) {
  json more = json::object();
  auto sender = chance_.of(cast_);
  if (chance_.percent(10))
    more["internal"] = true;
  if (chance_.percent(10))
    more["recipients"] = {cast_[chance_.below(2)]};
  if (chance_.percent(10))
    more["kind"] = chance_.percent(50) ? "SYSTEM" : "CARD";
  if (chance_.percent(20))
    more["text"] = "Grüezi, \"quoted\" \\ and \n more";
  auto id = fresh("m-");
  if (recent_.size() < recent_max)
    recent_.push_back(id);
  else
    recent_[chance_.below(recent_max)] = id;
  return event::sent(c, id, sender, more);
}

json host::around_messages(const std::string& c) {
  if (recent_.empty())
    return event::read(c, cast_[0]);
  auto at = chance_.below(recent_.size());
  auto id = recent_[at];
  switch (chance_.below(4)) {
  case 0:
    return event::read(c, chance_.of(cast_), id);
  case 1:
    return event::read(c, chance_.of(cast_));
  case 2:
    return event::edited(c, id, "new text");
  default:
    recent_.erase(recent_.begin() + static_cast<std::ptrdiff_t>(at));
    return event::deleted(c, id);
  }
}

json host::membership(const std::string& c) {
  switch (chance_.below(4)) {
  case 0:
    return event::joined(c, cast_[2], "SECONDARY_AGENT");
  case 1:
    return event::left(c, cast_[2]);
  case 2:
    return event::changed(c, chance_.of(cast_), {{"muted", chance_.percent(50)}});
  default:
    return event::started(c, {event::participant(cast_[2], "SECONDARY_AGENT", {{"hidden", true}})},
                          {{"topic", "again"}});
  }
}

json host::call(const std::string& c) {
  auto id = "call-" + tag_ + std::to_string(chance_.below(30));
  switch (chance_.below(4)) {
  case 0:
    return event::call(c, id, chance_.of(cast_), chance_.percent(50) ? "AUDIO" : "VIDEO");
  case 1:
    return event::accepted(c, id, chance_.of(cast_));
  case 2:
    return event::declined(c, id, chance_.of(cast_));
  default:
    return event::hung_up(c, id);
  }
}

json host::other(const std::string& c) {
  const auto& who = chance_.of(cast_);
  switch (chance_.below(7)) {
  case 0:
    return event::presence(who, chance_.percent(50), {{"client", "tab"}});
  case 1:
    return event::opened(c, who);
  case 2:
    return event::closed(c, who, {{"client", "tab"}});
  case 3:
    return event::offered(c, fresh("i-"), {{"agent", who}, {"startUrl", "https://chat.example/x"}});
  case 4:
    return event::delegated(c, fresh("d-"), {{"deputies", {who}}, {"primaryAgent", cast_[0]}});
  case 5:
    return event::session(c, who, "s", chance_.percent(50));
  default:
    return event::request_closed(c, "i-" + tag_, "REVOKED");
  }
}

/// Begins a conversation that is not used again, or ends a short one.
json host::short_lived() {
  auto c = "short-" + tag_ + "-" + std::to_string(chance_.below(10));
  if (chance_.percent(50))
    return event::ended(c);
  return event::started(
      c, {event::participant(cast_[1], "CONTEXT_PERSON"), event::participant(cast_[0], "ASSIGNED_AGENT")});
}

json person_body(random& chance) {
  return {{"type", chance.percent(50) ? "AGENT" : "VISITOR"},
          {"displayName", "Ada " + chance.hex(4)},
          {"email", "ada@bank.example"},
          {"locale", "de-CH"},
          {"labels", {"a", "b"}},
          {"metadata", {{"k", "v"}}}};
}

json device_body(random& chance) {
  if (chance.percent(50))
    return {{"platform", "ANDROID"}, {"app", "default"}, {"pushToken", chance.hex(40)}};
  return {
      {"platform", "IOS"}, {"environment", "SANDBOX"}, {"pushToken", chance.hex(64)}, {"pushKitToken", chance.hex(64)}};
}

json pause_body(random& chance) {
  static constexpr const char* modes[] = {"ON", "OFF", "AUTO"};
  json out{{"mode", chance.of(modes)}};
  if (chance.percent(50))
    out["until"] = 4'000'000'000'000;
  return out;
}

json reason_body(random& chance) {
  return {{"displayName", "In a meeting"}, {"timeoutSeconds", 60 + chance.below(600)}};
}

json webhook_body(random& chance) {
  return {{"name", "hook " + chance.hex(4)},
          {"endpoint", "https://hooks.example/" + chance.hex(4)},
          {"status", "INACTIVE"},
          {"secret", chance.hex(32)},
          {"version", 1},
          {"events", {"push_notification.missed_call"}}};
}

} // namespace belfry::test::hostile
