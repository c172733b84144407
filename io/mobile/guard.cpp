#include "belfry/io/mobile/guard.hpp"

namespace belfry::io::mobile {

deletion_guard::verdict deletion_guard::refused(const std::string& token, const std::string& payload) {
  const bool alone = called_bad_.empty() || (called_bad_.size() == 1 && called_bad_.contains(token));
  called_bad_.insert(token);
  if (++in_a_row_ > in_a_row_max) {
    called_bad_ = {token};
    suspects_.clear();
    if (alarmed_)
      return verdict::keep;
    alarmed_ = true;
    return verdict::alarm;
  }
  if (suspects_.size() >= memory_max)
    suspects_.clear();
  auto [i, first] = suspects_.try_emplace(token);
  auto& s = i->second;
  // Its own success would have cleared it.
  if (!first && alone && accepted_ > s.since && (++s.rounds >= rounds_ || worked_since(s))) {
    suspects_.erase(i);
    return verdict::give_up;
  }
  s.payload = payload;
  s.since = accepted_;
  return verdict::keep;
}

bool deletion_guard::worked_since(const suspect& s) const {
  auto i = worked_.find(s.payload);
  return i != worked_.end() && i->second > s.since;
}

void deletion_guard::accepted(const std::string& token, const std::string& payload) {
  alarmed_ = false;
  in_a_row_ = 0;
  called_bad_.clear();
  suspects_.erase(token);
  ++accepted_;
  if (suspects_.empty())
    return worked_.clear();
  if (worked_.size() >= memory_max)
    worked_.clear();
  worked_[payload] = accepted_;
}

} // namespace belfry::io::mobile
