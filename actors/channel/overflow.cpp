#include "belfry/actors/channel/overflow.hpp"

#include <algorithm>

namespace belfry {

namespace {

constexpr engine_time wait_after_failure = 1'000;

std::size_t less(std::size_t a, std::size_t b) {
  return a - std::min(a, b);
}

} // namespace

void overflow::leaves(const queued& q, bool guarded) {
  holds_ = true;
  ask_at_ = 0;
  ++leaving_;
  if (!guarded)
    return;
  auto chain = chain_of(q);
  guards_[chain][q.seq] = q.due;
  guarded_[q.delivery] = {std::move(chain), q.seq};
}

void overflow::arrived() {
  leaving_ -= std::min<std::size_t>(leaving_, 1);
  holds_ = true;
  short_of_room_[0] = short_of_room_[1] = false;
  ask_at_ = 0;
}

bool overflow::forget_returning(const notification_id& delivery) {
  auto i = returning_.find(delivery);
  if (i == returning_.end())
    return false;
  --returning_count_[i->second ? 1 : 0];
  returning_.erase(i);
  all_returning_ = false;
  return true;
}

void overflow::no_longer_parked(const notification_id& delivery) {
  if (!forget_returning(delivery))
    returned(delivery);
}

void overflow::returned(const notification_id& delivery) {
  forget_returning(delivery);
  auto i = guarded_.find(delivery);
  if (i == guarded_.end())
    return;
  auto g = guards_.find(i->second.first);
  g->second.erase(i->second.second);
  if (g->second.empty())
    guards_.erase(g);
  guarded_.erase(i);
}

std::optional<engine_time> overflow::behind(const queued& q) const {
  std::optional<engine_time> out;
  auto g = guards_.find(chain_of(q));
  if (g == guards_.end())
    return out;
  for (const auto& [seq, due] : g->second) {
    if (seq >= q.seq)
      break;
    out = std::max(out.value_or(due), due);
  }
  return out;
}

std::optional<overflow::question> overflow::ask(engine_time now, const free_capacity& room, const free_capacity& all,
                                                bool ending) {
  if (!holds_ || asking_ || all_returning_ || ask_at_ > now)
    return std::nullopt;
  const auto messages = less(room.messages, returning(false)), calls = less(room.calls, returning(true));
  const bool enough[] = {messages >= std::max<std::size_t>(all.messages / 4, 1),
                         calls >= std::max<std::size_t>(all.calls / 4, 1)};
  // Where the last answer found more than there was room for, room of the other class is no reason to ask again.
  const auto either = !short_of_room_[0] && !short_of_room_[1];
  const auto worth_it = (enough[0] && (either || short_of_room_[0])) || (enough[1] && (either || short_of_room_[1]));
  if (!worth_it && !ending)
    return std::nullopt;
  asking_ = true;
  const auto more = ending ? slice_max : std::min(slice_max, messages + calls);
  return question{ending ? INT64_MAX : now, returning_.size() + more, leaving_ == 0};
}

overflow::found overflow::answered(std::vector<io::parked_delivery> rows, bool complete, const free_capacity& room,
                                   bool ending) {
  asking_ = false;
  found out;
  short_of_room_[0] = short_of_room_[1] = false;
  for (auto& p : rows) {
    if (returning_.contains(p.delivery))
      continue;
    const auto& places = p.call ? room.calls : room.messages;
    if (!ending && returning(p.call) >= places) {
      short_of_room_[p.call ? 1 : 0] = true;
      continue;
    }
    returning_.emplace(p.delivery, p.call);
    ++returning_count_[p.call ? 1 : 0];
    out.back.push_back(std::move(p));
  }
  if (!out.back.empty() || short_of_room_[0] || short_of_room_[1])
    return out;
  // Asking again makes sense when one of them has come back.
  all_returning_ = !returning_.empty();
  if (all_returning_)
    return out;
  out.drained = complete && leaving_ == 0;
  // What is leaving asks again when it has arrived.
  if (!out.drained)
    ask_at_ = leaving_ > 0 ? INT64_MAX : 0;
  return out;
}

void overflow::failed(engine_time now) {
  asking_ = false;
  ask_at_ = now + wait_after_failure;
}

void overflow::idle_until(std::optional<millis> next_due, bool refused_since, engine_time now) {
  holds_ = next_due.has_value() || refused_since;
  ask_at_ = refused_since ? 0 : next_due.value_or(0);
  if (ask_at_ != 0)
    ask_at_ = std::max(ask_at_, now + 1);
}

std::optional<engine_time> overflow::next_wake() const {
  return holds_ && !asking_ && ask_at_ > 0 && ask_at_ != INT64_MAX ? std::optional{ask_at_} : std::nullopt;
}

} // namespace belfry
