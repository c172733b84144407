#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry::person_parts {

namespace {

void deliver(pointer self, tell& t, std::vector<person> people) {
  person_effects fx;
  auto& st = self->state;
  complete(self, t.record->notification, std::move(people));
  st.core->tell(t.record, now(self), fx);
  carry_out(self, std::move(fx));
}

void deliver(pointer self, person_mail& mail) {
  auto& core = *self->state.core;
  person_effects fx;
  if (auto* t = std::get_if<tell>(&mail))
    return deliver(self, *t, {});
  if (auto* w = std::get_if<withdraw>(&mail))
    core.withdraw(w->conversation, w->why, fx);
  else if (auto* d = std::get_if<drop_message>(&mail))
    core.drop_message(d->conversation, d->message, fx);
  else if (auto* r = std::get_if<rewrite_message>(&mail))
    core.rewrite(r->conversation, r->message, r->text, fx);
  else if (auto* c = std::get_if<roster_change>(&mail))
    c->member ? static_cast<void>(core.conversations().insert(c->conversation))
              : static_cast<void>(core.conversations().erase(c->conversation));
  else if (auto* a = std::get_if<activity>(&mail))
    keep_busy(self, *a);
  carry_out(self, std::move(fx));
}

/// Handles mail in order until one has to wait for what others know.
void work_off(pointer self) {
  auto& st = self->state;
  while (!st.mail.empty() && !st.gathering && !st.resuming) {
    auto* t = std::get_if<tell>(&st.mail.front());
    if (t && t->record->state == trace_state::queued && gather(self, *t))
      return;
    auto mail = std::move(st.mail.front());
    st.mail.pop_front();
    deliver(self, mail);
  }
}

} // namespace

void on_gathered(pointer self, gathered& g) {
  auto& st = self->state;
  // The person was erased meanwhile, and with it the mail that waited for this.
  if (g.what != st.gathering)
    return;
  st.gathering = nullptr;
  for (auto& [c, n] : g.what->counts)
    st.counts[c] = n;
  auto mail = std::move(st.mail.front());
  st.mail.pop_front();
  deliver(self, std::get<tell>(mail), std::move(g.what->people));
  work_off(self);
}

void on_order(pointer self, mail_to_person& m) {
  // From conversations that somebody who is being erased has not left yet.
  if (self->state.erased)
    std::erase_if(m.mails, [](const person_mail& x) { return std::holds_alternative<tell>(x); });
  std::move(m.mails.begin(), m.mails.end(), std::back_inserter(self->state.mail));
  work_off(self);
}

void on_order(pointer self, resume&) {
  auto& st = self->state;
  struct asking {
    std::mutex lock;
    std::size_t open = 1;
    resume_checked found;
  };
  st.resuming = true;
  auto a = std::make_shared<asking>();
  auto arrive = [shared = st.shared, id = st.core->id()](asking& x) {
    if (--x.open == 0)
      shared->to_person_of(id, std::move(x.found));
  };
  auto messages = st.core->announced_messages();
  a->open += messages.size();
  for (const auto& m : messages) {
    st.shared->to_conversation_of(m.first, ask_holds{st.core->id(), m.second, [a, m, arrive](bool holds) {
                                                       std::lock_guard guard{a->lock};
                                                       if (!holds)
                                                         a->found.gone.insert(m);
                                                       arrive(*a);
                                                     }});
  }
  std::lock_guard guard{a->lock};
  arrive(*a);
}

void on_order(pointer self, resume_checked& checked) {
  person_effects fx;
  auto& st = self->state;
  st.resuming = false;
  auto untold = st.core->resume(fx, checked.gone);
  carry_out(self, std::move(fx));
  // Before whatever came since: they are older. The first mail may be waiting for what is being gathered.
  std::vector<person_mail> older;
  older.reserve(untold.size());
  for (auto& r : untold)
    older.emplace_back(tell{std::move(r)});
  st.mail.insert(st.mail.begin() + (st.gathering ? 1 : 0), older.begin(), older.end());
  work_off(self);
}

} // namespace belfry::person_parts
