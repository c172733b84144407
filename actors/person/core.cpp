#include "belfry/actors/person/core.hpp"

#include "belfry/actors/person/devices.hpp"
#include "belfry/actors/person/record_row.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// What the notifications of one group and subject share: calls and invitations have their own, messages one.
std::string subject_of(const notification& n) {
  if (n.call)
    return n.call->call;
  if (!n.request)
    return {};
  // A delegation may carry the id of a request: each is taken back where it left itself.
  auto delegation = n.kind == kind::deputy_delegation || n.kind == kind::revoke_deputy_delegation;
  return delegation ? n.request->invitation + '\1' : n.request->invitation;
}

/// What a silent kind takes back.
kind counterpart(kind k) {
  switch (k) {
  case kind::read_message:
    return kind::new_message;
  case kind::revoke_call:
    return kind::incoming_call;
  case kind::revoke_inbound_request:
    return kind::inbound_request;
  case kind::revoke_deputy_delegation:
    return kind::deputy_delegation;
  case kind::new_message:
  case kind::incoming_call:
  case kind::missed_call:
  case kind::inbound_request:
  case kind::deputy_delegation:
    break;
  }
  return k;
}

/// Something of this kind is shown until it is taken back.
bool can_be_taken_back(kind k) {
  return !is_silent(k) && k != kind::missed_call;
}

bool contains(const std::vector<std::string>& list, const std::string& x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

void add(std::vector<std::string>& list, std::string x) {
  if (!contains(list, x))
    list.push_back(std::move(x));
}

address address_of(const delivery& d) {
  return {d.channel, d.target};
}

} // namespace

std::string to_string(const address& a) {
  return std::string{to_string(a.channel)} + "/" + a.target;
}

std::string lane_of(const address& a) {
  return to_string(a);
}

person_core::person_core(person_id id, const options& o, const person_surroundings& around)
    : id_(std::move(id)), options_(o), around_(around) {
  data_.pause = pause_machine{o.pause_initial_mode};
}

void person_core::load(const io::stored_person& row, std::uint64_t first_seq) {
  if (!row.blob.empty())
    decode(row.blob, data_);
  for (const auto& t : row.lost_tokens)
    take_token(data_.devices, t, UINT64_MAX);
  conversations_.insert(row.conversations.begin(), row.conversations.end());
  for (const auto& s : row.shown)
    decode(s.blob, shown_[{s.conversation, s.group}]);
  for (const auto& u : row.unfinished) {
    auto r = from_row(u);
    if (!r || (r->deliveries.empty() && r->notification.seq >= first_seq))
      continue;
    open_.push_back(std::make_shared<notification_record>(std::move(*r)));
    const auto& n = open_.back()->notification;
    for (auto& d : open_.back()->deliveries) {
      if (!is_final(d.state) && (!d.parked || d.tries > 0))
        note_left_at(n, address_of(d));
    }
  }
}

std::set<person_core::message_key> person_core::announced_messages() const {
  std::set<message_key> out;
  for (const auto& r : open_) {
    if (r->notification.kind == kind::new_message)
      out.emplace(r->notification.conversation, r->notification.message->message);
  }
  return out;
}

/// Why what was unfinished when the process ended is not to be told any more; none: it is.
reason person_core::obsolete(const notification& n, const std::set<message_key>& gone) const {
  for (const auto& r : open_) {
    const auto& later = r->notification;
    if (is_silent(later.kind) && counterpart(later.kind) == n.kind && n.kind != later.kind && later.seq > n.seq
        && later.conversation == n.conversation && subject_of(later) == subject_of(n))
      return n.kind == kind::new_message ? reason::read_before_due : reason::taken_back;
  }
  auto withdrawn = n.kind == kind::new_message && gone.contains({n.conversation, n.message->message});
  return withdrawn ? reason::read_before_due : reason::none;
}

