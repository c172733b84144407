#include "belfry/actors/channel/channel.hpp"

#include "belfry/actors/supervision.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry {

namespace {

using pointer = channel_actor::stateful_pointer<channel_state>;

/// A person that does not answer for so long is asked again later, in ms.
constexpr engine_time answer_max = 30'000;
/// An attempt that its channel does not end for so long counts as not answered, in ms. It is longer than every time
/// limit that channels have for their requests, so that only a defect of a channel comes here.
constexpr engine_time attempt_max = 15 * 60'000;
constexpr auto tick_every = std::chrono::seconds{10};
/// Alarms look no further ahead, so that those that were overtaken do not pile up.
constexpr engine_time alarm_max = 60'000;

channel_kind kind_of(pointer self) {
  return self->state.via->kind();
}

lane_options make_lane_options(const options& o, const io::channel_policy& p) {
  lane_options l;
  l.queue_max = o.limits.lane_queue;
  l.call_queue_max = o.limits.lane_queue;
  l.in_flight_max = o.limits.lane_in_flight;
  l.retries_max = std::max<std::size_t>(l.queue_max / 2, 1);
  l.delayed_max = l.queue_max / 4;
  l.retry = p.retry;
  return l;
}

managed_lane& managed_lane_of(pointer self, const std::string& name) {
  auto& st = self->state;
  auto& managed = st.lanes[name];
  if (!managed)
    managed = std::make_unique<managed_lane>(make_lane_options(st.shared->opts, st.via->policy()), st.budget.get());
  return *managed;
}

// -- outcomes -----------------------------------------------------------------

void report_attempt(pointer self, const queued& q, attempted a) {
  a.delivery = q.delivery;
  a.channel = kind_of(self);
  auto& st = self->state;
  if (is_final(a.state))
    st.ended[static_cast<std::size_t>(a.state)].increment(st.shared->metrics, io::metric::deliveries,
                                                          {to_string(a.channel), to_string(a.state)});
  st.shared->to_person_of(q.person, std::move(a));
}

void end(pointer self, const queued& q, delivery_state state, reason why) {
  attempted a;
  a.state = state;
  a.why = why;
  report_attempt(self, q, std::move(a));
}

/// Sends a delivery to disk, where it waits for room or for its time. The person writes the row. `guarded`: no younger
/// delivery of its chain is attempted before it comes back (overflow.hpp).
void park(pointer self, const std::string& lane, managed_lane& managed, const queued& q, bool guarded) {
  managed.disk.leaves(q, guarded);
  self->state.parked.increment(self->state.shared->metrics, io::metric::parked, {to_string(kind_of(self))});
  attempted a;
  a.lane = lane;
  a.state = q.tries > 0 ? delivery_state::retrying : delivery_state::queued;
  a.next_at = q.due;
  a.parked = true;
  report_attempt(self, q, std::move(a));
}

// -- attempts -----------------------------------------------------------------

/// Asks the person whether the attempt may be made (`on_permit_answer` goes on). The delivery keeps its slot meanwhile.
void start(pointer self, const std::string& lane, queued q) {
  auto& st = self->state;
  const auto ticket = ++st.tickets;
  st.shared->to_person_of(q.person, request_permit{q.delivery, kind_of(self), ticket});
  auto id = q.delivery;
  st.attempts[id] = {lane, std::move(q), ticket, now(self)};
}

void fetch(pointer self, const std::string& name, managed_lane& managed);

void arm(pointer self, const std::string& name, managed_lane& managed) {
  auto t = now(self);
  auto wake = managed.core.next_wake(t);
  if (auto ask = managed.disk.next_wake())
    wake = std::min(wake.value_or(*ask), *ask);
  if (!wake || (managed.armed != 0 && managed.armed <= *wake))
    return;
  managed.armed = std::max<engine_time>(std::min(*wake, t + alarm_max), 1);
  self->delayed_send(self, std::chrono::milliseconds{std::max<engine_time>(managed.armed - t, 0)}, channel_alarm{name});
}

/// Starts what may start, ends what is too old, asks the disk when there is room.
void pump(pointer self, const std::string& name, managed_lane& managed) {
  auto t = now(self);
  for (auto& q : managed.core.expire(t))
    end(self, q, delivery_state::expired, reason::expired);
  for (auto& q : managed.core.next(t))
    start(self, name, std::move(q));
  fetch(self, name, managed);
  arm(self, name, managed);
  auto& st = self->state;
  st.waiting += managed.core.depth() - managed.depth;
  managed.depth = managed.core.depth();
  st.depth.set(static_cast<double>(st.waiting));
}

void pump_starved(pointer self) {
  for (auto& [name, managed] : self->state.lanes) {
    if (managed->core.starved())
      pump(self, name, *managed);
  }
}

void finish_attempt(pointer self, const notification_id& id) {
  auto& st = self->state;
  st.attempts.erase(id);
  st.in_flight.set(static_cast<double>(st.attempts.size()));
  if (st.draining && st.attempts.empty() && st.drained)
    std::exchange(st.drained, nullptr)();
}

void on_denied(pointer self, running_attempt& a, managed_lane& managed, reason why) {
  managed.core.withdrawn(a.item.delivery, now(self));
  end(self, a.item, why == reason::expired ? delivery_state::expired : delivery_state::cancelled, why);
}

/// The attempt of `delivery` is over, however it went: others may start.
void finish_and_pump(pointer self, const std::string& lane, managed_lane& managed, const notification_id& delivery) {
  finish_attempt(self, delivery);
  pump(self, lane, managed);
  pump_starved(self);
}

void on_permit_answer(pointer self, permit_answer& c) {
  auto& st = self->state;
  auto i = st.attempts.find(c.delivery);
  // The answer to a question that was given up.
  if (i == st.attempts.end() || i->second.ticket != c.ticket)
    return;
  const auto lane = i->second.lane;
  if (!c.what->granted) {
    auto& managed = managed_lane_of(self, lane);
    on_denied(self, i->second, managed, c.what->why);
    return finish_and_pump(self, lane, managed, c.delivery);
  }
  auto& in = c.what->input;
  in.fresh_connection = i->second.item.fresh_connection;
  in.now = st.shared->wall.now();
  i->second.began = in.now;
  i->second.born = in.what.created_at;
  st.in_flight.set(static_cast<double>(st.attempts.size()));
  st.via->attempt(std::move(in), [me = caf::actor_cast<channel_actor>(self), lane, id = c.delivery,
                                  ticket = c.ticket](io::attempt_result r) {
    caf::anon_send(me, answered{lane, id, ticket, std::make_shared<io::attempt_result>(std::move(r))});
  });
}

/// The provider answered, or did not.
void on_made(pointer self, const std::string& lane, managed_lane& managed, running_attempt& a, io::attempt_result& r) {
  auto& st = self->state;
  const auto& o = r.answer;
  auto jitter = std::uniform_real_distribution<double>{0, 1}(st.rng);
  auto d = managed.core.answered(a.item.delivery, o, now(self), jitter);
  attempted out;
  out.made = std::move(r.earlier);
  auto at = out.made.empty() ? a.began : out.made.back().at + out.made.back().duration;
  out.made.push_back({at, o.status, o.answer, r.duration, std::move(r.message_id)});
  out.state = d ? d->state : delivery_state::cancelled;
  out.why = d ? d->reason : reason::taken_back;
  out.next_at = d ? d->at : 0;
  out.address = std::move(r.address);
  auto channel = to_string(kind_of(self));
  st.attempted[static_cast<std::size_t>(o.what)].increment(st.shared->metrics, io::metric::attempts,
                                                           {channel, to_string(o.what)});
  st.attempt_seconds.observe(static_cast<double>(r.duration) / 1000);
  if (o.what == outcome::verdict::accepted)
    st.delivery_seconds.observe(static_cast<double>(st.shared->wall.now() - a.born) / 1000);
  report_attempt(self, a.item, std::move(out));
  if (d && d->parked)
    park(self, lane, managed, *d->parked, true);
}

/// The attempt was not made: it is not counted, and the delivery is due again after `wait` ms. `made` lists requests
/// that went to the provider all the same (a token that was renewed, a payload that was too big), for the trace.
void on_postponed(pointer self, const std::string& lane, managed_lane& managed, const running_attempt& a, millis wait,
                  std::vector<attempt> made = {}) {
  auto t = now(self);
  auto d = managed.core.postpone(a.item.delivery, t + wait, t);
  attempted out;
  out.state = d ? d->state : delivery_state::cancelled;
  out.why = d ? d->reason : reason::taken_back;
  out.next_at = d ? d->at : 0;
  if (a.item.tries == 0 && out.state == delivery_state::retrying)
    out.state = delivery_state::queued;
  out.made = std::move(made);
  report_attempt(self, a.item, std::move(out));
  if (d && d->parked)
    park(self, lane, managed, *d->parked, true);
}

void on_answered(pointer self, answered& x) {
  using verdict = io::attempt_result::verdict;
  auto& st = self->state;
  auto i = st.attempts.find(x.delivery);
  if (i == st.attempts.end() || i->second.ticket != x.ticket)
    return;
  auto& managed = managed_lane_of(self, x.lane);
  auto& r = *x.what;
  const auto t = now(self);
  // One alarm per hold: attempts that were under way when the lane was held report the same trouble again.
  const auto known = r.hold > 0 && !managed.core.hold(t + r.hold, t, r.how == verdict::postponed);
  if (!r.alarm.empty() && !known)
    st.shared->metrics.alarm(to_string(kind_of(self)), r.alarm, r.subject);
  switch (r.how) {
  case verdict::made:
    on_made(self, x.lane, managed, i->second, r);
    break;
  case verdict::postponed:
    on_postponed(self, x.lane, managed, i->second, r.wait, std::move(r.earlier));
    break;
  case verdict::impossible:
    on_denied(self, i->second, managed, r.answer.why);
    break;
  case verdict::interrupted:
    // It counts as not answered and is repeated after the restart.
    return finish_attempt(self, x.delivery);
  }
  finish_and_pump(self, x.lane, managed, x.delivery);
}

/// What the person did not permit in time waits for another attempt; no attempt was made.
void on_person_silent(pointer self, const notification_id& id, const running_attempt& a) {
  auto& st = self->state;
  st.shared->metrics.alarm("ENGINE", "person_silent", to_string(id));
  const auto lane = a.lane;
  auto& managed = managed_lane_of(self, lane);
  on_postponed(self, lane, managed, a, st.via->policy().retry.first);
  finish_and_pump(self, lane, managed, id);
}

/// What the channel did not end in time may have left: it is an attempt without an answer, and is repeated.
void on_channel_silent(pointer self, const notification_id& id, const running_attempt& a) {
  self->state.shared->metrics.alarm("ENGINE", "channel_silent", to_string(id));
  auto r = std::make_shared<io::attempt_result>();
  r->answer.what = outcome::verdict::again;
  r->answer.why = reason::timeout;
  r->answer.answer = "timeout";
  r->duration = attempt_max;
  answered late{a.lane, id, a.ticket, std::move(r)};
  on_answered(self, late);
}

/// One lost answer keeps no slot of a lane.
void on_tick(pointer self) {
  auto& st = self->state;
  const auto t = now(self);
  std::vector<notification_id> late;
  for (const auto& [id, a] : st.attempts) {
    if (a.asked + (a.began == 0 ? answer_max : attempt_max) <= t)
      late.push_back(id);
  }
  for (const auto& id : late) {
    const auto& a = st.attempts.at(id);
    if (a.began == 0)
      on_person_silent(self, id, a);
    else
      on_channel_silent(self, id, a);
  }
  self->delayed_send(self, tick_every, channel_tick{});
}

// -- disk ---------------------------------------------------------------------

free_capacity free_capacity_of(const managed_lane& managed) {
  return {managed.core.free_capacity(false), managed.core.free_capacity(true)};
}

void fetch(pointer self, const std::string& name, managed_lane& managed) {
  auto& st = self->state;
  if (st.draining)
    return;
  auto all = st.shared->opts.limits.lane_queue;
  auto ending = managed.closed != reason::none;
  auto q = managed.disk.ask(now(self), free_capacity_of(managed), {all, all}, ending);
  if (!q)
    return;
  auto me = caf::actor_cast<channel_actor>(self);
  self->send(st.shared->reader,
             ask_store{[me, name, q = *q, ending, refused = managed.core.counters().refused](io::store& s) {
               parked_found found{name, ending, {}, {}, refused, q.complete, false};
               auto list = s.parked(name, q.until, q.limit);
               auto due = s.parked_due(name);
               found.failed = !list || !due;
               if (list)
                 found.list = std::move(*list);
               if (due)
                 found.next_due = *due;
               caf::anon_send(me, std::move(found));
             }});
}

void on_arrived(pointer self, const on_disk& d) {
  auto& managed = managed_lane_of(self, d.lane);
  managed.disk.arrived();
  pump(self, d.lane, managed);
}

void on_found(pointer self, parked_found& f) {
  auto& st = self->state;
  auto& managed = managed_lane_of(self, f.lane);
  if (f.failed) {
    managed.disk.failed(now(self));
    return arm(self, f.lane, managed);
  }
  auto found = managed.disk.answered(std::move(f.list), f.complete, free_capacity_of(managed), f.ending);
  for (auto& p : found.back)
    st.shared->to_person_of(p.person, unpark{p.delivery, kind_of(self), f.lane});
  if (found.drained) {
    for (auto calls : {false, true})
      managed.core.drained(calls, f.refused_before);
    managed.disk.idle_until(f.next_due, managed.core.counters().refused != f.refused_before, now(self));
  }
  pump(self, f.lane, managed);
}

// -- commands -----------------------------------------------------------------

/// It goes to disk behind what of its chain is there.
bool follow_to_disk(pointer self, submit& s, managed_lane& managed) {
  auto due = managed.disk.behind(s.item);
  if (s.behind > 0)
    due = std::max(due.value_or(0), s.behind);
  if (!due)
    return false;
  s.item.due = std::max(s.item.due, *due);
  park(self, s.lane, managed, s.item, true);
  return true;
}

void on_submit(pointer self, submit& s) {
  auto& managed = managed_lane_of(self, s.lane);
  managed.disk.returned(s.item.delivery);
  if (managed.closed != reason::none)
    return end(self, s.item, delivery_state::cancelled, managed.closed);
  if (follow_to_disk(self, s, managed))
    return pump(self, s.lane, managed);
  auto from = s.from_disk ? lane::origin::disk : lane::origin::live;
  auto r = managed.core.submit(std::move(s.item), now(self), from, managed.disk.may_guard());
  if (r.replaced)
    end(self, *r.replaced, delivery_state::cancelled, reason::superseded);
  if (r.parked)
    park(self, s.lane, managed, *r.parked, true);
  if (r.what == submission::verdict::refused) {
    self->state.shared->metrics.get_counter(io::metric::queue_full, {"lane"}).increment();
    park(self, s.lane, managed, *r.declined, s.from_disk || r.declined->tries > 0);
  } else if (r.what == submission::verdict::superseded) {
    end(self, *r.declined, delivery_state::cancelled, reason::superseded);
  }
  pump(self, s.lane, managed);
}

void on_cancel(pointer self, const cancel& c) {
  auto& managed = managed_lane_of(self, c.lane);
  if (c.why == reason::none) {
    managed.disk.no_longer_parked(c.delivery);
    return pump(self, c.lane, managed);
  }
  managed.disk.returned(c.delivery);
  for (const auto& q : managed.core.cancel(c.delivery, c.why).dropped)
    end(self, q, delivery_state::cancelled, c.why);
  pump(self, c.lane, managed);
}

void on_close(pointer self, const close_lane& c) {
  auto& managed = managed_lane_of(self, c.lane);
  managed.closed = c.why;
  managed.disk.ask_again();
  for (const auto& q : managed.core.cancel([](const queued&) { return true; }, c.why).dropped)
    end(self, q, delivery_state::cancelled, c.why);
  pump(self, c.lane, managed);
}

void on_open(pointer self, const open_lane& o) {
  auto& managed = managed_lane_of(self, o.lane);
  managed.closed = reason::none;
  managed.core.reset();
  pump(self, o.lane, managed);
}

void on_drain(pointer self, drain& d) {
  auto& st = self->state;
  st.draining = true;
  for (auto& [name, managed] : st.lanes)
    managed->core.stop();
  st.drained = std::move(d.done);
  if (st.attempts.empty())
    std::exchange(st.drained, nullptr)();
}

} // namespace

