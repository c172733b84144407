#pragma once

#include "belfry/actors/channel/breaker.hpp"
#include "belfry/actors/channel/budget.hpp"
#include "belfry/actors/channel/retry.hpp"
#include "belfry/messages/notification.hpp"
#include "belfry/messages/outcome.hpp"
#include "belfry/messages/queued.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

/// The pure core of a delivery channel: which delivery starts when, and what becomes of it.
namespace belfry {

/// The name of a delivery's chain, made of its key and its group. Deliveries of one chain go one after the other.
std::string chain_of(const queued& q);

/// Bounds and policies of a lane.
struct lane_options {
  /// Message and request deliveries held, those in flight included (`limits.laneQueue`).
  std::size_t queue_max = 1'000;
  /// Call deliveries held, apart from the above, so that messages that fill the lane refuse no call.
  std::size_t call_queue_max = 1'000;
  /// Attempts at once, those kept for calls included (`limits.laneInFlight`); at least `lane::call_slots` + 1.
  std::size_t in_flight_max = 32;
  retry_policy retry{};
  /// Message retries that wait in memory; beyond it the one that is due last goes to disk, so that first attempts have
  /// room of their own.
  std::size_t retries_max = 500;
  /// First attempts that wait for their time (a channel's delay, a device's budget); beyond it they wait on disk.
  std::size_t delayed_max = 250;
  /// A full lane hands a retry that is due later than this to the disk to make room: nothing waits behind a retry.
  engine_time park_after = 60'000;
};

/// What became of a submitted delivery.
struct submission {
  enum class verdict : std::uint8_t {
    /// It is in the lane.
    accepted,
    /// It is in the lane, in the place of `replaced`, which ends as superseded.
    replaced,
    /// No room (or older ones still wait on disk, or the lane is stopping): it waits on disk.
    refused,
    /// A newer new_message of the same key is in the lane: the submitted one ends as superseded.
    superseded,
    /// The lane holds this delivery already; nothing changed.
    duplicate,
  };

  verdict what = verdict::accepted;
  std::optional<queued> replaced;
  /// A retry that made room: it waits on disk until its `due`.
  std::optional<queued> parked;
  /// The submitted delivery itself when it was refused or superseded.
  std::optional<queued> declined;
};

/// What became of a delivery that was in the lane.
struct disposition {
  queued item;
  /// `retrying`, or a final state.
  delivery_state state = delivery_state::queued;
  belfry::reason reason = belfry::reason::none;
  /// Retrying: when the next attempt is due. 0 otherwise.
  engine_time at = 0;
  /// A retry (maybe this one), or this one that waits for its time, for which there is no room: it waits on disk until
  /// its `due`.
  std::optional<queued> parked = std::nullopt;
};

/// What `cancel` met.
struct cancellation {
  /// Out of the lane; `tries` tells whether one of them had left.
  std::vector<queued> dropped;
  /// In flight: a final answer still counts, anything else ends them as cancelled.
  std::vector<notification_id> in_flight;
};

/// Totals since the lane was made.
struct lane_counters {
  std::uint64_t submitted = 0;
  std::uint64_t replaced = 0;
  std::uint64_t refused = 0;
  std::uint64_t parked = 0;
  std::uint64_t started = 0;
  std::uint64_t retried = 0;
  /// Retries that the retry budget put off.
  std::uint64_t put_off = 0;
  std::uint64_t expired = 0;
  std::uint64_t cancelled = 0;
};

/// All deliveries of one endpoint (a webhook registration, an FCM project) that are in memory.
///
///              submit                      next                    final answer
///   (on disk) --------> waiting ------------------------> in flight ------------> accepted, address gone, refused
///       ^                | | ^                              |  |  |
///       |  no room,      | | |  answered "again", postpone  |  |  | "again", but cancelled meanwhile or a newer
///       +--- evicted ----+ | +------------------------------+  |  | new_message waits
///                          |                                   |  +------------> cancelled
///                          | cancel, a newer new_message       | "again", the next attempt would be past its life
///                          +-----------> cancelled             +---------------> expired
///                          | its life is over
///                          +-----------> expired
///
/// A waiting delivery starts when all of this holds: it is due; nothing of its key is before it (in flight or waiting);
/// a slot is free (two are kept for calls, and retries of messages have half of the others); the breaker of its class
/// lets it through (a success of either closes both); the endpoint asked for no pause; for messages, the channel's
/// budget is not spent; for retries of messages, the retry budget. Calls go first, then first attempts and retries in
/// turns, each what was due first (of first attempts, while some fail, what was due last). Every operation costs O(log
/// n), `cancel` by a predicate O(n).
class lane {
public:
  /// Slots that only calls may use (SPEC 12).
  static constexpr std::size_t call_slots = 2;
  /// A delivery that waits no longer than this, in milliseconds, stays in memory: parking it would cost more.
  static constexpr engine_time short_delay = 1'000;

