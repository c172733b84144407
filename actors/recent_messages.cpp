#include "belfry/actors/recent_messages.hpp"

namespace belfry {

recent_messages::recent_messages(std::size_t size_max) : size_max_(size_max) {
  places_.reserve(size_max);
}

void recent_messages::insert(const message_id& message, const conversation_id& conversation) {
  std::lock_guard guard{lock_};
  if (next_ == places_.size()) {
    places_.push_back({message, conversation});
  } else {
    auto& oldest = places_[next_];
    // Not when a later message of the same id took its place in the index.
    if (auto i = index_.find(oldest.message); i != index_.end() && i->second == next_)
      index_.erase(i);
    oldest = {message, conversation};
  }
  // Erased first: the key must look into the place that lives longest.
  index_.erase(message);
  index_.emplace(places_[next_].message, next_);
  next_ = (next_ + 1) % size_max_;
}

std::optional<conversation_id> recent_messages::find(const message_id& message) const {
  std::lock_guard guard{lock_};
  auto i = index_.find(message);
  return i == index_.end() ? std::nullopt : std::optional{places_[i->second].conversation};
}

} // namespace belfry
