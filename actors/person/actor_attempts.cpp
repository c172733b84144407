#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry::person_parts {

namespace {

person_type implied_type(kind k) {
  // Section 5 concerns agents; the roster's role is not known here.
  return group_of(k) == group::requests ? person_type::agent : person_type::visitor;
}

} // namespace

void on_order(pointer self, ask_clearance& q) {
  auto& st = self->state;
  person_effects fx;
  auto permit = st.core->clear(q.delivery, now(self), fx);
  clearance c;
  c.why = permit.why;
  if (permit.record) {
    c.granted = true;
    c.what = permit.record->notification;
    c.delivery = *permit.what;
    if (c.what.message && c.what.message->edited_text && c.delivery.edited)
      c.what.message->text = *c.what.message->edited_text;
    c.recipient = st.core->as_recipient(c.what.recipient_type.value_or(implied_type(c.what.kind)));
    c.device_tokens = st.core->device_tokens();
  }
  q.done(std::move(c));
  carry_out(self, std::move(fx));
}

void on_order(pointer self, attempted& a) {
  person_effects fx;
  auto& st = self->state;
  st.core->attempted(a.delivery, a.made, a.state, a.why, a.next_at, a.parked, fx);
  commit c;
  if (a.parked)
    c.after.push_back(
        {caf::actor_cast<caf::actor>(st.shared->channel(a.channel)), caf::make_message(on_disk{std::move(a.lane)})});
  carry_out(self, std::move(fx), std::move(c));
}

void on_order(pointer self, unpark& u) {
  person_effects fx;
  if (!self->state.core->unpark(u.delivery, fx))
    fx.cancels.push_back({u.channel, u.lane, u.delivery, reason::none});
  carry_out(self, std::move(fx));
}

} // namespace belfry::person_parts
