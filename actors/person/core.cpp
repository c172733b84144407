#include "belfry/actors/person/core.hpp"

#include "belfry/actors/person/devices.hpp"
#include "belfry/actors/person/record_row.hpp"
#include "belfry/actors/person/subscriptions.hpp"
#include "belfry/actors/person/update_row.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// Notes of one kind that one target has, one for each value it had.
constexpr std::size_t notes_each_max = 4;

/// What is stored of somebody of whom nothing is.
person_data nobody(const options& o) {
  person_data d;
  d.pause = pause_machine{o.pause_initial_mode};
  return d;
}

std::uint64_t place_of(const person_update& m) {
  if (const auto* t = std::get_if<tell>(&m))
    return t->record->notification.seq;
  const auto* seq = seq_of(m);
  return seq ? *seq : 0;
}

} // namespace

person_core::person_core(person_id id, const options& o, const person_lookups& lookups)
    : id_(std::move(id)), options_(o), lookups_(lookups), data_(nobody(o)), open_(id_), shown_(id_) {
  // nop
}

// -- from disk ----------------------------------------------------------------

bool person_core::load(const io::stored_person& row, std::uint64_t first_seq, engine_time last_life_ended) {
  first_seq_ = first_seq;
  last_life_ended_ = last_life_ended;
  bool sound = row.blob.empty() || decode(row.blob, data_);
  if (!sound)
    data_ = nobody(options_);
  for (const auto& t : row.lost_tokens) {
    take_token(data_.devices, t, UINT64_MAX);
    take_endpoint(data_.subscriptions, t, UINT64_MAX);
  }
  for (const auto& c : row.conversations)
    conversations_.insert(c.id);
  for (const auto& s : row.shown)
    shown_.load(s);
  for (const auto& u : row.unfinished)
    sound = load_unfinished(u) && sound;
  for (const auto& m : row.updates) {
    if (!of_former_life(m.seq))
      continue;
    auto update = from_row(m);
    sound = sound && update;
    if (update)
      unapplied_.push_back(std::move(*update));
  }
  std::stable_sort(unapplied_.begin(), unapplied_.end(),
                   [](const person_update& a, const person_update& b) { return place_of(a) < place_of(b); });
  return sound;
}

bool person_core::load_unfinished(const io::notification_row& row) {
  auto read = from_row(row);
  if (!read)
    return false;
  auto r = std::make_shared<notification_record>(std::move(*read));
  if (r->deliveries.empty()) {
    if (of_former_life(row.seq))
      unapplied_.emplace_back(belfry::tell{std::move(r)});
    return true;
  }
  for (auto& d : r->deliveries) {
    parked_in_former_life_ = parked_in_former_life_ || d.parked;
    if (is_final(d.state) || d.parked)
      continue;
    // Unless it was still too early for it, its attempt may have begun.
    d.left = d.left || d.next_at <= last_life_ended_;
    unsubmitted_.push_back(d.id);
  }
  open_.add(std::move(r), &row);
  return true;
}

/// Of the announcements to one address that its lane held, the newest stands for all: what was superseded may have been
/// read since.
void person_core::supersede_unsubmitted(person_effects& fx) {
  for (auto id = unsubmitted_.rbegin(); id != unsubmitted_.rend(); ++id) {
    auto seq = open_.find(*id);
    if (seq == 0)
      continue;
    auto& r = open_.open(seq);
    auto& d = find(r, *id);
    if (r.notification.kind == kind::new_message && r.withdrawn == reason::none && !is_final(d.state))
      supersede_elsewhere(r.notification, d, fx);
    open_.close(seq);
  }
}

void person_core::resume(person_effects& fx) {
  supersede_unsubmitted(fx);
  for (const auto& id : std::exchange(unsubmitted_, {})) {
    auto seq = open_.find(id);
    if (seq == 0)
      continue;
    auto& r = open_.open(seq);
    const auto& d = find(r, id);
    if (r.withdrawn != reason::none) {
      give_up(r, r.withdrawn, fx);
      continue;
    }
    if (!is_final(d.state) && !d.parked && !open_.in_flight(id)) {
      fx.submits.push_back(command_for(r, d, true));
      fx.submits.back().behind = parked_before(r.notification, address_of(d));
    }
    open_.close(seq);
  }
}

