#pragma once

#include "belfry/messages/ids.hpp"

#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace belfry {

/// Where the last messages were sent, so that Explain finds one by its id alone when nobody was told of it. Written by
/// the gateway, read by queries.
class recent_messages {
public:
  explicit recent_messages(std::size_t size_max);
  recent_messages(const recent_messages&) = delete;
  recent_messages& operator=(const recent_messages&) = delete;

  void insert(const message_id& message, const conversation_id& conversation);
  /// The last conversation in which a message of this id was sent; nothing: forgotten, or never seen.
  std::optional<conversation_id> find(const message_id& message) const;

private:
  struct place {
    message_id message;
    conversation_id conversation;
  };
  mutable std::mutex lock_;
  /// A ring; never grows beyond what was reserved, because `index_` looks into it.
  std::vector<place> places_;
  std::size_t size_max_;
  std::size_t next_ = 0;
  std::unordered_map<std::string_view, std::size_t> index_;
};

} // namespace belfry
