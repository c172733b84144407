#include "belfry/actors/webhooks/webhooks.hpp"

#include "belfry/actors/person/address.hpp"
#include "belfry/actors/supervision.hpp"
#include "belfry/io/webhook/channel.hpp"
#include "belfry/io/webhook/payload.hpp"
#include "belfry/io/webhook/registration.hpp"
#include "belfry/io/webhook/request.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry {

namespace {

using pointer = webhooks_actor::stateful_pointer<webhooks_state>;

/// Pings that wait for their answer: in all, and of one registration.
constexpr std::size_t pings_max = 32;
constexpr std::size_t pings_each_max = 4;
/// Changes that wait for the one that is being written.
constexpr std::size_t changes_max = 1'000;

std::string lane_name(const webhook_id& id) {
  return lane_of({channel_kind::webhook, id});
}

registrations::iterator find(pointer self, const webhook_id& id) {
  auto& list = self->state.list;
  return std::find_if(list.begin(), list.end(), [&](const webhook& w) { return w.id == id; });
}

error unknown() {
  return {ec::not_found, "no webhook registration with this id", {}};
}

/// A random 128-bit id in hex.
std::string new_id(pointer self) {
  notification_id id;
  for (auto& b : id.bytes)
    b = static_cast<std::uint8_t>(self->state.rng());
  return to_string(id);
}

/// Bookkeeping that is in force already.
void store(pointer self, const webhook& w) {
  commit c;
  c.unit.changes.emplace_back(io::webhook_row{w.id, io::webhooks::encode(w)});
  self->send(self->state.shared->writer, std::move(c));
}

/// Lanes follow the status: what waits for an address that is off is cancelled.
void follow_status(pointer self, const webhook& before, const webhook& after) {
  auto& n = *self->state.shared;
  if (after.status == webhook_status::active)
    self->send(n.channel(channel_kind::webhook), open_lane{lane_name(after.id)});
  else if (before.status == webhook_status::active)
    self->send(n.channel(channel_kind::webhook), close_lane{lane_name(after.id), reason::registration_inactive});
}

/// Takes a change to the disk; it is in force when it is there.
void write(pointer self, registration_change x) {
  commit c;
  c.unit.changes.emplace_back(io::webhook_row{x.id, x.after ? io::webhooks::encode(*x.after) : std::string{}});
  c.once = true;
  c.answers.push_back(
      [me = caf::actor_cast<webhooks_actor>(self)](bool written) { caf::anon_send(me, webhook_written{written}); });
  self->state.writing = std::move(x);
  self->send(self->state.shared->writer, std::move(c));
}

void begin(pointer self, create_webhook& o) {
  auto& st = self->state;
  auto made = io::webhooks::create(o.input, new_id(self), st.list, st.shared->opts, st.shared->wall.now());
  if (!made)
    return self->state.shared->answer(o.asker, made.error());
  write(self, {made->id, *made, self->state.shared->answer_when_written(o.asker, *made)});
}

void begin(pointer self, replace_webhook& o) {
  auto& st = self->state;
  auto i = find(self, o.id);
  if (i == st.list.end())
    return self->state.shared->answer(o.asker, unknown());
  auto made = io::webhooks::replace(*i, o.input, st.list, st.shared->opts, st.shared->wall.now());
  if (!made)
    return self->state.shared->answer(o.asker, made.error());
  write(self, {o.id, *made, self->state.shared->answer_when_written(o.asker, *made)});
}

void begin(pointer self, remove_webhook& o) {
  if (find(self, o.id) == self->state.list.end())
    return self->state.shared->answer(o.asker, success{});
  write(self, {o.id, std::nullopt, self->state.shared->answer_when_written(o.asker, success{})});
}

/// Changes are made one after the other, so that each is judged by what is in force.
template <class Command>
void on_change(pointer self, Command& o) {
  auto& st = self->state;
  if (st.waiting.size() >= changes_max)
    return self->state.shared->answer(
        o.asker, error{ec::overloaded, "too many registration changes are waiting; try again", {}});
  if (st.writing)
    st.waiting.emplace_back(std::move(o));
  else
    begin(self, o);
}

void put_in_force(pointer self, const registration_change& x) {
  auto& st = self->state;
  auto i = find(self, x.id);
  std::optional<webhook> before;
  if (i != st.list.end())
    before = *i;
  if (!x.after)
    st.list.erase(i);
  else if (before)
    *i = *x.after;
  else
    st.list.push_back(*x.after);
  publish_registrations(*st.shared, st.list);
  if (!x.after)
    self->send(st.shared->channel(channel_kind::webhook), close_lane{lane_name(x.id), reason::registration_inactive});
  else if (before)
    follow_status(self, *before, *x.after);
}

void on_written(pointer self, const webhook_written& w) {
  auto& st = self->state;
  auto x = std::exchange(st.writing, std::nullopt);
  if (w.written)
    put_in_force(self, *x);
  x->answer(w.written);
  while (!st.writing && !st.waiting.empty()) {
    auto next = std::move(st.waiting.front());
    st.waiting.pop_front();
    std::visit([self](auto& o) { begin(self, o); }, next);
  }
}

/// One signed attempt, whatever its status; nobody waits for the answer.
void on_ping(pointer self, ping_webhook& o) {
  auto& st = self->state;
  auto i = find(self, o.id);
  if (i == st.list.end())
    return self->state.shared->answer(o.asker, unknown());
  auto& open = st.pings[o.id];
  if (open >= pings_each_max || st.open_pings >= pings_max)
    return self->state.shared->answer(o.asker,
                                      error{ec::overloaded, "too many pings are waiting for an answer; try again", {}});
  ++open;
  ++st.open_pings;
  const auto& opts = st.shared->opts;
  auto now = st.shared->wall.now();
  io::webhooks::attempt_info info{new_id(self), "ping", io::webhooks::make_uuid([self] { return self->state.rng(); }),
                                  0, now};
  auto body = io::webhooks::render_ping(*i, now, io::webhooks::render_options_of(opts));
  st.shared->transport.send(io::webhooks::make_request(*i, info, std::move(body), opts.webhooks),
                            [me = caf::actor_cast<webhooks_actor>(self), id = o.id](const io::http_answer&) {
                              caf::anon_send(me, ping_ended{id});
                            });
  st.shared->answer(o.asker, success{});
}

void on_ping_ended(pointer self, const ping_ended& p) {
  auto& st = self->state;
  --st.open_pings;
  if (auto i = st.pings.find(p.id); i != st.pings.end() && --i->second == 0)
    st.pings.erase(i);
}

void on_result(pointer self, const endpoint_result& r) {
  auto& st = self->state;
  auto i = find(self, r.id);
  // What is about to be replaced is judged anew afterwards.
  if (i == st.list.end() || (r.version != 0 && r.version != i->version) || (st.writing && st.writing->id == r.id))
    return;
  auto wall = st.shared->wall.now();
  std::optional<webhook> changed;
  switch (r.what) {
  case outcome::verdict::accepted:
    changed = io::webhooks::after_success(*i);
    break;
  case outcome::verdict::again:
  case outcome::verdict::refused:
  case outcome::verdict::given_up:
    changed = io::webhooks::after_failure(*i, st.shared->opts.webhooks, belfry::now(self), wall);
    break;
  case outcome::verdict::gone:
    changed = io::webhooks::after_gone(*i, wall);
    break;
  }
  if (!changed)
    return;
  auto before = std::exchange(*i, *changed);
  publish_registrations(*st.shared, st.list);
  store(self, *changed);
  if (before.status == changed->status)
    return;
  follow_status(self, before, *changed);
  st.shared->metrics.alarm(to_string(channel_kind::webhook),
                           r.what == outcome::verdict::gone ? "endpoint_gone" : "switched_off", changed->id);
  self->send(st.shared->outcomes, reports{{address_gone{channel_kind::webhook, {}, changed->id}}});
}

} // namespace

