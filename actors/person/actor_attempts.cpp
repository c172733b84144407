#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace belfry::person_parts {

namespace {

person_type implied_type(kind k) {
  // Section 5 concerns agents; the roster's role is not known here.
  return group_of(k) == group::requests ? person_type::agent : person_type::visitor;
}

/// Of these, whom neither the person itself nor the cache knows.
std::vector<person_id> unknown_people(pointer self, std::vector<person_id> people) {
  auto& st = self->state;
  std::erase_if(people, [&](const person_id& p) { return p == st.core->id() || st.shared->profiles.contains(p); });
  return people;
}

/// From the disk, so that nobody is woken for a name.
void cache_profiles(io::store& s, profile_cache& profiles, const std::vector<person_id>& people) {
  for (const auto& p : people) {
    auto row = s.load_profile(p);
    person_data data;
    if (row && (row->empty() || decode(*row, data)))
      profiles.learn(p, data.profile);
  }
}

/// Reads them and asks again.
void read_profiles_then_retry(pointer self, std::vector<person_id> people, request_permit q) {
  auto& st = self->state;
  q.names_read = true;
  self->send(st.shared->reader,
             ask_store{[shared = st.shared, id = st.core->id(), people = std::move(people), q](io::store& s) {
               cache_profiles(s, shared->profiles, people);
               shared->to_person_of(id, q);
             }});
}

attempt_permit grant(pointer self, const notification_record& r, const delivery& d) {
  auto& core = *self->state.core;
  attempt_permit c;
  c.granted = true;
  auto& in = c.input;
  in.what = r.notification;
  in.what.people = people_in(self, r.notification);
  in.which = d;
  if (auto& m = in.what.message; !m) {
    in.conversation_count = self->state.counts.of(in.what.conversation);
    in.what.total_count = self->state.counts.total();
  } else if (m->edited_text && d.edited) {
    m->text = *m->edited_text;
  }
  in.recipient = core.as_recipient(in.what.recipient_type.value_or(implied_type(in.what.kind)));
  in.devices = core.data().devices;
  in.notes = core.data().notes;
  in.subscriptions = core.data().subscriptions;
  return c;
}

} // namespace

std::vector<person> people_in(pointer self, const notification& n) {
  auto& st = self->state;
  std::vector<person> out;
  for (const auto& p : people_of(n)) {
    auto own = p == st.core->id();
    auto profile = own ? st.core->data().profile : st.shared->profiles.find(p);
    if (profile)
      out.push_back({p, std::move(*profile)});
  }
  return out;
}

void prefetch_profiles(pointer self, const notification& n) {
  auto people = unknown_people(self, people_of(n));
  if (people.empty())
    return;
  auto& st = self->state;
  self->send(st.shared->reader, ask_store{[shared = st.shared, people = std::move(people)](io::store& s) {
               cache_profiles(s, shared->profiles, people);
             }});
}

void note_address(pointer self, channel_kind channel, const std::string& target, const io::address_news& news,
                  commit& c) {
  auto& st = self->state;
  if (st.erased || news.what == io::address_news::verdict::nothing)
    return;
  auto address_change = st.core->learn(channel, target, news, st.shared->wall.now());
  if (address_change == person_core::address_change::noted)
    c.unit.changes.emplace_back(st.core->row());
  if (address_change != person_core::address_change::token_dropped)
    return;
  save_devices(self);
  self->send(st.shared->outcomes, reports{{address_gone{channel, st.core->id(), target}}});
}

void on_command(pointer self, request_permit& q) {
  if (!q.names_read) {
    if (auto people = unknown_people(self, self->state.core->named_in(q.delivery)); !people.empty())
      return read_profiles_then_retry(self, std::move(people), q);
  }
  person_effects fx;
  if (self->state.lookups.delay(q.channel) > 0)
    self->state.core->recount(q.delivery, self->state.counts);
  auto permit = self->state.core->authorize(q.delivery, now(self), fx);
  attempt_permit c;
  c.why = permit.why;
  if (permit.record)
    c = grant(self, *permit.record, *permit.what);
  self->send(self->state.shared->channel(q.channel),
             permit_answer{q.delivery, q.ticket, std::make_shared<attempt_permit>(std::move(c))});
  carry_out(self, std::move(fx));
}

void on_command(pointer self, attempted& a) {
  person_effects fx;
  auto& st = self->state;
  commit c;
  note_address(self, a.channel, st.core->target_of(a.delivery), a.address, c);
  const auto kept = st.core->attempted(a.delivery, std::move(a.made), a.state, a.why, a.next_at, a.parked, fx);
  // It was over before it went to disk: nothing has to wait behind it.
  if (a.parked && !kept)
    fx.cancels.push_back({a.channel, a.lane, a.delivery, reason::none});
  if (a.parked)
    c.after.push_back(
        {caf::actor_cast<caf::actor>(st.shared->channel(a.channel)), caf::make_message(on_disk{std::move(a.lane)})});
  carry_out_deferred(self, std::move(fx), std::move(c));
}

void on_command(pointer self, unpark& u) {
  person_effects fx;
  if (!self->state.core->unpark(u.delivery, fx))
    fx.cancels.push_back({u.channel, u.lane, u.delivery, reason::none});
  carry_out(self, std::move(fx));
}

} // namespace belfry::person_parts
