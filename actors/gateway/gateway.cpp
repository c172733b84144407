#include "belfry/actors/gateway/gateway.hpp"

#include "belfry/actors/supervision.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry {

namespace {

using pointer = gateway_actor::stateful_pointer<gateway_state>;

constexpr auto tick_every = std::chrono::seconds{1};

error unavailable(std::string detail) {
  return {ec::store_unavailable, std::move(detail), {}};
}

commit_pace::duration steady_now(pointer self) {
  return std::chrono::duration_cast<commit_pace::duration>(self->clock().now().time_since_epoch());
}

// -- answers ------------------------------------------------------------------

void finish(pointer self, std::uint64_t id, request_in_work& r) {
  auto& st = self->state;
  auto done = std::exchange(r.done, nullptr);
  auto answer = std::move(r.answer);
  st.in_flight -= r.events.size();
  st.pace.finished(r.events.size(), steady_now(self));
  st.seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - r.began).count());
  st.in_flight_gauge.set(static_cast<double>(st.in_flight));
  st.requests.erase(id);
  if (done) {
    std::sort(answer.refused.begin(), answer.refused.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
    done(std::move(answer));
  }
  if (st.in_flight == 0 && st.drained)
    std::exchange(st.drained, nullptr)();
}

void close_event(pointer self, std::uint64_t id) {
  auto i = self->state.requests.find(id);
  if (--i->second.open == 0)
    finish(self, id, i->second);
}

// -- admission ----------------------------------------------------------------

/// Keys of `undecided`: the two spaces differ in the lowest bit.
std::uint64_t key(std::uint64_t fingerprint, unsigned space) {
  return (fingerprint << 1) | space;
}

/// Events on their way to the shards, grouped so that each shard gets one message per request.
class routes {
public:
  explicit routes(pointer self) : self_(self), by_shard_(self->state.shared->shards.size()) {}
  ~routes() {
    for (std::size_t i = 0; i < by_shard_.size(); ++i) {
      if (!by_shard_[i].events.empty())
        self_->send(self_->state.shared->shards[i], std::move(by_shard_[i]));
    }
  }
  routes(const routes&) = delete;
  routes& operator=(const routes&) = delete;

  void add(routed_event e) {
    by_shard_[self_->state.shared->shard_index(e.what.conversation)].events.push_back(std::move(e));
  }

private:
  pointer self_;
  std::vector<route> by_shard_;
};

/// Rows, closings and people of a change of presence; the closings are parts of the event (`request` 0: of none).
void carry_out(pointer self, presence_effects fx, commit c, std::uint64_t request, std::uint32_t index, routes& out) {
  auto& st = self->state;
  for (const auto& [person, online] : fx.online)
    st.shared->online.set(person, online);
  for (auto& x : fx.closings) {
    routed_event e;
    e.what.conversation = x.conversation;
    e.what.body = conversation_closed{x.person, x.client};
    e.request = request;
    e.index = index;
    out.add(std::move(e));
  }
  std::move(fx.rows.begin(), fx.rows.end(), std::back_inserter(c.unit.changes));
  if (!c.unit.changes.empty() || !c.acks.empty())
    self->send(st.shared->writer, std::move(c));
}

void admit_presence(pointer self, std::uint64_t request, std::uint32_t index, const event& e, event_in_work& work,
                    routes& out) {
  auto& table = self->state.memory->presence;
  presence_effects fx;
  if (const auto* p = std::get_if<presence_changed>(&e.body))
    table.changed(p->person, p->client, p->online, now(self), fx);
  else
    table.reset(fx);
  work.presence = true;
  work.parts += static_cast<std::uint32_t>(fx.closings.size());
  commit c;
  c.acks.push_back({request, index, {}});
  add_known(c.unit, work.id, work.subject);
  carry_out(self, std::move(fx), std::move(c), request, index, out);
}

/// Whoever is known as a bot takes part without a role.
void strip_bots(pointer self, event& e) {
  const auto& bots = self->state.memory->bots;
  if (bots.empty())
    return;
  auto strip = [&](participant_spec& p) {
    if (bots.contains(p.person))
      p.role = role::none;
  };
  if (auto* s = std::get_if<conversation_started>(&e.body))
    std::for_each(s->participants.begin(), s->participants.end(), strip);
  else if (auto* j = std::get_if<participant_joined>(&e.body))
    strip(j->participant);
}