void publish_registrations(node& shared, registrations list) {
  std::uint32_t kinds = 0;
  for (int k = 0; k < kind_count; ++k) {
    auto taken = std::any_of(list.begin(), list.end(), [&](const webhook& w) {
      return w.status == webhook_status::active && io::webhooks::event_name_for(w, static_cast<kind>(k));
    });
    kinds |= taken ? 1U << k : 0U;
  }
  shared.webhooks.set(std::make_shared<const registrations>(std::move(list)), kinds);
}

std::shared_ptr<io::channel> make_webhook_channel(node& shared) {
  auto* n = &shared;
  return io::webhooks::make_channel(n->opts, n->transport, n->wall,
                                    {[n] { return n->webhooks.get(); }, [n](kind k) { return n->webhooks.takes(k); }},
                                    [n](const webhook_id& id, outcome::verdict what, std::uint64_t version) {
                                      caf::anon_send(n->registrations, endpoint_result{id, what, version});
                                    });
}

webhooks_actor::behavior_type webhooks(pointer self, node* shared, registrations list) {
  supervise(self, shared, "registrations");
  self->state.shared = shared;
  self->state.list = std::move(list);
  self->state.rng.seed(std::random_device{}());
  return {
      [self](create_webhook& o) { on_change(self, o); },
      [self](replace_webhook& o) { on_change(self, o); },
      [self](remove_webhook& o) { on_change(self, o); },
      [self](ping_webhook& o) { on_ping(self, o); },
      [self](const endpoint_result& r) { on_result(self, r); },
      [self](const webhook_written& w) { on_written(self, w); },
      [self](const ping_ended& p) { on_ping_ended(self, p); },
  };
}

} // namespace belfry
