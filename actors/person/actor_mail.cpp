#include "belfry/actors/person/actor_parts.hpp"
#include "belfry/actors/person/mail_row.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry::person_parts {

namespace {

void apply(pointer self, tell& t, person_effects& fx) {
  auto& st = self->state;
  complete(self, t.record->notification);
  st.core->tell(t.record, now(self), fx);
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
    st.counts.erase(m.conversation);
  }
}

void apply(pointer self, const activity& m, person_effects& fx) {
  keep_busy(self, m, fx);
}

/// What it changes and that it was applied are one unit.
void deliver(pointer self, person_mail mail) {
  person_effects fx;
  std::visit([&](auto& m) { apply(self, m, fx); }, mail);
  if (const auto* seq = seq_of(mail); seq && *seq != 0)
    fx.changes.emplace_back(io::mail_row{*seq, self->state.core->id(), {}});
  carry_out(self, std::move(fx));
}

void deliver_next(pointer self) {
  auto& mails = self->state.mail;
  auto mail = std::move(mails.front());
  mails.pop_front();
  deliver(self, std::move(mail));
}

} // namespace

void work_off(pointer self) {
  auto& st = self->state;
  while (!st.mail.empty() && !st.gathering) {
    auto* t = std::get_if<tell>(&st.mail.front());
    if (t && t->record->state == trace_state::queued && gather(self, *t))
      return;
    deliver_next(self);
  }
  if (st.gathering)
    return;
  // What lanes held when the process ended, less what was taken back by what was told last.
  person_effects fx;
  st.core->resume(fx);
  carry_out(self, std::move(fx));
}

void on_gathered(pointer self, gathered& g) {
  auto& st = self->state;
  // The person was erased meanwhile, and with it the mail that waited for this.
  if (g.what != st.gathering)
    return;
  st.gathering = nullptr;
  for (auto& [c, n] : g.what->counts)
    st.counts.set(c, n);
  deliver_next(self);
  work_off(self);
}

void on_order(pointer self, mail_to_person& m) {
  // From conversations that somebody who is being erased has not left yet.
  if (self->state.erased)
    std::erase_if(m.mails, [](const person_mail& x) { return std::holds_alternative<tell>(x); });
  std::move(m.mails.begin(), m.mails.end(), std::back_inserter(self->state.mail));
  work_off(self);
}

void on_order(pointer, resume&) {
  // nop
}

} // namespace belfry::person_parts
