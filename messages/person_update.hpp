#pragma once

#include "belfry/messages/delivery.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a conversation tells a person, after it is on disk. What no other row says carries a `seq`, its place among all
/// that is told in this store: it is a row until the person has applied it, so that a crash loses none of it.
namespace belfry {

/// Tell the person this (state QUEUED), or keep why it is not told (NOT_SENT).
struct tell {
  std::shared_ptr<notification_record> record;
};

/// The reason of every new_message of the conversation that is not finished is gone.
struct withdraw {
  conversation_id conversation;
  reason why = reason::read_before_due;
  std::uint64_t seq = 0;
};

/// A message was deleted: what announces it and has not left is cancelled.
struct drop_message {
  conversation_id conversation;
  message_id message;
  std::uint64_t seq = 0;
};

/// A message was edited: what announces it and has not left carries the new text.
struct rewrite_message {
  conversation_id conversation;
  message_id message;
  std::string text;
  std::uint64_t seq = 0;
};

/// The person takes part in the conversation, or no longer does.
struct roster_change {
  conversation_id conversation;
  bool member = true;
};

/// What keeps an agent busy in the conversation now; replaces what was said before (auto-pause, SPEC 6).
struct activity {
  conversation_id conversation;
  /// The call in which the person is ACTIVE.
  std::optional<call_id> call;
  /// Id and kind.
  std::vector<std::pair<session_id, std::string>> sessions;
  std::uint64_t seq = 0;
};

using person_update = std::variant<tell, withdraw, drop_message, rewrite_message, roster_change, activity>;

struct addressed_update {
  person_id to;
  person_update update;
};

/// How many messages of a conversation somebody has not read.
struct unread_count {
  person_id person;
  conversation_id conversation;
  std::uint32_t unread = 0;
};

} // namespace belfry
