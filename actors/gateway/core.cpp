#include "belfry/actors/gateway/core.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// Keys of `undecided`: the two spaces differ in the lowest bit.
std::uint64_t key(std::uint64_t fingerprint, unsigned space) {
  return (fingerprint << 1) | space;
}

/// Rows, closings and people of a change of presence; the closings are parts of the event (`request` 0: of none).
void carry_out(presence_effects change, gateway_unit unit, std::uint64_t request, std::uint32_t index,
               gateway_effects& fx) {
  std::move(change.online.begin(), change.online.end(), std::back_inserter(fx.online));
  for (auto& x : change.closings) {
    routed_event e;
    e.what.conversation = std::move(x.conversation);
    e.what.body = conversation_closed{std::move(x.person), std::move(x.client)};
    e.request = request;
    e.index = index;
    fx.routed.push_back(std::move(e));
  }
  std::move(change.rows.begin(), change.rows.end(), std::back_inserter(unit.unit.changes));
  if (!unit.unit.changes.empty() || !unit.acks.empty())
    fx.units.push_back(std::move(unit));
}

} // namespace

result<std::uint64_t> gateway_core::publish(std::vector<event> events, gateway_time now, gateway_effects& fx) {
  if (in_flight_ == 0)
    pace_.begun(now.steady);
  else if (in_flight_ + events.size()
           > std::min<std::size_t>(limits_->events_in_flight, pace_.capacity(limits_->admission_wait)))
    return error{ec::overloaded, "too many events are waiting to be written; try again later", {}};
  const auto id = ++last_request_;
  auto& r = requests_[id];
  r.events.resize(events.size());
  // One more than there are, so that an early answer cannot end the request while it is read.
  r.open = events.size() + 1;
  in_flight_ += events.size();
  for (std::uint32_t i = 0; i < events.size(); ++i)
    r.behind.push_back({id, i, std::move(events[i])});
  admit_next(id, now, fx);
  close_event(id, now, fx);
  return id;
}

/// Goes on with the events of a request until one has to wait for a verdict.
void gateway_core::admit_next(std::uint64_t request, gateway_time now, gateway_effects& fx) {
  for (auto i = requests_.find(request); i != requests_.end() && !i->second.waiting && !i->second.behind.empty();
       i = requests_.find(request)) {
    auto next = std::move(i->second.behind.front());
    i->second.behind.pop_front();
    admit(std::move(next), now, fx);
  }
}

/// SPEC 2, checked in this order: event id, other id, then (by the conversation) state. An event whose id is on its way
/// already waits for that verdict, and the events behind it in its request wait with it, so that their order is kept.
void gateway_core::admit(waiting_event e, gateway_time now, gateway_effects& fx) {
  auto& r = requests_.at(e.request);
  auto& work = r.events[e.index];
  work = event_in_work{};
  work.id = e.what.id.empty() ? 0 : fingerprint(e.what.id);
  work.subject = fingerprint_of_subject(e.what).value_or(0);
  auto known = [&](std::uint64_t id, const known_ids& ids) { return id != 0 && ids.contains(id); };
  if (known(work.id, memory_->events) || known(work.subject, memory_->subjects)) {
    ++r.answer.duplicates;
    close_event(e.request, now, fx);
    return;
  }
  for (auto k : {work.id == 0 ? 0 : key(work.id, 0), work.subject == 0 ? 0 : key(work.subject, 1)}) {
    if (auto i = undecided_.find(k); k != 0 && i != undecided_.end()) {
      work.id = work.subject = 0;
      r.waiting = true;
      i->second.push_back(std::move(e));
      return;
    }
  }
  if (work.id != 0)
    undecided_[key(work.id, 0)];
  if (work.subject != 0)
    undecided_[key(work.subject, 1)];
  if (e.what.conversation.empty())
    admit_presence(e, work, now.engine, fx);
  else
    admit_conversation_event(std::move(e), work, now.engine, fx);
}

void gateway_core::admit_presence(const waiting_event& e, event_in_work& work, engine_time now, gateway_effects& fx) {
  presence_effects change;
  if (const auto* p = std::get_if<presence_changed>(&e.what.body))
    memory_->presence.changed(p->person, p->client, p->online, now, change);
  else
    memory_->presence.reset(change);
  work.presence = true;
  work.parts += static_cast<std::uint32_t>(change.closings.size());
  gateway_unit u;
  u.acks.push_back({e.request, e.index, {}});
  add_known(u.unit, work.id, work.subject);
  carry_out(std::move(change), std::move(u), e.request, e.index, fx);
}

