#include "belfry/actors/conversation/core.hpp"

#include "belfry/actors/clock_anchor.hpp"

#include <algorithm>

namespace belfry {

namespace {

bool sees(const message_entry& m, slot who, role r) {
  return (m.to_all || m.addressed.contains(who)) && (!m.internal || is_agent(r));
}

} // namespace

conversation_core::conversation_core(const options& o, const conversation_lookups& s)
    : options_(o), lookups_(s), rules_(o.push), waits_(o.push) {
  // nop
}

void conversation_core::name(std::int64_t key, const conversation_id& id) {
  state_.key = key;
  state_.id = id;
}

bool conversation_core::load(std::int64_t key, const conversation_id& id, std::string_view row,
                             const std::vector<std::string>& entries,
                             const std::map<std::int64_t, std::string>& parts) {
  name(key, id);
  exists_ = state_.decode(row, parts) && std::all_of(entries.begin(), entries.end(), [this](const std::string& entry) {
              return each_step(entry, [this](step s) { return state_.apply(std::move(s), waits_); });
            });
  damaged_ = !exists_;
  if (damaged_) {
    state_ = {};
    name(key, id);
  }
  state_.catch_up_all(waits_);
  return exists_;
}

void conversation_core::note_recounted(const step& s) {
  if (const auto* m = std::get_if<message_step>(&s))
    recounted_.insert(m->recipients);
  else if (const auto* r = std::get_if<read_step>(&s))
    recounted_.insert(r->reader);
  else if (const auto* g = std::get_if<gone_step>(&s))
    recounted_.insert(g->recipients);
}

void conversation_core::apply(step s, effects& fx) {
  append(fx.journal, s);
  note_recounted(s);
  state_.apply(std::move(s), waits_);
}

void conversation_core::refuse(refusal why, std::string pointer, std::string detail, effects& fx) const {
  fx.refused = refused_event{0, std::move(pointer), std::move(detail), why};
}

void conversation_core::on_event(const event& e, moment m, effects& fx) {
  if (damaged_)
    return refuse(refusal::conversation_damaged, "/conversation",
                  "the stored conversation cannot be read; it is left unchanged", fx);
  auto starts = std::holds_alternative<conversation_started>(e.body);
  if (!exists_ && !starts)
    return refuse(refusal::unknown_conversation, "/conversation", "no conversation with this id was started", fx);
  if (state_.ended()) {
    if (std::holds_alternative<conversation_ended>(e.body))
      return;
    return refuse(refusal::conversation_ended, "/conversation", "the conversation has ended; its id is not reused", fx);
  }
  auto at = e.at.value_or(m.wall);
  std::visit([&](const auto& body) { on(body, m, at, fx); }, e.body);
}

// -- roster -------------------------------------------------------------------

void conversation_core::on(const conversation_started& e, moment m, millis at, effects& fx) {
  if (!exists_) {
    exists_ = true;
    state_.topic = e.topic;
    state_.auto_join_calls = e.auto_join_calls.value_or(options_.calls.auto_join);
    fx.snapshot = true;
  }
  state_.roster.reserve(state_.roster.size() + e.participants.size());
  for (const auto& spec : e.participants)
    join(spec, m, at, fx);
}

void conversation_core::on(const participant_joined& e, moment m, millis at, effects& fx) {
  join(e.participant, m, at, fx);
}

void conversation_core::join(const participant_spec& spec, moment m, millis, effects& fx) {
  if (state_.find_active(spec.person))
    return;
  auto who = state_.find(spec.person).value_or(static_cast<slot>(state_.roster.size()));
  apply(roster_step{who, spec.person, spec.role, spec.hidden, spec.muted, true}, fx);
  fx.members.emplace_back(spec.person, true);
  fx.updates.push_back({spec.person, roster_change{state_.id, true}});
  roster_changed(m, fx, [&](const call_context& c) { return state_.call.participant_joined(c, who); });
}

void conversation_core::on(const participant_changed& e, moment m, millis, effects& fx) {
  auto who = state_.find_active(e.person);
  if (!who)
    return;
  const auto& old = state_.roster[*who];
  auto was_hidden = old.hidden;
  roster_step s{*who, old.person, old.role, e.hidden.value_or(old.hidden), e.muted.value_or(old.muted), true};
  // Whoever takes part without a role is a bot there and stays one.
  if (e.role && old.role != role::none)
    s.role = *e.role;
  if (s.role == old.role && s.hidden == old.hidden && s.muted == old.muted)
    return;
  auto hidden = s.hidden;
  apply(std::move(s), fx);
  if (hidden != was_hidden)
    roster_changed(m, fx, [&](const call_context& c) { return state_.call.visibility_changed(c, *who); });
}

void conversation_core::on(const participant_left& e, moment m, millis at, effects& fx) {
  if (auto who = state_.find_active(e.person))
    leave(*who, m, at, reason::left, false, fx);
}

void conversation_core::leave(slot who, moment m, millis at, reason why, bool silent, effects& fx) {
  read_all(who, state_.last, {}, m, at, why, fx);
  if (silent && state_.roster[who].box.owed != 0)
    apply(read_message_told_step{who}, fx);
  auto& entry = state_.roster[who];
  std::vector<session_entry> ending;
  std::copy_if(state_.sessions.begin(), state_.sessions.end(), std::back_inserter(ending),
               [&](const session_entry& s) { return s.who == who; });
  for (auto& s : ending)
    apply(session_step{who, s.session, s.kind, false}, fx);
  apply(roster_step{who, entry.person, entry.role, entry.hidden, entry.muted, false}, fx);
  roster_changed(m, fx, [&](const call_context& c) { return state_.call.participant_left(c, who); });
  if (!ending.empty())
    push_activity(who, fx);
  fx.members.emplace_back(entry.person, false);
  fx.updates.push_back({entry.person, roster_change{state_.id, false}});
}

void conversation_core::become_bot(const person_id& p, effects& fx) {
  auto who = state_.find_active(p);
  if (!who || state_.ended() || state_.roster[*who].role == role::none)
    return;
  const auto& entry = state_.roster[*who];
  apply(roster_step{*who, entry.person, role::none, entry.hidden, entry.muted, true}, fx);
}

void conversation_core::erase_person(const person_id& p, moment m, effects& fx) {
  auto who = state_.find(p);
  if (!who)
    return;
  if (state_.roster[*who].active && !state_.ended())
    leave(*who, m, m.wall, reason::person_erased, true, fx);
  else
    fx.members.emplace_back(p, false);
  const auto& entry = state_.roster[*who];
  apply(roster_step{*who, {}, entry.role, entry.hidden, entry.muted, false}, fx);
  // The person is told that it is no member any more, and of nothing else.
  std::erase_if(fx.updates, [&](const addressed_update& x) {
    return x.to == p && !std::holds_alternative<roster_change>(x.update);
  });
}

void conversation_core::on(const conversation_ended&, moment m, millis at, effects& fx) {
  if (state_.requests.size() > 0)
    with_requests(state_.requests.conversation_ended(), m, fx);
  roster_changed(m, fx, [&](const call_context& c) { return state_.call.conversation_ended(c); });
  slot_set busy;
  for (const auto& s : state_.sessions)
    busy.insert(s.who);
  for (slot who = 0; who < state_.roster.size(); ++who) {
    if (state_.roster[who].active)
      read_all(who, state_.last, {}, m, at, reason::conversation_ended, fx);
  }
  apply(ended_step{m.wall}, fx);
  busy.each([&](slot who) { push_activity(who, fx); });
  for (const auto& entry : state_.roster) {
    if (!entry.active)
      continue;
    fx.members.emplace_back(entry.person, false);
    fx.updates.push_back({entry.person, roster_change{state_.id, false}});
  }
  fx.snapshot = true;
}

void conversation_core::on(const conversation_opened& e, moment, millis, effects& fx) {
  if (auto who = state_.find_active(e.person)) {
    const auto& open = state_.roster[*who].open;
    if (std::find(open.begin(), open.end(), e.client) == open.end())
      apply(open_step{*who, e.client, true}, fx);
  }
}

void conversation_core::on(const conversation_closed& e, moment, millis, effects& fx) {
  if (auto who = state_.find_active(e.person)) {
    const auto& open = state_.roster[*who].open;
    if (std::find(open.begin(), open.end(), e.client) != open.end())
      apply(open_step{*who, e.client, false}, fx);
  }
}

// -- messages -----------------------------------------------------------------

message_step conversation_core::make_message_step(const message_sent& e, slot sender, moment m, millis at) {
  message_step s;
  s.at = state_.last + 1;
  s.time = m.now;
  s.id = e.message;
  s.sender = e.sender;
  s.sender_slot = sender;
  s.kind = e.kind;
  s.internal = e.internal;
  s.server_at = at;
  s.sent_at = e.sent_at.value_or(at);
  if (options_.privacy_message_text == message_text_privacy::full)
    s.text = e.text;
  if (e.recipients) {
    s.to_all = false;
    for (const auto& p : *e.recipients) {
      if (auto who = state_.find_active(p))
        s.addressed.insert(*who);
    }
  }
  message_facts facts{e.kind, e.internal, sender != no_slot && state_.roster[sender].role == role::none};
  for (slot who = 0; who < state_.roster.size(); ++who) {
    const auto& entry = state_.roster[who];
    if (!entry.active || entry.role == role::none)
      continue;
    facts.own = who == sender;
    facts.addressed = s.to_all || s.addressed.contains(who);
    if (rules_.qualify(facts, entry.role) != reason::none)
      continue;
    s.recipients.insert(who);
    if (!entry.open.empty())
      s.open.insert(who);
  }
  return s;
}

void conversation_core::on(const message_sent& e, moment m, millis at, effects& fx) {
  auto sender = no_slot;
  if (e.kind != message_kind::system) {
    auto who = state_.find_active(e.sender);
    if (!who)
      return refuse(refusal::not_in_conversation, "/message/sender",
                    "the sender is not a participant of the conversation", fx);
    sender = *who;
    if (e.internal && is_visitor(state_.roster[sender].role))
      return refuse(refusal::internal_from_visitor, "/message/sender", "a visitor cannot send internal messages", fx);
    if (options_.push.own_message_reads)
      read_all(sender, state_.last, e.message, m, at, reason::read_before_due, fx);
  }
  auto s = make_message_step(e, sender, m, at);
  fx.begins = s.recipients;
  apply(std::move(s), fx);
  forget_oldest(m, fx);
}

/// SPEC 3, Count: the newest `limits.unreadMessages` messages are kept; older ones count as read and are unknown.
void conversation_core::forget_oldest(moment m, effects& fx) {
  // More than one after a restart with a lower limit.
  while (state_.log.size() > options_.limits.unread_messages) {
    const auto& oldest = state_.log.front();
    gone_step s{state_.last + 1, m.now, oldest.at, {}, {}, true, oldest.id, m.wall};
    oldest.recipients.each([&](slot who) {
      if (!oldest.deleted && state_.roster[who].active && state_.catch_up(who, waits_).read < oldest.at)
        s.recipients.insert(who);
    });
    s.recipients.each([&](slot who) { fx.concerned.insert(who); });
    apply(std::move(s), fx);
  }
}

/// Everything up to and including `upto` is read by `who` (SPEC 3, Read). Reading what was read before, or when nothing
/// is unread, changes nothing. `cause` is the message that a read_message names; empty: the last one that was counted.
void conversation_core::read_all(slot who, position upto, const message_id& cause, moment m, millis at, reason why,
                                 effects& fx) {
  auto box = state_.catch_up(who, waits_);
  if (box.unread == 0 || upto <= box.read)
    return;
  read_step s{state_.last + 1, m.now, who, upto, state_.unread_beyond(who, upto), cause, at, why};
  if (s.unread == box.unread && box.pending > upto)
    return;
  if (s.cause.empty()) {
    // Leaving and the end of a conversation name the last counted message.
    auto i = std::find_if(state_.log.rbegin(), state_.log.rend(),
                          [&](const message_entry& x) { return !x.deleted && x.recipients.contains(who); });
    if (i != state_.log.rend())
      s.cause = i->id;
  }
  // At once, also where a read_message will take it back: a crash between the two must not announce what was read.
  auto withdraws = box.told && box.notified > box.read && box.notified <= upto;
  if (withdraws || why != reason::read_before_due)
    fx.updates.push_back({state_.roster[who].person, withdraw{state_.id, why}});
  fx.concerned.insert(who);
  apply(std::move(s), fx);
}

void conversation_core::on(const message_read& e, moment m, millis at, effects& fx) {
  auto who = state_.find_active(e.person);
  const auto* upto = e.message ? state_.find_message(*e.message) : state_.newest_message();
  if (who && upto)
    read_all(*who, upto->at, upto->id, m, at, reason::read_before_due, fx);
}

void conversation_core::on(const message_edited& e, moment, millis, effects& fx) {
  const auto* msg = state_.find_message(e.message);
  if (!msg || msg->deleted || options_.privacy_message_text == message_text_privacy::none)
    return;
  auto needed = false;
  for (slot who = 0; who < state_.roster.size(); ++who) {
    const auto& entry = state_.roster[who];
    if (!msg->recipients.contains(who) || !entry.active)
      continue;
    const auto& box = state_.catch_up(who, waits_);
    needed = needed || box.pending >= msg->at;
    // A later one that was kept back leaves its announcement as it is.
    if (box.told && box.notified >= msg->at && box.read < msg->at)
      fx.updates.push_back({entry.person, rewrite_message{state_.id, e.message, e.text}});
  }
  if (needed)
    apply(edited_step{msg->at, e.text}, fx);
}

void conversation_core::on(const message_deleted& e, moment m, millis at, effects& fx) {
  const auto* msg = state_.find_message(e.message);
  if (!msg || msg->deleted)
    return;
  gone_step s{state_.last + 1, m.now, msg->at, {}, {}, false, e.message, at};
  msg->recipients.each([&](slot who) {
    const auto& box = state_.catch_up(who, waits_);
    if (!state_.roster[who].active || box.read >= msg->at)
      return;
    s.recipients.insert(who);
    if (box.pending == msg->at)
      s.replacements.emplace_back(who, state_.newest_unannounced(who, msg->at));
    if (box.told && box.notified >= msg->at)
      fx.updates.push_back({state_.roster[who].person, drop_message{state_.id, e.message}});
  });
  fx.concerned = s.recipients;
  apply(std::move(s), fx);
}

// -- waits --------------------------------------------------------------------

std::vector<slot> conversation_core::due(engine_time now) {
  std::vector<slot> out;
  for (slot who = 0; who < state_.roster.size(); ++who) {
    const auto& box = state_.catch_up(who, waits_);
    if (box.due_at(now) || box.owed != 0)
      out.push_back(who);
  }
  return out;
}

bool conversation_core::primary_online(role r) const {
  auto primary = is_agent(r) ? role::assigned_agent : role::context_person;
  const auto& some = state_.primaries();
  return std::any_of(some.begin(), some.end(), [&](slot who) {
    const auto& e = state_.roster[who];
    return e.active && e.role == primary && lookups_.online(e.person);
  });
}

void conversation_core::on_announce(slot who, position message, moment m, effects& fx) {
  const auto& box = state_.catch_up(who, waits_);
  if (box.pending != message || !box.due_at(m.now) || state_.ended())
    return;
  // An owed read_message goes out first: it takes back what was shown before, not what is announced now.
  on_owed(who, m, fx);
  const auto& entry = state_.roster[who];
  auto why = rules_.due(entry.role, entry.muted, rules_.asks_for_primary(entry.role) && primary_online(entry.role));
  if (why == reason::none && !lookups_.takes_kind(kind::new_message))
    why = reason::no_address;
  const auto* msg = state_.find_message(message);
  if (msg && why == reason::none)
    tell_of_message(who, *msg, m, fx);
  apply(announced_step{who, message, why}, fx);
}

notification conversation_core::make(kind k, const person_id& recipient, std::string_view cause, moment m) const {
  notification n;
  n.id = derive_notification_id(k, state_.id, recipient, std::to_string(state_.key) + "/" + std::string{cause});
  n.kind = k;
  n.recipient = recipient;
  if (auto who = state_.find(recipient))
    n.recipient_type = is_agent(state_.roster[*who].role) ? person_type::agent : person_type::visitor;
  n.conversation = state_.id;
  n.topic = state_.topic;
  n.created_at = m.wall;
  n.expires_at = m.now + options_.push.message_life.count();
  return n;
}

void conversation_core::tell_of_message(slot who, const message_entry& msg, moment m, effects& fx) {
  auto record = std::make_shared<notification_record>();
  const auto& entry = state_.roster[who];
  record->notification = make(kind::new_message, entry.person, std::to_string(msg.at), m);
  record->notification.message =
      message_content{msg.id, msg.text, {}, msg.sender, msg.sent_at, msg.server_at, 0, entry.box.unread};
  fx.updates.push_back({entry.person, tell{std::move(record)}});
}

void conversation_core::on_owed(slot who, moment m, effects& fx) {
  const auto& entry = state_.roster[who];
  auto owed = state_.catch_up(who, waits_).owed;
  if (owed == 0)
    return;
  if (options_.push.enabled) {
    auto record = std::make_shared<notification_record>();
    record->notification = make(kind::read_message, entry.person, std::to_string(owed), m);
    if (const auto* read = state_.find_owed(who))
      record->notification.message = message_content{read->message, {}, {}, {}, 0, 0, read->at, 0};
    fx.updates.push_back({entry.person, tell{std::move(record)}});
  }
  apply(read_message_told_step{who}, fx);
}

std::optional<engine_time> conversation_core::wake_time() {
  state_.catch_up_all(waits_);
  return state_.wake_time();
}

// -- sessions -----------------------------------------------------------------

void conversation_core::on(const session_started& e, moment, millis, effects& fx) {
  auto who = state_.find_active(e.person);
  if (!who)
    return;
  if (!state_.has_session(*who, e.session))
    apply(session_step{*who, e.session, e.kind, true}, fx);
  push_activity(*who, fx);
}

void conversation_core::on(const session_ended& e, moment, millis, effects& fx) {
  auto who = state_.find_active(e.person);
  if (!who)
    return;
  if (state_.has_session(*who, e.session))
    apply(session_step{*who, e.session, e.kind, false}, fx);
  push_activity(*who, fx);
}

bool conversation_core::in_call(slot who) const {
  return state_.call.state() == call_state::active && state_.call.ring_of(who) == ring_state::active;
}

void conversation_core::push_activity(slot who, effects& fx) {
  activity a{state_.id, {}, {}};
  for (const auto& s : state_.sessions) {
    if (s.who == who)
      a.sessions.emplace_back(s.session, s.kind);
  }
  if (in_call(who))
    a.call = state_.call.view().value_or(call_view{}).id;
  fx.updates.push_back({state_.roster[who].person, std::move(a)});
}

void conversation_core::repeat_activity(effects& fx) {
  slot_set busy;
  for (const auto& s : state_.sessions)
    busy.insert(s.who);
  for (slot who = 0; who < state_.roster.size(); ++who) {
    if ((busy.contains(who) || in_call(who)) && is_agent(state_.roster[who].role))
      push_activity(who, fx);
  }
}

// -- questions ----------------------------------------------------------------

conversation_view conversation_core::view(const moment& m) {
  const auto to_wall = wall_ahead(m.now, m.wall);
  state_.catch_up_all(waits_);
  conversation_view v;
  v.id = state_.id;
  v.topic = state_.topic;
  v.ended = state_.ended();
  v.auto_join_calls = state_.auto_join_calls;
  v.call_state = state_.call.state();
  v.call = state_.call.view();
  if (v.call && v.call->ring_deadline)
    *v.call->ring_deadline += to_wall;
  for (slot who = 0; who < state_.roster.size(); ++who) {
    const auto& r = state_.roster[who];
    if (!r.active)
      continue;
    participant_view p{r.person, r.role, r.hidden, r.muted, !r.open.empty(), r.box.unread, state_.call.ring_of(who),
                       {}};
    if (const auto* msg = r.box.pending != 0 ? state_.find_message(r.box.pending) : nullptr)
      p.pending = pending_view{msg->id, r.box.due + to_wall};
    v.participants.push_back(std::move(p));
  }
  return v;
}

std::uint32_t conversation_core::unread(const person_id& p) {
  auto who = state_.find_active(p);
  return who ? unread(*who) : 0;
}

std::uint32_t conversation_core::unread(slot who) {
  return state_.roster[who].active ? state_.catch_up(who, waits_).unread : 0;
}

std::optional<trace_item> conversation_core::explain(const person_id& p, const message_id& message) {
  const auto* msg = state_.find_message(message);
  if (!msg)
    return std::nullopt;
  trace_item t;
  t.recipient = p;
  t.conversation = state_.id;
  t.message = message;
  t.created_at = msg->server_at;
  auto who = state_.find(p);
  if (!who) {
    t.reason = msg->kind == message_kind::system ? reason::system_message : reason::not_in_conversation;
    return t;
  }
  const auto& entry = state_.roster[*who];
  const auto& box = state_.catch_up(*who, waits_);
  if (!msg->recipients.contains(*who)) {
    message_facts facts{msg->kind, msg->internal,
                        msg->sender_slot != no_slot && state_.roster[msg->sender_slot].role == role::none,
                        msg->sender_slot == *who, sees(*msg, *who, entry.role)};
    auto why = rules_.qualify(facts, entry.role);
    t.reason = why == reason::none ? reason::not_in_conversation : why;
    return t;
  }
  if (box.pending == msg->at) {
    t.state = trace_state::waiting;
    return t;
  }
  auto known = std::find_if(state_.kept_back_messages.rbegin(), state_.kept_back_messages.rend(),
                            [&](const kept_back& f) { return f.message == msg->at && f.who == *who; });
  if (known != state_.kept_back_messages.rend())
    t.reason = known->why;
  else if (msg->deleted)
    t.reason = reason::deleted;
  else if (box.notified == msg->at)
    return std::nullopt;
  else
    t.reason = box.pending > msg->at || box.notified > msg->at || box.read > msg->at ? reason::superseded
                                                                                     : reason::read_before_due;
  return t;
}

} // namespace belfry
