#include "belfry/actors/channel/breaker.hpp"

#include <algorithm>

namespace belfry {

engine_time breaker::may_start_at(engine_time now) const {
  return open() ? std::max(now, probe_at_) : now;
}

bool breaker::started(engine_time now) {
  if (!open())
    return false;
  probe_at_ = now + probe_every_;
  return true;
}

void breaker::failed(engine_time now) {
  // Attempts that began before it opened fail one by one afterwards: they do not put off the probe.
  if (open())
    return;
  if (++failures_ == breaker_failures_max)
    probe_at_ = now + probe_every_;
}

void breaker::probe_lost(engine_time now) {
  if (open())
    probe_at_ = std::min(probe_at_, now);
}

} // namespace belfry
