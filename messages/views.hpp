#pragma once

#include "belfry/messages/delivery.hpp"
#include "belfry/messages/events.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What questions are answered with (SPEC 13, shapes).
namespace belfry {

struct pending_view {
  message_id message;
  millis due = 0;
};

struct participant_view {
  person_id person;
  belfry::role role = belfry::role::none;
  bool hidden = false;
  bool muted = false;
  bool open = false;
  std::uint32_t unread_count = 0;
  ring_state call_state = ring_state::none;
  std::optional<pending_view> pending;
};

struct call_view {
  call_id id;
  call_type type = call_type::audio;
  person_id caller;
  millis started_at = 0;
  /// Absent when nothing rings.
  std::optional<millis> ring_deadline;
};

struct conversation_view {
  conversation_id id;
  std::optional<std::string> topic;
  bool ended = false;
  bool auto_join_calls = false;
  belfry::call_state call_state = belfry::call_state::idle;
  std::optional<call_view> call;
  std::vector<participant_view> participants;
};

/// Exact counts; only conversations above 0.
struct count_view {
  std::uint64_t total = 0;
  std::map<conversation_id, std::uint32_t> conversations;
};

/// A mailbox that is left alone for now (SPEC 9).
struct suppression_view {
  /// The code of the mail server ("5.1.1"), or "unsubscribed": its owner wants no mail of some kind.
  std::string reason;
  /// Wall time; `until` 0: for good.
  millis since = 0;
  millis until = 0;
};

/// Filter of GET /v1/notifications; empty members do not filter.
struct trace_query {
  std::optional<person_id> person;
  std::optional<conversation_id> conversation;
  std::optional<message_id> message;
  std::optional<belfry::kind> kind;
  std::optional<trace_state> state;
  /// 1 to 500.
  std::size_t limit = 50;
  /// Only notifications with a smaller seq; 0: from the newest.
  std::uint64_t before = 0;
};

/// One line of the trace. `id` is absent for computed answers (nothing was stored).
struct trace_item {
  std::optional<notification_id> id;
  belfry::kind kind = belfry::kind::new_message;
  person_id recipient;
  conversation_id conversation;
  std::optional<message_id> message;
  std::optional<call_id> call;
  trace_state state = trace_state::not_sent;
  belfry::reason reason = belfry::reason::none;
  millis created_at = 0;
  std::vector<delivery> deliveries;
};

struct trace_page {
  std::vector<trace_item> items;
  /// Give it back as `cursor`; 0: no more.
  std::uint64_t next = 0;
};

/// The trace object of a stored notification.
trace_item to_trace(const notification_record& r);

/// What `/v1/stream` and `engine::subscribe` report.
struct call_timeout {
  conversation_id conversation;
  call_id call;
  millis at = 0;
};

struct pause_changed {
  person_id person;
  pause_view pause;
};

/// A dead address was removed (device token, subscription, registration switched off).
struct address_gone {
  channel_kind channel = channel_kind::webhook;
  person_id person;
  std::string target;
};

using report = std::variant<trace_item, call_timeout, pause_changed, address_gone>;

} // namespace belfry
