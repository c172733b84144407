// Random operations against a reference that scans a list.
#include "belfry/tests/channel/lane_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

using namespace belfry;
using namespace belfry::test;

namespace {

/// What a lane promises, without any index: every question is a scan.
class plain_lane {
public:
  explicit plain_lane(lane_options o) : o_(o), breaker_{breaker{o.retry.first}, breaker{o.retry.first}} {}

  struct slot {
    queued q;
    bool in_flight = false;
    bool probe = false;
    bool put_off = false;
    reason cancelled = reason::none;
  };

  said submit(queued q, engine_time now) {
    if (find(q.delivery))
      return said::duplicate;
    auto calls = is_call(q.kind);
    if (spilled_[calls])
      return said::refused;
    if (q.kind == kind::new_message) {
      for (const auto& s : slots_)
        if (same_chain(s.q, q) && s.q.kind == kind::new_message && s.q.seq > q.seq)
          return said::superseded;
      for (auto it = slots_.begin(); it != slots_.end(); ++it)
        if (same_chain(it->q, q) && it->q.kind == kind::new_message && !it->in_flight) {
          auto has_backoff = it->q.has_backoff;
          q.due = has_backoff ? std::max(q.due, it->q.due) : std::min(std::max(q.due, now), it->q.due);
          q.has_backoff = has_backoff;
          slots_.erase(it);
          slots_.push_back({std::move(q)});
          return said::replaced;
        }
    }
    if (held(calls) >= (calls ? o_.call_queue_max : o_.queue_max)) {
      spilled_[calls] = true;
      return said::refused;
    }
    q.due = std::max(q.due, now);
    slots_.push_back({std::move(q)});
    return said::accepted;
  }

  void drained() { spilled_[0] = spilled_[1] = false; }

  numbered expire(engine_time now) {
    numbered out;
    for (auto it = slots_.begin(); it != slots_.end();)
      if (!it->in_flight && it->q.expires <= now) {
        out.push_back(number_of(it->q.delivery));
        it = slots_.erase(it);
      } else {
        ++it;
      }
    std::sort(out.begin(), out.end());
    return out;
  }

  numbered next(engine_time now) {
    numbered out;
    for (bool calls : {true, false})
      while (auto* s = pick(calls, now)) {
        if (find_in_flight() >= o_.in_flight_max - (calls ? 0 : 2) || gate(calls, now) > now)
          break;
        if (!calls && s->q.tries > 0 && !s->put_off && !retries_.take(retries_flying())) {
          s->q.due = std::max(s->q.due, std::min(s->q.due + o_.retry.first, s->q.expires - 1));
          s->put_off = true;
          continue;
        }
        s->in_flight = true;
        s->probe = breaker_[calls].started(now);
        if (!calls)
          retry_turn_ = s->q.tries == 0;
        out.push_back(number_of(s->q.delivery));
      }
    return out;
  }

  std::pair<delivery_state, engine_time> answered(const notification_id& id, const outcome& o, engine_time now,
                                                  double dice) {
    auto& s = *find(id);
    if (o.what == outcome::verdict::accepted) {
      succeeded(now);
      retries_.succeeded();
      return end(id, delivery_state::accepted);
    }
    if (o.what == outcome::verdict::refused) {
      if (o.status != 0)
        succeeded(now);
      else if (s.probe)
        breaker_[is_call(s.q.kind)].probe_inconclusive(now);
      return end(id, delivery_state::refused);
    }
    breaker_[is_call(s.q.kind)].failed(now, std::hash<std::string>{}(s.q.person));
    if (o.throttle && o.retry_after)
      hold_all_ = std::max(hold_all_, now + *o.retry_after);
    else if (o.throttle)
      hold_messages_ = std::max(hold_messages_, now + o_.retry.first);
    if (o.what == outcome::verdict::given_up)
      return end(id, delivery_state::given_up);
    s.in_flight = s.probe = s.put_off = false;
    s.q.has_backoff = true;
    return again(s, now + retry_wait(o_.retry, ++s.q.tries, o.retry_after, dice));
  }

  std::pair<delivery_state, engine_time> postpone(const notification_id& id, engine_time due, engine_time now) {
    auto& s = *find(id);
    if (s.probe)
      breaker_[is_call(s.q.kind)].probe_inconclusive(now);
    s.in_flight = s.probe = false;
    return again(s, std::max(due, now));
  }

  void withdrawn(const notification_id& id, engine_time now) {
    if (const auto& s = *find(id); s.probe)
      breaker_[is_call(s.q.kind)].probe_inconclusive(now);
    end(id, delivery_state::cancelled);
  }

  std::size_t cancel(const person_id& p, group g, reason why) {
    for (auto& s : slots_)
      if (s.in_flight && s.q.person == p && group_of(s.q.kind) == g && s.cancelled == reason::none)
        s.cancelled = why;
    return std::erase_if(slots_,
                         [&](const slot& s) { return !s.in_flight && s.q.person == p && group_of(s.q.kind) == g; });
  }

