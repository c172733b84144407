#include "belfry/actors/channel/lane.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// How many are looked at to make room.
constexpr std::size_t evictions_looked_at_max = 8;

} // namespace

std::string chain_of(const queued& q) {
  return q.key + '\0' + static_cast<char>('0' + static_cast<int>(group_of(q.kind)));
}

lane::lane(lane_options options, in_flight_budget* shared)
    : options_(options), shared_(shared), breaker_{breaker{options_.retry.first}, breaker{options_.retry.first}} {
  options_.in_flight_max = std::max(options_.in_flight_max, call_slots + 1);
}

lane::~lane() {
  if (shared_)
    shared_->give_back(in_flight_);
}

// -- taking ---------------------------------------------------------------------

submission lane::submit(queued q, engine_time now, origin from, bool may_park) {
  if (entries_.contains(q.delivery))
    return {submission::verdict::duplicate, {}, {}, {}};
  auto calls = is_call(q.kind);
  if (stopping_ || (from == origin::live && side(calls).has_parked))
    return refuse(std::move(q));
  if (q.kind == kind::new_message) {
    auto c = chains_.find(chain_of(q));
    if (c != chains_.end() && outdated(c->second, q))
      return {submission::verdict::superseded, {}, {}, std::move(q)};
    if (c != chains_.end() && c->second.message)
      return replace(*c->second.message, std::move(q), now);
  }
  auto delayed = !calls && q.tries == 0 && q.due > now + short_delay;
  if (delayed && delayed_ >= options_.delayed_max)
    // Not for want of room: those that come after it may pass.
    return {submission::verdict::refused, {}, {}, std::move(q)};
  submission out;
  if (free_capacity(calls) == 0 && !calls)
    out.parked = take_out(side(calls), true, now + options_.park_after, chain_of(q));
  if (free_capacity(calls) == 0 && !calls && may_park && from == origin::live && has_recent_failures())
    out.parked = take_out(side(calls), false, 0, chain_of(q));
  if (free_capacity(calls) == 0)
    return refuse(std::move(q));
  q.due = std::max(q.due, now);
  auto& e = insert(std::move(q));
  e.delayed = delayed;
  delayed_ += delayed ? 1 : 0;
  wait(e);
  return out;
}

std::size_t lane::free_capacity(bool calls) const {
  return queue_max(calls) - std::min(queue_max(calls), side(calls).held);
}

void lane::drained(bool calls, std::uint64_t refused_before) {
  if (counters_.refused == refused_before)
    side(calls).has_parked = false;
}

submission lane::refuse(queued q) {
  side(is_call(q.kind)).has_parked = true;
  ++counters_.refused;
  return {submission::verdict::refused, {}, {}, std::move(q)};
}

/// True: a newer new_message of the chain is in the lane already (this one comes late, from disk).
bool lane::outdated(const chain& c, const queued& q) {
  auto newer = [&](const entry* e) { return e && e->item.kind == kind::new_message && e->item.seq > q.seq; };
  return newer(c.message) || newer(c.in_flight);
}

submission lane::replace(entry& older, queued q, engine_time now) {
  const auto& old = older.item;
  // Keeps the older one's turn, so that a busy conversation is not put off with every message.
  q.due = old.has_backoff ? std::max(q.due, old.due) : std::min(std::max(q.due, now), old.due);
  q.has_backoff = q.has_backoff || old.has_backoff;
  auto& e = insert(std::move(q));
  e.delayed = older.delayed;
  delayed_ += e.delayed ? 1 : 0;
  unwait(older);
  submission out{submission::verdict::replaced, erase(older), {}, {}};
  wait(e);
  ++counters_.replaced;
  return out;
}