std::vector<std::shared_ptr<notification_record>> person_core::resume(person_effects& fx,
                                                                      const std::set<message_key>& gone) {
  std::vector<record_ptr> untold;
  for (const auto& r : open_) {
    const auto& n = r->notification;
    if (r->deliveries.empty()) {
      for (const auto& a : around_.addresses(data_, n.kind))
        note_left_at(n, a);
    }
    if (auto why = obsolete(n, gone); why != reason::none) {
      give_up(*r, why, fx);
      // It counts as left, also after the next crash.
      save_shown(n.conversation, group_of(n.kind), fx);
      continue;
    }
    if (r->deliveries.empty()) {
      untold.push_back(r);
      continue;
    }
    for (const auto& d : r->deliveries) {
      if (!is_final(d.state) && !d.parked && !in_flight_.contains(d.id))
        fx.submits.push_back(order(*r, d, d.next_at, true));
    }
  }
  std::erase_if(open_, [](const record_ptr& r) { return r->deliveries.empty() || is_final(r->state); });
  return untold;
}

person person_core::as_recipient(person_type fallback) const {
  if (data_.profile)
    return {id_, *data_.profile};
  person p{id_, {}};
  p.profile.type = fallback;
  return p;
}

std::vector<std::string> person_core::device_tokens() const {
  std::vector<std::string> out;
  for (const auto& d : data_.devices) {
    for (const auto* t : {&d.push_token, &d.push_kit_token}) {
      if (*t)
        add(out, **t);
    }
  }
  return out;
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
    auto to = around_.addresses(data_, n.kind);
    if (can_be_taken_back(n.kind))
      shown_[{n.conversation, group_of(n.kind)}].try_emplace(subject_of(n));
    // An address that takes only what is silent must be told after a restart too; messages are not taken back there.
    if (can_be_taken_back(n.kind) && n.kind != kind::new_message && to.empty())
      save_shown(n.conversation, group_of(n.kind), fx);
    expand(*r, to, now, fx);
  }
  if (r->deliveries.empty()) {
    r->state = trace_state::not_sent;
    if (r->reason == reason::none)
      r->reason = reason::no_address;
  } else {
    open_.push_back(r);
  }
  save(*r, fx);
}

void person_core::expand(notification_record& r, const std::vector<address>& to, engine_time now, person_effects& fx) {
  const auto& n = r.notification;
  for (const auto& a : to) {
    auto delay = n.kind == kind::new_message ? around_.delay(a.channel) : 0;
    auto& d = r.deliveries.emplace_back();
    d.id = derive_delivery_id(n.id, a.channel, a.target);
    d.channel = a.channel;
    d.target = a.target;
    if (delay > 0) {
      d.next_at = now + delay;
      r.state = trace_state::waiting;
    }
    if (n.kind == kind::new_message)
      supersede_parked(r, d, fx);
    fx.submits.push_back(order(r, d, d.next_at, false));
  }
}

/// The lane replaces what it holds; what waits on disk it does not know.
void person_core::supersede_parked(const notification_record& newer, delivery& d, person_effects& fx) {
  for (const auto& older : open_) {
    const auto& n = older->notification;
    if (n.kind != kind::new_message || n.conversation != newer.notification.conversation)
      continue;
    for (auto& x : older->deliveries) {
      if (!x.parked || is_final(x.state) || x.channel != d.channel || x.target != d.target)
        continue;
      if (x.tries > 0)
        d.next_at = std::max(d.next_at, x.next_at);
      cancel_delivery(*older, x, reason::superseded, fx);
      save(*older, fx);
    }
  }
  sweep_finished();
}

lane_order person_core::order(const notification_record& r, const delivery& d, engine_time due, bool from_disk) const {
  const auto& n = r.notification;
  auto a = address_of(d);
  lane_order o{d.channel, lane_of(a), {}, from_disk};
  o.item.delivery = d.id;
  o.item.notification = n.id;
  o.item.seq = n.seq;
  o.item.key = id_ + '\1' + n.conversation;
  o.item.person = id_;
  o.item.conversation = n.conversation;
  o.item.kind = n.kind;
  o.item.due = due;
  o.item.expires = n.expires_at;
  o.item.tries = d.tries;
  o.item.imposed = d.tries > 0;
  return o;
}