  std::optional<engine_time> next_wake(engine_time now) {
    std::optional<engine_time> out;
    auto at = [&](engine_time t) { out = std::max(now, out ? std::min(*out, t) : t); };
    for (const auto& s : slots_)
      if (!s.in_flight)
        at(s.q.expires);
    for (bool calls : {true, false})
      for (bool retry : {false, true})
        if (auto* s = first(calls, retry);
            s && find_in_flight() < o_.in_flight_max - (calls ? 0 : 2) && (!retry || retry_slot(calls)))
          at(std::max(s->q.due, gate(calls, now)));
    return out;
  }

  void succeeded(engine_time now) {
    breaker_[0].succeeded(now);
    breaker_[1].succeeded(now);
  }

  numbered in_flight() const {
    numbered out;
    for (const auto& s : slots_)
      if (s.in_flight)
        out.push_back(number_of(s.q.delivery));
    return out;
  }
  std::size_t depth() const { return slots_.size() - find_in_flight(); }

private:
  static bool same_chain(const queued& a, const queued& b) {
    return a.key == b.key && group_of(a.kind) == group_of(b.kind);
  }
  slot* find(const notification_id& id) {
    auto it = std::find_if(slots_.begin(), slots_.end(), [&](const slot& s) { return s.q.delivery == id; });
    return it == slots_.end() ? nullptr : &*it;
  }
  std::size_t held(bool calls) const {
    return std::count_if(slots_.begin(), slots_.end(), [&](const slot& s) { return is_call(s.q.kind) == calls; });
  }
  std::size_t find_in_flight() const {
    return std::count_if(slots_.begin(), slots_.end(), [](const slot& s) { return s.in_flight; });
  }
  std::size_t retries_flying() const {
    return std::count_if(slots_.begin(), slots_.end(),
                         [](const slot& s) { return s.in_flight && s.q.tries > 0 && !is_call(s.q.kind); });
  }
  engine_time gate(bool calls, engine_time now) const {
    return std::max({hold_all_, calls ? 0 : hold_messages_, breaker_[calls].may_start_at(now)});
  }
  bool retry_slot(bool calls) const { return calls || retries_flying() < (o_.in_flight_max - 2) / 2; }
  /// The one of its class that is due first among those that nothing of their chain precedes.
  slot* first(bool calls, bool retry) {
    slot* best = nullptr;
    for (auto& s : slots_) {
      auto blocked = s.in_flight || is_call(s.q.kind) != calls || (s.q.tries > 0) != retry
                     || std::any_of(slots_.begin(), slots_.end(), [&](const slot& t) {
                          return same_chain(s.q, t.q) && (t.in_flight || t.q.seq < s.q.seq);
                        });
      if (!blocked && (!best || std::tie(s.q.due, s.q.seq) < std::tie(best->q.due, best->q.seq)))
        best = &s;
    }
    return best;
  }
  slot* newest(engine_time now) {
    slot* best = nullptr;
    for (auto& s : slots_) {
      auto blocked = s.in_flight || is_call(s.q.kind) || s.q.tries > 0 || s.q.due > now
                     || std::any_of(slots_.begin(), slots_.end(), [&](const slot& t) {
                          return same_chain(s.q, t.q) && (t.in_flight || t.q.seq < s.q.seq);
                        });
      if (!blocked && (!best || std::tie(s.q.due, s.q.seq) > std::tie(best->q.due, best->q.seq)))
        best = &s;
    }
    return best;
  }
  /// Messages begin and come again in turns, calls as they are due.
  slot* pick(bool calls, engine_time now) {
    auto* fresh = !calls && breaker_[0].has_recent_failures() ? newest(now) : first(calls, false);
    auto* again = retry_slot(calls) ? first(calls, true) : nullptr;
    fresh = fresh && fresh->q.due <= now ? fresh : nullptr;
    again = again && again->q.due <= now ? again : nullptr;
    if (!fresh || !again)
      return fresh ? fresh : again;
    if (calls)
      return std::tie(fresh->q.due, fresh->q.seq) < std::tie(again->q.due, again->q.seq) ? fresh : again;
    return retry_turn_ ? again : fresh;
  }
  std::pair<delivery_state, engine_time> end(const notification_id& id, delivery_state state) {
    std::erase_if(slots_, [&](const slot& s) { return s.q.delivery == id; });
    return {state, 0};
  }
  std::pair<delivery_state, engine_time> again(slot& s, engine_time at) {
    if (s.cancelled != reason::none)
      return end(s.q.delivery, delivery_state::cancelled);
    for (auto& t : slots_)
      if (same_chain(s.q, t.q) && s.q.kind == kind::new_message && t.q.kind == kind::new_message && t.q.seq > s.q.seq) {
        if (s.q.has_backoff) {
          t.q.due = std::max(t.q.due, at);
          t.q.has_backoff = true;
        }
        return end(s.q.delivery, delivery_state::cancelled);
      }
    if (at >= s.q.expires)
      return end(s.q.delivery, delivery_state::expired);
    s.q.due = at;
    return {delivery_state::retrying, at};
  }

