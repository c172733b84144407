#include "belfry/actors/person/actor_parts.hpp"
#include "belfry/actors/person/devices.hpp"
#include "belfry/actors/person/subscriptions.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry::person_parts {

namespace {

/// A handover that others never answer keeps nobody awake; whoever asked was told so by then.
constexpr engine_time handover_max = 60'000;

/// The claims are on disk, so of two persons who store a token at the same time at least the later one sees both.
/// Whoever cannot be told (the store does not answer: 503) finds the token lost when it is loaded.
claims_found find_claims(io::store& store, std::uint64_t number, const std::vector<std::string>& tokens) {
  claims_found out{number, true, {}};
  for (const auto& t : tokens) {
    auto who = store.claimants(t);
    out.complete = out.complete && who;
    for (std::size_t i = 1; who && i < who->size(); ++i)
      out.losers.push_back({(*who)[i].person, t, who->front().number});
  }
  return out;
}

void finish_if_complete(pointer self, std::map<std::uint64_t, handover>::iterator i) {
  if (i->second.open > 0)
    return;
  auto h = std::move(i->second);
  self->state.handovers.erase(i);
  self->state.shared->answer_number(h.asker, h.complete ? std::move(h.what) : api_answer{not_written()});
}

} // namespace

void save_devices(pointer self, commit c) {
  const auto& core = *self->state.core;
  auto row = core.row();
  row.tokens = claims_of(core.data().devices);
  auto endpoints = endpoint_claims(core.data().subscriptions);
  row.tokens->insert(row.tokens->end(), endpoints.begin(), endpoints.end());
  c.unit.changes.emplace_back(std::move(row));
  carry_out(self, {}, std::move(c));
}

void hand_over(pointer self, std::uint64_t number, std::vector<std::string> tokens, handover h) {
  auto& st = self->state;
  h.since = now(self);
  st.handovers[number] = std::move(h);
  commit c;
  c.answers.emplace_back([shared = st.shared, id = st.core->id(), number](bool written) {
    if (!written)
      shared->to_person_of(id, claims_found{number, false, {}});
  });
  auto find = [shared = st.shared, id = st.core->id(), number, tokens = std::move(tokens)](io::store& s) {
    shared->to_person_of(id, find_claims(s, number, tokens));
  };
  c.after.push_back({caf::actor_cast<caf::actor>(st.shared->reader), caf::make_message(ask_store{std::move(find)})});
  save_devices(self, std::move(c));
}

/// What was answered long ago, or belongs to a former life of the person, is handed over all the same.
void on_command(pointer self, claims_found& f) {
  auto& st = self->state;
  for (auto& l : f.losers)
    st.shared->to_person_of(l.person, drop_token{std::move(l.token), l.claim, st.core->id(), f.handover});
  auto i = st.handovers.find(f.handover);
  if (i == st.handovers.end())
    return;
  i->second.complete = f.complete;
  i->second.open = f.losers.size();
  finish_if_complete(self, i);
}

void on_command(pointer self, token_dropped& d) {
  auto i = self->state.handovers.find(d.handover);
  if (i == self->state.handovers.end())
    return;
  --i->second.open;
  finish_if_complete(self, i);
}

bool handing_over(pointer self) {
  auto& st = self->state;
  std::erase_if(st.handovers, [t = now(self)](const auto& x) { return x.second.since + handover_max <= t; });
  return !st.handovers.empty();
}

void on_command(pointer self, put_device& p) {
  auto& st = self->state;
  auto& devices = st.core->data().devices;
  auto known = std::any_of(devices.begin(), devices.end(), [&](const device& d) { return d.id == p.what.id; });
  if (!known && devices.size() >= st.shared->opts.limits.devices_per_person)
    return reply(self, p.asker, error{ec::conflict, "this person already has limits.devicesPerPerson devices", {}});
  normalize_tokens(p.what);
  p.what.registered_at = st.shared->wall.now();
  p.what.claim = st.shared->store.new_notification_seq();
  auto created = store_device(devices, p.what);
  hand_over(self, p.what.claim, token_keys(p.what), {p.asker.number, io::stored<device>{p.what, created}});
}

void on_command(pointer self, drop_token& d) {
  auto& data = self->state.core->data();
  auto had_token = take_token(data.devices, d.token, d.claim);
  auto had_endpoint = take_endpoint(data.subscriptions, d.token, d.claim);
  if (had_token || had_endpoint)
    save_devices(self);
  self->state.shared->to_person_of(d.by, token_dropped{d.handover});
}

void on_command(pointer self, get_devices& q) {
  reply(self, q.asker, self->state.core->data().devices);
}

void on_command(pointer self, delete_device& o) {
  auto& devices = self->state.core->data().devices;
  if (std::erase_if(devices, [&](const device& d) { return d.id == o.id; }) == 0)
    return reply(self, o.asker, success{});
  commit c;
  c.answers.push_back(answer_when_written(self, o.asker, success{}));
  save_devices(self, std::move(c));
}

} // namespace belfry::person_parts
