// How deliveries leave a lane: answers, cancellation, holds.
#include "belfry/actors/channel/lane.hpp"

#include <algorithm>

namespace belfry {

lane::entry* lane::find_in_flight(const notification_id& delivery) {
  auto it = entries_.find(delivery);
  return it != entries_.end() && it->second.in_flight ? &it->second : nullptr;
}

/// Gives back the slot; the entry is on no list afterwards.
void lane::release(entry& e) {
  e.in_flight = false;
  e.probe = false;
  e.chain->in_flight = nullptr;
  if (prober_ == &e)
    prober_ = nullptr;
  --in_flight_;
  if (e.retry() && !e.call())
    --retries_in_flight_;
  if (shared_)
    shared_->give_back();
  refresh_head(*e.chain);
}

/// Releases an entry whose attempt was not made. If it was the breaker's probe, another one may start at once.
void lane::release_unattempted(entry& e, engine_time now) {
  if (e.probe)
    breaker_of(e).probe_inconclusive(now);
  release(e);
}

std::optional<disposition> lane::answered(const notification_id& delivery, const outcome& o, engine_time now,
                                          double jitter) {
  auto* e = find_in_flight(delivery);
  if (!e)
    return std::nullopt;
  // SPEC 8: a kept connection that was dead says nothing of the endpoint. The next attempt follows at once on a new
  // connection, and counts.
  auto swallowed = o.kept_connection_lost && !e->item.fresh_connection;
  if (!swallowed)
    learn(*e, o, now);
  else if (e->probe)
    breaker_of(*e).probe_inconclusive(now);
  probing_ = probing_ && o.status == 0 && o.what != outcome::verdict::accepted;
  release(*e);
  ++e->item.tries;
  e->item.fresh_connection = swallowed;
  e->item.lost += swallowed ? 1 : 0;
  switch (o.what) {
  case outcome::verdict::accepted:
    return finish(*e, delivery_state::accepted, o.why);
  case outcome::verdict::gone:
    return finish(*e, delivery_state::address_gone, o.why);
  case outcome::verdict::refused:
    return finish(*e, delivery_state::refused, o.why);
  case outcome::verdict::given_up:
    return finish(*e, delivery_state::given_up, o.why);
  case outcome::verdict::again:
    break;
  }
  e->item.has_backoff = true;
  e->put_off = false;
  auto wait = swallowed ? 0 : retry_wait(options_.retry, e->item.tries - e->item.lost, o.retry_after, jitter);
  auto d = again(*e, now + wait);
  if (d.state == delivery_state::retrying)
    d.reason = o.why;
  return d;
}

void lane::succeeded(engine_time now) {
  for (auto& b : breaker_)
    b.succeeded(now);
}

/// Tells the breaker, the retry budget and the holds what the answer says about the endpoint. A status that
/// concerns one recipient only (gone, refused, or `endpoint_healthy`) is a success of the endpoint.
void lane::learn(entry& e, const outcome& o, engine_time now) {
  switch (o.what) {
  case outcome::verdict::accepted:
    retries_.succeeded();
    return succeeded(now);
  case outcome::verdict::gone:
  case outcome::verdict::refused:
    // A refused address is dead, not the endpoint that said so. Without a status nobody was asked.
    if (o.status != 0)
      succeeded(now);
    else if (e.probe)
      breaker_of(e).probe_inconclusive(now);
    return;
  case outcome::verdict::again:
  case outcome::verdict::given_up:
    if (o.endpoint_healthy)
      return succeeded(now);
    breaker_of(e).failed(now, std::hash<person_id>{}(e.item.person));
    if (!o.throttle)
      return;
    // Only what the endpoint asked for in so many words may hold calls.
    if (o.retry_after.value_or(0) > 0)
      hold(now + std::min(*o.retry_after, retry_after_max), now, false);
    else
      hold_messages_ = std::max(hold_messages_, now + options_.retry.first);
    return;
  }
}

std::optional<disposition> lane::postpone(const notification_id& delivery, engine_time due, engine_time now) {
  auto* e = find_in_flight(delivery);
  if (!e)
    return std::nullopt;
  release_unattempted(*e, now);
  auto d = again(*e, std::max(due, now));
  if (d.state == delivery_state::retrying && !d.parked)
    put_off_to_disk(*e, now, d);
  return d;
}

/// What must wait for its time takes no room of those that need not: with too many of these in memory it waits on disk,
/// unless something waits behind it here, which would overtake it.
void lane::put_off_to_disk(entry& e, engine_time now, disposition& d) {
  if (e.call() || e.retry() || e.item.due <= now + short_delay)
    return;
  e.delayed = true;
  ++delayed_;
  if (delayed_ <= options_.delayed_max || e.chain->members > 1)
    return;
  unwait(e);
  ++counters_.parked;
  d.parked = erase(e);
}

std::optional<queued> lane::withdrawn(const notification_id& delivery, engine_time now) {
  auto* e = find_in_flight(delivery);
  if (!e)
    return std::nullopt;
  release_unattempted(*e, now);
  ++counters_.cancelled;
  return erase(*e);
}

disposition lane::finish(entry& e, delivery_state state, reason why) {
  if (state == delivery_state::expired)
    ++counters_.expired;
  if (state == delivery_state::cancelled)
    ++counters_.cancelled;
  return {erase(e), state, why, 0};
}

/// Puts a delivery back to wait for another attempt, unless it ends here: it was cancelled meanwhile, a newer
/// new_message takes its place and the wait imposed on it (SPEC 8), or its life would be over by then (SPEC 12).
disposition lane::again(entry& e, engine_time at) {
  if (e.cancelled != reason::none)
    return finish(e, delivery_state::cancelled, e.cancelled);
  if (auto* newer = e.item.kind == kind::new_message ? e.chain->message : nullptr) {
    if (e.item.has_backoff) {
      unwait(*newer);
      newer->item.due = std::max(newer->item.due, at);
      newer->item.has_backoff = true;
      wait(*newer);
    }
    ++counters_.replaced;
    return finish(e, delivery_state::cancelled, reason::superseded);
  }
  if (at >= e.item.expires)
    return finish(e, delivery_state::expired, reason::expired);
  e.item.due = at;
  wait(e);
  disposition d{e.item, delivery_state::retrying, reason::none, at};
  if (retries_waiting_ > options_.retries_max)
    d.parked = take_out(side(false), true, 0);
  return d;
}

// -- cancelling -----------------------------------------------------------------------

void lane::cancel_one(entry& e, reason why, cancellation& out) {
  if (e.in_flight) {
    // The first reason stands.
    if (e.cancelled == reason::none)
      e.cancelled = why;
    out.in_flight.push_back(e.item.delivery);
    return;
  }
  unwait(e);
  out.dropped.push_back(erase(e));
  ++counters_.cancelled;
}

cancellation lane::cancel(const person_id& person, const filter& which, reason why) {
  return cancel([&](const queued& q) { return q.person == person && which(q); }, why);
}

cancellation lane::cancel(const filter& which, reason why) {
  std::vector<entry*> hit;
  for (auto& [id, e] : entries_)
    if (which(e.item))
      hit.push_back(&e);
  std::sort(hit.begin(), hit.end(), by_rank{});
  cancellation out;
  for (auto* e : hit)
    cancel_one(*e, why, out);
  return out;
}

cancellation lane::cancel(const notification_id& delivery, reason why) {
  cancellation out;
  auto it = entries_.find(delivery);
  if (it != entries_.end())
    cancel_one(it->second, why, out);
  return out;
}

// -- the endpoint ---------------------------------------------------------------------

bool lane::hold(engine_time until, engine_time now, bool probe) {
  const auto fresh = hold_all_ <= now;
  hold_all_ = std::max(hold_all_, until);
  probing_ = probing_ || probe;
  return fresh;
}

void lane::reset() {
  for (auto& b : breaker_)
    b = breaker(options_.retry.first);
  hold_all_ = 0;
  hold_messages_ = 0;
}

} // namespace belfry
