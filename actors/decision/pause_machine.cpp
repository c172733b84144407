#include "belfry/actors/decision/pause_machine.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// 2: a call is a cause from its answer on.
constexpr std::uint64_t pause_row_version = 2;
/// The largest time stamp that JSON carries exactly.
constexpr engine_time time_max = (std::int64_t{1} << 53) - 1;

engine_time after_seconds(engine_time now, std::int64_t seconds) {
  return seconds > (time_max - now) / 1000 ? time_max : now + seconds * 1000;
}

} // namespace

// -- events -----------------------------------------------------------------------------------------------------------

result<success> pause_machine::set_mode(pause_mode mode, std::optional<millis> until, engine_time now) {
  if (auto ok = check_pause_mode(mode, until, now); !ok)
    return ok.error();
  // An ON that ended unseen needs no care: its former mode is still the one to go back to.
  if (mode != pause_mode::on)
    former_ = pause_mode::off;
  else if (mode_ != pause_mode::on)
    former_ = mode_;
  mode_ = mode;
  until_ = until;
  set_ = true;
  return success{};
}

result<bool> pause_machine::set_reason(const std::string& source_id, const std::string& display_name,
                                       std::int64_t timeout_seconds, engine_time now) {
  if (auto ok = check_pause_reason(source_id, display_name, timeout_seconds); !ok)
    return ok.error();
  tick(now);
  auto created = !reasons_.contains(source_id);
  if (created && reasons_.size() >= pause_reasons_max)
    return error{ec::overloaded, "this person already has " + std::to_string(pause_reasons_max) + " pause reasons", {}};
  reasons_[source_id] = {display_name, after_seconds(now, timeout_seconds)};
  return created;
}

result<bool> pause_machine::remove_reason(const std::string& source_id, engine_time now) {
  if (auto ok = check_pause_source(source_id); !ok)
    return ok.error();
  tick(now);
  return reasons_.erase(source_id) > 0;
}

void pause_machine::session_started(const conversation_id& conversation, const session_id& session,
                                    const std::string& kind) {
  begin("session:" + session, conversation, kind);
}

void pause_machine::session_ended(const conversation_id& conversation, const session_id& session) {
  causes_.erase({"session:" + session, conversation});
}

void pause_machine::call_began(const conversation_id& conversation, const call_id& call) {
  begin("call:" + call, conversation, {});
}

void pause_machine::call_ended(const conversation_id& conversation, const call_id& call) {
  causes_.erase({"call:" + call, conversation});
}

void pause_machine::conversation_left(const conversation_id& conversation) {
  std::erase_if(causes_, [&](const auto& x) { return x.first.second == conversation; });
}

void pause_machine::begin(std::string source, const conversation_id& conversation, std::string display_name) {
  cause key{std::move(source), conversation};
  if (causes_.size() >= pause_causes_max && !causes_.contains(key))
    ++left_out_;
  else
    causes_[std::move(key)] = std::move(display_name);
}

bool pause_machine::tick(engine_time now) {
  auto changed = std::erase_if(reasons_, [&](const auto& x) { return x.second.expires <= now; }) > 0;
  if (!ended(now))
    return changed;
  mode_ = former_;
  former_ = pause_mode::off;
  until_.reset();
  return true;
}

std::optional<engine_time> pause_machine::next_deadline() const {
  auto next = until_;
  for (const auto& [id, x] : reasons_)
    next = std::min(next.value_or(x.expires), x.expires);
  return next;
}

// -- answers ----------------------------------------------------------------------------------------------------------

bool pause_machine::has_reason(engine_time now) const {
  return !causes_.empty()
         || std::any_of(reasons_.begin(), reasons_.end(), [&](const auto& x) { return x.second.expires > now; });
}

bool pause_machine::on(engine_time now) const {
  switch (mode_at(now)) {
  case pause_mode::off:
    return false;
  case pause_mode::on:
    return true;
  case pause_mode::automatic:
    return has_reason(now);
  }
  return false;
}

pause_view pause_machine::view(engine_time now) const {
  pause_view v;
  v.mode = mode_at(now);
  v.on = on(now);
  if (!ended(now))
    v.until = until_;
  auto shown = [](const std::string& name) { return name.empty() ? std::nullopt : std::optional{name}; };
  for (const auto& [key, name] : causes_) {
    if (v.reasons.empty() || v.reasons.back().source_id != key.first)
      v.reasons.push_back({key.first, shown(name), std::nullopt});
  }
  for (const auto& [id, x] : reasons_) {
    if (x.expires > now)
      v.reasons.push_back({id, shown(x.display_name), x.expires});
  }
  std::sort(v.reasons.begin(), v.reasons.end(),
            [](const pause_reason& a, const pause_reason& b) { return a.source_id < b.source_id; });
  return v;
}

bool pause_machine::suppresses(kind k, channel_kind channel, bool counterpart_left, engine_time now) const {
  if (channel != channel_kind::mobile && channel != channel_kind::web_push)
    return false;
  if (is_silent(k) && counterpart_left)
    return false;
  return on(now);
}

// -- row --------------------------------------------------------------------------------------------------------------

void pause_machine::encode(binary_writer& out) const {
  out.number(pause_row_version);
  out.flag(set_);
  out.number(static_cast<std::uint64_t>(mode_));
  out.number(static_cast<std::uint64_t>(former_));
  out.flag(until_.has_value());
  out.signed_number(until_.value_or(0));
  out.number(reasons_.size());
  for (const auto& [id, x] : reasons_) {
    out.text(id);
    out.text(x.display_name);
    out.signed_number(x.expires);
  }
  out.number(causes_.size());
  for (const auto& [key, name] : causes_) {
    out.text(key.first);
    out.text(key.second);
    out.text(name);
  }
}

bool pause_machine::decode(binary_reader& in) {
  pause_machine x;
  const auto version = in.number();
  if (version == 0 || version > pause_row_version)
    return false;
  x.set_ = in.flag();
  auto mode = in.number();
  auto former = in.number();
  auto last = static_cast<std::uint64_t>(pause_mode::automatic);
  if (mode > last || former > last)
    return false;
  x.mode_ = x.set_ ? static_cast<pause_mode>(mode) : mode_;
  x.former_ = static_cast<pause_mode>(former);
  auto has_until = in.flag();
  auto until = in.signed_number();
  if (has_until)
    x.until_ = until;
  for (auto n = in.count(); n > 0; --n) {
    auto id = in.text();
    auto name = in.text();
    x.reasons_[id] = {name, in.signed_number()};
  }
  for (auto n = in.count(); n > 0; --n) {
    auto source = in.text();
    auto conversation = in.text();
    x.causes_[{source, conversation}] = in.text();
  }
  if (!in.ok() || !x.consistent())
    return false;
  // Calls of version 1 may only have rung; conversations say after a restart what keeps whom busy.
  if (version == 1)
    x.causes_.clear();
  *this = std::move(x);
  return true;
}

bool pause_machine::consistent() const {
  return (!until_ || mode_ == pause_mode::on) && former_ != pause_mode::on;
}

} // namespace belfry
