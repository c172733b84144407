#include "belfry/actors/gateway/gateway.hpp"

#include "belfry/actors/supervision.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <iterator>

namespace belfry {

namespace {

using pointer = gateway_actor::stateful_pointer<gateway_state>;

constexpr auto tick_every = std::chrono::seconds{1};

error unavailable(std::string detail) {
  return {ec::store_unavailable, std::move(detail), {}};
}

gateway_time moment(pointer self) {
  return {now(self), std::chrono::duration_cast<commit_pace::duration>(self->clock().now().time_since_epoch())};
}

// -- effects ------------------------------------------------------------------

void end(pointer self, ended_request e) {
  auto& st = self->state;
  st.accepted.increment(static_cast<double>(e.answer.accepted));
  st.duplicates.increment(static_cast<double>(e.answer.duplicates));
  st.refused.increment(static_cast<double>(e.answer.refused.size()));
  auto request = st.requests.extract(e.request);
  auto& r = request.mapped();
  st.seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - r.began).count());
  if (r.done)
    r.done(std::move(e.answer));
}

/// Carries out what the core decided. Rows go to the writer before events go to their shards: the writer keeps order,
/// so whatever an event leads to is written after the presence that it saw. Each shard gets at most one message.
void carry_out(pointer self, gateway_effects fx) {
  auto& st = self->state;
  for (const auto& [person, online] : fx.online)
    st.shared->online.set(person, online);
  for (auto& u : fx.units) {
    commit c;
    c.unit = std::move(u.unit);
    c.acks = std::move(u.acks);
    self->send(st.shared->writer, std::move(c));
  }
  std::vector<route> by_shard(fx.routed.empty() ? 0 : st.shared->shards.size());
  for (auto& e : fx.routed) {
    if (const auto* sent = std::get_if<message_sent>(&e.what.body))
      st.shared->recent.insert(sent->message, e.what.conversation);
    by_shard[st.shared->shard_index(e.what.conversation)].events.push_back(std::move(e));
  }
  for (std::size_t i = 0; i < by_shard.size(); ++i) {
    if (!by_shard[i].events.empty())
      self->send(st.shared->shards[i], std::move(by_shard[i]));
  }
  st.in_flight_gauge.set(static_cast<double>(st.core->in_flight()));
  for (auto& e : fx.ended)
    end(self, std::move(e));
  if (st.core->in_flight() == 0 && st.drained)
    std::exchange(st.drained, nullptr)();
}

/// Answers requests that have waited longer than `answered_within`, and all of them once a part of the node has ended.
/// They stay in the list until their events have verdicts. Later requests have later deadlines, so the loop may stop.
void give_up_overdue(pointer self) {
  auto& st = self->state;
  for (auto& [id, r] : st.requests) {
    if (!st.shared->failed && r.deadline > now(self))
      break;
    if (auto done = std::exchange(r.done, nullptr))
      done(st.shared->failed
               ? part_ended()
               : unavailable("no answer in time; the request may have taken effect: repeat it with the same ids"));
  }
}

// -- messages -----------------------------------------------------------------

/// A request is refused as a whole, before any of its events takes effect, while the engine stops, has failed or is not
/// ready, while the store cannot be written, or when too much is in flight (SPEC 12, Backpressure).
void on_publish(pointer self, publish& p) {
  auto& st = self->state;
  if (!st.open)
    return p.done(error{ec::stopping, "the engine is stopping", {}});
  if (st.shared->failed)
    return p.done(part_ended());
  const auto events = static_cast<double>(p.events.size());
  if (!st.shared->armed || !st.shared->writable) {
    st.unavailable.increment(events);
    return p.done(unavailable(st.shared->armed ? "the store cannot be written" : "the engine is not ready yet"));
  }
  if (p.events.empty())
    return p.done(admission{});
  gateway_effects fx;
  auto request = st.core->publish(std::move(p.events), moment(self), fx);
  if (!request) {
    st.overloaded.increment(events);
    return p.done(request.error());
  }
  st.requests[*request] = {std::move(p.done), std::chrono::steady_clock::now(), now(self) + answered_within};
  carry_out(self, std::move(fx));
}

void on_acks(pointer self, acks& a) {
  gateway_effects fx;
  const auto at = moment(self);
  for (auto& x : a.list)
    self->state.core->acknowledged(std::move(x), at, fx);
  carry_out(self, std::move(fx));
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
  gateway_effects fx;
  self->state.core->expire(now(self), now(self) - self->state.shared->opts.ingest_idempotency_window.count(), fx);
  carry_out(self, std::move(fx));
  give_up_overdue(self);
  self->delayed_send(self, tick_every, gateway_tick{});
}

void on_drain(pointer self, drain& d) {
  auto& st = self->state;
  st.open = false;
  st.drained = std::move(d.done);
  if (st.core->in_flight() == 0)
    std::exchange(st.drained, nullptr)();
}

void start(pointer self, node* shared, std::shared_ptr<gateway_memory> memory) {
  auto& st = self->state;
  st.shared = shared;
  st.core.emplace(std::move(memory), shared->opts.limits);
  auto events = [&](std::string_view result) { return shared->metrics.get_counter(io::metric::events, {result}); };
  st.accepted = events("accepted");
  st.duplicates = events("duplicate");
  st.refused = events("refused");
  st.overloaded = events("overloaded");
  st.unavailable = events("unavailable");
  st.in_flight_gauge = shared->metrics.get_gauge(io::metric::events_in_flight);
  st.seconds = shared->metrics.get_histogram(io::metric::ingest_seconds);
  for (const auto& p : st.core->everybody_online())
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
      [self](acks& a) { on_acks(self, a); },
      [self](const bot_changed& b) { self->state.core->bot_changed(b.person, b.bot); },
      [self](const erase_presence& e) {
        gateway_effects fx;
        self->state.core->erase_presence(e.person, fx);
        carry_out(self, std::move(fx));
      },
      [self](const store_state& s) { on_store_state(self, s); },
      [self](gateway_tick) { on_tick(self); },
      [self](drain& d) { on_drain(self, d); },
  };
}

} // namespace belfry
