#pragma once

#include "belfry/messages/ids.hpp"

#include <cstdint>
#include <unordered_map>

namespace belfry {

/// Unread counts of a person's conversations and their sum, which costs the same however many they are: pure.
class unread_counts {
public:
  void set(const conversation_id& c, std::uint32_t n) {
    auto& old = counts_[c];
    total_ += n;
    total_ -= old;
    old = n;
  }
  void erase(const conversation_id& c) {
    set(c, 0);
    counts_.erase(c);
  }
  void clear() {
    counts_.clear();
    total_ = 0;
  }
  std::uint64_t total() const { return total_; }

private:
  std::unordered_map<conversation_id, std::uint32_t> counts_;
  std::uint64_t total_ = 0;
};

} // namespace belfry