person person_core::as_recipient(person_type fallback) const {
  if (data_.profile)
    return {id_, *data_.profile};
  person p{id_, {}};
  p.profile.type = fallback;
  return p;
}

io::person_row person_core::row() const {
  auto bot = data_.profile && data_.profile->type == person_type::bot;
  return {id_, bot, encode(data_), {}, data_.pause.next_deadline().has_value()};
}

// -- telling ------------------------------------------------------------------

void person_core::tell(const record_ptr& r, engine_time now, person_effects& fx) {
  const auto& n = r->notification;
  if (r->state == trace_state::not_sent) {
    fx.traces.push_back(to_trace(*r));
    return;
  }
  if (is_silent(n.kind)) {
    take_back(*r, now, fx);
  } else {
    auto to = lookups_.addresses(data_, n.kind);
    // An address that takes only what is silent must be told after a restart too.
    if (to.empty())
      shown_.told(n);
    expand(*r, to, now, fx);
  }
  if (r->deliveries.empty()) {
    r->state = trace_state::not_sent;
    if (r->reason == reason::none)
      r->reason = why_nowhere(n.kind);
  } else {
    open_.add(r);
  }
  save(*r, fx);
}

std::vector<std::uint64_t> person_core::announcements(const conversation_id& c) const {
  return open_.of({c, kind::new_message, {}});
}

void person_core::apply(const withdraw& m, person_effects& fx) {
  withdraw_all(announcements(m.conversation), m.why, fx);
}

void person_core::apply(const drop_message& m, person_effects& fx) {
  for (auto seq : announcements(m.conversation)) {
    auto matches = open_.open(seq).notification.message->message == m.message;
    open_.close(seq);
    if (matches)
      withdraw_all({seq}, reason::deleted, fx);
  }
}

void person_core::apply(const rewrite_message& m, person_effects& fx) {
  for (auto seq : announcements(m.conversation)) {
    auto& r = open_.open(seq);
    if (r.notification.message->message != m.message || r.withdrawn != reason::none) {
      open_.close(seq);
      continue;
    }
    rewrite(r, m);
    auto row = to_row(r);
    open_.saved(seq, row);
    fx.changes.emplace_back(std::move(row));
  }
}

void person_core::rewrite(notification_record& r, const rewrite_message& m) {
  // What was edited before a crash had not left by then, unless the disk says so.
  auto left = [&](const delivery& d) { return of_former_life(m.seq) ? d.tries > 0 : has_left(d); };
  auto& content = *r.notification.message;
  for (auto& d : r.deliveries) {
    if (d.edited && left(d)) {
      // It left with the text of an earlier edit and keeps that.
      content.text = content.edited_text.value_or(content.text);
      d.edited = false;
    }
  }
  content.edited_text = m.text;
  for (auto& d : r.deliveries)
    d.edited = !is_final(d.state) && !left(d);
}

// -- cancelling ---------------------------------------------------------------

void person_core::withdraw_all(const std::vector<std::uint64_t>& seqs, reason why, person_effects& fx) {
  for (auto seq : seqs) {
    auto& r = open_.open(seq);
    if (r.withdrawn == reason::none)
      give_up(r, why, fx);
    else
      open_.close(seq);
  }
}

void person_core::give_up(notification_record& r, reason why, person_effects& fx) {
  for (auto& d : r.deliveries) {
    if (is_final(d.state))
      continue;
    if (open_.in_flight(d.id)) {
      // Its answer still counts; the lane keeps it from being repeated.
      fx.cancels.push_back({d.channel, lane_of(address_of(d)), d.id, why});
      shown_.left(r.notification, address_of(d));
      continue;
    }
    // Of what was withdrawn before a crash it is known already what is shown.
    cancel_delivery(r.notification, d, why, fx);
    if (r.withdrawn == reason::none)
      note_end(r.notification, d);
  }
  r.withdrawn = why;
  save(r, fx);
}