/// Not of the chain that the room is for: takes out a retry that is due after `due_after`, the last one first, or a
/// first attempt, the oldest one first.
std::optional<queued> lane::take_out(class_side& from, bool retry, engine_time due_after, const std::string& not_of) {
  auto& heads = from.heads[retry ? 1 : 0];
  const auto looked_at = std::min<std::size_t>(heads.size(), evictions_looked_at_max);
  for (std::size_t i = 0; i < looked_at; ++i) {
    auto& e = retry ? **std::next(heads.rbegin(), static_cast<std::ptrdiff_t>(i))
                    : **std::next(heads.begin(), static_cast<std::ptrdiff_t>(i));
    if (retry && e.item.due <= due_after)
      return std::nullopt;
    // With a follower in its chain it stays: the follower would overtake it.
    if (e.chain->members > 1 || e.chain->name == not_of)
      continue;
    unwait(e);
    ++counters_.parked;
    return erase(e);
  }
  return std::nullopt;
}

// -- entries and chains -----------------------------------------------------------

lane::entry& lane::insert(queued q) {
  auto name = chain_of(q);
  auto& c = chains_[name];
  if (c.members++ == 0)
    c.name = std::move(name);
  ++side(is_call(q.kind)).held;
  ++counters_.submitted;
  auto id = q.delivery;
  auto& e = entries_[id];
  e.rank = {q.seq, ++arrivals_};
  e.chain = &c;
  e.item = std::move(q);
  return e;
}

/// Takes out an entry that neither waits nor is in flight.
queued lane::erase(entry& e) {
  auto item = std::move(e.item);
  if (--e.chain->members == 0)
    chains_.erase(chains_.find(e.chain->name));
  --side(is_call(item.kind)).held;
  delayed_ -= e.delayed ? 1 : 0;
  entries_.erase(entries_.find(item.delivery));
  return item;
}

void lane::wait(entry& e) {
  auto& c = *e.chain;
  c.waiting.insert(&e);
  expiry_.insert(&e);
  retries_waiting_ += e.retry() && !e.call() ? 1 : 0;
  if (e.item.kind == kind::new_message)
    c.message = &e;
  refresh_head(c);
}

void lane::unwait(entry& e) {
  auto& c = *e.chain;
  c.waiting.erase(&e);
  expiry_.erase(&e);
  retries_waiting_ -= e.retry() && !e.call() ? 1 : 0;
  if (c.message == &e)
    c.message = nullptr;
  refresh_head(c);
}

void lane::refresh_head(chain& c) {
  auto* head = c.in_flight || c.waiting.empty() ? nullptr : *c.waiting.begin();
  if (head == c.head)
    return;
  if (c.head)
    side(c.head->call()).heads[c.head->retry() ? 1 : 0].erase(c.head);
  if (head)
    side(head->call()).heads[head->retry() ? 1 : 0].insert(head);
  c.head = head;
}

const queued* lane::find(const notification_id& delivery) const {
  auto it = entries_.find(delivery);
  return it == entries_.end() ? nullptr : &it->second.item;
}

// -- starting -----------------------------------------------------------------------

std::vector<queued> lane::next(engine_time now, std::size_t limit) {
  std::vector<queued> out;
  collect_expired(now);
  starved_ = false;
  if (stopping_)
    return out;
  for (bool calls : {true, false})
    while (out.size() < limit && start_next(calls, now, out)) {
    }
  return out;
}

/// Starts (or puts off) the first of a class; false: there is none that may start.
bool lane::start_next(bool calls, engine_time now, std::vector<queued>& out) {
  auto* e = pick(calls, now);
  if (!e || !slot_free(calls) || gate(calls, now) > now)
    return false;
  if (!calls && short_of_budget()) {
    starved_ = true;
    return false;
  }
  if (admit_retry(*e))
    start(*e, now, out);
  return true;
}

