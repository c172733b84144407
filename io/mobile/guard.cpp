#include "belfry/io/mobile/guard.hpp"

#include <algorithm>
#include <utility>

namespace belfry::io::mobile {

bool deletion_guard::refused(const std::string& token) {
  if (alarmed_ || std::find(suspects_.begin(), suspects_.end(), token) != suspects_.end())
    return false;
  suspects_.push_back(token);
  if (suspects_.size() <= suspects_max)
    return false;
  suspects_.clear();
  return alarmed_ = true;
}

std::vector<std::string> deletion_guard::accepted() {
  alarmed_ = false;
  return std::exchange(suspects_, {});
}

} // namespace belfry::io::mobile