  using filter = std::function<bool(const queued&)>;

  /// `shared` (may be null) must outlive the lane.
  explicit lane(lane_options options, in_flight_budget* shared = nullptr);
  ~lane();
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  /// Where a submitted delivery comes from: new ones are refused while older ones wait on disk.
  enum class origin : std::uint8_t { live, disk };

  /// Takes a delivery. A new_message takes the place of an older one of its key that waits, between its retries too;
  /// it takes over the wait that a failure imposed on the older one, and otherwise its turn.
  /// A full lane evicts a late retry for it, or, while some fail, an old first attempt if `may_park`.
  submission submit(queued q, engine_time now, origin from = origin::live, bool may_park = true);

  /// How many more it takes.
  std::size_t free_capacity(bool calls) const;
  /// True after a refusal, until `drained`: new deliveries of this class wait on disk so that the order is kept.
  bool has_parked(bool calls) const { return side(calls).has_parked; }
  /// Nothing that is due is left on disk, as read when `counters().refused` was `refused_before`; a refusal since then
  /// makes this void.
  void drained(bool calls, std::uint64_t refused_before);

  /// The deliveries to start now, at most `limit`, calls first. Each is in flight until it is `answered`, `postpone`
  /// or `withdrawn`.
  std::vector<queued> next(engine_time now, std::size_t limit = SIZE_MAX);

  /// How an attempt ended; nothing when that delivery is not in flight. `jitter` in [0,1) spreads the retries.
  std::optional<disposition> answered(const notification_id& delivery, const outcome& o, engine_time now,
                                      double jitter);
  /// The attempt did not happen and shall happen at `due` (a stream refused before it began): no attempt is counted.
  std::optional<disposition> postpone(const notification_id& delivery, engine_time due, engine_time now);
  /// The attempt did not happen and never shall (its reason is gone): the delivery leaves the lane.
  std::optional<queued> withdrawn(const notification_id& delivery, engine_time now);

  /// The reason of these is gone: drops the waiting ones; for those in flight `why` stands when they would be retried.
  cancellation cancel(const person_id& person, const filter& which, reason why);
  /// The same over all persons (an address is gone, the registration is switched off).
  cancellation cancel(const filter& which, reason why);
  /// The same for one delivery.
  cancellation cancel(const notification_id& delivery, reason why);

  /// The waiting deliveries whose life is over; they have left the lane.
  std::vector<queued> expire(engine_time now);

  /// When `next` or `expire` may have something; nothing: not before another call of this class or a free slot.
  std::optional<engine_time> next_wake(engine_time now) const;
  /// The last `next` left messages behind because the channel's budget was spent: call it again when some is given
  /// back.
  bool starved() const { return starved_; }

  /// Nothing starts before `until`, calls included (the provider refuses our key, say). `probe`: from then on one
  /// starts at a time, until one gets an answer. False: it was held already.
  bool hold(engine_time until, engine_time now, bool probe);
  /// A new start for the endpoint (its configuration changed): closes the breaker, lifts every hold but for the probe.
  void reset();
  /// Nothing starts and nothing new is taken any more; what is in flight may end.
  void stop() { stopping_ = true; }
  bool stopping() const { return stopping_; }

  /// Deliveries held that are not in flight.
  std::size_t depth() const { return entries_.size() + overdue_.size() - in_flight_; }
  std::size_t in_flight() const { return in_flight_; }
  bool breaker_open(bool calls) const { return breaker_[calls ? 1 : 0].open(); }
  const lane_counters& counters() const { return counters_; }
  /// The delivery as it is held; nullptr: not in the lane.
  const queued* find(const notification_id& delivery) const;

private:
  struct chain;

  struct entry {
    queued item;
    /// Order within the chain and among equal due times.
    std::pair<std::uint64_t, std::uint64_t> rank;
    lane::chain* chain = nullptr;
    bool in_flight = false;
    /// In flight as the probe of the breaker.
    bool probe = false;
    /// It waits for its time in the room of the delayed.
    bool delayed = false;
    /// The retry budget put it off once; it is not put off again.
    bool put_off = false;
    /// Set: a retry is out of the question.
    reason cancelled = reason::none;

