#pragma once

#include "belfry/actors/conversation/core.hpp"
#include "belfry/actors/lazy_counter.hpp"
#include "belfry/actors/profile_cache.hpp"
#include "belfry/actors/recent_messages.hpp"
#include "belfry/config/options.hpp"
#include "belfry/io/channel.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/io/telemetry/telemetry.hpp"
#include "belfry/messages/facts.hpp"
#include "belfry/messages/webhook.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

namespace belfry::io {
class subscription_service;
} // namespace belfry::io

namespace belfry {

/// Turns the actor system's monotonic clock into engine time: what it was at start (clock_anchor.hpp) plus what has
/// passed since.
class timeline {
public:
  using steady = std::chrono::steady_clock::time_point;

  timeline(engine_time at_start, steady steady_at_start) : engine_(at_start), steady_(steady_at_start) {}

  engine_time start() const { return engine_; }

  template <class TimePoint>
  engine_time at(TimePoint t) const {
    return engine_
           + std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch() - steady_.time_since_epoch())
                 .count();
  }

private:
  engine_time engine_;
  steady steady_;
};

/// Who is online, for the rules; written by the gateway only, read by every conversation.
class online_people {
public:
  bool contains(const person_id& p) const;
  void set(const person_id& p, bool online);
  void clear();

private:
  struct stripe {
    mutable std::mutex lock;
    std::unordered_set<person_id> people;
  };
  stripe& of(const person_id& p) const;
  mutable std::array<stripe, 16> stripes_;
};

/// The webhook registrations as everybody sees them: an immutable list that is exchanged as a whole.
using registrations = std::vector<webhook>;

class registration_view {
public:
  std::shared_ptr<const registrations> get() const { return std::atomic_load(&list_); }
  /// Whether an active one subscribed to the kind.
  bool takes(kind k) const { return ((kinds_.load(std::memory_order_relaxed) >> static_cast<unsigned>(k)) & 1) != 0; }
  /// `kinds`: those that active ones subscribed to, as bits.
  void set(std::shared_ptr<const registrations> list, std::uint32_t kinds) {
    std::atomic_store(&list_, std::move(list));
    kinds_ = kinds;
  }

private:
  std::atomic<std::uint32_t> kinds_{0};
  std::shared_ptr<const registrations> list_ = std::make_shared<const registrations>();
};

/// Counts how the pieces of one node work; read by metrics and tests.
struct engine_counters {
  /// Actor messages between conversations and participants (DESIGN 2.1).
  std::atomic<std::uint64_t> participant_messages{0};
  std::atomic<std::uint64_t> live_participants{0};
  std::atomic<std::uint64_t> awake_conversations{0};
  std::atomic<std::uint64_t> awake_persons{0};
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> units{0};
};

/// Messages whose conversation is remembered by their id alone: about 2 MB.
constexpr std::size_t recent_messages_max = 10'000;

/// Profiles that are at hand for the names in payloads: about 10 MB.
constexpr std::size_t cached_profiles_max = 20'000;

/// What every actor of one engine shares: options, ports, and what is published for reading.
struct context {
  context(options o, io::store& s, io::http_transport& t, io::wall_clock& w, io::telemetry& m, timeline engine_clock);

  const options opts;
  io::store& store;
  io::http_transport& transport;
  io::wall_clock& wall;
  io::telemetry& metrics;
  const timeline engine_clock;
  online_people online;
  registration_view webhooks;
  /// One of each kind; those that are switched off take nothing.
  std::array<std::shared_ptr<io::channel>, channel_count> channels;
  /// Null when web push is switched off.
  std::shared_ptr<io::subscription_service> subscriptions;
  conversation_lookups lookups;
  recent_messages recent{recent_messages_max};
  profile_cache profiles{cached_profiles_max};
  engine_counters counters;
  /// Changes of state of notifications, by kind and state.
  std::array<std::array<lazy_counter, 4>, kind_count> notified;
  /// Somebody subscribed to reports, so that they are worth making.
  std::atomic<bool> watched{false};
  /// Notifications from this number on were born in this life of the process.
  std::uint64_t first_seq = 0;
  /// What was due from then on had not been tried in the last life: when it was stopped in good order, else the start
  /// of this one.
  engine_time last_life_ended = 0;
  /// The last commit succeeded.
  std::atomic<bool> writable{true};
  /// Waits and deliveries are armed.
  std::atomic<bool> armed{false};
  /// A part of the node ended by an exception.
  std::atomic<bool> failed{false};
  /// Called when that happens first; must not block.
  std::function<void()> on_failure;

  /// Raises the alarm that `part` ended by `x`.
  void fail(const char* part, const std::exception_ptr& x);
};

} // namespace belfry
