#pragma once

#include "belfry/messages/ids.hpp"

#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace belfry::io {

/// How far the requests for deliveries came, of those whose next request follows as soon as it is known that they are
/// still wanted. Bounded: when it is full all is forgotten, and such a delivery may be sent, renewed or shrunk once
/// more than it should. Any thread may call.
template <class Progress>
class progress_book {
public:
  void keep(const notification_id& delivery, Progress x) {
    std::lock_guard guard{lock_};
    if (kept_.size() >= kept_max)
      kept_.clear();
    kept_[delivery] = std::move(x);
  }

  /// A new one if nothing is kept.
  Progress take(const notification_id& delivery) {
    std::lock_guard guard{lock_};
    auto node = kept_.extract(delivery);
    return node.empty() ? Progress{} : std::move(node.mapped());
  }

private:
  static constexpr std::size_t kept_max = 10'000;

  std::mutex lock_;
  std::unordered_map<notification_id, Progress> kept_;
};

} // namespace belfry::io
