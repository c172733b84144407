#include "belfry/actors/conversation/conversation.hpp"

#include "belfry/actors/gateway/known_ids.hpp"
#include "belfry/actors/participant/participant.hpp"
#include "belfry/actors/person/record_row.hpp"
#include "belfry/actors/person/update_row.hpp"
#include "belfry/actors/supervision.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>

namespace belfry {

namespace {

using pointer = conversation_actor::stateful_pointer<conversation_actor_state>;

/// A journal longer than this (and than the row) is folded into the row.
constexpr std::size_t journal_bytes_min = 4096;
/// Persons are told what is unread with the first change, and of later ones so long after that (SPEC 3: within 1 s), in
/// ms.
constexpr engine_time report_counts_every = 900;

moment now(pointer self) {
  auto& n = *self->state.shared;
  return {n.engine_clock.at(self->clock().now()), n.wall.now()};
}

// -- participants -------------------------------------------------------------

void count_message(pointer self, std::uint64_t n = 1) {
  self->state.shared->counters.participant_messages.fetch_add(n, std::memory_order_relaxed);
}

effects& unwritten(pointer self) {
  auto& fx = self->state.unwritten;
  if (!fx)
    fx = std::make_unique<effects>();
  return *fx;
}

/// The facts after `after`, shared by all who have received as much.
fact_list facts_since(pointer self, position after) {
  auto& st = self->state;
  const auto& recent = st.core->state().recent;
  if (!st.unsent_facts || st.unsent_facts_after != after || st.unsent_facts->back().at != recent.back().at) {
    auto first = std::find_if(recent.begin(), recent.end(), [&](const fact& f) { return f.at > after; });
    st.unsent_facts = std::make_shared<std::vector<fact>>(first, recent.end());
    st.unsent_facts_after = after;
  }
  return st.unsent_facts;
}

/// The update that brings `who` up to date: the facts that it was not sent yet, or its whole record when they are not
/// all kept or when its own record may be wrong (`stale`).
participant_update update_for(pointer self, slot who, engine_time time, bool answer) {
  auto& st = self->state;
  auto& core = *st.core;
  participant_update update;
  update.now = time;
  update.answer = answer;
  update.round = st.round;
  const auto& recent = core.state().recent;
  if (st.sent_up_to[who] < core.state().last || st.stale.contains(who)) {
    if (st.stale.contains(who) || recent.empty() || recent.front().at > st.sent_up_to[who] + 1) {
      st.stale.erase(who);
      update.record = std::make_shared<inbox>(core.state().catch_up(who, core.waits()));
    } else {
      update.facts = facts_since(self, st.sent_up_to[who]);
    }
    st.sent_up_to[who] = core.state().last;
  }
  return update;
}

void make_live(pointer self, slot who) {
  auto& st = self->state;
  if (st.participants.size() <= who) {
    st.participants.resize(st.core->state().roster.size());
    st.sent_up_to.resize(st.core->state().roster.size());
  }
  auto& core = *st.core;
  st.participants[who] = self->spawn(participant, st.shared, caf::actor_cast<conversation_actor>(self), who,
                                     core.state().catch_up(who, core.waits()), &core.waits());
  st.sent_up_to[who] = core.state().last;
  st.stale.erase(who);
  st.live.insert(who);
  st.shared->counters.live_participants.fetch_add(1, std::memory_order_relaxed);
}

/// Participants wait for nothing, so one that has not answered by then never will.
constexpr engine_time participant_answer_max = 10'000;

void ask(pointer self, slot who, engine_time time) {
  auto& st = self->state;
  if (!st.live.contains(who))
    make_live(self, who);
  ++st.answers_outstanding;
  st.answers_due = time + participant_answer_max;
  count_message(self);
  self->send(st.participants[who], update_for(self, who, time, true));
}

void retire(pointer self, slot who) {
  auto& st = self->state;
  // Asked twice, it answers twice.
  if (!st.live.contains(who))
    return;
  st.participants[who] = nullptr;
  st.live.erase(who);
  st.shared->counters.live_participants.fetch_sub(1, std::memory_order_relaxed);
}

/// Lets those go who have nothing to live for: what was unread was read before they were told.
void retire_quiet(pointer self) {
  auto& st = self->state;
  auto live = st.live;
  live.each([&](slot who) {
    if (st.core->state().catch_up(who, st.core->waits()).quiet())
      retire(self, who);
  });
}

// -- counts -------------------------------------------------------------------

void note_recounted(pointer self) {
  auto& st = self->state;
  auto changed = st.core->take_recounted();
  if (changed.empty())
    return;
  st.unreported.insert(changed);
}

bool reports_due(pointer self) {
  auto& st = self->state;
  return !st.unreported.empty() && now(self).now >= st.reported_at + report_counts_every;
}

/// Calls `f` with everybody of `who` who still has a name.
template <class F>
void each_named(pointer self, const slot_set& who, F&& f) {
  auto& core = *self->state.core;
  who.each([&](slot s) {
    if (const auto& person = core.state().roster[s].person; !person.empty())
      f(person, core.unread(s));
  });
}

/// Those who are told of a message are told the count with it.
void told_by_update(pointer self, slot who, std::size_t updates_before) {
  auto& st = self->state;
  const auto& updates = unwritten(self).updates;
  const auto* t = updates.size() > updates_before ? std::get_if<tell>(&updates.back().update) : nullptr;
  // A read_message says 0, though more may have come since the reading.
  if (t != nullptr && t->record->notification.message && t->record->notification.message->count == st.core->unread(who))
    st.unreported.erase(who);
}

std::optional<engine_time> next_alarm(pointer self) {
  auto& st = self->state;
  auto t = st.core->wake_time();
  if (st.unreported.empty())
    return t;
  auto report_at = st.reported_at + report_counts_every;
  return t ? std::min(*t, report_at) : report_at;
}

// -- units --------------------------------------------------------------------

/// Who has not read what (the others have read all).
std::vector<io::unread_messages> unread(conversation_core& core) {
  std::vector<io::unread_messages> out;
  const auto& roster = core.state().roster;
  for (slot who = 0; who < roster.size(); ++who) {
    if (auto n = core.unread(who); n > 0 && !roster[who].person.empty())
      out.push_back({roster[who].person, n});
  }
  return out;
}

std::size_t digest(const std::string& part) {
  return std::hash<std::string>{}(part);
}

/// The parts of a large state that are not on disk as they are, and those there that are no more.
std::vector<io::row_part> changed_parts(pointer self, std::map<std::int64_t, std::string>&& parts) {
  std::vector<io::row_part> out;
  auto before = std::exchange(self->state.parts_on_disk, {});
  for (auto& [number, blob] : parts) {
    auto now = digest(blob);
    self->state.parts_on_disk.emplace(number, now);
    auto known = before.extract(number);
    if (known.empty() || known.mapped() != now)
      out.push_back({number, std::move(blob)});
  }
  for (auto& [number, then] : before)
    out.push_back({number, {}});
  return out;
}

void add_row(pointer self, io::unit& unit) {
  auto& st = self->state;
  auto& state = st.core->state();
  auto due = st.core->wake_time();
  state.trim(st.core->waits());
  auto row = state.encode();
  st.journal_bytes = 0;
  st.row_bytes = row.size();
  auto wake = due ? std::max<millis>(*due, 1) : 0;
  if (wake == 0 && !state.sessions.empty())
    wake = 1;
  st.uncounted = false;
  unit.changes.emplace_back(io::conversation_row{state.key, state.id, wake, state.ended_at, std::move(row.head),
                                                 unread(*st.core), changed_parts(self, std::move(row.parts))});
}

/// Mails, and counts when it is time, go out when the unit is on disk.
void add_outboxes(pointer self, std::vector<addressed_update> updates, bool counts, commit& c) {
  auto& st = self->state;
  auto& n = *st.shared;
  std::map<std::size_t, outbox> by_shard;
  for (auto& m : updates) {
    if (m.to.empty())
      continue;
    if (auto* t = std::get_if<tell>(&m.update)) {
      t->record->notification.seq = n.store.new_notification_seq();
      auto row = to_row(*t->record);
      row.fresh = true;
      c.unit.changes.emplace_back(std::move(row));
    } else if (auto* seq = seq_of(m.update)) {
      *seq = n.store.new_notification_seq();
      c.unit.changes.emplace_back(to_row(m.to, m.update));
    }
    by_shard[n.shard_index(m.to)].updates.push_back(std::move(m));
  }
  if (counts) {
    st.reported_at = now(self).now;
    each_named(self, std::exchange(st.unreported, {}), [&](const person_id& person, std::uint32_t unread) {
      by_shard[n.shard_index(person)].counts.push_back({person, st.core->state().id, unread});
    });
  }
  for (auto& [index, p] : by_shard)
    c.after.push_back({caf::actor_cast<caf::actor>(n.shards[index]), caf::make_message(std::move(p))});
}

/// All that is unwritten becomes one unit; it and the acknowledgement of what came last go to the store.
void write(pointer self, commit c) {
  auto& st = self->state;
  note_recounted(self);
  auto fx = std::move(unwritten(self));
  st.unwritten = nullptr;
  for (auto& [person, member] : fx.members)
    c.unit.changes.emplace_back(io::membership{person, st.core->state().key, member});
  auto entry = fx.journal.take();
  st.journal_bytes += entry.size();
  // What cannot be read is kept as it is.
  const auto whole =
      !st.core->damaged() && (fx.snapshot || st.journal_bytes > std::max(journal_bytes_min, st.row_bytes));
  if (whole)
    add_row(self, c.unit);
  else if (!entry.empty())
    c.unit.changes.emplace_back(io::journal_entry{st.core->state().key, std::move(entry)});
  add_outboxes(self, std::move(fx.updates), whole || (st.answers_outstanding == 0 && reports_due(self)), c);
  if (!fx.reports.empty())
    c.after.push_back(
        {caf::actor_cast<caf::actor>(st.shared->outcomes), caf::make_message(reports{std::move(fx.reports)})});
  if (c.unit.changes.empty() && c.acks.empty() && c.after.empty())
    return;
  c.after.push_back(
      {caf::actor_cast<caf::actor>(caf::actor_cast<conversation_actor>(self)), caf::make_message(committed{})});
  ++st.uncommitted;
  self->send(st.shared->writer, std::move(c));
}

/// Arms the alarm if `t` is earlier than what is armed.
void arm_at(pointer self, engine_time t) {
  auto& st = self->state;
  if (st.armed != 0 && st.armed <= t)
    return;
  st.armed = std::max<engine_time>(t, 1);
  auto wait = t - now(self).now;
  if (wait <= 0)
    self->send(self, conversation_alarm{});
  else
    self->delayed_send(self, std::chrono::milliseconds{wait}, conversation_alarm{});
}

/// Ends a step: spawns participants whose wait begins, asks those to whom a read_message is owed, hands one unit to
/// the store and arms the alarm. The acknowledgement in `c` never waits for a participant (DESIGN 2.1).
void finish_step(pointer self, commit c, engine_time time) {
  auto& st = self->state;
  auto& core = *st.core;
  const auto& fx = unwritten(self);
  if (!fx.begins.empty()) {
    fx.begins.each_not_in(st.live, [&](slot who) {
      make_live(self, who);
      count_message(self);
    });
    const auto& w = core.waits();
    auto first = std::min(w.delay, w.delay_when_open);
    arm_at(self, time + (w.max_wait > 0 ? std::min(first, w.max_wait) : first));
  }
  fx.concerned.each([&](slot who) {
    // Only a read_message that is owed is urgent; all else a participant is told of when its wait is due.
    if (core.state().catch_up(who, core.waits()).owed != 0)
      ask(self, who, time);
  });
  if (auto deadline = core.state().call.next_deadline())
    arm_at(self, *deadline);
  write(self, std::move(c));
  // Most often a wait ends as soon.
  auto soon = st.armed != 0 && st.armed <= time + report_counts_every;
  if (!st.unreported.empty() && !soon)
    arm_at(self, st.reported_at + report_counts_every);
}

// -- commands -----------------------------------------------------------------

void on_command(pointer self, routed_event& e) {
  auto m = now(self);
  auto& fx = unwritten(self);
  self->state.core->on_event(e.what, m, fx);
  if (fx.refused) {
    fx.refused->index = e.index;
    if (e.request != 0)
      self->send(self->state.shared->gateway, acks{{ack{e.request, e.index, std::move(fx.refused)}}});
    // What was due before the refused event took effect all the same.
    return finish_step(self, {}, m.now);
  }
  commit c;
  add_known(c.unit, e.id, e.subject);
  if (e.request != 0)
    c.acks.push_back({e.request, e.index, {}});
  finish_step(self, std::move(c), m.now);
}

void on_command(pointer self, ask_view& q) {
  auto& core = *self->state.core;
  // Asking keeps it awake, but not readable for longer than the store keeps it.
  auto ended = core.state().ended_at;
  auto erased = ended != 0 && now(self).wall - ended > self->state.shared->opts.retention.ended.count();
  auto known = core.exists() && !erased;
  if (known)
    self->state.shared->answer(q.asker, core.view(now(self)));
  else
    self->state.shared->answer(q.asker, error{ec::not_found, "no conversation with this id", {}});
}

void on_command(pointer self, ask_unread& q) {
  auto& st = self->state;
  auto who = st.core->state().find_active(q.person);
  st.uncounted = st.uncounted || q.write;
  st.shared->to_person_of(q.person,
                          person_command{counted{st.core->state().id, who ? st.core->unread(*who) : 0, q.round}});
}

void on_command(pointer self, ask_explain& q) {
  auto& core = *self->state.core;
  std::vector<trace_item> out;
  auto add = [&](const person_id& p) {
    if (auto item = core.explain(p, q.message))
      out.push_back(std::move(*item));
  };
  if (q.person) {
    add(*q.person);
  } else {
    for (const auto& entry : core.state().roster) {
      if (!entry.person.empty())
        add(entry.person);
    }
  }
  self->state.shared->answer(q.asker, std::move(out));
}

void on_command(pointer self, erase_participant& o) {
  auto m = now(self);
  self->state.core->erase_person(o.person, m, unwritten(self));
  commit c;
  const auto& n = *self->state.shared;
  c.after.push_back({caf::actor_cast<caf::actor>(n.shard_of(o.person)),
                     caf::make_message(to_person{o.person, person_left{self->state.core->state().id}})});
  finish_step(self, std::move(c), m.now);
}

void on_command(pointer self, become_bot& o) {
  auto m = now(self);
  self->state.core->become_bot(o.person, unwritten(self));
  finish_step(self, {}, m.now);
}

void on_command(pointer self, wake&) {
  self->send(self, conversation_alarm{});
}

// -- alarm --------------------------------------------------------------------

using turn = conversation_actor_state::turn;

/// Waits that ended are announced to so many at a time.
constexpr std::size_t announced_at_once = 128;

void end_turn(pointer self) {
  auto& st = self->state;
  st.announcing = turn::none;
  const auto& id = st.core->state().id;
  if (st.shared->turns_of(id).give_back())
    self->send(st.shared->shard_of(id), turn_done{});
  if (auto t = next_alarm(self))
    arm_at(self, *t);
}

/// Asks those whose wait is over, at most `announced_at_once`; the others follow in a later turn. Call it only while no
/// answer is outstanding.
void use_turn(pointer self) {
  auto& st = self->state;
  auto m = now(self);
  auto due = st.core->due(m.now);
  if (due.size() > announced_at_once)
    due.resize(announced_at_once);
  for (auto who : due)
    ask(self, who, m.now);
  if (due.empty())
    end_turn(self);
  else
    st.announcing = turn::used;
}

void on_command(pointer self, take_turn&) {
  auto& st = self->state;
  st.announcing = turn::held;
  if (st.answers_outstanding == 0)
    use_turn(self);
}

void want_to_announce(pointer self) {
  auto& st = self->state;
  const auto& id = st.core->state().id;
  if (st.shared->turns_of(id).take()) {
    st.announcing = turn::held;
    return use_turn(self);
  }
  st.announcing = turn::wanted;
  self->send(st.shared->shard_of(id), want_turn{id});
}

void on_alarm(pointer self) {
  auto& st = self->state;
  auto m = now(self);
  if (st.armed > m.now)
    return;
  st.armed = 0;
  st.core->on_time(m, unwritten(self));
  // While answers are to come, those who are due have been asked.
  if (st.answers_outstanding == 0 && st.announcing == turn::none) {
    retire_quiet(self);
    if (!st.core->due(m.now).empty())
      want_to_announce(self);
  }
  if (unwritten(self).changed() || (st.answers_outstanding == 0 && reports_due(self)))
    write(self, {});
  // Those asked arm anew when they have answered, and so does the end of a turn.
  if (st.announcing != turn::none) {
    if (auto deadline = st.core->state().call.next_deadline())
      arm_at(self, *deadline);
  } else if (st.answers_outstanding == 0) {
    if (auto t = next_alarm(self))
      arm_at(self, *t);
  }
}

/// The last answer of a round has come: what the answers led to and is not written yet becomes one unit. A turn is kept
/// until the store has answered, so that announcements do not run ahead of the disk.
void all_answered(pointer self) {
  auto& st = self->state;
  st.unsent_facts = nullptr;
  write(self, {});
  if (st.announcing == turn::held)
    return use_turn(self);
  if (st.announcing == turn::used) {
    st.announcing = turn::ending;
    if (st.uncommitted == 0)
      end_turn(self);
    return;
  }
  if (st.announcing != turn::none)
    return;
  if (auto t = next_alarm(self))
    arm_at(self, *t);
}

/// Whoever does not answer is made anew from the record, and asked again; what it may still say is ignored. Looked at
/// when something happens, and by the shard's sweep.
void give_up_silent(pointer self) {
  auto& st = self->state;
  if (st.answers_outstanding == 0)
    return;
  const auto t = now(self).now;
  if (t < st.answers_due)
    return;
  auto& state = st.core->state();
  st.shared->metrics.alarm("ENGINE", "participant_silent", state.id);
  st.answers_outstanding = 0;
  ++st.round;
  auto live = st.live;
  live.each([&](slot who) {
    self->send_exit(st.participants[who], caf::exit_reason::user_shutdown);
    retire(self, who);
  });
  for (slot who = 0; who < state.roster.size(); ++who) {
    if (state.catch_up(who, st.core->waits()).owed != 0)
      ask(self, who, t);
  }
  if (st.answers_outstanding == 0)
    all_answered(self);
}

void on_update_result(pointer self, const update_result& answer) {
  auto& st = self->state;
  if (answer.round != st.round)
    return;
  auto m = now(self);
  count_message(self);
  --st.answers_outstanding;
  auto& fx = unwritten(self);
  note_recounted(self);
  auto updates = fx.updates.size();
  if (answer.announce != 0)
    st.core->on_announce(answer.who, answer.announce, m, fx);
  if (answer.owed)
    st.core->on_owed(answer.who, m, fx);
  told_by_update(self, answer.who, updates);
  const auto& box = st.core->state().catch_up(answer.who, st.core->waits());
  if (box.quiet())
    retire(self, answer.who);
  else if (answer.announce != 0)
    st.stale.insert(answer.who);
  if (st.answers_outstanding == 0)
    all_answered(self);
}

// -- sleep --------------------------------------------------------------------

void fall_asleep(pointer self) {
  auto& st = self->state;
  self->send(st.shared->shard_of(st.core->state().id), passivate_conversation{st.core->state().id, st.handled});
}

void on_idle(pointer self, bool sleep) {
  auto& st = self->state;
  auto& state = st.core->state();
  give_up_silent(self);
  if (st.answers_outstanding > 0 || st.announcing != turn::none)
    return;
  retire_quiet(self);
  auto wakes = st.core->wake_time().has_value();
  // A running wait may need the texts in the journal; nothing else does, not a call either.
  if (st.core->exists() && (st.journal_bytes > 0 || st.uncounted) && !state.waiting()) {
    unwritten(self).snapshot = true;
    write(self, {});
  }
  if (!sleep || wakes || !state.sessions.empty())
    return;
  if (st.uncommitted == 0)
    fall_asleep(self);
  else
    st.falling_asleep = true;
}

void on_committed(pointer self, std::size_t units) {
  auto& st = self->state;
  st.uncommitted -= units;
  if (st.announcing == turn::ending)
    end_turn(self);
  if (st.uncommitted == 0 && std::exchange(st.falling_asleep, false))
    fall_asleep(self);
}

void start(pointer self, const conversation_id& id, const std::shared_ptr<io::stored_conversation>& row) {
  auto& st = self->state;
  if (!row) {
    st.core->name(st.shared->store.new_conversation_key(), id);
    return;
  }
  st.row_bytes = row->blob.size();
  for (const auto& [number, blob] : row->parts) {
    st.parts_on_disk.emplace(number, digest(blob));
    st.row_bytes += blob.size();
  }
  if (!st.core->load(row->key, id, row->blob, row->entries, row->parts))
    st.shared->metrics.alarm("STORE", "damaged_conversation", id);
  for (const auto& entry : row->entries)
    st.journal_bytes += entry.size();
  if (auto t = st.core->wake_time())
    arm_at(self, *t);
  st.core->repeat_activity(unwritten(self));
  write(self, {});
}

} // namespace

conversation_actor_state::~conversation_actor_state() {
  std::uint64_t n = 0;
  live.each([&](slot) { ++n; });
  shared->counters.live_participants.fetch_sub(n, std::memory_order_relaxed);
  shared->counters.awake_conversations.fetch_sub(1, std::memory_order_relaxed);
}

conversation_actor::behavior_type conversation(pointer self, node* shared, const conversation_id& id,
                                               const std::shared_ptr<io::stored_conversation>& row) {
  supervise(self, shared, "conversation");
  shared->counters.awake_conversations.fetch_add(1, std::memory_order_relaxed);
  self->state.shared = shared;
  self->state.core.emplace(shared->opts, shared->lookups);
  start(self, id, row);
  return {
      [self](conversation_command& command) {
        ++self->state.handled;
        self->state.falling_asleep = false;
        give_up_silent(self);
        std::visit([self](auto& x) { on_command(self, x); }, command);
      },
      [self](const update_result& answer) { on_update_result(self, answer); },
      [self](const committed& c) { on_committed(self, c.units); },
      [self](conversation_alarm) { on_alarm(self); },
      [self](const idle& r) { on_idle(self, r.sleep); },
  };
}

} // namespace belfry
