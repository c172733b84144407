#include "belfry/actors/store/store.hpp"

#include "belfry/actors/supervision.hpp"
#include "belfry/io/telemetry/log.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <iterator>
#include <unordered_set>

namespace belfry {

namespace {

using pointer = store_actor::stateful_pointer<store_actor_state>;
using namespace std::chrono_literals;

constexpr auto retry_after_failure = 200ms;
constexpr auto housekeeping = 2s;
constexpr auto quiet_before_cut = 500ms;
constexpr auto cut_at_least_every = 30s;
/// What is deferred is gathered for so long, in milliseconds; what is not over most often has an end soon,
/// and waits longer for it.
constexpr engine_time deferred_for_finished = 100;
constexpr engine_time deferred_for = 300;
constexpr std::size_t deferred_units_max = 4096;
/// Slices of old rows erased at one tick.
constexpr int sweeps_max = 20;

/// Whoever is told that something is on disk and asks at once must find it known everywhere: answers go last.
void release(pointer self, std::vector<commit>& done) {
  acks all;
  for (auto& c : done) {
    for (auto& a : c.acks)
      all.list.push_back(std::move(a));
    for (auto& e : c.after)
      caf::anon_send(e.to, std::move(e.what));
  }
  if (!all.list.empty())
    self->send(self->state.shared->gateway, std::move(all));
  for (auto& c : done) {
    for (auto& f : c.answers)
      f(true);
  }
}

/// What the store never takes is left out, so that it stops nobody else: an alarm, and whoever waits is told that it is
/// not on disk. Its entity goes on with what it has in memory.
void drop_refused_unit(pointer self, commit& c, const std::string& detail) {
  auto& st = self->state;
  st.shared->metrics.alarm("STORE", "unit_refused", detail);
  acks refused;
  for (auto& a : c.acks) {
    a.refused =
        refused_event{a.index, "", "the store refused the changes of this event", refusal::conversation_damaged};
    refused.list.push_back(std::move(a));
  }
  if (!refused.list.empty())
    self->send(st.shared->gateway, std::move(refused));
  for (auto& f : c.answers)
    f(false);
  for (auto& e : c.after) {
    if (e.what.match_elements<committed>())
      caf::anon_send(e.to, std::move(e.what));
  }
}

/// Whoever waits for an answer of the API gets one now; what was to be written still is, but for what is tried once.
void answer_failure(pointer self) {
  std::erase_if(self->state.waiting, [](commit& c) {
    for (auto& f : std::exchange(c.answers, {}))
      f(false);
    return c.once;
  });
}

void report_writable(pointer self, bool writable, const std::string& detail) {
  auto& st = self->state;
  if (st.failed != writable && writable == st.shared->writable.load())
    return;
  if (st.shared->writable.exchange(writable) != writable) {
    if (writable)
      io::log(io::log_level::info, "the store can be written again");
    else
      io::log(io::log_level::error, "the store cannot be written", {{"detail", detail}});
  }
  st.failed = !writable;
  st.writable.set(writable ? 1 : 0);
  self->send(st.shared->gateway, store_state{writable, detail});
}

/// Writes these of what waits, in one transaction.
result<success> write(pointer self, std::size_t begin, std::size_t end) {
  auto& st = self->state;
  std::vector<const io::unit*> units;
  units.reserve(end - begin);
  for (auto i = begin; i < end; ++i) {
    if (!st.waiting[i].unit.changes.empty())
      units.push_back(&st.waiting[i].unit);
  }
  if (units.empty())
    return success{};
  auto began = std::chrono::steady_clock::now();
  auto written = st.shared->store.commit(units, now(self));
  if (!written) {
    st.errors.increment();
    return written;
  }
  st.busy = true;
  st.written = std::chrono::steady_clock::now();
  st.commits.increment();
  st.shared->counters.commits.fetch_add(1, std::memory_order_relaxed);
  st.shared->counters.units.fetch_add(units.size(), std::memory_order_relaxed);
  st.seconds.observe(std::chrono::duration<double>(st.written - began).count());
  st.units.observe(static_cast<double>(units.size()));
  return written;
}

/// Writes these of what waits; where the store refuses a unit for a reason of its own, by halves, so that the unit is
/// found and the others are written. What became of each is moved to `done` and `refused`. Otherwise the trouble is the
/// disk's: everything from the first that is not written on stays.
result<success> write_by_halves(pointer self, std::size_t begin, std::size_t end, std::vector<commit>& done,
                                std::vector<std::pair<commit, std::string>>& refused) {
  auto& waiting = self->state.waiting;
  auto written = write(self, begin, end);
  if (written) {
    std::move(waiting.begin() + static_cast<std::ptrdiff_t>(begin), waiting.begin() + static_cast<std::ptrdiff_t>(end),
              std::back_inserter(done));
    return written;
  }
  if (written.error().code != ec::bad_input)
    return written;
  if (end - begin == 1) {
    refused.emplace_back(std::move(waiting[begin]), written.error().detail);
    return success{};
  }
  auto middle = begin + (end - begin) / 2;
  auto first = write_by_halves(self, begin, middle, done, refused);
  return first ? write_by_halves(self, middle, end, done, refused) : first;
}

const io::notification_row* as_row(const io::change& x) {
  return std::get_if<io::notification_row>(&x);
}

void wake_at(pointer self, engine_time t) {
  auto& st = self->state;
  if (st.deferred_due != 0 && st.deferred_due <= t)
    return;
  st.deferred_due = std::max<engine_time>(t, 1);
  if (auto wait = t - now(self); wait > 0)
    self->delayed_send(self, std::chrono::milliseconds{wait}, store_flush{});
  else if (!std::exchange(st.flushing, true))
    self->send(self, store_flush{});
}

/// Who is told last that it is on disk: its entity.
std::uint64_t entity_of(const commit& c) {
  return c.after.empty() ? 0 : c.after.back().to.id();
}

/// What was deferred goes with the next transaction; unless it is `all`, what may wait longer stays. What one
/// entity wrote goes whole: its rows were decided one upon the other, and the newest of a notification stands for all.
void release_deferred(pointer self, bool all) {
  auto& st = self->state;
  const auto t = now(self);
  std::unordered_set<std::uint64_t> going;
  for (const auto& x : st.deferred) {
    if (!all && (x.over || x.since + deferred_for <= t))
      going.insert(x.entity);
  }
  st.deferred_released_at = t;
  st.deferred_due = 0;
  st.newest_rows.clear();
  std::vector<store_actor_state::deferred_unit> stay;
  for (auto& x : st.deferred) {
    if (all || going.contains(x.entity)) {
      st.waiting.push_back(std::move(x.what));
      continue;
    }
    for (const auto& change : x.what.unit.changes) {
      if (const auto* row = as_row(change))
        st.newest_rows[row->seq] = stay.size();
    }
    stay.push_back(std::move(x));
  }
  st.deferred = std::move(stay);
  if (!st.deferred.empty())
    wake_at(self, st.deferred.front().since + deferred_for);
}

void flush(pointer self) {
  auto& st = self->state;
  st.flushing = false;
  if (st.deferred_due != 0 && st.deferred_due <= now(self))
    release_deferred(self, st.deferred.size() >= deferred_units_max);
  if (st.waiting.empty())
    return;
  std::vector<commit> done;
  std::vector<std::pair<commit, std::string>> refused;
  auto written = write_by_halves(self, 0, st.waiting.size(), done, refused);
  st.waiting.erase(st.waiting.begin(), st.waiting.begin() + static_cast<std::ptrdiff_t>(done.size() + refused.size()));
  report_writable(self, static_cast<bool>(written), written ? std::string{} : written.error().detail);
  if (!written) {
    answer_failure(self);
    st.flushing = true;
    self->delayed_send(self, retry_after_failure, store_flush{});
  }
  for (auto& [c, detail] : refused)
    drop_refused_unit(self, c, detail);
  release(self, done);
}

/// Of the rows of one notification only the newest is written. True: it says that one is over.
bool supersede(pointer self, const commit& c) {
  auto& st = self->state;
  bool over = false;
  for (const auto& x : c.unit.changes) {
    const auto* row = as_row(x);
    if (row == nullptr)
      continue;
    over = over || is_final(row->state);
    auto [i, first] = st.newest_rows.try_emplace(row->seq, st.deferred.size());
    if (first)
      continue;
    std::erase_if(st.deferred[i->second].what.unit.changes, [&](const io::change& y) {
      const auto* older = as_row(y);
      return older != nullptr && older->seq == row->seq;
    });
    i->second = st.deferred.size();
  }
  return over;
}

/// What is over is shown at once when little happens.
void add_deferred(pointer self, commit c) {
  auto& st = self->state;
  auto t = now(self);
  auto over = supersede(self, c);
  const auto entity = entity_of(c);
  st.deferred.push_back({std::move(c), t, over, entity});
  if (st.deferred.size() >= deferred_units_max)
    wake_at(self, t);
  else
    wake_at(self, over ? std::max(st.deferred_released_at + deferred_for_finished, t) : t + deferred_for);
}

void add(pointer self, commit c) {
  auto& st = self->state;
  if (c.deferred)
    return add_deferred(self, std::move(c));
  if (c.after_deferred)
    release_deferred(self, true);
  st.waiting.push_back(std::move(c));
  if (!std::exchange(st.flushing, true))
    self->send(self, store_flush{});
}

/// Writes down where engine time is, when the last anchor would not lead there.
void keep_anchor(pointer self) {
  auto& st = self->state;
  clock_anchor a{st.shared->wall.read(), now(self)};
  if (st.anchor && !has_drifted(*st.anchor, a))
    return;
  st.anchor = a;
  commit c;
  c.unit.changes.emplace_back(io::setting{std::string{clock_anchor_name}, encode(a)});
  add(self, std::move(c));
}

/// Behind all else: what was due later was never tried.
void note_stop(pointer self) {
  commit c;
  c.unit.changes.emplace_back(io::setting{std::string{stopped_at_name}, std::to_string(now(self))});
  self->state.waiting.push_back(std::move(c));
}

/// Erases what is old, a bounded part at a time, and cuts back the log when nothing happens.
void housekeep(pointer self) {
  auto& st = self->state;
  const auto& o = st.shared->opts;
  auto wall = st.shared->wall.now();
  io::horizon h{wall - o.retention.trace.count(), wall - o.retention.ended.count(),
                now(self) - o.ingest_idempotency_window.count(), 2 * o.limits.event_ids};
  for (int i = 0; i < sweeps_max; ++i) {
    auto more = st.shared->store.sweep(h);
    if (!more || !*more)
      break;
  }
  // Cutting back takes a sync or two, which acknowledgements would wait behind: between requests only when it is due.
  auto t = std::chrono::steady_clock::now();
  if (!st.busy || !st.waiting.empty() || (t - st.written < quiet_before_cut && t - st.cut < cut_at_least_every))
    return;
  st.busy = false;
  st.cut = t;
  st.shared->store.idle();
}

} // namespace

store_actor::behavior_type store_writer(pointer self, node* shared) {
  supervise(self, shared, "store writer");
  auto& st = self->state;
  st.shared = shared;
  st.commits = shared->metrics.get_counter(io::metric::store_commits);
  st.errors = shared->metrics.get_counter(io::metric::store_errors);
  st.seconds = shared->metrics.get_histogram(io::metric::store_commit_seconds);
  st.units = shared->metrics.get_histogram(io::metric::store_commit_units);
  st.writable = shared->metrics.get_gauge(io::metric::store_writable);
  st.writable.set(1);
  keep_anchor(self);
  self->delayed_send(self, housekeeping, store_tick{});
  return {
      [self](commit& c) { add(self, std::move(c)); },
      [self](store_flush) { flush(self); },
      [self](drain& d) {
        release_deferred(self, true);
        note_stop(self);
        flush(self);
        d.done();
      },
      [self](store_tick) {
        keep_anchor(self);
        housekeep(self);
        self->delayed_send(self, housekeeping, store_tick{});
      },
  };
}

reader_actor::behavior_type store_reader(reader_actor::stateful_pointer<reader_state> self, node* shared) {
  supervise(self, shared, "store reader");
  self->state.shared = shared;
  return {
      [self](load_conversation& request) {
        auto row = self->state.shared->store.load_conversation(request.id);
        loaded_conversation out{std::move(request.id), !row, nullptr};
        if (row && *row)
          out.row = std::make_shared<io::stored_conversation>(std::move(**row));
        self->send(request.reply_to, std::move(out));
      },
      [self](load_person& request) {
        auto row = self->state.shared->store.load_person(request.id);
        loaded_person out{std::move(request.id), !row, nullptr};
        if (row)
          out.row = std::make_shared<io::stored_person>(std::move(*row));
        self->send(request.reply_to, std::move(out));
      },
      [self](ask_store& q) { q.ask(self->state.shared->store); },
  };
}

} // namespace belfry
