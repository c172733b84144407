#include "belfry/actors/person/person.hpp"

#include "belfry/actors/person/person_row.hpp"
#include "belfry/actors/person/record_row.hpp"
#include "belfry/io/webhook/registration.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry {

namespace {

using pointer = person_actor::stateful_pointer<person_state>;

/// A person-wide count may be this old (SPEC 3).
constexpr engine_time count_age_max = 1000;

engine_time now(pointer self) {
  return self->state.shared->line.at(self->clock().now());
}

// -- effects ------------------------------------------------------------------

void submit_all(pointer self, std::vector<lane_order>& orders) {
  for (auto& o : orders)
    self->send(self->state.shared->channel(o.channel), submit{std::move(o.lane), std::move(o.item), o.from_disk});
}

void write(pointer self, commit c) {
  auto& st = self->state;
  c.after.push_back({caf::actor_cast<caf::actor>(caf::actor_cast<person_actor>(self)), caf::make_message(committed{})});
  ++st.uncommitted;
  self->send(st.shared->writer, std::move(c));
}

void report_states(pointer self, std::vector<trace_item> traces) {
  auto& st = self->state;
  for (const auto& t : traces)
    st.shared->notified[static_cast<std::size_t>(t.kind)][static_cast<std::size_t>(t.state)].increment(
        st.shared->metrics, io::metric::notifications, {to_string(t.kind), to_string(t.state)});
  if (traces.empty() || !st.shared->watched)
    return;
  reports r;
  for (auto& t : traces)
    r.list.emplace_back(std::move(t));
  self->send(st.shared->outcomes, std::move(r));
}

void carry_out(pointer self, person_effects fx, commit c = {}) {
  auto& st = self->state;
  auto& n = *st.shared;
  for (auto& x : fx.cancels)
    self->send(n.channel(x.channel), cancel{std::move(x.lane), x.delivery, x.why});
  submit_all(self, fx.submits);
  if (!st.erased)
    std::move(fx.changes.begin(), fx.changes.end(), std::back_inserter(c.unit.changes));
  for (auto& o : fx.submits_after)
    c.after.push_back({caf::actor_cast<caf::actor>(n.channel(o.channel)),
                       caf::make_message(submit{std::move(o.lane), std::move(o.item), o.from_disk})});
  if (!c.unit.changes.empty() || !c.after.empty() || !c.then.empty() || !c.answers.empty())
    write(self, std::move(c));
  report_states(self, std::move(fx.traces));
}

/// Stores the person's row; `then` answers when it is on disk.
void save_row(pointer self, std::function<void(bool)> answer) {
  commit c;
  c.unit.changes.emplace_back(self->state.core->row());
  if (answer)
    c.answers.push_back(std::move(answer));
  write(self, std::move(c));
}

// -- pause --------------------------------------------------------------------

/// Tells those who watch when the pause state is not what it was; arms the alarm for its next change.
void after_pause(pointer self, const pause_view& before) {
  auto& st = self->state;
  auto& pause = st.core->data().pause;
  auto t = now(self);
  auto after = pause.view(t);
  if ((after.on != before.on || after.mode != before.mode || after.until != before.until) && st.shared->watched)
    self->send(st.shared->outcomes, reports{{pause_changed{st.core->id(), after}}});
  auto deadline = pause.next_deadline();
  if (!deadline || (st.armed != 0 && st.armed <= *deadline))
    return;
  st.armed = *deadline;
  self->delayed_send(self, std::chrono::milliseconds{std::max<engine_time>(*deadline - t, 0)}, person_alarm{});
}

void on_alarm(pointer self) {
  auto& st = self->state;
  auto t = now(self);
  if (st.armed > t)
    return;
  auto armed = std::exchange(st.armed, 0);
  auto& pause = st.core->data().pause;
  auto before = pause.view(armed - 1);
  if (pause.tick(t))
    save_row(self, nullptr);
  after_pause(self, before);
}

void keep_busy(pointer self, const activity& a) {
  auto& st = self->state;
  const auto& profile = st.core->data().profile;
  if (profile && profile->type != person_type::agent)
    return;
  auto& pause = st.core->data().pause;
  auto before = pause.view(now(self));
  pause.conversation_left(a.conversation);
  for (const auto& [session, kind] : a.sessions)
    pause.session_started(a.conversation, session, kind);
  if (a.call)
    pause.call_began(a.conversation, *a.call);
  if (pause.view(now(self)) == before)
    return;
  save_row(self, nullptr);
  after_pause(self, before);
}

// -- gathering ----------------------------------------------------------------

/// Who must be known to tell `n`, besides the recipient.
std::vector<person_id> people_of(const notification& n) {
  std::vector<person_id> out;
  auto add = [&](const person_id& p) {
    if (!p.empty() && std::find(out.begin(), out.end(), p) == out.end())
      out.push_back(p);
  };
  if (n.message)
    add(n.message->sender);
  if (n.call)
    add(n.call->caller);
  if (n.request) {
    add(n.request->context_person.value_or(""));
    add(n.request->primary_agent.value_or(""));
  }
  return out;
}

void arrived(const std::shared_ptr<gathering>& g, const person_actor& to) {
  if (g->open == 0)
    caf::anon_send(to, gathered{g});
}

void ask_counts(pointer self, const std::shared_ptr<gathering>& g, const conversation_id& but) {
  auto& st = self->state;
  auto me = caf::actor_cast<person_actor>(self);
  for (const auto& c : st.core->conversations()) {
    if (c == but)
      continue;
    ++g->open;
    st.shared->to_conversation_of(c, ask_unread{st.core->id(), [g, c, me](std::uint32_t n) {
                                                  std::lock_guard guard{g->lock};
                                                  g->counts[c] = n;
                                                  --g->open;
                                                  arrived(g, me);
                                                }});
  }
}

/// Asks the disk, so that nobody is woken for a name; only when it does not answer, the people themselves.
void ask_people(pointer self, const std::shared_ptr<gathering>& g, const std::vector<person_id>& people) {
  auto& st = self->state;
  auto me = caf::actor_cast<person_actor>(self);
  for (const auto& p : people) {
    ++g->open;
    auto answer = [g, me](const person_id& id, std::optional<person_profile> profile) {
      std::lock_guard guard{g->lock};
      if (profile)
        g->people.push_back({id, std::move(*profile)});
      --g->open;
      arrived(g, me);
    };
    self->send(st.shared->reader, ask_store{[p, answer, shared = st.shared](io::store& s) {
                 auto row = s.load_person(p);
                 if (!row)
                   return shared->to_person_of(p, ask_profile{answer});
                 person_data data;
                 if (!row->blob.empty())
                   decode(row->blob, data);
                 answer(p, std::move(data.profile));
               }});
  }
}

/// Asks others for what the first mail needs; false: nothing is missing.
bool gather(pointer self, const tell& t) {
  auto& st = self->state;
  const auto& n = t.record->notification;
  auto people = people_of(n);
  std::erase(people, st.core->id());
  auto others = st.core->conversations().size() - st.core->conversations().count(n.conversation);
  auto counts = n.message && others > 0 && now(self) - st.counted_at >= count_age_max;
  if (people.empty() && !counts)
    return false;
  auto g = std::make_shared<gathering>();
  std::lock_guard guard{g->lock};
  if (counts) {
    st.counted_at = now(self);
    st.counts.clear();
    ask_counts(self, g, n.conversation);
  }
  ask_people(self, g, people);
  st.gathering = g;
  return true;
}

void complete(pointer self, notification& n, std::vector<person> people) {
  auto& st = self->state;
  n.people = std::move(people);
  for (auto& p : n.people) {
    p.profile.labels.reset();
    p.profile.metadata.reset();
  }
  if (n.message) {
    st.counts[n.conversation] = n.message->count;
    std::uint64_t total = 0;
    for (const auto& [c, count] : st.counts)
      total += st.core->conversations().contains(c) || c == n.conversation ? count : 0;
    n.total_count = total;
  }
}

// -- mail ---------------------------------------------------------------------

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

// -- orders -------------------------------------------------------------------

void on_order(pointer self, mail_to_person& m) {
  // From conversations that somebody who is being erased has not left yet.
  if (self->state.erased)
    std::erase_if(m.mails, [](const person_mail& x) { return std::holds_alternative<tell>(x); });
  std::move(m.mails.begin(), m.mails.end(), std::back_inserter(self->state.mail));
  work_off(self);
}

person_type implied_type(kind k) {
  // Section 5 concerns agents; the roster's role is not known here.
  return group_of(k) == group::requests ? person_type::agent : person_type::visitor;
}

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

void on_order(pointer self, ask_profile& q) {
  const auto& core = *self->state.core;
  q.done(core.id(), core.data().profile);
}

void on_order(pointer self, put_profile& p) {
  auto& st = self->state;
  auto& data = st.core->data();
  auto created = !data.profile.has_value();
  st.erased = false;
  auto was_agent = data.profile && data.profile->type == person_type::agent;
  data.profile = std::move(p.profile);
  if (was_agent && data.profile->type != person_type::agent)
    data.pause = pause_machine{st.shared->opts.pause_initial_mode};
  auto bot = data.profile->type == person_type::bot;
  // Whoever stores a bot and then starts a conversation with it finds it known as one.
  self->send(st.shared->gateway, bot_changed{st.core->id(), bot});
  person stored{st.core->id(), *data.profile};
  save_row(self, answer_with(std::move(p.done), io::stored<person>{std::move(stored), created}));
}

error unknown_person() {
  return {ec::not_found, "no person of this id", {}};
}

void on_order(pointer self, get_profile& q) {
  const auto& core = *self->state.core;
  if (!core.data().profile)
    return q.done(unknown_person());
  q.done(person{core.id(), *core.data().profile});
}

void on_order(pointer self, get_count& q) {
  auto& st = self->state;
  struct counting {
    std::mutex lock;
    std::size_t open = 1;
    count_view view;
    io::reply<count_view> done;
  };
  auto c = std::make_shared<counting>();
  c->done = std::move(q.done);
  auto arrive = [](counting& x) {
    if (--x.open == 0)
      x.done(std::move(x.view));
  };
  for (const auto& id : st.core->conversations()) {
    {
      std::lock_guard guard{c->lock};
      ++c->open;
    }
    st.shared->to_conversation_of(id, ask_unread{st.core->id(), [c, id, arrive](std::uint32_t n) {
                                                   std::lock_guard guard{c->lock};
                                                   if (n > 0) {
                                                     c->view.conversations[id] = n;
                                                     c->view.total += n;
                                                   }
                                                   arrive(*c);
                                                 }});
  }
  std::lock_guard guard{c->lock};
  arrive(*c);
}

void on_order(pointer self, put_device& p) {
  auto& st = self->state;
  auto& devices = st.core->data().devices;
  auto i = std::find_if(devices.begin(), devices.end(), [&](const device& d) { return d.id == p.what.id; });
  auto created = i == devices.end();
  if (created && devices.size() >= st.shared->opts.limits.devices_per_person)
    return p.done(error{ec::conflict, "this person has as many devices as limits.devicesPerPerson allows", {}});
  st.erased = false;
  p.what.registered_at = st.shared->wall.now();
  // A token belongs to one device.
  for (auto& d : devices) {
    if (d.id == p.what.id)
      continue;
    if (p.what.push_token && d.push_token == p.what.push_token)
      d.push_token.reset();
    if (p.what.push_kit_token && d.push_kit_token == p.what.push_kit_token)
      d.push_kit_token.reset();
  }
  auto what = p.what;
  if (created)
    devices.push_back(p.what);
  else
    *i = p.what;
  std::erase_if(devices, [](const device& d) { return !d.push_token && !d.push_kit_token; });
  save_row(self, answer_with(std::move(p.done), io::stored<device>{what, created}));
}

void on_order(pointer self, get_devices& q) {
  q.done(self->state.core->data().devices);
}

void on_order(pointer self, delete_device& o) {
  auto& devices = self->state.core->data().devices;
  if (std::erase_if(devices, [&](const device& d) { return d.id == o.id; }) == 0)
    return o.done(success{});
  save_row(self, answer_with(std::move(o.done), success{}));
}

/// not_found or bad_input unless the person is an agent.
result<success> pausable(pointer self) {
  const auto& profile = self->state.core->data().profile;
  if (!profile)
    return unknown_person();
  return check_pausable(profile->type);
}

void on_order(pointer self, get_pause& q) {
  if (auto ok = pausable(self); !ok)
    return q.done(ok.error());
  q.done(self->state.core->data().pause.view(now(self)));
}

void on_order(pointer self, put_pause& p) {
  if (auto ok = pausable(self); !ok)
    return p.done(ok.error());
  auto& pause = self->state.core->data().pause;
  auto t = now(self);
  auto before = pause.view(t);
  if (auto set = pause.set_mode(p.mode, p.until, t); !set)
    return p.done(set.error());
  save_row(self, answer_with(std::move(p.done), pause.view(t)));
  after_pause(self, before);
}

void on_order(pointer self, put_pause_reason& p) {
  if (auto ok = pausable(self); !ok)
    return p.done(ok.error());
  auto& pause = self->state.core->data().pause;
  auto t = now(self);
  auto before = pause.view(t);
  auto set = pause.set_reason(p.source, p.display_name, p.timeout_seconds, t);
  if (!set)
    return p.done(set.error());
  auto view = pause.view(t);
  auto i =
      std::find_if(view.reasons.begin(), view.reasons.end(), [&](const auto& r) { return r.source_id == p.source; });
  io::stored<pause_reason> answer{i == view.reasons.end() ? pause_reason{p.source, p.display_name, {}} : *i, *set};
  save_row(self, answer_with(std::move(p.done), answer));
  after_pause(self, before);
}

void on_order(pointer self, delete_pause_reason& p) {
  if (auto ok = pausable(self); !ok)
    return p.done(ok.error());
  auto& pause = self->state.core->data().pause;
  auto t = now(self);
  auto before = pause.view(t);
  auto removed = pause.remove_reason(p.source, t);
  if (!removed)
    return p.done(removed.error());
  if (!*removed)
    return p.done(success{});
  save_row(self, answer_with(std::move(p.done), success{}));
  after_pause(self, before);
}

/// Leaves every conversation, then erases what is stored.
void on_order(pointer self, erase_person& o) {
  auto& st = self->state;
  auto id = st.core->id();
  auto conversations = st.core->conversations();
  person_effects fx;
  st.core->erase(fx);
  carry_out(self, std::move(fx));
  st.mail.clear();
  st.gathering = nullptr;
  st.counts.clear();
  st.counted_at = 0;
  st.erased = true;
  self->send(st.shared->gateway, bot_changed{id, false});
  self->send(st.shared->gateway, erase_presence{id});
  auto finish = [shared = st.shared, id, done = std::move(o.done)] {
    commit c;
    c.unit.changes.emplace_back(io::person_removed{id});
    c.then.push_back([shared, id, done] {
      shared->to_person_of(id, erasure_done{});
      done(success{});
    });
    caf::anon_send(shared->writer, std::move(c));
  };
  auto left = std::make_shared<std::atomic<std::size_t>>(conversations.size() + 1);
  auto arrive = [left, finish] {
    if (--*left == 0)
      finish();
  };
  for (const auto& c : conversations)
    st.shared->to_conversation_of(c, order_erase{id, arrive});
  arrive();
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

void on_order(pointer self, erasure_done&) {
  self->state.erased = false;
}

/// Mails that took back an announcement may have died with the process: the conversations still know.
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

// -- life ---------------------------------------------------------------------

void fall_asleep(pointer self) {
  auto& st = self->state;
  self->send(st.shared->shard_of(st.core->id()), person_sleepy{st.core->id(), st.handled});
}

void on_rest(pointer self) {
  auto& st = self->state;
  if (!st.mail.empty() || st.gathering || st.resuming || st.core->busy() || st.armed != 0)
    return;
  if (st.uncommitted == 0)
    fall_asleep(self);
  else
    st.falling_asleep = true;
}

/// The address is usable while its registration is active.
reason usable(const node& n, const address& a) {
  if (a.channel != channel_kind::webhook)
    return reason::channel_disabled;
  if (!n.opts.webhooks.enabled)
    return reason::channel_disabled;
  auto list = n.webhooks.get();
  auto i = std::find_if(list->begin(), list->end(), [&](const webhook& w) { return w.id == a.target; });
  if (i == list->end())
    return reason::registration_deleted;
  return i->status == webhook_status::active ? reason::none : reason::registration_inactive;
}

std::vector<address> addresses(const node& n, kind k) {
  std::vector<address> out;
  if (!n.opts.webhooks.enabled)
    return out;
  auto list = n.webhooks.get();
  for (const auto& w : *list) {
    if (w.status == webhook_status::active && io::webhooks::event_name_for(w, k))
      out.push_back({channel_kind::webhook, w.id});
  }
  return out;
}

void start(pointer self, node* shared, const person_id& id, const std::shared_ptr<io::stored_person>& row) {
  auto& st = self->state;
  st.shared = shared;
  st.around.addresses = [shared](const person_data&, kind k) { return addresses(*shared, k); };
  st.around.delay = [shared](channel_kind) { return shared->opts.webhooks.delay.count(); };
  st.around.usable = [shared](const address& a) { return usable(*shared, a); };
  st.core.emplace(id, shared->opts, st.around);
  if (row)
    st.core->load(*row, shared->first_seq);
  shared->counters.awake_persons.fetch_add(1, std::memory_order_relaxed);
  auto& pause = st.core->data().pause;
  after_pause(self, pause.view(now(self)));
}

} // namespace

person_state::~person_state() {
  if (shared)
    shared->counters.awake_persons.fetch_sub(1, std::memory_order_relaxed);
}

person_actor::behavior_type person_entity(pointer self, node* shared, const person_id& id,
                                          const std::shared_ptr<io::stored_person>& row) {
  start(self, shared, id, row);
  return {
      [self](person_order& order) {
        ++self->state.handled;
        self->state.falling_asleep = false;
        std::visit([self](auto& x) { on_order(self, x); }, order);
      },
      [self](const committed& c) {
        auto& st = self->state;
        st.uncommitted -= c.units;
        if (st.uncommitted == 0 && std::exchange(st.falling_asleep, false))
          fall_asleep(self);
      },
      [self](gathered& g) { on_gathered(self, g); },
      [self](person_alarm) { on_alarm(self); },
      [self](const rest&) { on_rest(self); },
  };
}

} // namespace belfry
