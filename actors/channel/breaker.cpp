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

void breaker::succeeded(engine_time now) {
  open_ = false;
  row_.clear();
  attempts_since_success_ = 0;
  last_success_ = now;
}

void breaker::failed(engine_time now, std::size_t recipient) {
  // Attempts that began before it opened fail one by one afterwards: they do not put off the probe.
  if (open_)
    return;
  ++attempts_since_success_;
  if (row_.size() < breaker_failures_max && std::find(row_.begin(), row_.end(), recipient) == row_.end())
    row_.push_back(recipient);
  auto works = last_success_ && now - *last_success_ < probe_every_ && attempts_since_success_ < breaker_window;
  auto down = row_.size() >= breaker_failures_max || attempts_since_success_ >= breaker_window;
  if (!down || works)
    return;
  open_ = true;
  probe_at_ = now + probe_every_;
}

void breaker::probe_inconclusive(engine_time now) {
  if (open())
    probe_at_ = std::min(probe_at_, now);
}

} // namespace belfry
