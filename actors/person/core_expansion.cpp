// Where a notification goes: one delivery an address, what it stands for there, and where silent kinds take back what
// is shown (SPEC 1 and 3).
#include "belfry/actors/person/core.hpp"

#include <algorithm>

namespace belfry {

namespace {

template <class T>
bool contains(const std::vector<T>& list, const T& x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

} // namespace

/// Why no address takes this kind: there is none, or those that there are must be left alone.
reason person_core::why_nowhere(kind k) const {
  for (const auto& note : data_.notes) {
    if (note.what != address_note::mark::proven
        && lookups_.usable({note.channel, note.target}, data_, k) == reason::address_suppressed)
      return reason::address_suppressed;
  }
  return reason::no_address;
}

void person_core::expand(notification_record& r, const std::vector<address>& to, engine_time now, person_effects& fx) {
  const auto& n = r.notification;
  for (const auto& a : to) {
    auto delay = n.kind == kind::new_message ? lookups_.delay(a.channel) : 0;
    const auto lane = a.lane.empty() ? a.lane : lane_in_use(n, a);
    auto& d = r.deliveries.emplace_back();
    d.id = derive_delivery_id(n.id, a.channel, a.target);
    d.channel = a.channel;
    d.target = a.target;
    d.lane = lane;
    // An attempt may have begun before the crash that it was told again after.
    d.left = of_former_life(n.seq);
    if (delay > 0) {
      d.next_at = now + delay;
      r.state = trace_state::waiting;
    }
    if (n.kind == kind::new_message)
      supersede_elsewhere(n, d, fx);
    if (of_former_life(n.seq) && group_of(n.kind) == group::messages) {
      // What was said after it may take it back, or stand for it.
      unsubmitted_.push_back(d.id);
      continue;
    }
    fx.submits.push_back(command_for(r, d, false));
    fx.submits.back().behind = parked_before(n, address_of(d));
  }
}

/// An address may change its lane (a token that proves itself), and go by several (two tokens of an iPhone): what comes
/// later stays behind what is on its way there.
std::string person_core::lane_in_use(const notification& n, const address& a) {
  auto lane = a.lane;
  for (auto seq : open_.in_group(n.conversation, group_of(n.kind))) {
    if (seq == n.seq)
      continue;
    for (const auto& d : open_.open(seq).deliveries) {
      if (!is_final(d.state) && d.channel == a.channel && d.target == a.target)
        lane = d.lane;
    }
    open_.close(seq);
  }
  return lane;
}

/// When the last of what is before it in its chain comes back from disk, where it went in a former life of the process;
/// 0: nothing is there. Of this life the lane knows it.
engine_time person_core::parked_before(const notification& n, const address& a) {
  if (!parked_in_former_life_)
    return 0;
  engine_time due = 0;
  for (auto seq : open_.in_group(n.conversation, group_of(n.kind))) {
    if (!of_former_life(seq) || seq >= n.seq)
      continue;
    for (const auto& d : open_.open(seq).deliveries) {
      if (d.parked && !is_final(d.state) && address_of(d) == a)
        due = std::max({due, d.next_at, engine_time{1}});
    }
    open_.close(seq);
  }
  return due;
}

/// The lane replaces what it holds; what waits on disk, or in another lane since the address changed its lane, or what
/// a lane held when the process ended, it does not know.
void person_core::supersede_elsewhere(const notification& newer, delivery& d, person_effects& fx) {
  const auto recovering = !unsubmitted_.empty();
  for (auto seq : announcements(newer.conversation)) {
    if (seq >= newer.seq)
      continue;
    auto& r = open_.open(seq);
    auto i = std::find_if(r.deliveries.begin(), r.deliveries.end(), [&](const delivery& x) {
      return (recovering || x.parked || x.lane != d.lane) && !is_final(x.state) && x.channel == d.channel
             && x.target == d.target;
    });
    if (i == r.deliveries.end() || r.withdrawn != reason::none) {
      open_.close(seq);
      continue;
    }
    if (open_.in_flight(i->id)) {
      // Its answer still counts; it is not repeated.
      fx.cancels.push_back({i->channel, lane_of(address_of(*i)), i->id, reason::superseded});
      open_.close(seq);
      continue;
    }
    if (i->tries > 0)
      d.next_at = std::max(d.next_at, i->next_at);
    cancel_delivery(r.notification, *i, reason::superseded, fx);
    save(r, fx);
  }
}

lane_command person_core::command_for(const notification_record& r, const delivery& d, bool from_disk) const {
  const auto& n = r.notification;
  lane_command o{d.channel, lane_of(address_of(d)), {}, from_disk};
  o.item.delivery = d.id;
  o.item.notification = n.id;
  o.item.seq = n.seq;
  o.item.key = id_ + '\1' + n.conversation;
  if (!d.lane.empty())
    // Others of this person may share the lane.
    o.item.key += '\1' + d.target;
  o.item.person = id_;
  o.item.conversation = n.conversation;
  o.item.kind = n.kind;
  o.item.due = d.next_at;
  o.item.expires = n.expires_at;
  o.item.tries = d.tries;
  o.item.has_backoff = d.tries > 0;
  return o;
}

void person_core::take_back(notification_record& r, engine_time now, person_effects& fx) {
  const auto& n = r.notification;
  auto earlier = open_.of({n.conversation, counterpart(n.kind), subject_of(n)});
  std::erase_if(earlier, [&](std::uint64_t seq) { return seq >= n.seq; });
  withdraw_all(earlier, n.kind == kind::read_message ? reason::read_before_due : reason::taken_back, fx);
  auto shown = shown_.take(n);
  if (!shown && n.kind == kind::revoke_call) {
    // The ring was for a role that is not told of calls (SPEC 3).
    r.reason = reason::role_disabled;
    return;
  }
  auto to = where_to_take_back(n, shown.value_or(shown_at{}));
  expand(r, to, now, fx);
  if (to.empty() && !lookups_.addresses(data_, n.kind).empty())
    r.reason = reason::taken_back;
}

std::vector<address> person_core::where_to_take_back(const notification& n, const shown_at& shown) const {
  auto what = counterpart(n.kind);
  auto told = lookups_.addresses(data_, what);
  auto to = lookups_.addresses(data_, n.kind);
  std::erase_if(to, [&](const address& a) {
    auto name = to_string(a);
    auto left = contains(shown.left, name);
    if (what == kind::new_message)
      return shown.left.empty() || (!left && contains(shown.skipped, name));
    // A registration may have chosen revokes alone; a device of the person's own never rang.
    return !left && (!a.lane.empty() || contains(told, a));
  });
  return to;
}

} // namespace belfry
