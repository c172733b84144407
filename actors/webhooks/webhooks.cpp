#include "belfry/actors/webhooks/webhooks.hpp"

#include "belfry/io/webhook/payload.hpp"
#include "belfry/io/webhook/registration.hpp"
#include "belfry/io/webhook/request.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry {

namespace {

using pointer = webhooks_actor::stateful_pointer<webhooks_state>;

std::string lane_name(const webhook_id& id) {
  return std::string{to_string(channel_kind::webhook)} + "/" + id;
}

registrations::iterator find(pointer self, const webhook_id& id) {
  auto& list = self->state.list;
  return std::find_if(list.begin(), list.end(), [&](const webhook& w) { return w.id == id; });
}

error unknown() {
  return {ec::not_found, "no webhook registration of this id", {}};
}

/// A random 128-bit id in hex.
std::string new_id(pointer self) {
  notification_id id;
  for (auto& b : id.bytes)
    b = static_cast<std::uint8_t>(self->state.dice());
  return to_string(id);
}

void store(pointer self, const webhook& w, std::function<void(bool)> answer) {
  commit c;
  c.unit.changes.emplace_back(io::webhook_row{w.id, io::webhooks::encode(w)});
  if (answer)
    c.answers.push_back(std::move(answer));
  self->send(self->state.shared->writer, std::move(c));
}

/// Lanes follow the status: what waits for an address that is off is cancelled.
void follow_status(pointer self, const webhook& before, const webhook& after) {
  auto& n = *self->state.shared;
  if (after.status == webhook_status::active)
    self->send(n.webhook_channel, open_lane{lane_name(after.id)});
  else if (before.status == webhook_status::active)
    self->send(n.webhook_channel, close_lane{lane_name(after.id), reason::registration_inactive});
}

void on_create(pointer self, create_webhook& o) {
  auto& st = self->state;
  auto made = io::webhooks::create(o.input, new_id(self), st.list, st.shared->opts, st.shared->wall.now());
  if (!made)
    return o.done(made.error());
  st.list.push_back(*made);
  publish_registrations(*st.shared, st.list);
  store(self, *made, answer_with(std::move(o.done), *made));
}

void on_replace(pointer self, replace_webhook& o) {
  auto& st = self->state;
  auto i = find(self, o.id);
  if (i == st.list.end())
    return o.done(unknown());
  auto made = io::webhooks::replace(*i, o.input, st.list, st.shared->opts, st.shared->wall.now());
  if (!made)
    return o.done(made.error());
  auto before = std::exchange(*i, *made);
  publish_registrations(*st.shared, st.list);
  follow_status(self, before, *made);
  store(self, *made, answer_with(std::move(o.done), *made));
}

void on_remove(pointer self, remove_webhook& o) {
  auto& st = self->state;
  auto i = find(self, o.id);
  if (i == st.list.end())
    return o.done(success{});
  st.list.erase(i);
  publish_registrations(*st.shared, st.list);
  self->send(st.shared->webhook_channel, close_lane{lane_name(o.id), reason::registration_inactive});
  commit c;
  c.unit.changes.emplace_back(io::webhook_row{o.id, {}});
  c.answers.push_back(answer_with(std::move(o.done), success{}));
  self->send(st.shared->writer, std::move(c));
}

/// One signed attempt, whatever its status; nobody waits for the answer.
void on_ping(pointer self, ping_webhook& o) {
  auto& st = self->state;
  auto i = find(self, o.id);
  if (i == st.list.end())
    return o.done(unknown());
  const auto& opts = st.shared->opts;
  auto now = st.shared->wall.now();
  io::webhooks::attempt_info info{new_id(self), "ping", io::webhooks::make_uuid([self] { return self->state.dice(); }),
                                  0, now};
  auto body = io::webhooks::render_ping(*i, now, io::webhooks::render_options_of(opts));
  st.shared->transport.send(io::webhooks::make_request(*i, info, std::move(body), opts.webhooks),
                            [](const io::http_answer&) {});
  o.done(success{});
}

void on_result(pointer self, const endpoint_result& r) {
  auto& st = self->state;
  auto i = find(self, r.id);
  if (i == st.list.end())
    return;
  auto now = st.shared->wall.now();
  std::optional<webhook> changed;
  switch (r.what) {
  case outcome::verdict::accepted:
    changed = io::webhooks::after_success(*i);
    break;
  case outcome::verdict::again:
  case outcome::verdict::refused:
    changed = io::webhooks::after_failure(*i, st.shared->opts.webhooks, now);
    break;
  case outcome::verdict::gone:
    changed = io::webhooks::after_gone(*i, now);
    break;
  }
  if (!changed)
    return;
  auto before = std::exchange(*i, *changed);
  publish_registrations(*st.shared, st.list);
  store(self, *changed, nullptr);
  if (before.status == changed->status)
    return;
  follow_status(self, before, *changed);
  st.shared->metrics.alarm(to_string(channel_kind::webhook), "registration_unavailable", changed->id);
  self->send(st.shared->outcomes, reports{{address_gone{channel_kind::webhook, {}, changed->id}}});
}

} // namespace

void publish_registrations(node& shared, registrations list) {
  std::uint32_t kinds = 0;
  for (int k = 0; k < kind_count; ++k) {
    auto taken = std::any_of(list.begin(), list.end(), [&](const webhook& w) {
      return w.status == webhook_status::active && io::webhooks::event_name_for(w, static_cast<kind>(k));
    });
    kinds |= taken && shared.opts.webhooks.enabled ? 1U << k : 0U;
  }
  shared.webhooks.set(std::make_shared<const registrations>(std::move(list)));
  shared.heard_kinds = kinds;
}

webhooks_actor::behavior_type webhooks(pointer self, node* shared, registrations list) {
  self->state.shared = shared;
  self->state.list = std::move(list);
  self->state.dice.seed(std::random_device{}());
  return {
      [self](create_webhook& o) { on_create(self, o); },        [self](replace_webhook& o) { on_replace(self, o); },
      [self](remove_webhook& o) { on_remove(self, o); },        [self](ping_webhook& o) { on_ping(self, o); },
      [self](const endpoint_result& r) { on_result(self, r); },
  };
}

} // namespace belfry
