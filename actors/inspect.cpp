#include "belfry/actors/clock_anchor.hpp"
#include "belfry/actors/conversation/core.hpp"
#include "belfry/actors/engine.hpp"
#include "belfry/actors/person/person_row.hpp"
#include "belfry/actors/person/record_row.hpp"
#include "belfry/actors/system_clock.hpp"
#include "belfry/io/store/peek.hpp"
#include "belfry/io/webhook/registration.hpp"
#include "belfry/messages/json.hpp"

#include <nlohmann/json.hpp>

/// Rows as JSON for whoever looks for a fault: what is there and whether it can be read, without texts, names and
/// secrets.
namespace belfry {

namespace {

using json = nlohmann::ordered_json;

/// What of a conversation that cannot be read is damaged: "row", or "entry 3".
std::string damage(const options& o, const conversation_lookups& s, const io::stored_conversation& c) {
  for (std::size_t n = 0; n < c.entries.size(); ++n) {
    conversation_core core{o, s};
    if (!core.load(c.key, c.id, c.blob, {c.entries.begin(), c.entries.begin() + static_cast<std::ptrdiff_t>(n)},
                   c.parts))
      return n == 0 ? "row" : "entry " + std::to_string(n);
  }
  return c.entries.empty() ? "row" : "entry " + std::to_string(c.entries.size());
}

json message_of(const message_entry& m) {
  return {{"id", m.id},
          {"position", m.at},
          {"sender", m.sender},
          {"serverAt", m.server_at},
          {"internal", m.internal},
          {"deleted", m.deleted},
          {"textKept", !m.text.empty()}};
}

json inspect(const options& o, const io::stored_conversation& c, moment now) {
  conversation_lookups nobody;
  nobody.online = [](const person_id&) { return false; };
  nobody.takes_kind = [](kind) { return true; };
  json out{{"conversation", c.id},
           {"key", c.key},
           {"rowBytes", c.blob.size()},
           {"parts", c.parts.size()},
           {"entries", c.entries.size()}};
  conversation_core core{o, nobody};
  const bool readable = core.load(c.key, c.id, c.blob, c.entries, c.parts);
  out["readable"] = readable;
  if (!readable) {
    out["damaged"] = damage(o, nobody, c);
    return out;
  }
  auto view = core.view(now);
  view.topic.reset();
  out["state"] = json::parse(to_json(view));
  out["messages"] = json::array();
  for (const auto& m : core.state().log)
    out["messages"].push_back(message_of(m));
  return out;
}

json inspect_person(const person_id& id, std::string_view row, engine_time now) {
  person_data d;
  json out{{"person", id}, {"rowBytes", row.size()}};
  const bool readable = decode(row, d);
  out["readable"] = readable;
  if (!readable)
    return out;
  out["known"] = d.profile.has_value();
  if (d.profile) {
    out["type"] = to_string(d.profile->type);
    out["hasEmail"] = d.profile->email.has_value();
  }
  out["devices"] = json::parse(to_json(d.devices));
  out["pause"] = json::parse(to_json(d.pause.view(now)));
  out["addressNotes"] = json::array();
  for (const auto& n : d.notes)
    out["addressNotes"].push_back({{"channel", to_string(n.channel)},
                                   {"target", n.target},
                                   {"code", n.code},
                                   {"since", n.since},
                                   {"until", n.until}});
  out["subscriptions"] = json::array();
  for (const auto& s : d.subscriptions)
    out["subscriptions"].push_back({{"id", s.id}, {"state", to_string(s.state)}, {"createdAt", s.created_at}});
  return out;
}

json inspect_notification(const io::notification_row& row) {
  json out{{"notification", to_string(row.id)}, {"seq", row.seq}, {"rowBytes", row.blob.size()}};
  auto r = from_row(row);
  out["readable"] = r.has_value();
  if (r)
    out["trace"] = json::parse(to_json(to_trace(*r)));
  return out;
}

json inspect_webhook(const webhook_id& id, std::string_view row, const std::string& account) {
  json out{{"webhook", id}, {"rowBytes", row.size()}};
  auto w = io::webhooks::decode(row);
  out["readable"] = w.has_value();
  if (w)
    out["registration"] = json::parse(to_json(*w, account, endpoint_shown::without_query));
  return out;
}

/// As the engine that uses the store has it.
result<moment> now_in(io::store_peek& store) {
  auto anchor = store.setting(clock_anchor_name);
  if (!anchor)
    return anchor.error();
  const auto clocks = make_system_clock()->read();
  return moment{resume_engine_time(*anchor ? decode_clock_anchor(**anchor) : std::nullopt, clocks), clocks.wall};
}

template <class T, class F>
result<std::string> printed(const result<std::optional<T>>& found, F&& print) {
  if (!found)
    return found.error();
  if (!*found)
    return error{ec::not_found, "the store has no such row", {}};
  return print(**found).dump(2, ' ', false, json::error_handler_t::replace);
}

} // namespace

result<std::string> engine::inspect(const options& o, row_kind what, const std::string& id) {
  auto store = io::store_peek::open(o.store.path);
  if (!store)
    return store.error();
  auto now = now_in(*store);
  if (!now)
    return now.error();
  switch (what) {
  case row_kind::conversation:
    return printed(store->conversation(id), [&](const auto& row) { return belfry::inspect(o, row, *now); });
  case row_kind::person:
    return printed(store->person(id), [&](const auto& row) { return inspect_person(id, row, now->now); });
  case row_kind::notification: {
    notification_id number;
    if (!from_string(id, number))
      return error{ec::bad_input, "a notification's id has 32 hexadecimal digits", {}};
    return printed(store->notification(number), [](const auto& row) { return inspect_notification(row); });
  }
  case row_kind::webhook:
    return printed(store->webhook(id), [&](const auto& row) { return inspect_webhook(id, row, o.account.id); });
  }
  return error{ec::bad_input, "unknown kind of row", {}};
}

} // namespace belfry