  lane_options o_;
  breaker breaker_[2];
  retry_budget retries_;
  std::vector<slot> slots_;
  bool spilled_[2] = {false, false};
  bool retry_turn_ = false;
  engine_time hold_all_ = 0;
  engine_time hold_messages_ = 0;
};

class LaneModel : public testing::Test {
protected:
  static std::uint64_t seed() {
    const auto* given = std::getenv("BELFRY_SEED");
    return given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }
  static lane_options options() {
    // No eviction: its choice among several is the lane's own.
    return {.queue_max = 20, .call_queue_max = 6, .in_flight_max = 12, .retry = {50, 2, 400, 0.2}, .park_after = life};
  }

  std::uint64_t roll(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random); }
  double dice() { return std::uniform_real_distribution<double>(0, 1)(random); }

  queued draw() {
    // Now and then an older number arrives late, or one that is known.
    auto n = roll(10) == 0 && last > 0 ? 1 + roll(last) : ++last;
    auto k = static_cast<kind>((n * 2654435761U >> 7) % kind_count);
    if (n % 2 == 0)
      k = kind::new_message;
    auto q = item(n, "p" + std::to_string(n * 40503 % 17), k, now + 1 + static_cast<engine_time>(roll(1'500)));
    q.due = roll(4) == 0 ? now + static_cast<engine_time>(roll(100)) : 0;
    return q;
  }

  outcome draw_outcome() {
    // In bad times little succeeds, but the endpoint says so: the breaker closes again and retries pile up.
    if (now / 2'000 % 2 == 1)
      return roll(3) == 0 ? outcome{outcome::verdict::refused, reason::http_status, 404, "", {}, false} : failed();
    switch (roll(12)) {
    case 0:
      return {outcome::verdict::refused, reason::refused_address, 0, "", {}, false};
    case 1:
      return throttled();
    case 2:
      return throttled(30);
    case 3:
      return failed(200);
    case 4:
      return {outcome::verdict::given_up, reason::provider_refused, 503, "", {}, false};
    case 5:
      return failed();
    default:
      return accepted();
    }
  }

  void answer_one() {
    auto up = reference.in_flight();
    if (up.empty())
      return;
    auto id = id_of(up[roll(up.size())]);
    auto how = roll(10);
    if (how == 0) {
      auto due = now + static_cast<engine_time>(roll(60));
      auto [state, at] = reference.postpone(id, due, now);
      auto d = subject.postpone(id, due, now);
      ASSERT_TRUE(d && d->state == state && d->at == at);
    } else if (how == 1) {
      reference.withdrawn(id, now);
      ASSERT_TRUE(subject.withdrawn(id, now));
    } else {
      auto o = draw_outcome();
      auto luck = dice();
      auto [state, at] = reference.answered(id, o, now, luck);
      auto d = subject.answered(id, o, now, luck);
      ASSERT_TRUE(d && d->state == state && d->at == at) << to_string(d->state) << " instead of " << to_string(state);
    }
  }

  void cancel_one() {
    auto person = "p" + std::to_string(roll(17));
    auto g = static_cast<group>(roll(3));
    auto n = reference.cancel(person, g, reason::left);
    auto c = subject.cancel(
        person, [&](const queued& q) { return group_of(q.kind) == g; }, reason::left);
    ASSERT_EQ(c.dropped.size(), n);
  }

  void step() {
    auto what = roll(20);
    if (what < 8) {
      auto q = draw();
      auto expected = reference.submit(q, now);
      // No eviction: its choice among several is the lane's own.
      ASSERT_EQ(subject.submit(q, now, lane::origin::live, false).what, expected);
    } else if (what < 14) {
      answer_one();
    } else if (what == 14) {
      cancel_one();
    } else if (what == 15) {
      reference.drained();
      for (bool calls : {true, false})
        subject.drained(calls, subject.counters().refused);
    } else {
      now += static_cast<engine_time>(roll(40));
    }
  }

  void compare() {
    ASSERT_EQ(subject.next_wake(now), reference.next_wake(now));
    auto gone = numbers(subject.expire(now));
    std::sort(gone.begin(), gone.end());
    ASSERT_EQ(gone, reference.expire(now));
    ASSERT_EQ(numbers(subject.next(now)), reference.next(now));
    ASSERT_EQ(subject.depth(), reference.depth());
    ASSERT_EQ(subject.in_flight(), reference.in_flight().size());
  }

  std::mt19937_64 random;
  engine_time now = 1;
  std::uint64_t last = 0;
  lane subject{options()};
  plain_lane reference{options()};
};

TEST_F(LaneModel, BehavesAsTheReference) {
  auto s = seed();
  std::cout << "BELFRY_SEED=" << s << std::endl;
  random.seed(s);
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(step()) << "step " << i << ", seed " << s;
    ASSERT_NO_FATAL_FAILURE(compare()) << "step " << i << ", seed " << s;
  }
  // Otherwise the run proved little.
  const auto& c = subject.counters();
  for (auto n : {c.replaced, c.refused, c.started, c.retried, c.put_off, c.expired, c.cancelled})
    EXPECT_GT(n, 0U) << "seed " << s;
}

} // namespace