void person_core::take_back(notification_record& r, engine_time now, person_effects& fx) {
  const auto& n = r.notification;
  auto what = counterpart(n.kind);
  auto subject = subject_of(n);
  auto why = n.kind == kind::read_message ? reason::read_before_due : reason::taken_back;
  cancel_where(
      [&](const notification& x) {
        return x.kind == what && x.conversation == n.conversation && subject_of(x) == subject && x.seq < n.seq;
      },
      why, fx);
  auto& subjects = shown_[{n.conversation, group_of(n.kind)}];
  auto at = subjects.extract(subject);
  save_shown(n.conversation, group_of(n.kind), fx);
  if (at.empty() && n.kind == kind::revoke_call) {
    // The ring was for a role that is not told of calls (SPEC 3).
    r.reason = reason::role_disabled;
    return;
  }
  auto shown = at.empty() ? shown_at{} : std::move(at.mapped());
  auto takes_counterpart = around_.addresses(data_, what);
  std::vector<address> to;
  for (auto& a : around_.addresses(data_, n.kind)) {
    auto name = to_string(a);
    auto left = contains(shown.left, name);
    auto told_there = std::find(takes_counterpart.begin(), takes_counterpart.end(), a) != takes_counterpart.end();
    auto sends = what == kind::new_message ? !shown.left.empty() && (left || !contains(shown.skipped, name))
                                           : left || !told_there;
    if (sends)
      to.push_back(std::move(a));
    else
      r.reason = reason::taken_back;
  }
  expand(r, to, now, fx);
  if (!r.deliveries.empty())
    r.reason = reason::none;
}

void person_core::withdraw(const conversation_id& c, reason why, person_effects& fx) {
  cancel_where([&](const notification& n) { return n.kind == kind::new_message && n.conversation == c; }, why, fx);
}

void person_core::drop_message(const conversation_id& c, const message_id& m, person_effects& fx) {
  cancel_where(
      [&](const notification& n) {
        return n.kind == kind::new_message && n.conversation == c && n.message && n.message->message == m;
      },
      reason::deleted, fx);
}

void person_core::rewrite(const conversation_id& c, const message_id& m, const std::string& text, person_effects& fx) {
  for (const auto& r : open_) {
    auto& n = r->notification;
    if (n.kind != kind::new_message || n.conversation != c || n.message->message != m)
      continue;
    n.message->edited_text = text;
    for (auto& d : r->deliveries)
      d.edited = d.edited || (!is_final(d.state) && !has_left(d));
    fx.changes.emplace_back(to_row(*r));
  }
}

// -- cancelling ---------------------------------------------------------------

void person_core::cancel_delivery(notification_record& r, delivery& d, reason why, person_effects& fx) {
  if (in_flight_.contains(d.id)) {
    // Its answer still counts; the lane keeps it from being repeated.
    fx.cancels.push_back({d.channel, lane_of(address_of(d)), d.id, why});
    return;
  }
  if (d.parked)
    fx.changes.emplace_back(io::parked_removed{d.id});
  else
    fx.cancels.push_back({d.channel, lane_of(address_of(d)), d.id, why});
  if (!has_left(d) && can_be_taken_back(r.notification.kind) && why != reason::superseded) {
    const auto& n = r.notification;
    add(shown_[{n.conversation, group_of(n.kind)}][subject_of(n)].skipped, to_string(address_of(d)));
  }
  d.parked = false;
  d.state = delivery_state::cancelled;
  d.reason = why;
  d.next_at = 0;
}

void person_core::cancel_where(const std::function<bool(const notification&)>& which, reason why, person_effects& fx) {
  for (const auto& r : open_) {
    if (!which(r->notification))
      continue;
    give_up(*r, why, fx);
  }
  sweep_finished();
}

void person_core::give_up(notification_record& r, reason why, person_effects& fx) {
  for (auto& d : r.deliveries) {
    if (!is_final(d.state))
      cancel_delivery(r, d, why, fx);
  }
  if (r.deliveries.empty()) {
    r.state = trace_state::not_sent;
    r.reason = why;
  }
  save(r, fx);
}

// -- channels -----------------------------------------------------------------

std::pair<notification_record*, delivery*> person_core::find(const notification_id& id) {
  for (const auto& r : open_) {
    for (auto& d : r->deliveries) {
      if (d.id == id)
        return {r.get(), &d};
    }
  }
  return {nullptr, nullptr};
}