void person_core::cancel_delivery(const notification& n, delivery& d, reason why, person_effects& fx) {
  // What waits on disk is not in its lane, which is only told that nothing has to wait behind it any more.
  if (d.parked) {
    fx.changes.emplace_back(io::parked_removed{d.id});
    fx.cancelled_on_disk.push_back(d.channel);
  }
  fx.cancels.push_back({d.channel, lane_of(address_of(d)), d.id, d.parked ? reason::none : why});
  d.parked = false;
  d.state = delivery_state::cancelled;
  d.reason = why;
  d.next_at = 0;
  if (why == reason::superseded)
    note_end(n, d);
}

/// A delivery is over: where it left must be taken back.
void person_core::note_end(const notification& n, const delivery& d) {
  if (d.left)
    shown_.left(n, address_of(d));
  else if (d.state == delivery_state::cancelled && d.reason != reason::superseded)
    shown_.skipped(n, address_of(d));
  else
    shown_.told(n);
}

// -- channels -----------------------------------------------------------------

delivery& person_core::find(notification_record& r, const notification_id& id) {
  return *std::find_if(r.deliveries.begin(), r.deliveries.end(), [&](const delivery& d) { return d.id == id; });
}

std::vector<person_id> person_core::named_in(const notification_id& id) {
  auto seq = open_.find(id);
  if (seq == 0)
    return {};
  auto out = people_of(open_.open(seq).notification);
  open_.close(seq);
  return out;
}

std::string person_core::target_of(const notification_id& id) {
  auto seq = open_.find(id);
  if (seq == 0)
    return {};
  auto out = find(open_.open(seq), id).target;
  open_.close(seq);
  return out;
}

void person_core::recount(const notification_id& id, const unread_counts& counts) {
  auto seq = open_.find(id);
  if (seq == 0)
    return;
  auto& r = open_.open(seq);
  auto& n = r.notification;
  const auto unread = counts.of(n.conversation);
  const auto told =
      std::any_of(r.deliveries.begin(), r.deliveries.end(), [this](const delivery& d) { return has_left(d); });
  if (n.kind == kind::new_message && unread > 0 && !told) {
    n.message->count = unread;
    n.total_count = counts.total();
  }
  open_.close(seq);
}

/// Looked at in this order: whether the delivery is over or withdrawn, its life (SPEC 12, Time), its address, the pause
/// (SPEC 6). From a granted permit to `attempted` the delivery is in flight and counts as left for what is taken back.
person_core::permit person_core::authorize(const notification_id& id, engine_time now, person_effects& fx) {
  auto seq = open_.find(id);
  if (seq == 0)
    return {reason::taken_back, nullptr, nullptr};
  auto& r = open_.open(seq);
  auto& d = find(r, id);
  const auto& n = r.notification;
  auto why = is_final(d.state) ? d.reason : r.withdrawn;
  if (why == reason::none && n.expires_at <= now)
    why = reason::expired;
  if (why == reason::none)
    why = lookups_.usable(address_of(d), data_, n.kind);
  auto counterpart_left = is_silent(n.kind);
  if (why == reason::none && data_.pause.suppresses(n.kind, d.channel, counterpart_left, now))
    why = reason::paused;
  if (why != reason::none) {
    open_.close(seq);
    return {why, nullptr, nullptr};
  }
  open_.set_in_flight(id, true);
  if (r.state == trace_state::waiting) {
    r.state = trace_state::queued;
    fx.traces.push_back(to_trace(r));
  }
  return {reason::none, &r, &d};
}

bool person_core::attempted(const notification_id& id, std::vector<attempt> made, delivery_state state, reason why,
                            millis next_at, bool parked, person_effects& fx) {
  auto seq = open_.find(id);
  if (seq == 0)
    return false;
  open_.set_in_flight(id, false);
  auto& r = open_.open(seq);
  auto& d = find(r, id);
  if (is_final(d.state)) {
    open_.close(seq);
    return false;
  }
  // A push that was asked for, without an answer that it was not taken, has left although it is not over (SPEC 1); what
  // was only asked for before it (a token that was refused) has not.
  auto leaves = [&](const attempt& a) { return state != delivery_state::queued || a.status == 0 || a.status >= 500; };
  d.left = d.left || std::any_of(made.begin(), made.end(), leaves);
  // It was edited while it was on its way, and has not left after all.
  if (state == delivery_state::queued && !d.left && r.notification.message && r.notification.message->edited_text)
    d.edited = true;
  for (auto& a : made) {
    d.tries += state != delivery_state::queued ? 1 : 0;
    if (d.attempts.size() >= attempts_max)
      d.attempts.erase(d.attempts.begin() + 1);
    d.attempts.push_back(std::move(a));
  }
  d.state = state;
  d.reason = why;
  d.next_at = next_at;
  d.parked = parked;
  if (parked)
    fx.changes.emplace_back(
        io::parked_delivery{d.id, lane_of(address_of(d)), id_, seq, next_at, is_call(r.notification.kind)});
  if (is_final(state) && r.withdrawn == reason::none)
    note_end(r.notification, d);
  save(r, fx);
  return true;
}

