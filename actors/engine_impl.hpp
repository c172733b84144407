#pragma once

#include "belfry/actors/engine.hpp"
#include "belfry/actors/host_calls.hpp"
#include "belfry/actors/node.hpp"
#include "belfry/io/telemetry/telemetry.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/logger.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <future>
#include <shared_mutex>
#include <thread>

/// What an engine is made of: engine.cpp starts and stops it, engine_api.cpp asks it.
namespace belfry {

/// The name of a secret of the store.
constexpr auto unsubscribe_key = "unsubscribe_key";

struct system_config : caf::actor_system_config {
  system_config() {
    // DESIGN 1: stealing can fall to a twentieth with many small actors.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::max<std::size_t>(2, std::thread::hardware_concurrency()));
  }
};

inline error stopped() {
  return {ec::stopping, "the engine is stopped", {}};
}

/// CAF leaves a reference to its actor system with every thread that makes one or waits for its actors, and the system
/// cannot be destroyed before those threads let go. A host may start, stop and destroy an engine on different threads.
struct leaves_no_trace {
  leaves_no_trace() = default;
  leaves_no_trace(const leaves_no_trace&) = delete;
  leaves_no_trace& operator=(const leaves_no_trace&) = delete;
  ~leaves_no_trace() { caf::logger::set_current_actor_system(nullptr); }
};

/// Answers when nobody did: the question was dropped with an actor that ended.
template <class T>
struct last_word {
  last_word(host_calls& c, io::reply<T> d) : calls(c), done(std::move(d)) { calls.asked(1); }
  ~last_word() {
    say(stopped());
    calls.asked(-1);
  }

  void say(result<T> r) {
    if (auto f = std::exchange(done, nullptr))
      calls.answer(std::move(f), std::move(r));
  }

  host_calls& calls;
  io::reply<T> done;
};

template <class T>
io::reply<T> answered_for_sure(host_calls& calls, io::reply<T> done) {
  auto word = std::make_shared<last_word<T>>(calls, std::move(done));
  return [word](result<T> r) { word->say(std::move(r)); };
}

/// Whether the node may be used. Handles that the host keeps share it, since they may outlive the engine.
struct engine_gate {
  /// Held by whoever uses the node; `stop` waits for them, and lets nobody in afterwards.
  std::shared_mutex mutex;
  std::atomic<bool> running{false};
};

/// Order matters: what is declared first is destroyed last.
struct engine::impl {
  impl(options o, engine_parts p, timeline begin)
      : parts(std::move(p)),
        metrics(io::metric_owner::engine),
        calls(metrics, parts.callbacks_never_block),
        system(config),
        node(std::move(o), *parts.store, *parts.transport, *parts.wall, metrics, begin) {}

  engine_parts parts;
  io::telemetry metrics;
  host_calls calls;
  system_config config;
  caf::actor_system system;
  belfry::node node;
  std::atomic<std::uint64_t> subscriptions{0};
  std::promise<void> has_stopped;
  std::shared_future<void> stop_done = has_stopped.get_future().share();
  const std::shared_ptr<engine_gate> gate = std::make_shared<engine_gate>();

  /// Holds nothing when the engine is stopping, or too much is waiting; `done` is told so. Else `done` is sure to be
  /// called once from here on.
  template <class T>
  std::shared_lock<std::shared_mutex> enter(io::reply<T>& done) {
    // Whoever asks after the end takes no lock, so that they do not keep `stop` waiting.
    std::shared_lock<std::shared_mutex> open;
    if (gate->running)
      open = std::shared_lock{gate->mutex};
    auto why = stopped();
    if (gate->running && calls.crowded())
      why = {ec::overloaded, "too many callbacks are waiting for one of the host that has not returned", {}};
    else if (gate->running && calls.asks_too_much())
      why = {ec::overloaded, "too many questions are waiting for their answer", {}};
    else if (gate->running) {
      done = answered_for_sure(calls, std::move(done));
      return open;
    }
    if (open.owns_lock())
      open.unlock();
    calls.answer_here(done, result<T>{std::move(why)});
    return {};
  }

  /// Lets an actor finish what it has; false: it did not within the time.
  template <class Handle>
  bool drain_within(const Handle& actor, std::chrono::steady_clock::time_point until) {
    auto done = std::make_shared<std::promise<void>>();
    auto drained = done->get_future();
    // Nothing but the message holds the promise: an actor that has ended keeps nobody.
    caf::anon_send(actor, drain{[done = std::move(done)] { done->set_value(); }});
    return drained.wait_until(until) == std::future_status::ready;
  }

  /// A handle, not null, that does this when the host drops it while the engine runs.
  std::shared_ptr<void> handle(std::function<void()> drop) const {
    return {gate.get(), [gate = gate, drop = std::move(drop)](void*) {
              std::shared_lock open{gate->mutex};
              if (gate->running)
                drop();
            }};
  }

  /// Somebody else's stop is waited for, as long as the own one might take.
  void stop(std::chrono::milliseconds limit) {
    const leaves_no_trace logger;
    if (!gate->running.exchange(false)) {
      stop_done.wait_for(limit);
      return;
    }
    // Those who came in before are waited for.
    std::unique_lock{gate->mutex}.unlock();
    auto until = std::chrono::steady_clock::now() + limit;
    drain_within(node.gateway, until);
    for (const auto& c : node.channel_actors)
      drain_within(c, until);
    caf::scoped_actor self{system};
    auto end = [&](auto& actor) {
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
      self->wait_for(actor);
    };
    for (auto& s : node.shards)
      caf::anon_send(s, shard_stop{});
    for (auto& s : node.shards)
      self->wait_for(s);
    wait_for_entities();
    // What they sent before is written; a store that cannot be written keeps nobody.
    drain_within(node.writer, std::chrono::steady_clock::now() + std::chrono::seconds{5});
    drain_within(node.callbacks, std::chrono::steady_clock::now() + std::chrono::seconds{5});
    for (auto& c : node.channel_actors)
      end(c);
    end(node.registrations);
    end(node.gateway);
    end(node.reader);
    end(node.traces);
    end(node.writer);
    end(node.outcomes);
    end(node.callbacks);
    // Nobody receives them any more: what is in flight is repeated after the next start.
    node.channels = {};
    node.subscriptions = nullptr;
    parts.transport.reset();
    calls.finish(until);
    has_stopped.set_value();
  }

  /// Shards tell their entities to end; what one of them is at still uses the node.
  void wait_for_entities() const {
    const auto& c = node.counters;
    while (c.awake_persons != 0 || c.awake_conversations != 0 || c.live_participants != 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
};

} // namespace belfry