void gateway_core::admit_conversation_event(waiting_event e, event_in_work& work, engine_time now,
                                            gateway_effects& fx) {
  const auto& conversation = e.what.conversation;
  auto& presence = memory_->presence;
  presence_effects change;
  if (const auto* o = std::get_if<conversation_opened>(&e.what.body))
    work.opened = std::make_unique<opening>(presence.opened(o->person, o->client, conversation, now, change));
  else if (const auto* c = std::get_if<conversation_closed>(&e.what.body))
    presence.closed(c->person, c->client, conversation, change);
  else if (const auto* l = std::get_if<participant_left>(&e.what.body))
    presence.left(l->person, conversation, change);
  else if (std::holds_alternative<conversation_ended>(e.what.body))
    presence.ended(conversation, change);
  // Not along with the event: the rows of one client must reach the disk in this order, whichever conversations they
  // come from. They are there before the event is, because the writer keeps order.
  carry_out(std::move(change), {}, 0, 0, fx);
  strip_bots(e.what);
  fx.routed.push_back({std::move(e.what), e.request, e.index, work.id, work.subject});
}

void gateway_core::strip_bots(event& e) const {
  if (memory_->bots.empty())
    return;
  auto strip = [&](participant_spec& p) {
    if (memory_->bots.contains(p.person))
      p.role = role::none;
  };
  if (auto* s = std::get_if<conversation_started>(&e.body))
    std::for_each(s->participants.begin(), s->participants.end(), strip);
  else if (auto* j = std::get_if<participant_joined>(&e.body))
    strip(j->participant);
}

/// One refusal decides an event; an acceptance counts when all its parts are acknowledged. Presence is never refused.
/// What a refused conversation.opened did to presence is undone.
void gateway_core::acknowledged(ack a, gateway_time now, gateway_effects& fx) {
  auto i = requests_.find(a.request);
  if (i == requests_.end())
    return;
  auto& r = i->second;
  auto& work = r.events[a.index];
  const bool accepted = !a.refused || work.presence;
  if (!accepted) {
    if (work.opened) {
      presence_effects change;
      memory_->presence.undo(*work.opened, change);
      carry_out(std::move(change), {}, 0, 0, fx);
    }
    r.answer.refused.push_back(std::move(*a.refused));
  } else if (--work.parts > 0) {
    return;
  } else {
    ++r.answer.accepted;
  }
  const auto id = work.id, subject = work.subject;
  decide(id, 0, accepted, now, fx);
  decide(subject, 1, accepted, now, fx);
  close_event(a.request, now, fx);
}

/// The verdict on an id is in: those that waited for it are looked at again.
void gateway_core::decide(std::uint64_t id, unsigned space, bool accepted, gateway_time now, gateway_effects& fx) {
  if (id == 0)
    return;
  if (accepted)
    (space == 0 ? memory_->events : memory_->subjects).insert(id, now.engine);
  auto waiting = undecided_.extract(key(id, space));
  if (waiting.empty())
    return;
  for (auto& w : waiting.mapped()) {
    const auto request = w.request;
    requests_.at(request).waiting = false;
    admit(std::move(w), now, fx);
    admit_next(request, now, fx);
  }
}

void gateway_core::close_event(std::uint64_t request, gateway_time now, gateway_effects& fx) {
  auto i = requests_.find(request);
  auto& r = i->second;
  if (--r.open > 0)
    return;
  in_flight_ -= r.events.size();
  pace_.finished(r.events.size(), now.steady);
  std::sort(r.answer.refused.begin(), r.answer.refused.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  fx.ended.push_back({request, std::move(r.answer)});
  requests_.erase(i);
}

void gateway_core::expire(engine_time now, engine_time horizon, gateway_effects& fx) {
  presence_effects change;
  memory_->presence.expire(now, change);
  carry_out(std::move(change), {}, 0, 0, fx);
  memory_->events.forget_before(horizon);
  memory_->subjects.forget_before(horizon);
}

void gateway_core::bot_changed(const person_id& p, bool bot) {
  if (bot)
    memory_->bots.insert(p);
  else
    memory_->bots.erase(p);
}

void gateway_core::erase_presence(const person_id& p, gateway_effects& fx) {
  presence_effects change;
  memory_->presence.erase(p, change);
  carry_out(std::move(change), {}, 0, 0, fx);
}

} // namespace belfry
