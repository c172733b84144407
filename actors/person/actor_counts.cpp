#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

/// The person-wide count is kept: conversations report what changes (SPEC 3: at most 1 s late), and what sleeps was
/// read with the person. Only a conversation whose row is older than what happened is asked, once; and for the exact
/// answer of the API those that are awake. Nobody is woken to be counted.
namespace belfry::person_parts {

namespace {

/// Whoever does not say its count in this time is not waited for.
constexpr std::chrono::milliseconds round_max{10'000};

void ask(pointer self, const conversation_id& c) {
  auto& st = self->state;
  ++st.round->open;
  st.shared->to_conversation_of(c, ask_unread{st.core->id(), st.round->number, true});
}

/// The shards know which of them are awake.
void ask_awake(pointer self) {
  auto& st = self->state;
  std::map<std::size_t, std::vector<conversation_id>> by_shard;
  for (const auto& c : st.core->conversations())
    by_shard[st.shared->shard_index(c)].push_back(c);
  for (auto& [index, list] : by_shard) {
    ++st.round->shards;
    self->send(st.shared->shards[index], count_awake{st.core->id(), st.round->number, std::move(list)});
  }
}

void finish_round(pointer self) {
  auto& st = self->state;
  auto round = std::move(*st.round);
  st.round.reset();
  for (auto& [c, n] : round.answers)
    st.counts.set(c, n);
  for (auto asker : round.questions)
    reply(self, asker, st.counts.view());
  for (auto& [c, n] : round.reports)
    st.counts.set(c, n);
  if (!st.questions.empty())
    start_round(self);
  process_pending(self);
}

void finish_if_complete(pointer self) {
  const auto& round = *self->state.round;
  if (round.shards == 0 && round.open == 0)
    finish_round(self);
}

} // namespace

bool counts_missing(pointer self, const notification& n) {
  const auto& unknown = self->state.uncounted;
  return n.message && unknown.size() > unknown.count(n.conversation);
}

void start_round(pointer self) {
  auto& st = self->state;
  if (st.round)
    return;
  st.round.emplace();
  auto& round = *st.round;
  round.number = ++st.rounds;
  round.ends = now(self) + round_max.count();
  self->delayed_send(self, round_max, person_alarm{});
  round.questions = std::exchange(st.questions, {});
  for (const auto& c : std::exchange(st.uncounted, {}))
    ask(self, c);
  if (!round.questions.empty())
    ask_awake(self);
  finish_if_complete(self);
}

void complete(pointer self, notification& n) {
  const auto& counts = self->state.counts;
  // By now the conversation itself may have more; the two numbers of a payload belong together.
  if (n.message)
    n.total_count = counts.total() - counts.of(n.conversation) + n.message->count;
}

void on_command(pointer self, get_count& q) {
  self->state.questions.push_back(q.asker);
  start_round(self);
}

void set_count(pointer self, const conversation_id& c, std::uint32_t unread) {
  auto& st = self->state;
  st.uncounted.erase(c);
  st.counts.set(c, unread);
  if (st.round)
    st.round->reports[c] = unread;
}

void forget_counts(pointer self) {
  auto& st = self->state;
  st.counts.clear();
  st.uncounted.clear();
  auto round = std::exchange(st.round, std::nullopt);
  if (!round)
    return;
  for (auto asker : round->questions)
    reply(self, asker, count_view{});
}

void on_command(pointer self, counted& c) {
  auto& st = self->state;
  if (c.round == 0) {
    set_count(self, c.conversation, c.unread);
  } else if (st.round && st.round->number == c.round) {
    st.round->answers[std::move(c.conversation)] = c.unread;
    --st.round->open;
    finish_if_complete(self);
  }
}

void give_up_round(pointer self) {
  auto& st = self->state;
  if (!st.round || st.round->ends > now(self))
    return;
  st.shared->metrics.alarm("ENGINE", "conversation_silent", st.core->id());
  finish_round(self);
}

void on_command(pointer self, asked_awake& a) {
  auto& st = self->state;
  if (!st.round || st.round->number != a.round)
    return;
  --st.round->shards;
  st.round->open += a.answers;
  finish_if_complete(self);
}

} // namespace belfry::person_parts