void admit_conversation_event(pointer self, std::uint64_t request, std::uint32_t index, event e, event_in_work& work,
                              routes& out) {
  auto& st = self->state;
  presence_effects fx;
  if (const auto* o = std::get_if<conversation_opened>(&e.body))
    work.opened =
        std::make_unique<opening>(st.memory->presence.opened(o->person, o->client, e.conversation, now(self), fx));
  else if (const auto* c = std::get_if<conversation_closed>(&e.body))
    st.memory->presence.closed(c->person, c->client, e.conversation, fx);
  else if (const auto* l = std::get_if<participant_left>(&e.body))
    st.memory->presence.left(l->person, e.conversation, fx);
  else if (std::holds_alternative<conversation_ended>(e.body))
    st.memory->presence.ended(e.conversation, fx);
  // Not along with the event: the rows of one client must reach the disk in this order, whichever conversations they
  // come from. They are there before the event is, because the writer keeps order.
  carry_out(self, std::move(fx), {}, 0, 0, out);
  if (const auto* sent = std::get_if<message_sent>(&e.body))
    st.shared->recent.insert(sent->message, e.conversation);
  strip_bots(self, e);
  routed_event r;
  r.what = std::move(e);
  r.request = request;
  r.index = index;
  r.id = work.id;
  r.subject = work.subject;
  out.add(std::move(r));
}

/// SPEC 2: event id, other id, then (in the conversation) state.
void admit(pointer self, std::uint64_t request, std::uint32_t index, event e, routes& out) {
  auto& st = self->state;
  auto& r = st.requests.at(request);
  auto& work = r.events[index];
  work = event_in_work{};
  work.id = e.id.empty() ? 0 : fingerprint(e.id);
  work.subject = fingerprint_of_subject(e).value_or(0);
  auto known = [&](std::uint64_t id, const known_ids& ids) { return id != 0 && ids.contains(id); };
  if (known(work.id, st.memory->events) || known(work.subject, st.memory->subjects)) {
    ++r.answer.duplicates;
    st.duplicates.increment();
    close_event(self, request);
    return;
  }
  for (auto k : {work.id == 0 ? 0 : key(work.id, 0), work.subject == 0 ? 0 : key(work.subject, 1)}) {
    if (auto i = st.undecided.find(k); k != 0 && i != st.undecided.end()) {
      work.id = work.subject = 0;
      i->second.push_back({request, index, std::move(e)});
      r.waiting = true;
      return;
    }
  }
  if (work.id != 0)
    st.undecided[key(work.id, 0)];
  if (work.subject != 0)
    st.undecided[key(work.subject, 1)];
  if (e.conversation.empty())
    admit_presence(self, request, index, e, work, out);
  else
    admit_conversation_event(self, request, index, std::move(e), work, out);
}

/// Goes on with the events of a request until one has to wait for a verdict.
void admit_next(pointer self, std::uint64_t request, routes& out) {
  auto& requests = self->state.requests;
  for (auto i = requests.find(request); i != requests.end() && !i->second.waiting && !i->second.behind.empty();
       i = requests.find(request)) {
    auto next = std::move(i->second.behind.front());
    i->second.behind.pop_front();
    admit(self, request, next.index, std::move(next.what), out);
  }
}

/// The verdict on an id is in: those that waited for it are looked at again.
void decide(pointer self, std::uint64_t id, unsigned space, bool accepted, routes& out) {
  auto& st = self->state;
  if (id == 0)
    return;
  if (accepted)
    (space == 0 ? st.memory->events : st.memory->subjects).insert(id, now(self));
  auto waiting = st.undecided.extract(key(id, space));
  if (waiting.empty())
    return;
  for (auto& w : waiting.mapped()) {
    st.requests.at(w.request).waiting = false;
    admit(self, w.request, w.index, std::move(w.what), out);
    admit_next(self, w.request, out);
  }
}

void on_ack(pointer self, ack& a, routes& out) {
  auto& st = self->state;
  auto i = st.requests.find(a.request);
  if (i == st.requests.end())
    return;
  auto& r = i->second;
  auto& work = r.events[a.index];
  if (a.refused && !work.presence) {
    st.refused.increment();
    if (work.opened) {
      presence_effects fx;
      st.memory->presence.undo(*work.opened, fx);
      carry_out(self, std::move(fx), {}, 0, 0, out);
    }
    r.answer.refused.push_back(std::move(*a.refused));
  } else if (--work.parts > 0) {
    return;
  } else {
    ++r.answer.accepted;
    st.accepted.increment();
  }
  auto accepted = !a.refused || work.presence;
  auto id = work.id, subject = work.subject;
  decide(self, id, 0, accepted, out);
  decide(self, subject, 1, accepted, out);
  close_event(self, a.request);
}

