#include "belfry/actors/context.hpp"

#include <algorithm>

namespace belfry {

online_people::stripe& online_people::of(const person_id& p) const {
  return stripes_[std::hash<person_id>{}(p) % stripes_.size()];
}

bool online_people::contains(const person_id& p) const {
  auto& s = of(p);
  std::lock_guard guard{s.lock};
  return s.people.contains(p);
}

void online_people::set(const person_id& p, bool online) {
  auto& s = of(p);
  std::lock_guard guard{s.lock};
  if (online)
    s.people.insert(p);
  else
    s.people.erase(p);
}

void online_people::clear() {
  for (auto& s : stripes_) {
    std::lock_guard guard{s.lock};
    s.people.clear();
  }
}

context::context(options o, io::store& s, io::http_transport& t, io::wall_clock& w, io::telemetry& m, timeline at)
    : opts(std::move(o)), store(s), transport(t), wall(w), metrics(m), engine_clock(at) {
  lookups.online = [this](const person_id& p) { return online.contains(p); };
  lookups.takes_kind = [this](kind k) {
    return std::any_of(channels.begin(), channels.end(), [k](const auto& c) { return c && c->takes(k); });
  };
}

void context::fail(const char* part, const std::exception_ptr& x) {
  std::string what = "unknown exception";
  try {
    std::rethrow_exception(x);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    // It stays unknown.
  }
  metrics.alarm("ENGINE", "part_ended", std::string{part} + ": " + what);
  if (!failed.exchange(true) && on_failure)
    on_failure();
}

} // namespace belfry
