#include "belfry/actors/person/actor_parts.hpp"
#include "belfry/actors/person/devices.hpp"
#include "belfry/actors/person/subscriptions.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <atomic>

namespace belfry::person_parts {

namespace {

/// A device was stored; its request is answered when nobody else has its tokens any more.
struct handover {
  std::function<void(bool)> answer;
  /// Who has not dropped a token yet, and whoever is still asking.
  std::atomic<std::size_t> open{1};
  bool told_all = true;
};

void answer_once(handover& h, bool done) {
  if (auto answer = std::exchange(h.answer, nullptr))
    answer(done);
}

void arrive(handover& h) {
  if (--h.open == 0)
    answer_once(h, h.told_all);
}

/// The claims are on disk, so of two persons who store a token at the same time at least the later one sees both.
/// Whoever cannot be told (the store does not answer: 503) finds the token lost when it is loaded.
void tell_losers(const node& shared, io::store& store, const std::vector<std::string>& tokens,
                 const std::shared_ptr<handover>& h) {
  for (const auto& t : tokens) {
    auto who = store.claimants(t);
    h->told_all = h->told_all && who;
    for (std::size_t i = 1; who && i < who->size(); ++i) {
      ++h->open;
      shared.to_person_of((*who)[i].person, drop_token{t, who->front().number, [h] { arrive(*h); }});
    }
  }
  arrive(*h);
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

void hand_over(pointer self, std::vector<std::string> tokens, std::function<void(bool)> answer) {
  auto h = std::make_shared<handover>();
  h->answer = std::move(answer);
  commit c;
  c.answers.emplace_back([h](bool written) {
    if (!written)
      answer_once(*h, false);
  });
  c.then.emplace_back([h, shared = self->state.shared, tokens = std::move(tokens)] {
    caf::anon_send(shared->reader,
                   ask_store{[h, shared, tokens](io::store& s) { tell_losers(*shared, s, tokens, h); }});
  });
  save_devices(self, std::move(c));
}

void on_order(pointer self, put_device& p) {
  auto& st = self->state;
  auto& devices = st.core->data().devices;
  auto known = std::any_of(devices.begin(), devices.end(), [&](const device& d) { return d.id == p.what.id; });
  if (!known && devices.size() >= st.shared->opts.limits.devices_per_person)
    return p.done(error{ec::conflict, "this person has as many devices as limits.devicesPerPerson allows", {}});
  normalize_tokens(p.what);
  p.what.registered_at = st.shared->wall.now();
  p.what.claim = st.shared->store.new_notification_seq();
  auto created = store_device(devices, p.what);
  hand_over(self, token_keys(p.what), answer_with(std::move(p.done), io::stored<device>{p.what, created}));
}

void on_order(pointer self, drop_token& d) {
  auto& data = self->state.core->data();
  auto had_token = take_token(data.devices, d.token, d.claim);
  auto had_endpoint = take_endpoint(data.subscriptions, d.token, d.claim);
  if (had_token || had_endpoint)
    save_devices(self);
  d.done();
}

void on_order(pointer self, get_devices& q) {
  q.done(self->state.core->data().devices);
}

void on_order(pointer self, delete_device& o) {
  auto& devices = self->state.core->data().devices;
  if (std::erase_if(devices, [&](const device& d) { return d.id == o.id; }) == 0)
    return o.done(success{});
  commit c;
  c.answers.push_back(answer_with(std::move(o.done), success{}));
  save_devices(self, std::move(c));
}

} // namespace belfry::person_parts
