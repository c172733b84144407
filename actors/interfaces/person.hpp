#pragma once

#include "belfry/actors/interfaces/callbacks.hpp"
#include "belfry/actors/interfaces/conversation.hpp"
#include "belfry/actors/interfaces/declare_message.hpp"
#include "belfry/io/channel.hpp"
#include "belfry/messages/outcome.hpp"
#include "belfry/messages/person_update.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace belfry {

struct update_person {
  std::vector<person_update> updates;
};

/// What the channel needs for one attempt; or why there is none.
struct attempt_permit {
  bool granted = false;
  reason why = reason::none;
  io::attempt_input input;
};

/// Sent by a channel before every attempt: may it still be made, and with what content? The person answers with
/// `permit_answer`, after it has read from the disk the names that it does not know.
struct request_permit {
  notification_id delivery;
  channel_kind channel{};
  /// Of this question, for the answer.
  std::uint64_t ticket = 0;
  /// INTERNAL: the disk was asked for names that were not at hand.
  bool names_read = false;
};

/// What became of an attempt, or of a delivery that was not attempted (no `made`).
struct attempted {
  notification_id delivery;
  /// What was asked of the provider, oldest first; empty: nothing.
  std::vector<attempt> made = {};
  delivery_state state = delivery_state::queued;
  reason why = reason::none;
  millis next_at = 0;
  /// The delivery has left its lane and waits on disk. The channel is told with `on_disk` when the row is committed, or
  /// when the delivery is over and needs none.
  bool parked = false;
  channel_kind channel{};
  std::string lane;
  /// What the answer said of the address.
  io::address_news address = {};
};

/// A lane has room again: the person takes the delivery off the disk and submits it when that is committed, or tells
/// the lane with `cancel` that it is not parked any more.
struct unpark {
  notification_id delivery;
  channel_kind channel{};
  std::string lane;
};

struct put_profile {
  person_profile profile;
  ticket<io::stored<person>> asker;
};
struct get_profile {
  ticket<person> asker;
};
struct erase_person {
  ticket<success> asker;
};
/// INTERNAL: the conversations that the person is to leave, as the disk knows them.
struct erase_from {
  std::vector<conversation_id> conversations;
  ticket<success> asker;
};
/// An erased person is off the conversation, on disk.
struct person_left {
  conversation_id conversation;
};
struct get_count {
  ticket<count_view> asker;
};
/// The person's unread count in one conversation: the answer to `ask_unread` of that round or, with round 0, the report
/// of a change.
struct counted {
  conversation_id conversation;
  std::uint32_t unread = 0;
  std::uint64_t round = 0;
};
/// A shard's answer to `count_awake`: how many of the conversations are awake and will answer with `counted`.
struct asked_awake {
  std::uint64_t round = 0;
  std::int64_t answers = 0;
};
struct put_device {
  device what;
  ticket<io::stored<device>> asker;
};
/// From another person who has stored this token (`derive_token_key`, or the token of an endpoint) under the number
/// `claim`: a device or subscription that holds it by an older claim loses it.
struct drop_token {
  std::string token;
  std::uint64_t claim = 0;
  /// Who is told (`token_dropped`), and of which of its handovers.
  person_id by;
  std::uint64_t handover = 0;
};
struct token_dropped {
  std::uint64_t handover = 0;
};
/// INTERNAL: what a person stored is on disk; these stored the same tokens before.
struct claims_found {
  struct loser {
    person_id person;
    std::string token;
    std::uint64_t claim = 0;
  };
  std::uint64_t handover = 0;
  /// The store could say so of every token.
  bool complete = true;
  std::vector<loser> losers;
};
struct get_devices {
  ticket<std::vector<device>> asker;
};
struct delete_device {
  device_id id;
  ticket<success> asker;
};
struct put_pause {
  pause_mode mode = pause_mode::off;
  std::optional<millis> until;
  ticket<pause_view> asker;
};
struct get_pause {
  ticket<pause_view> asker;
};
struct put_pause_reason {
  std::string source;
  std::string display_name;
  std::int64_t timeout_seconds = 0;
  ticket<io::stored<pause_reason>> asker;
};
struct delete_pause_reason {
  std::string source;
  ticket<success> asker;
};
struct get_notes {
  channel_kind channel{};
  ticket<known_addresses> asker;
};
/// ec::not_found: nobody of this id is stored.
struct put_note {
  address_note note;
  ticket<success> asker;
};
/// Nothing keeps the channel from the person's addresses any more.
struct erase_notes {
  channel_kind channel{};
  ticket<success> asker;
};
struct put_subscription {
  subscription_input what;
  ticket<new_subscription> asker;
};
struct get_subscriptions {
  ticket<std::vector<subscription_view>> asker;
};
struct delete_subscription {
  subscription_id id;
  ticket<success> asker;
};
/// ec::not_found: nobody asked for this check.
struct report_check {
  subscription_id id;
  std::string check;
  ticket<success> asker;
};
/// INTERNAL: the push service answered the push of a check.
struct check_sent {
  subscription_id subscription;
  io::attempt_result what;
};
/// A page of the person is there, and is told what concerns pages (`tell_page`).
struct open_page {
  std::uint64_t page = 0;
};
struct close_page {
  std::uint64_t page = 0;
};
/// Wakes a person with unfinished notifications or updates after a restart.
struct resume {};
/// INTERNAL: everything of an erased person is off the disk.
struct erasure_done {};
using person_command =
    std::variant<update_person, request_permit, attempted, unpark, put_profile, get_profile, erase_person, erase_from,
                 person_left, get_count, counted, asked_awake, put_device, drop_token, token_dropped, claims_found,
                 get_devices, delete_device, put_pause, get_pause, put_pause_reason, delete_pause_reason, get_notes,
                 put_note, erase_notes, put_subscription, get_subscriptions, delete_subscription, report_check,
                 check_sent, open_page, close_page, resume, erasure_done>;

struct person_alarm {};

using person_actor = caf::typed_actor<caf::reacts_to<person_command>, caf::reacts_to<committed>,
                                      // INTERNAL
                                      caf::reacts_to<person_alarm>, caf::reacts_to<idle>>;

} // namespace belfry

BELFRY_LOCAL_MESSAGE(person_command)
BELFRY_LOCAL_MESSAGE(person_alarm)