person_core::address_change person_core::learn(channel_kind channel, const std::string& target,
                                               const io::address_news& news, millis now) {
  using verdict = io::address_news::verdict;
  if (news.what == verdict::nothing)
    return address_change::nothing;
  if (news.what == verdict::gone) {
    auto dropped = drop_dead_token(data_.devices, target, news.value, news.since)
                   || drop_dead_subscription(data_.subscriptions, target, news.value);
    return dropped ? address_change::token_dropped : address_change::nothing;
  }
  if (news.what == verdict::renewing) {
    auto* s = find_subscription(data_.subscriptions, target);
    if (s == nullptr || derive_subscription_key(*s) != news.value)
      return address_change::nothing;
    s->state = subscription_state::renewing;
    return address_change::noted;
  }
  address_note note{channel, target, address_note::mark::proven, news.value};
  note.since = now;
  if (news.what == verdict::suppressed) {
    note.what = address_note::mark::suppressed;
    note.code = news.code;
    note.until = now + news.lasts;
  }
  remember(std::move(note));
  return address_change::noted;
}

/// Of several values of one target the newest few stay.
void person_core::remember(address_note note) {
  auto& notes = data_.notes;
  auto alike = [&](const address_note& n) {
    return n.channel == note.channel && n.target == note.target && n.what == note.what && n.about == note.about;
  };
  std::erase_if(notes, [&](const address_note& n) { return alike(n) && n.value == note.value; });
  if (static_cast<std::size_t>(std::count_if(notes.begin(), notes.end(), alike)) >= notes_each_max)
    notes.erase(std::find_if(notes.begin(), notes.end(), alike));
  notes.push_back(std::move(note));
}

bool person_core::unpark(const notification_id& id, person_effects& fx) {
  fx.changes.emplace_back(io::parked_removed{id});
  auto seq = open_.find(id);
  if (seq == 0)
    return false;
  auto& r = open_.open(seq);
  auto& d = find(r, id);
  if (!d.parked) {
    open_.close(seq);
    return false;
  }
  d.parked = false;
  auto row = to_row(r);
  fx.submits_after.push_back(command_for(r, d, true));
  open_.saved(seq, row);
  fx.changes.emplace_back(std::move(row));
  return true;
}

// -- records ------------------------------------------------------------------

void person_core::save(notification_record& r, person_effects& fx) {
  auto ended =
      std::all_of(r.deliveries.begin(), r.deliveries.end(), [](const delivery& d) { return is_final(d.state); });
  if (ended && !r.deliveries.empty()) {
    r.state = trace_state::done;
    auto sent = std::find_if(r.deliveries.begin(), r.deliveries.end(),
                             [](const delivery& d) { return d.state == delivery_state::accepted; });
    r.reason = sent != r.deliveries.end() ? reason::sent : r.deliveries.back().reason;
  }
  shown_.save(fx.changes);
  auto row = to_row(r);
  fx.traces.push_back(to_trace(r));
  // The last use of `r`: it may go, or be packed.
  open_.saved(row.seq, row);
  fx.changes.emplace_back(std::move(row));
}

void person_core::erase(person_effects& fx) {
  for (auto seq : open_.all()) {
    const auto& r = open_.open(seq);
    for (const auto& d : r.deliveries) {
      if (!is_final(d.state))
        fx.cancels.push_back({d.channel, lane_of(address_of(d)), d.id, reason::person_erased});
    }
  }
  open_.clear();
  shown_.clear();
  unapplied_.clear();
  unsubmitted_.clear();
  conversations_.clear();
  data_ = nobody(options_);
}

} // namespace belfry
