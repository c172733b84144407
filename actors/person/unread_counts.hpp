#pragma once

#include "belfry/messages/views.hpp"

#include <cstdint>

namespace belfry {

/// Unread counts of a person's conversations and their sum, which costs the same however many they are: pure.
class unread_counts {
public:
  void set(const conversation_id& c, std::uint32_t n) {
    auto i = view_.conversations.find(c);
    if (i != view_.conversations.end())
      view_.total -= i->second;
    view_.total += n;
    if (n > 0)
      view_.conversations.insert_or_assign(c, n);
    else if (i != view_.conversations.end())
      view_.conversations.erase(i);
  }
  void clear() { view_ = {}; }
  std::uint64_t total() const { return view_.total; }
  std::uint32_t of(const conversation_id& c) const {
    auto i = view_.conversations.find(c);
    return i == view_.conversations.end() ? 0 : i->second;
  }
  /// Only counts above 0.
  const count_view& view() const { return view_; }

private:
  count_view view_;
};

} // namespace belfry
