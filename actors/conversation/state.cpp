#include "belfry/actors/conversation/state.hpp"

#include <algorithm>

namespace belfry {

namespace {

constexpr std::uint64_t row_version = 1;
/// Roster and log stand in parts.
constexpr std::uint64_t parts_version = 2;
constexpr std::size_t small_roster_max = 24;
/// More participants or messages than that are stored in parts: so many slots, and the messages of so many places,
/// each.
constexpr std::size_t whole_max = 256;
constexpr slot slots_of_a_part = 64;
constexpr position positions_of_a_part = 128;

std::int64_t roster_part(slot who) {
  return -1 - static_cast<std::int64_t>(who / slots_of_a_part);
}

std::int64_t log_part(position at) {
  return static_cast<std::int64_t>(at / positions_of_a_part);
}

void encode_message(binary_writer& out, const message_entry& m) {
  out.number(m.at);
  out.text(m.id);
  // The sender's name stands in the roster.
  out.number(m.sender_slot == no_slot ? 0 : std::uint64_t{m.sender_slot} + 1);
  if (m.sender_slot == no_slot)
    out.text(m.sender);
  out.number(static_cast<std::uint64_t>(m.kind));
  out.number((m.internal ? 1U : 0U) | (m.to_all ? 2U : 0U) | (m.deleted ? 4U : 0U));
  if (!m.to_all)
    encode(out, m.addressed);
  encode(out, m.recipients);
  out.text(m.text);
  out.signed_number(m.sent_at);
  out.signed_number(m.server_at);
}

} // namespace

std::optional<slot> conversation_state::find(const person_id& person) const {
  if (roster.size() <= small_roster_max) {
    for (slot i = 0; i < roster.size(); ++i) {
      if (roster[i].person == person)
        return i;
    }
    return std::nullopt;
  }
  for (; indexed_ < roster.size(); ++indexed_)
    index_.emplace(roster[indexed_].person, indexed_);
  auto i = index_.find(person);
  return i == index_.end() ? std::nullopt : std::optional{i->second};
}

std::optional<slot> conversation_state::find_active(const person_id& person) const {
  auto s = find(person);
  return s && roster[*s].active ? s : std::nullopt;
}

message_entry* conversation_state::find_message(const message_id& message) {
  auto i = std::find_if(log.rbegin(), log.rend(), [&](const message_entry& m) { return m.id == message; });
  return i == log.rend() ? nullptr : &*i;
}

message_entry* conversation_state::find_message(position at) {
  auto i = std::lower_bound(log.begin(), log.end(), at, [](const message_entry& m, position p) { return m.at < p; });
  return i == log.end() || i->at != at ? nullptr : &*i;
}

bool conversation_state::has_session(slot who, const session_id& session) const {
  return std::any_of(sessions.begin(), sessions.end(),
                     [&](const session_entry& s) { return s.who == who && s.session == session; });
}

const owed_read* conversation_state::find_owed(slot who) const {
  auto i = owed.find(who);
  return i == owed.end() ? nullptr : &i->second;
}

void conversation_state::owe(slot who, message_id message, millis at) {
  owed[who] = {std::move(message), at};
}

bool conversation_state::apply(step s, const wait_rules& rules) {
  rules_ = &rules;
  return std::visit([this](auto& x) { return apply_step(x); }, s);
}

bool conversation_state::knows(const slot_set& s) const {
  auto known = true;
  s.each([&](slot who) { known = known && knows(who); });
  return known;
}

inbox& conversation_state::catch_up(slot who, const wait_rules& rules) {
  auto& box = roster[who].box;
  if (box.seen < last) {
    auto first = std::upper_bound(recent.begin(), recent.end(), box.seen,
                                  [](position seen, const fact& f) { return seen < f.at; });
    for (; first != recent.end(); ++first)
      fold(box, who, *first, rules);
  }
  return box;
}

void conversation_state::catch_up_all(const wait_rules& rules) {
  for (slot i = 0; i < roster.size(); ++i)
    catch_up(i, rules);
}

void conversation_state::append(fact f) {
  if (recent.size() == recent_facts_max) {
    // Half at a time, so that catching up is paid for once in a while.
    catch_up_all(*rules_);
    recent.erase(recent.begin(), recent.begin() + recent_facts_max / 2);
  }
  last = f.at;
  recent.push_back(std::move(f));
}

void conversation_state::remember(position message, slot who, reason why) {
  if (message == 0)
    return;
  kept_back_messages.push_back({message, who, why});
  if (kept_back_messages.size() > kept_back_max)
    kept_back_messages.erase(kept_back_messages.begin());
}

bool conversation_state::apply_step(message_step& s) {
  if (s.at != last + 1 || !knows(s.recipients) || (s.sender_slot != no_slot && !knows(s.sender_slot)))
    return false;
  append(to_fact(s));
  log.push_back({s.at, std::move(s.id), std::move(s.sender), s.sender_slot, s.kind, s.internal, s.to_all, false,
                 std::move(s.addressed), std::move(s.recipients), std::move(s.text), s.sent_at, s.server_at});
  return true;
}

bool conversation_state::apply_step(read_step& s) {
  if (s.at != last + 1 || !knows(s.reader))
    return false;
  auto before = catch_up(s.reader, *rules_).pending;
  if (before != 0 && before <= s.read_to)
    remember(before, s.reader, s.why);
  append(to_fact(s));
  if (catch_up(s.reader, *rules_).owed == s.at)
    owe(s.reader, std::move(s.cause), s.read_at);
  return true;
}

bool conversation_state::apply_step(gone_step& s) {
  if (s.at != last + 1 || !knows(s.recipients))
    return false;
  s.recipients.each([&](slot who) {
    if (catch_up(who, *rules_).pending == s.message)
      remember(s.message, who, reason::deleted);
  });
  append(to_fact(s));
  s.recipients.each([&](slot who) {
    if (catch_up(who, *rules_).owed == s.at)
      owe(who, s.cause, s.read_at);
  });
  if (auto* m = find_message(s.message)) {
    m->deleted = true;
    m->text.clear();
  }
  if (s.forgotten && !log.empty() && log.front().at == s.message)
    log.pop_front();
  return true;
}

bool conversation_state::apply_step(edited_step& s) {
  if (auto* m = find_message(s.message))
    m->text = std::move(s.text);
  return true;
}

bool conversation_state::apply_step(announced_step& s) {
  if (!knows(s.who))
    return false;
  fold_announced(catch_up(s.who, *rules_), s.message, s.why == reason::none);
  if (s.why != reason::none)
    remember(s.message, s.who, s.why);
  return true;
}

bool conversation_state::apply_step(read_message_told_step& s) {
  if (!knows(s.who))
    return false;
  catch_up(s.who, *rules_).owed = 0;
  owed.erase(s.who);
  return true;
}

bool conversation_state::apply_step(roster_step& s) {
  if (s.who > roster.size())
    return false;
  if (s.who == roster.size()) {
    roster.emplace_back();
    roster.back().box.seen = last;
    roster.back().box.read = last;
  }
  auto& entry = roster[s.who];
  if (!s.active)
    entry.open.clear();
  // Somebody who was erased; nobody ever takes the place of somebody else.
  if (entry.person != s.person)
    index_.erase(entry.person);
  entry.person = std::move(s.person);
  entry.role = s.role;
  entry.hidden = s.hidden;
  entry.muted = s.muted;
  entry.active = s.active;
  index_primary(s.who);
  return true;
}

void conversation_state::index_primary(slot who) {
  auto r = roster[who].role;
  if (r != role::assigned_agent && r != role::context_person)
    return;
  auto i = std::lower_bound(primaries_.begin(), primaries_.end(), who);
  if (i == primaries_.end() || *i != who)
    primaries_.insert(i, who);
}

bool conversation_state::apply_step(open_step& s) {
  if (!knows(s.who))
    return false;
  auto& open = roster[s.who].open;
  auto i = std::find(open.begin(), open.end(), s.client);
  if (s.open && i == open.end())
    open.push_back(std::move(s.client));
  else if (!s.open && i != open.end())
    open.erase(i);
  return true;
}

bool conversation_state::apply_step(session_step& s) {
  if (!knows(s.who))
    return false;
  std::erase_if(sessions, [&](const session_entry& x) { return x.who == s.who && x.session == s.session; });
  if (s.active)
    sessions.push_back({s.who, std::move(s.session), std::move(s.kind)});
  return true;
}

bool conversation_state::apply_step(ended_step& s) {
  ended_at = s.at;
  sessions.clear();
  for (auto& entry : roster)
    entry.open.clear();
  return true;
}

bool conversation_state::apply_step(call_step& s) {
  binary_reader in{s.blob};
  return call.decode(in) && call.slots() <= roster.size();
}

bool conversation_state::apply_step(requests_step& s) {
  binary_reader in{s.blob};
  return requests.decode(in);
}

bool conversation_state::apply_step(call_change_step& s) {
  binary_reader in{s.blob};
  return call.apply_changes(in) && call.slots() <= roster.size();
}

bool conversation_state::apply_step(requests_change_step& s) {
  binary_reader in{s.blob};
  return requests.apply_changes(in);
}

std::uint32_t conversation_state::unread_beyond(slot who, position read_to) const {
  std::uint32_t n = 0;
  for (auto i = log.rbegin(); i != log.rend() && i->at > read_to; ++i)
    n += !i->deleted && i->recipients.contains(who) ? 1 : 0;
  return n;
}

position conversation_state::newest_unannounced(slot who, position before) const {
  const auto& box = roster[who].box;
  auto floor = std::max(box.read, box.notified);
  for (auto i = log.rbegin(); i != log.rend() && i->at > floor; ++i) {
    if (i->at < before && !i->deleted && i->recipients.contains(who))
      return i->at;
  }
  return 0;
}

bool conversation_state::waiting() const {
  return std::any_of(roster.begin(), roster.end(), [](const roster_entry& r) { return r.box.pending != 0; });
}

std::optional<engine_time> conversation_state::wake_time() const {
  auto earliest = call.next_deadline();
  auto consider = [&](engine_time t) { earliest = earliest ? std::min(*earliest, t) : t; };
  for (const auto& entry : roster) {
    if (entry.box.owed != 0)
      consider(0);
    if (entry.box.pending != 0)
      consider(entry.box.due);
  }
  return earliest;
}

void conversation_state::trim(const wait_rules& rules) {
  catch_up_all(rules);
  recent = {};
  auto text_floor = last, read_floor = last;
  for (const auto& entry : roster) {
    if (entry.box.pending != 0)
      text_floor = std::min(text_floor, std::max(entry.box.read, entry.box.notified));
    if (entry.active && entry.box.unread > 0)
      read_floor = std::min(read_floor, entry.box.read);
  }
  for (auto& m : log) {
    if (m.at > text_floor)
      break;
    m.text = {};
  }
  while (log.size() > explained_messages_max && log.front().at <= read_floor)
    log.pop_front();
  auto oldest = log.empty() ? last : log.front().at;
  std::erase_if(kept_back_messages, [&](const kept_back& f) { return f.message < oldest; });
}

std::size_t encoded_state::size() const {
  auto n = head.size();
  for (const auto& [number, blob] : parts)
    n += blob.size();
  return n;
}

encoded_state conversation_state::encode() const {
  encoded_state whole;
  const auto small = roster.size() <= whole_max && log.size() <= whole_max;
  binary_writer out;
  out.number(small ? row_version : parts_version);
  out.optional_text(topic);
  out.flag(auto_join_calls);
  out.signed_number(ended_at);
  out.number(last);
  out.number(roster.size());
  if (small) {
    for (slot who = 0; who < roster.size(); ++who)
      encode_participant(out, who, roster[who].box);
    out.number(log.size());
    for (const auto& m : log)
      encode_message(out, m);
  } else {
    encode_roster_parts(whole);
    encode_log_parts(out, whole);
  }
  out.number(kept_back_messages.size());
  for (const auto& f : kept_back_messages) {
    out.number(f.message);
    out.number(f.who);
    out.number(static_cast<std::uint64_t>(f.why));
  }
  out.number(sessions.size());
  for (const auto& s : sessions) {
    out.number(s.who);
    out.text(s.session);
    out.text(s.kind);
  }
  call.encode(out);
  requests.encode(out);
  whole.head = out.take();
  return whole;
}

void conversation_state::encode_participant(binary_writer& out, slot who, const inbox& box) const {
  const auto& r = roster[who];
  out.text(r.person);
  out.number(static_cast<std::uint64_t>(r.role));
  out.flag(r.hidden);
  out.flag(r.muted);
  out.flag(r.active);
  belfry::encode(out, box);
  const auto* read = find_owed(who);
  out.text(read ? read->message : message_id{});
  out.signed_number(read ? read->at : 0);
  out.number(r.open.size());
  for (const auto& client : r.open)
    out.text(client);
}

void conversation_state::encode_roster_parts(encoded_state& out) const {
  binary_writer part;
  for (slot who = 0; who < roster.size(); ++who) {
    // Everybody has seen everything: that it became more must not change all parts.
    auto box = roster[who].box;
    box.seen = last - box.seen;
    encode_participant(part, who, box);
    if (who + 1U == roster.size() || roster_part(who) != roster_part(who + 1))
      out.parts[roster_part(who)] = std::exchange(part, {}).take();
  }
}

void conversation_state::encode_log_parts(binary_writer& head, encoded_state& out) const {
  std::vector<std::int64_t> numbers;
  binary_writer part;
  for (auto m = log.begin(); m != log.end(); ++m) {
    encode_message(part, *m);
    const auto number = log_part(m->at);
    if (auto next = m + 1; next == log.end() || log_part(next->at) != number) {
      out.parts[number] = std::exchange(part, {}).take();
      numbers.push_back(number);
    }
  }
  head.number(numbers.size());
  for (auto n : numbers)
    head.number(static_cast<std::uint64_t>(n));
}

void conversation_state::decode_participant(binary_reader& in, slot who) {
  auto& r = roster[who];
  r.person = in.text();
  r.role = in.enumeration(role::secondary_visitor);
  r.hidden = in.flag();
  r.muted = in.flag();
  r.active = in.flag();
  belfry::decode(in, r.box);
  owed_read read{in.text(), in.signed_number()};
  if (r.box.owed != 0)
    owed.emplace(who, std::move(read));
  r.open.resize(in.count());
  for (auto& client : r.open)
    client = in.text();
  index_primary(who);
}

void conversation_state::decode_message(binary_reader& in) {
  auto& m = log.emplace_back();
  m.at = in.number();
  m.id = in.text();
  if (auto s = in.number(); s == 0) {
    m.sender = in.text();
  } else if (s <= roster.size()) {
    m.sender_slot = static_cast<slot>(s - 1);
    m.sender = roster[m.sender_slot].person;
  }
  m.kind = in.enumeration(message_kind::system);
  auto flags = in.number();
  m.internal = flags & 1;
  m.to_all = flags & 2;
  m.deleted = flags & 4;
  if (!m.to_all)
    belfry::decode(in, m.addressed);
  belfry::decode(in, m.recipients);
  m.text = in.text();
  m.sent_at = in.signed_number();
  m.server_at = in.signed_number();
}

bool conversation_state::decode_roster_parts(const std::map<std::int64_t, std::string>& parts) {
  for (slot who = 0; who < roster.size();) {
    auto part = parts.find(roster_part(who));
    if (part == parts.end())
      return false;
    binary_reader in{part->second};
    do {
      decode_participant(in, who);
      auto& seen = roster[who++].box.seen;
      if (seen > last)
        return false;
      seen = last - seen;
    } while (who < roster.size() && roster_part(who) == part->first);
    if (!in.ok() || !in.at_end())
      return false;
  }
  return true;
}

bool conversation_state::decode_log_parts(binary_reader& head, const std::map<std::int64_t, std::string>& parts) {
  for (auto n = head.count(); n > 0; --n) {
    auto part = parts.find(static_cast<std::int64_t>(head.number()));
    if (part == parts.end())
      return false;
    binary_reader in{part->second};
    while (in.ok() && !in.at_end())
      decode_message(in);
    if (!in.ok())
      return false;
  }
  return true;
}

bool conversation_state::decode(std::string_view row, const std::map<std::int64_t, std::string>& parts) {
  binary_reader in{row};
  const auto version = in.number();
  if (version != row_version && version != parts_version)
    return false;
  topic = in.optional_text();
  auto_join_calls = in.flag();
  ended_at = in.signed_number();
  last = in.number();
  if (version == row_version) {
    roster.resize(in.count());
    for (slot who = 0; who < roster.size(); ++who)
      decode_participant(in, who);
    for (auto n = in.count(); n > 0; --n)
      decode_message(in);
  } else {
    const auto people = in.number();
    if (people > parts.size() * slots_of_a_part)
      return false;
    roster.resize(people);
    if (!decode_roster_parts(parts) || !decode_log_parts(in, parts))
      return false;
  }
  for (auto n = in.count(); n > 0; --n) {
    auto& f = kept_back_messages.emplace_back();
    f.message = in.number();
    f.who = in.enumeration(no_slot);
    f.why = in.enumeration(reason_last);
  }
  sessions.resize(in.count());
  for (auto& s : sessions) {
    s.who = in.enumeration(no_slot);
    s.session = in.text();
    s.kind = in.text();
  }
  return call.decode(in) && requests.decode(in) && in.ok() && in.at_end() && is_consistent();
}

/// Everybody who is named has a place in the roster, and the log ascends up to `last`.
bool conversation_state::is_consistent() const {
  position before = 0;
  for (const auto& m : log) {
    if (m.at <= before || m.at > last || !knows(m.recipients))
      return false;
    before = m.at;
  }
  auto known = [this](const auto& x) { return knows(x.who); };
  return std::all_of(kept_back_messages.begin(), kept_back_messages.end(), known)
         && std::all_of(sessions.begin(), sessions.end(), known) && call.slots() <= roster.size();
}

} // namespace belfry