    bool call() const { return is_call(item.kind); }
    bool retry() const { return item.tries > 0; }
  };

  struct by_rank {
    bool operator()(const entry* a, const entry* b) const { return a->rank < b->rank; }
  };
  struct by_due {
    bool operator()(const entry* a, const entry* b) const {
      return std::tie(a->item.due, a->rank) < std::tie(b->item.due, b->rank);
    }
  };
  struct by_expiry {
    bool operator()(const entry* a, const entry* b) const {
      return std::tie(a->item.expires, a->rank) < std::tie(b->item.expires, b->rank);
    }
  };

  /// What goes one after the other. Only the first waiting one is in `heads`, and only while none is in flight.
  struct chain {
    std::string name;
    /// Waiting and in flight.
    std::size_t members = 0;
    std::set<entry*, by_rank> waiting;
    entry* in_flight = nullptr;
    /// The first of `waiting` when it stands in `heads`.
    entry* head = nullptr;
    /// The new_message that waits: there is never a second one.
    entry* message = nullptr;
  };

  /// What is kept apart for calls (1) and all else (0).
  struct class_side {
    /// First attempts, and retries.
    std::set<entry*, by_due> heads[2];
    std::size_t held = 0;
    bool has_parked = false;
  };

  breaker& breaker_of(const entry& e) { return breaker_[e.call() ? 1 : 0]; }
  bool has_recent_failures() const { return breaker_[0].has_recent_failures(); }
  void succeeded(engine_time now);
  class_side& side(bool calls) { return sides_[calls ? 1 : 0]; }
  const class_side& side(bool calls) const { return sides_[calls ? 1 : 0]; }
  std::size_t queue_max(bool calls) const { return calls ? options_.call_queue_max : options_.queue_max; }

  // Entries and chains
  entry& insert(queued q);
  queued erase(entry& e);
  void wait(entry& e);
  void unwait(entry& e);
  void refresh_head(chain& c);
  static bool outdated(const chain& c, const queued& q);
  submission replace(entry& older, queued q, engine_time now);
  std::optional<queued> take_out(class_side& from, bool retry, engine_time due_after, const std::string& not_of = {});
  submission refuse(queued q);

  // Starting
  bool slot_free(bool calls) const;
  bool retry_slot_free(bool calls) const;
  entry* pick_first_attempt(bool calls, engine_time now) const;
  entry* pick(bool calls, engine_time now) const;
  bool short_of_budget() const;
  engine_time gate(bool calls, engine_time now) const;
  bool start_next(bool calls, engine_time now, std::vector<queued>& out);
  void start(entry& e, engine_time now, std::vector<queued>& out);
  bool admit_retry(entry& e);
  void collect_expired(engine_time now);

  // Ending
  entry* find_in_flight(const notification_id& delivery);
  void release(entry& e);
  void release_unattempted(entry& e, engine_time now);
  void learn(entry& e, const outcome& o, engine_time now);
  disposition finish(entry& e, delivery_state state, reason why);
  disposition again(entry& e, engine_time at);
  void put_off_to_disk(entry& e, engine_time now, disposition& d);
  void cancel_one(entry& e, reason why, cancellation& out);

  lane_options options_;
  in_flight_budget* shared_;
  /// Of messages and requests, and of calls: these wait for none that messages opened.
  breaker breaker_[2];
  retry_budget retries_;
  std::unordered_map<notification_id, entry> entries_;
  std::unordered_map<std::string, chain> chains_;
  class_side sides_[2];
  std::set<entry*, by_expiry> expiry_;
  /// Expired, not yet handed out by `expire`.
  std::vector<queued> overdue_;
  std::uint64_t arrivals_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t retries_in_flight_ = 0;
  /// Message retries that wait, and first attempts that wait for their time.
  std::size_t retries_waiting_ = 0;
  std::size_t delayed_ = 0;
  /// The next message to start is a retry, if there is one.
  bool retry_turn_ = false;
  /// Nothing at all, and no message or request, starts before these.
  engine_time hold_all_ = 0;
  engine_time hold_messages_ = 0;
  /// Set by a `hold` with `probe`: only one delivery at a time may start, until the provider answers one.
  bool probing_ = false;
  /// The delivery in flight that is this probe; null: none is.
  entry* prober_ = nullptr;
  bool starved_ = false;
  bool stopping_ = false;
  lane_counters counters_;
};

} // namespace belfry