void person_core::note_left_at(const notification& n, const address& a) {
  if (can_be_taken_back(n.kind))
    add(shown_[{n.conversation, group_of(n.kind)}][subject_of(n)].left, to_string(a));
}

void person_core::save_shown(const conversation_id& c, group g, person_effects& fx) {
  auto i = shown_.find({c, g});
  if (i == shown_.end())
    return;
  fx.changes.emplace_back(io::shown_row{id_, c, g, encode(i->second)});
  if (i->second.empty())
    shown_.erase(i);
}

person_core::permit person_core::clear(const notification_id& id, engine_time now, person_effects& fx) {
  auto [r, d] = find(id);
  if (!r)
    return {reason::taken_back, nullptr, nullptr};
  if (is_final(d->state))
    return {d->reason, nullptr, nullptr};
  const auto& n = r->notification;
  if (n.expires_at <= now)
    return {reason::expired, nullptr, nullptr};
  if (auto why = around_.usable(address_of(*d)); why != reason::none)
    return {why, nullptr, nullptr};
  auto counterpart_left = is_silent(n.kind);
  if (data_.pause.suppresses(n.kind, d->channel, counterpart_left, now))
    return {reason::paused, nullptr, nullptr};
  in_flight_.insert(id);
  note_left_at(n, address_of(*d));
  if (r->state == trace_state::waiting) {
    r->state = trace_state::queued;
    fx.traces.push_back(to_trace(*r));
  }
  return {reason::none, r, d};
}

void person_core::attempted(const notification_id& id, const std::optional<attempt>& made, delivery_state state,
                            reason why, millis next_at, bool parked, person_effects& fx) {
  in_flight_.erase(id);
  auto [r, d] = find(id);
  if (!r || is_final(d->state))
    return;
  if (made) {
    ++d->tries;
    if (d->attempts.size() >= attempts_max)
      d->attempts.erase(d->attempts.begin() + 1);
    d->attempts.push_back(*made);
  }
  const auto& n = r->notification;
  if (state == delivery_state::cancelled && !has_left(*d) && can_be_taken_back(n.kind) && why != reason::superseded)
    add(shown_[{n.conversation, group_of(n.kind)}][subject_of(n)].skipped, to_string(address_of(*d)));
  d->state = state;
  d->reason = why;
  d->next_at = next_at;
  d->parked = parked;
  if (parked)
    fx.changes.emplace_back(io::parked_delivery{d->id, lane_of(address_of(*d)), id_, n.seq, next_at, is_call(n.kind)});
  if (can_be_taken_back(n.kind))
    save_shown(n.conversation, group_of(n.kind), fx);
  save(*r, fx);
  sweep_finished();
}

bool person_core::unpark(const notification_id& id, person_effects& fx) {
  auto [r, d] = find(id);
  if (!r || !d->parked) {
    // Nothing waits for it any more.
    fx.changes.emplace_back(io::parked_removed{id});
    return false;
  }
  d->parked = false;
  fx.changes.emplace_back(io::parked_removed{id});
  fx.changes.emplace_back(to_row(*r));
  fx.submits_after.push_back(order(*r, *d, d->next_at, true));
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
  fx.changes.emplace_back(to_row(r));
  fx.traces.push_back(to_trace(r));
}

void person_core::sweep_finished() {
  std::erase_if(open_, [](const record_ptr& r) { return is_final(r->state); });
}

bool person_core::busy() const {
  return std::any_of(open_.begin(), open_.end(), [](const record_ptr& r) {
    return std::any_of(r->deliveries.begin(), r->deliveries.end(),
                       [](const delivery& d) { return !is_final(d.state) && !d.parked; });
  });
}

void person_core::erase(person_effects& fx) {
  for (const auto& r : open_) {
    for (auto& d : r->deliveries) {
      if (!is_final(d.state))
        fx.cancels.push_back({d.channel, lane_of(address_of(d)), d.id, reason::person_erased});
    }
  }
  open_.clear();
  in_flight_.clear();
  shown_.clear();
  conversations_.clear();
  data_.profile.reset();
  data_.devices.clear();
  data_.pause = pause_machine{options_.pause_initial_mode};
}

} // namespace belfry
