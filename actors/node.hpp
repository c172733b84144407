#pragma once

#include "belfry/actors/context.hpp"
#include "belfry/actors/interfaces.hpp"
#include "belfry/messages/placement.hpp"

#include <caf/send.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace belfry {

/// Shards per node, which share the places evenly. More than cores, so that few entities share one.
constexpr std::size_t shard_count = 16;

/// A counting semaphore that limits how many conversations of one shard announce at a time. `take` succeeds at once
/// while a turn is free and nobody waits; those that must wait are served by the shard, in order. Safe on any thread.
class turn_gate {
public:
  bool take() { return waiting_ == 0 && take_free(); }
  /// True: somebody waits, and the shard is told (`turn_done`).
  bool give_back() {
    ++free_;
    return waiting_ > 0;
  }
  // The shard: somebody waits from now on; the turn of the first one, if there is any.
  void wait() { ++waiting_; }
  bool serve() {
    if (!take_free())
      return false;
    --waiting_;
    return true;
  }

private:
  bool take_free() {
    auto n = free_.load();
    while (n > 0 && !free_.compare_exchange_weak(n, n - 1)) {
    }
    return n > 0;
  }

  /// With all shards about as many as the processor is through with in ten milliseconds.
  std::atomic<int> free_{16};
  std::atomic<int> waiting_{0};
};

/// One running node: what is shared, and the handles by which its actors reach each other. Filled once by the engine
/// before any actor handles a message.
struct node : context {
  using context::context;

  gateway_actor gateway;
  callbacks_actor callbacks;
  std::vector<shard_actor> shards;
  store_actor writer;
  reader_actor reader;
  /// Answers queries of the trace, which nothing else waits behind.
  reader_actor traces;
  /// By `channel_kind`.
  std::array<channel_actor, channel_count> channel_actors;
  webhooks_actor registrations;
  outcome_actor outcomes;
  std::atomic<std::uint64_t> last_ticket{0};
  /// By shard.
  std::array<turn_gate, shard_count> turns;

  /// Entities are addressed by id through the shard that owns it.
  std::size_t shard_index(std::string_view id) const { return place_of(id) % shards.size(); }
  const shard_actor& shard_of(std::string_view id) const { return shards[shard_index(id)]; }

  turn_gate& turns_of(std::string_view id) { return turns[shard_index(id)]; }

  void to_conversation_of(const conversation_id& id, conversation_command what) const {
    caf::anon_send(shard_of(id), to_conversation{id, std::move(what)});
  }
  void to_person_of(const person_id& id, person_command what) const {
    caf::anon_send(shard_of(id), to_person{id, std::move(what)});
  }

  /// Registers `done` and returns the ticket to put into the question. `done` is called once: with the answer, or with
  /// an error when none came in time (`answered_within`).
  template <class T>
  ticket<T> ask(std::function<void(result<T>)> done) {
    const ticket<T> t{++last_ticket};
    caf::anon_send(callbacks, open_ticket{t.number, [done = std::move(done)](api_answer a) {
                                            if (auto* e = std::get_if<error>(&a))
                                              done(std::move(*e));
                                            else
                                              done(std::get<T>(std::move(a)));
                                          }});
    return t;
  }
  template <class T>
  void answer(ticket<T> to, std::type_identity_t<result<T>> what) const {
    answer_number(to.number, what ? api_answer{std::move(*what)} : api_answer{what.error()});
  }
  void answer_number(std::uint64_t ticket, api_answer what) const {
    if (ticket != 0)
      caf::anon_send(callbacks, answer_ticket{ticket, std::move(what)});
  }
  /// For `commit::answers`.
  template <class T>
  std::function<void(bool)> answer_when_written(ticket<T> to, std::type_identity_t<T> value) const {
    return [this, to, value = std::move(value)](bool written) {
      answer(to, written ? result<T>{value} : result<T>{not_written()});
    };
  }

  const channel_actor& channel(channel_kind kind) const { return channel_actors[static_cast<std::size_t>(kind)]; }
};

/// The time of an actor whose state has `shared`, the node. Where timers are fake, so is this.
template <class Self>
engine_time now(const Self& self) {
  return self->state.shared->engine_clock.at(self->clock().now());
}

} // namespace belfry
