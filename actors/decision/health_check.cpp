#include "belfry/actors/decision/health_check.hpp"

#include <algorithm>
#include <functional>

namespace belfry {

namespace {

/// The part of the interval over which checks that are overdue, and the next ones, are spread.
constexpr engine_time spread_parts = 10;
constexpr engine_time spread_max = 60'000;

/// From 0 to 99, the same for one subscription always.
engine_time share_of(const web_push_subscription& s) {
  return static_cast<engine_time>(std::hash<std::string>{}(s.id) % 100);
}

engine_time spread(const web_push_subscription& s, engine_time over) {
  return over * share_of(s) / 100;
}

} // namespace

void health_begins(web_push_subscription& s, engine_time now, const health_times& t) {
  s.state = subscription_state::unchecked;
  s.check.clear();
  s.next_at = now + t.retry;
}

void health_page_opened(web_push_subscription& s, engine_time now, const health_times& t) {
  if (s.state != subscription_state::checking && s.next_at < now)
    s.next_at = now + spread(s, std::min(t.interval / spread_parts, spread_max));
}

std::optional<engine_time> health_due(const web_push_subscription& s, bool page_open) {
  if (s.state == subscription_state::renewing || (s.state != subscription_state::checking && !page_open))
    return std::nullopt;
  return s.next_at;
}

void health_check_begins(web_push_subscription& s, std::string_view check, engine_time now, const health_times& t) {
  s.state = subscription_state::checking;
  s.check = check;
  s.next_at = now + t.timeout + report_grace;
}

bool health_check_ends(web_push_subscription& s, engine_time now, const health_times& t) {
  if (s.state != subscription_state::checking || s.next_at > now)
    return false;
  s.state = subscription_state::missed;
  s.next_at = now + t.retry;
  return true;
}

bool health_reported(web_push_subscription& s, std::string_view check, engine_time now, millis wall,
                     const health_times& t) {
  if (check.empty() || s.check != check)
    return false;
  s.proven_at = wall;
  if (s.state == subscription_state::renewing)
    return true;
  s.state = subscription_state::healthy;
  s.next_at = now + t.interval - spread(s, t.interval / spread_parts);
  return true;
}

} // namespace belfry