/// The first attempt that goes next. While some fail it is the newest, so that old ones for recipients who always fail
/// hold up nobody.
lane::entry* lane::pick_first_attempt(bool calls, engine_time now) const {
  const auto& heads = side(calls).heads[0];
  if (heads.empty() || (*heads.begin())->item.due > now)
    return nullptr;
  if (calls || !has_recent_failures())
    return *heads.begin();
  return *std::find_if(heads.rbegin(), heads.rend(), [now](const entry* e) { return e->item.due <= now; });
}

/// What goes next, as far as its time and the room of retries say.
lane::entry* lane::pick(bool calls, engine_time now) const {
  auto* first = pick_first_attempt(calls, now);
  const auto& retries = side(calls).heads[1];
  auto due = !retries.empty() && (*retries.begin())->item.due <= now && retry_slot_free(calls);
  auto* again = due ? *retries.begin() : nullptr;
  if (!first || !again)
    return first ? first : again;
  if (calls)
    return by_due{}(first, again) ? first : again;
  return retry_turn_ ? again : first;
}

/// True: the retry budget lets it start. False: it was put off.
bool lane::admit_retry(entry& e) {
  if (e.call() || !e.retry() || e.put_off || retries_.take(retries_in_flight_))
    return true;
  unwait(e);
  // Not past its life: the budget ends no delivery.
  e.item.due = std::max(e.item.due, std::min(e.item.due + options_.retry.first, e.item.expires - 1));
  e.put_off = true;
  wait(e);
  ++counters_.put_off;
  return false;
}

void lane::start(entry& e, engine_time now, std::vector<queued>& out) {
  unwait(e);
  delayed_ -= std::exchange(e.delayed, false) ? 1 : 0;
  e.in_flight = true;
  e.chain->in_flight = &e;
  refresh_head(*e.chain);
  if (!e.call())
    retry_turn_ = !e.retry();
  e.probe = breaker_of(e).started(now);
  if (probing_)
    prober_ = &e;
  ++in_flight_;
  ++counters_.started;
  if (e.retry()) {
    ++counters_.retried;
    retries_in_flight_ += e.call() ? 0 : 1;
  }
  if (shared_)
    shared_->take();
  out.push_back(e.item);
}

bool lane::slot_free(bool calls) const {
  if (probing_ && prober_)
    return false;
  return in_flight_ < options_.in_flight_max - (calls ? 0 : call_slots);
}

bool lane::retry_slot_free(bool calls) const {
  return calls || retries_in_flight_ < std::max<std::size_t>((options_.in_flight_max - call_slots) / 2, 1);
}

bool lane::short_of_budget() const {
  return shared_ && shared_->spent() && in_flight_ > 0;
}

engine_time lane::gate(bool calls, engine_time now) const {
  return std::max({hold_all_, calls ? hold_all_ : hold_messages_, breaker_[calls ? 1 : 0].may_start_at(now)});
}

std::optional<engine_time> lane::next_wake(engine_time now) const {
  std::optional<engine_time> wake;
  auto at = [&](engine_time t) { wake = std::max(now, std::min(t, wake.value_or(t))); };
  if (!overdue_.empty())
    at(now);
  if (!expiry_.empty())
    at((*expiry_.begin())->item.expires);
  for (bool calls : {true, false}) {
    if (stopping_ || !slot_free(calls) || (!calls && short_of_budget()))
      continue;
    for (bool retry : {false, true}) {
      const auto& heads = side(calls).heads[retry ? 1 : 0];
      if (!heads.empty() && (!retry || retry_slot_free(calls)))
        at(std::max((*heads.begin())->item.due, gate(calls, now)));
    }
  }
  return wake;
}

void lane::collect_expired(engine_time now) {
  while (!expiry_.empty() && (*expiry_.begin())->item.expires <= now) {
    auto& e = **expiry_.begin();
    unwait(e);
    overdue_.push_back(erase(e));
    ++counters_.expired;
  }
}

std::vector<queued> lane::expire(engine_time now) {
  collect_expired(now);
  return std::exchange(overdue_, {});
}

} // namespace belfry