channel_actor::behavior_type channel(pointer self, node* shared, std::shared_ptr<io::channel> via) {
  supervise(self, shared, "channel");
  auto& st = self->state;
  st.shared = shared;
  st.via = std::move(via);
  const auto kind = kind_of(self);
  st.budget = std::make_unique<in_flight_budget>(shared->opts.limits.channel_in_flight);
  st.rng.seed(std::random_device{}());
  st.in_flight = shared->metrics.get_gauge(io::metric::lane_in_flight, {to_string(kind)});
  st.depth = shared->metrics.get_gauge(io::metric::lane_depth, {to_string(kind)});
  st.attempt_seconds = shared->metrics.get_histogram(io::metric::attempt_seconds, {to_string(kind)});
  st.delivery_seconds = shared->metrics.get_histogram(io::metric::delivery_seconds, {to_string(kind)});
  self->delayed_send(self, tick_every, channel_tick{});
  return {
      [self](submit& s) { on_submit(self, s); },
      [self](const cancel& c) { on_cancel(self, c); },
      [self](const close_lane& c) { on_close(self, c); },
      [self](const open_lane& o) { on_open(self, o); },
      [self](retry_now) {
        for (auto& [name, managed] : self->state.lanes) {
          managed->core.reset();
          pump(self, name, *managed);
        }
      },
      [self](answered& a) { on_answered(self, a); },
      [self](permit_answer& c) { on_permit_answer(self, c); },
      [self](parked_found& f) { on_found(self, f); },
      [self](const on_disk& d) { on_arrived(self, d); },
      [self](const channel_alarm& a) {
        auto& managed = managed_lane_of(self, a.lane);
        managed.armed = 0;
        pump(self, a.lane, managed);
      },
      [self](channel_tick) { on_tick(self); },
      [self](const parked_lanes& p) {
        for (const auto& name : p.lanes) {
          auto& managed = managed_lane_of(self, name);
          managed.disk.mark_nonempty();
          pump(self, name, managed);
        }
      },
      [self](drain& d) { on_drain(self, d); },
  };
}

} // namespace belfry
