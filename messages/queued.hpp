#pragma once

#include "belfry/messages/facts.hpp"
#include "belfry/messages/ids.hpp"
#include "belfry/messages/notification.hpp"

#include <cstdint>
#include <string>

namespace belfry {

/// A delivery as its lane holds it: what it takes to order it, not what it says.
struct queued {
  notification_id delivery;
  notification_id notification;
  /// Order of creation of the notification; decides which of two of the same key is the newer. Equal ones go by
  /// arrival.
  std::uint64_t seq = 0;
  /// Address and conversation. What has the same key *and the same group* (messages, call, requests) goes one after the
  /// other; so a call never waits behind the messages of its conversation.
  std::string key;
  person_id person;
  conversation_id conversation;
  belfry::kind kind = belfry::kind::new_message;
  /// Not before; 0: at once.
  engine_time due = 0;
  /// Not from here on (SPEC 12, Time).
  engine_time expires = 0;
  /// Attempts that began before; in what `next` hands out this is the number of the retry.
  std::uint32_t tries = 0;
  /// `due` is a wait that a failure imposed; who replaces this delivery takes it over.
  bool has_backoff = false;
  /// Attempts among `tries` that a kept connection swallowed: they do not lengthen the wait for the next one.
  std::uint32_t lost = 0;
  /// The last attempt was swallowed so: the next one goes out on a connection of its own.
  bool fresh_connection = false;
};

} // namespace belfry
