#include "belfry/actors/person/actor_parts.hpp"
#include "belfry/actors/person/update_row.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry::person_parts {

namespace {

void apply(pointer self, tell& t, person_effects& fx) {
  auto& st = self->state;
  complete(self, t.record->notification);
  auto tells = t.record->state != trace_state::not_sent;
  st.core->tell(t.record, now(self), fx);
  if (!fx.submits.empty() || !fx.submits_after.empty())
    prefetch_profiles(self, t.record->notification);
  if (tells)
    show_in_pages(self, t.record->notification);
}

void apply(pointer self, const withdraw& m, person_effects& fx) {
  self->state.core->apply(m, fx);
}

void apply(pointer self, const drop_message& m, person_effects& fx) {
  self->state.core->apply(m, fx);
}

void apply(pointer self, const rewrite_message& m, person_effects& fx) {
  self->state.core->apply(m, fx);
}

void apply(pointer self, const roster_change& m, person_effects&) {
  auto& st = self->state;
  if (m.member) {
    st.core->conversations().insert(m.conversation);
  } else {
    st.core->conversations().erase(m.conversation);
    set_count(self, m.conversation, 0);
  }
}

void apply(pointer self, const activity& m, person_effects& fx) {
  apply_activity(self, m, fx);
}

/// What it changes and that it was applied are one unit.
void deliver(pointer self, person_update update) {
  person_effects fx;
  std::visit([&](auto& m) { apply(self, m, fx); }, update);
  if (const auto* seq = seq_of(update); seq && *seq != 0)
    fx.changes.emplace_back(io::update_row{*seq, self->state.core->id(), {}});
  // Whoever asks why somebody was not told finds it; what is to be sent is on disk already.
  const auto over = std::any_of(fx.changes.begin(), fx.changes.end(), [](const io::change& x) {
    const auto* row = std::get_if<io::notification_row>(&x);
    return row != nullptr && is_final(row->state);
  });
  if (std::holds_alternative<tell>(update) && !over)
    carry_out_deferred(self, std::move(fx));
  else
    carry_out(self, std::move(fx));
}

/// It concerns announcements of messages, so that it must keep its place among them; calls and requests pass them.
bool about_messages(const person_update& m) {
  if (const auto* t = std::get_if<tell>(&m))
    return t->record->notification.message.has_value();
  return !std::holds_alternative<roster_change>(m) && !std::holds_alternative<activity>(m);
}

bool lacks_counts(pointer self, const person_update& m) {
  const auto* t = std::get_if<tell>(&m);
  return t && t->record->state == trace_state::queued && counts_missing(self, t->record->notification);
}

} // namespace

void enqueue_or_apply(pointer self, person_update update) {
  if (about_messages(update))
    self->state.pending.push_back(std::move(update));
  else
    deliver(self, std::move(update));
}

void process_pending(pointer self) {
  auto& st = self->state;
  while (!st.pending.empty() && !st.round) {
    if (lacks_counts(self, st.pending.front())) {
      start_round(self);
      continue;
    }
    auto update = std::move(st.pending.front());
    st.pending.pop_front();
    deliver(self, std::move(update));
  }
  if (st.round)
    return;
  // What lanes held when the process ended, less what was taken back by what was told last.
  person_effects fx;
  st.core->resume(fx);
  carry_out(self, std::move(fx));
}

void on_command(pointer self, update_person& m) {
  auto& st = self->state;
  for (auto& update : m.updates) {
    // From a conversation that somebody who is being erased has not left yet.
    if (st.erased && std::holds_alternative<tell>(update))
      continue;
    // Counts in the order in which they were said, whatever waits.
    if (const auto* t = std::get_if<tell>(&update); t != nullptr && t->record->notification.message)
      set_count(self, t->record->notification.conversation, t->record->notification.message->count);
    enqueue_or_apply(self, std::move(update));
  }
  process_pending(self);
}

void on_command(pointer, resume&) {
  // nop
}

} // namespace belfry::person_parts