void on_publish(pointer self, publish& p) {
  auto& st = self->state;
  if (!st.open)
    return p.done(error{ec::stopping, "the engine is stopping", {}});
  if (!st.shared->armed || !st.shared->writable) {
    st.unavailable.increment();
    return p.done(unavailable(st.shared->armed ? "the store cannot be written" : "the engine is not ready yet"));
  }
  if (p.events.empty())
    return p.done(admission{});
  const auto& limits = st.shared->opts.limits;
  if (st.in_flight == 0)
    st.pace.begun(steady_now(self));
  if (st.in_flight > 0
      && st.in_flight + p.events.size()
             > std::min<std::size_t>(limits.events_in_flight, st.pace.capacity(limits.admission_wait))) {
    st.overloaded.increment();
    return p.done(error{ec::overloaded, "too many events wait for the disk; try again", {}});
  }
  auto id = ++st.last_request;
  auto& r = st.requests[id];
  r.done = std::move(p.done);
  r.began = std::chrono::steady_clock::now();
  r.events.resize(p.events.size());
  // One more than there are, so that an early answer cannot end the request while it is read.
  r.open = p.events.size() + 1;
  st.in_flight += p.events.size();
  st.in_flight_gauge.set(static_cast<double>(st.in_flight));
  routes out{self};
  for (std::uint32_t i = 0; i < p.events.size(); ++i)
    r.behind.push_back({id, i, std::move(p.events[i])});
  admit_next(self, id, out);
  close_event(self, id);
}

/// Whoever waits is told at once; what was accepted is written when the disk allows.
void on_store_state(pointer self, const store_state& s) {
  if (s.writable)
    return;
  for (auto& [id, r] : self->state.requests) {
    if (auto done = std::exchange(r.done, nullptr))
      done(unavailable("the store cannot be written: " + s.detail));
  }
}

void on_tick(pointer self) {
  auto& st = self->state;
  presence_effects fx;
  st.memory->presence.expire(now(self), fx);
  routes out{self};
  carry_out(self, std::move(fx), {}, 0, 0, out);
  auto horizon = now(self) - st.shared->opts.ingest_idempotency_window.count();
  st.memory->events.forget_before(horizon);
  st.memory->subjects.forget_before(horizon);
  self->delayed_send(self, tick_every, gateway_tick{});
}

void on_bot_changed(pointer self, const bot_changed& b) {
  if (b.bot)
    self->state.memory->bots.insert(b.person);
  else
    self->state.memory->bots.erase(b.person);
}

} // namespace

namespace {

void start(pointer self, node* shared, std::shared_ptr<gateway_memory> memory) {
  auto& st = self->state;
  st.shared = shared;
  st.memory = std::move(memory);
  auto events = [&](std::string_view result) { return shared->metrics.get_counter(io::metric::events, {result}); };
  st.accepted = events("accepted");
  st.duplicates = events("duplicate");
  st.refused = events("refused");
  st.overloaded = events("overloaded");
  st.unavailable = events("unavailable");
  st.in_flight_gauge = shared->metrics.get_gauge(io::metric::events_in_flight);
  st.seconds = shared->metrics.get_histogram(io::metric::ingest_seconds);
  for (const auto& p : st.memory->presence.everybody_online())
    shared->online.set(p, true);
  st.open = true;
}

} // namespace

gateway_actor::behavior_type gateway(pointer self, node* shared, std::shared_ptr<gateway_memory> memory) {
  supervise(self, shared, "gateway");
  start(self, shared, std::move(memory));
  self->delayed_send(self, tick_every, gateway_tick{});
  return {
      [self](publish& p) { on_publish(self, p); },
      [self](acks& list) {
        routes out{self};
        for (auto& a : list.list)
          on_ack(self, a, out);
      },
      [self](const bot_changed& b) { on_bot_changed(self, b); },
      [self](const erase_presence& e) {
        presence_effects fx;
        self->state.memory->presence.erase(e.person, fx);
        routes out{self};
        carry_out(self, std::move(fx), {}, 0, 0, out);
      },
      [self](const store_state& s) { on_store_state(self, s); },
      [self](gateway_tick) { on_tick(self); },
      [self](drain& d) {
        auto& st = self->state;
        st.open = false;
        st.drained = std::move(d.done);
        if (st.in_flight == 0)
          std::exchange(st.drained, nullptr)();
      },
  };
}

} // namespace belfry
