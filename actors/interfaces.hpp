#pragma once

#include "belfry/actors/channel/lane.hpp"
#include "belfry/actors/participant/inbox.hpp"
#include "belfry/io/channel.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/io/service.hpp"
#include "belfry/messages/admission.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/facts.hpp"
#include "belfry/messages/outcome.hpp"
#include "belfry/messages/person_mail.hpp"
#include "belfry/messages/views.hpp"
#include "belfry/messages/webhook.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/message.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

/// All actors and what they say to each other, in the order in which an event flows (actors/README.md).
namespace belfry {

// -- gateway ------------------------------------------------------------------

/// Events of one request; `done` is called when all that was accepted is on disk.
struct publish {
  std::vector<event> events;
  io::reply<admission> done;
};

/// What became of one routed event: on disk, or refused.
struct ack {
  std::uint64_t request = 0;
  std::uint32_t index = 0;
  std::optional<refused_event> refused;
};

struct acks {
  std::vector<ack> list;
};

/// A profile was stored or erased: bots have no role wherever they take part.
struct bot_changed {
  person_id person;
  bool bot = false;
};

/// DELETE of a person: nobody of that id is online.
struct erase_presence {
  person_id person;
};
/// The store can (not) be written.
struct store_state {
  bool writable = true;
  std::string detail;
};
struct gateway_tick {};
/// No new events; `done` when nothing is in flight any more.
struct drain {
  std::function<void()> done;
};

using gateway_actor = caf::typed_actor<caf::reacts_to<publish>,
                                       // From the store actor, after a commit; from conversations for refused events.
                                       caf::reacts_to<acks>, caf::reacts_to<bot_changed>,
                                       caf::reacts_to<erase_presence>, caf::reacts_to<store_state>,
                                       // INTERNAL: presence time-outs, forgetting of ids.
                                       caf::reacts_to<gateway_tick>, caf::reacts_to<drain>>;

// -- conversation -------------------------------------------------------------

/// One event on its way to its conversation.
struct routed_event {
  event what;
  /// 0: nobody waits for the answer (derived events).
  std::uint64_t request = 0;
  std::uint32_t index = 0;
  /// Go into the same transaction as the event: its ids.
  std::vector<io::change> along;
};

/// Questions to a conversation; `known` is false when it does not exist.
struct ask_view {
  std::function<void(bool known, conversation_view)> done;
};
/// Asked by a person in this round of its questions; the person is answered with `counted`.
struct ask_unread {
  person_id person;
  std::uint64_t round = 0;
  /// The store does not know the count: it is written with the next row.
  bool write = false;
};
struct ask_explain {
  std::optional<person_id> person;
  message_id message;
  std::function<void(std::vector<trace_item>)> done;
};
struct order_erase {
  person_id person;
  std::function<void()> done;
};
/// The person turned out to be a bot: it goes on without a role (SPEC 1).
struct order_bot {
  person_id person;
};
/// Nothing but waking it: something is due.
struct order_wake {};

/// INTERNAL: it may announce now (`want_turn`).
struct order_turn {};

using conversation_order =
    std::variant<routed_event, ask_view, ask_unread, ask_explain, order_erase, order_bot, order_wake, order_turn>;

/// A participant's answer to `hear`.
struct heard {
  slot who = 0;
  /// The message that its wait announces; 0: none.
  position announce = 0;
  bool owed = false;
  /// It has nothing to live for.
  bool quiet = false;
};

/// The unit that carried this row or these notifications is on disk.
struct committed {
  std::size_t units = 1;
  bool at_leisure = false;
};
struct conversation_alarm {};
/// Nothing was asked for a while: write what is not written yet, and go to sleep if `sleep`.
struct rest {
  bool sleep = false;
};

using conversation_actor =
    caf::typed_actor<caf::reacts_to<conversation_order>, caf::reacts_to<heard>, caf::reacts_to<committed>,
                     // INTERNAL: the earliest wait or call deadline.
                     caf::reacts_to<conversation_alarm>, caf::reacts_to<rest>>;

// -- participant --------------------------------------------------------------

/// Facts that a participant has not heard. The participant answers with `heard` if `answer`.
struct hear {
  /// Instead of unheard facts: the record as it was, when too much was missed.
  std::shared_ptr<const inbox> record;
  fact_list facts;
  engine_time now = 0;
  bool answer = false;
};

using participant_actor = caf::typed_actor<caf::reacts_to<hear>>;

// -- person -------------------------------------------------------------------

struct mail_to_person {
  std::vector<person_mail> mails;
};

/// What the channel needs for one attempt; or why there is none.
struct clearance {
  bool granted = false;
  reason why = reason::none;
  io::attempt_input input;
};

/// Asked by a channel before every attempt: does the reason still hold, and what is to be sent to whom? The person
/// answers with `cleared`.
struct ask_clearance {
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
  /// The delivery left its lane for the store; the channel is told (`on_disk`) when it is there.
  bool parked = false;
  channel_kind channel{};
  std::string lane;
  /// What the answer said of the address.
  io::address_news address = {};
};

/// A lane has room again for what was parked.
struct unpark {
  notification_id delivery;
  channel_kind channel{};
  std::string lane;
};

struct put_profile {
  person_profile profile;
  io::reply<io::stored<person>> done;
};
struct get_profile {
  io::reply<person> done;
};
struct erase_person {
  io::reply<success> done;
};
/// INTERNAL: the conversations that the person is to leave, as the disk knows them.
struct erase_from {
  std::vector<conversation_id> conversations;
  io::reply<success> done;
};
struct get_count {
  io::reply<count_view> done;
};
/// What somebody has not read in a conversation: an answer in a round of the person's questions, or (0) a report.
struct counted {
  conversation_id conversation;
  std::uint32_t unread = 0;
  std::uint64_t round = 0;
};
/// So many of the conversations that a shard was asked for are awake and will answer.
struct asked_awake {
  std::uint64_t round = 0;
  std::int64_t answers = 0;
};
struct put_device {
  device what;
  io::reply<io::stored<device>> done;
};
/// From another person who stored this device token (`derive_token_key`) by a claim of this number: it is theirs now.
struct drop_token {
  std::string token;
  std::uint64_t claim = 0;
  std::function<void()> done;
};
struct get_devices {
  io::reply<std::vector<device>> done;
};
struct delete_device {
  device_id id;
  io::reply<success> done;
};
struct put_pause {
  pause_mode mode = pause_mode::off;
  std::optional<millis> until;
  io::reply<pause_view> done;
};
struct get_pause {
  io::reply<pause_view> done;
};
struct put_pause_reason {
  std::string source;
  std::string display_name;
  std::int64_t timeout_seconds = 0;
  io::reply<io::stored<pause_reason>> done;
};
struct delete_pause_reason {
  std::string source;
  io::reply<success> done;
};
/// What is known of a person's addresses at one channel, and the profile that they come from.
struct known_addresses {
  std::optional<person_profile> profile;
  std::vector<address_note> notes;
};
struct get_notes {
  channel_kind channel{};
  io::reply<known_addresses> done;
};
/// ec::not_found: nobody of this id is stored.
struct put_note {
  address_note note;
  io::reply<success> done;
};
/// Nothing keeps the channel from the person's addresses any more.
struct erase_notes {
  channel_kind channel{};
  io::reply<success> done;
};
struct put_subscription {
  subscription_input what;
  io::reply<new_subscription> done;
};
struct get_subscriptions {
  io::reply<std::vector<subscription_view>> done;
};
struct delete_subscription {
  subscription_id id;
  io::reply<success> done;
};
/// ec::not_found: nobody asked for this check.
struct report_check {
  subscription_id id;
  std::string check;
  io::reply<success> done;
};
/// INTERNAL: the push service answered the push of a check.
struct check_sent {
  subscription_id subscription;
  io::attempt_result what;
};
/// A page of the person is there, and is told what concerns pages.
struct open_page {
  std::uint64_t page = 0;
  std::function<void(const page_message&)> on_message;
};
struct close_page {
  std::uint64_t page = 0;
};
/// Wakes a person with unfinished notifications or mail after a restart.
struct resume {};
/// INTERNAL: everything of an erased person is off the disk.
struct erasure_done {};
using person_order =
    std::variant<mail_to_person, ask_clearance, attempted, unpark, put_profile, get_profile, erase_person, erase_from,
                 get_count, counted, asked_awake, put_device, drop_token, get_devices, delete_device, put_pause,
                 get_pause, put_pause_reason, delete_pause_reason, get_notes, put_note, erase_notes, put_subscription,
                 get_subscriptions, delete_subscription, report_check, check_sent, open_page, close_page, resume,
                 erasure_done>;

struct person_alarm {};

using person_actor = caf::typed_actor<caf::reacts_to<person_order>, caf::reacts_to<committed>,
                                      // INTERNAL
                                      caf::reacts_to<person_alarm>, caf::reacts_to<rest>>;

// -- shard --------------------------------------------------------------------

struct to_conversation {
  conversation_id id;
  conversation_order order;
};
/// Events of one request for conversations of one shard, in order.
struct route {
  std::vector<routed_event> events;
};
struct to_person {
  person_id id;
  person_order order;
};
/// Mails for persons of one shard, in order, then counts for those of them who are awake.
struct post {
  std::vector<addressed_mail> mails;
  std::vector<unread_count> counts = {};
};
/// Those of the conversations that are awake tell the person what is unread.
struct count_awake {
  person_id person;
  std::uint64_t round = 0;
  std::vector<conversation_id> conversations;
};
/// From the reader: what is on disk.
struct loaded_conversation {
  conversation_id id;
  bool failed = false;
  std::shared_ptr<io::stored_conversation> row;
};
struct loaded_person {
  person_id id;
  bool failed = false;
  std::shared_ptr<io::stored_person> row;
};
/// An entity has nothing to do; it handled so many orders since it was made.
struct conversation_sleepy {
  conversation_id id;
  std::uint64_t handled = 0;
};
struct person_sleepy {
  person_id id;
  std::uint64_t handled = 0;
};
/// Sleeping conversations that must be woken.
struct arm {
  std::vector<io::due_conversation> due;
};
/// A conversation has waits that ended. Only so many announce at a time (`turn_gate`), so that many waits which end
/// together do not keep calls waiting; it is told when it is its turn.
struct want_turn {
  conversation_id id;
};
/// A turn is free again while somebody waits for one.
struct turn_done {};
struct shard_alarm {};
struct shard_sweep {};
struct shard_stop {};

using shard_actor =
    caf::typed_actor<caf::reacts_to<route>, caf::reacts_to<to_conversation>, caf::reacts_to<to_person>,
                     caf::reacts_to<post>, caf::reacts_to<count_awake>, caf::reacts_to<loaded_conversation>,
                     caf::reacts_to<loaded_person>, caf::reacts_to<conversation_sleepy>, caf::reacts_to<person_sleepy>,
                     caf::reacts_to<arm>, caf::reacts_to<want_turn>, caf::reacts_to<turn_done>,
                     // INTERNAL
                     caf::reacts_to<shard_alarm>, caf::reacts_to<shard_sweep>, caf::reacts_to<shard_stop>>;

// -- store --------------------------------------------------------------------

/// Something that may be said only when a unit is on disk.
struct envelope {
  caf::actor to;
  caf::message what;
};

/// A unit of work: what to write, and what to release when it is on disk.
struct commit {
  io::unit unit;
  std::vector<ack> acks;
  std::vector<envelope> after;
  /// What goes on when it is on disk; must not block.
  std::vector<std::function<void()>> then;
  /// Answers to the API: once, when it is on disk or could not be written at the first try (it is tried again).
  std::vector<std::function<void(bool written)>> answers;
  /// Nothing of it is in force before it is on disk: it is given up when it could not be written at the first try.
  bool once = false;
  /// Nobody waits for it, and after a crash what it says is found out again: many are written together, a moment later,
  /// and of the rows of one notification only the newest.
  bool at_leisure = false;
  /// Something of its entity is written at leisure: that goes first.
  bool behind_leisure = false;
};
/// Answers `value` when it is on disk, else 503: the effect is unknown, and repeating the request is safe.
template <class T>
std::function<void(bool)> answer_with(io::reply<T> done, T value) {
  return [done = std::move(done), value = std::move(value)](bool written) {
    if (written)
      done(value);
    else
      done(error{ec::store_unavailable, "the store cannot be written; try again", {}});
  };
}

/// INTERNAL: everything that was waiting is gathered; write it.
struct store_flush {};
struct store_tick {};

using store_actor = caf::typed_actor<caf::reacts_to<commit>, caf::reacts_to<store_flush>, caf::reacts_to<store_tick>,
                                     // Writes what came before, once, then says so.
                                     caf::reacts_to<drain>>;

struct load_conversation {
  conversation_id id;
  shard_actor reply_to;
};
struct load_person {
  person_id id;
  shard_actor reply_to;
};
/// Any other question to the store, off the scheduler's threads.
struct ask_store {
  std::function<void(io::store&)> ask;
};

using reader_actor =
    caf::typed_actor<caf::reacts_to<load_conversation>, caf::reacts_to<load_person>, caf::reacts_to<ask_store>>;

// -- channel ------------------------------------------------------------------

/// One delivery for a lane. The lane answers with `attempted` (`parked` when it has no room).
struct submit {
  std::string lane;
  queued item;
  /// It waited on disk before.
  bool from_disk = false;
};

/// The reason of this delivery is gone. `why` none: it is not on disk any more, nothing else changes.
struct cancel {
  std::string lane;
  notification_id delivery;
  reason why = reason::read_before_due;
};

/// The address of a lane is switched off: what waits there ends with this reason.
struct close_lane {
  std::string lane;
  reason why = reason::registration_inactive;
};
struct open_lane {
  std::string lane;
};
/// The configuration of the channel changed: every lane starts anew, without holds.
struct retry_now {};
/// INTERNAL: what came of the attempt.
struct answered {
  std::string lane;
  notification_id delivery;
  std::shared_ptr<io::attempt_result> what;
};
/// A delivery that was parked is on disk, or need not be any more.
struct on_disk {
  std::string lane;
};
/// The person's word before an attempt.
struct cleared {
  notification_id delivery;
  std::uint64_t ticket = 0;
  std::shared_ptr<clearance> what;
};
/// INTERNAL: what the store holds for a lane.
struct parked_found {
  std::string lane;
  bool ending = false;
  std::vector<io::parked_delivery> list;
  std::optional<millis> next_due;
  /// `lane_counters::refused` when it was asked for.
  std::uint64_t refused_before = 0;
  /// Nothing was on its way to the disk when it was asked for.
  bool complete = true;
  bool failed = false;
};
/// INTERNAL: the next delivery of a lane is due.
struct channel_alarm {
  std::string lane;
};
/// INTERNAL: who has not answered for long is asked again later.
struct channel_tick {};
/// After a restart: these lanes have something on disk.
struct parked_lanes {
  std::vector<std::string> lanes;
};

using channel_actor = caf::typed_actor<caf::reacts_to<submit>, caf::reacts_to<cancel>, caf::reacts_to<close_lane>,
                                       caf::reacts_to<open_lane>, caf::reacts_to<retry_now>, caf::reacts_to<answered>,
                                       caf::reacts_to<cleared>, caf::reacts_to<parked_found>, caf::reacts_to<on_disk>,
                                       caf::reacts_to<channel_alarm>, caf::reacts_to<channel_tick>,
                                       caf::reacts_to<parked_lanes>, caf::reacts_to<drain>>;

// -- webhooks (registrations) -------------------------------------------------

struct create_webhook {
  webhook_input input;
  io::reply<webhook> done;
};
struct replace_webhook {
  webhook_id id;
  webhook_input input;
  io::reply<webhook> done;
};
struct remove_webhook {
  webhook_id id;
  io::reply<success> done;
};
struct ping_webhook {
  webhook_id id;
  io::reply<success> done;
};
/// From the channel: the endpoint answered (2xx), failed, or is gone (410).
struct endpoint_result {
  webhook_id id;
  outcome::verdict what = outcome::verdict::accepted;
  /// Of the registration that was sent to; an answer says nothing of a later one. 0: whichever there is.
  std::uint64_t version = 0;
};
/// INTERNAL: the change that was on its way to the disk is there, or was given up.
struct webhook_written {
  bool written = false;
};
/// INTERNAL: a ping was answered, or not.
struct ping_ended {
  webhook_id id;
};

using webhooks_actor =
    caf::typed_actor<caf::reacts_to<create_webhook>, caf::reacts_to<replace_webhook>, caf::reacts_to<remove_webhook>,
                     caf::reacts_to<ping_webhook>, caf::reacts_to<endpoint_result>,
                     // INTERNAL
                     caf::reacts_to<webhook_written>, caf::reacts_to<ping_ended>>;

// -- outcome ------------------------------------------------------------------

struct reports {
  std::vector<report> list;
};
struct subscribe {
  std::uint64_t id = 0;
  std::function<void(const report&)> on_report;
};
struct unsubscribe {
  std::uint64_t id = 0;
};

using outcome_actor = caf::typed_actor<caf::reacts_to<reports>, caf::reacts_to<subscribe>, caf::reacts_to<unsubscribe>>;

} // namespace belfry

// Messages travel within one node only: they need no serialization.
#define BELFRY_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::type)
BELFRY_LOCAL_MESSAGE(publish)
BELFRY_LOCAL_MESSAGE(acks)
BELFRY_LOCAL_MESSAGE(bot_changed)
BELFRY_LOCAL_MESSAGE(erase_presence)
BELFRY_LOCAL_MESSAGE(store_state)
BELFRY_LOCAL_MESSAGE(gateway_tick)
BELFRY_LOCAL_MESSAGE(drain)
BELFRY_LOCAL_MESSAGE(conversation_order)
BELFRY_LOCAL_MESSAGE(heard)
BELFRY_LOCAL_MESSAGE(committed)
BELFRY_LOCAL_MESSAGE(conversation_alarm)
BELFRY_LOCAL_MESSAGE(rest)
BELFRY_LOCAL_MESSAGE(hear)
BELFRY_LOCAL_MESSAGE(person_order)
BELFRY_LOCAL_MESSAGE(person_alarm)
BELFRY_LOCAL_MESSAGE(route)
BELFRY_LOCAL_MESSAGE(to_conversation)
BELFRY_LOCAL_MESSAGE(to_person)
BELFRY_LOCAL_MESSAGE(post)
BELFRY_LOCAL_MESSAGE(count_awake)
BELFRY_LOCAL_MESSAGE(loaded_conversation)
BELFRY_LOCAL_MESSAGE(loaded_person)
BELFRY_LOCAL_MESSAGE(conversation_sleepy)
BELFRY_LOCAL_MESSAGE(person_sleepy)
BELFRY_LOCAL_MESSAGE(arm)
BELFRY_LOCAL_MESSAGE(want_turn)
BELFRY_LOCAL_MESSAGE(turn_done)
BELFRY_LOCAL_MESSAGE(shard_alarm)
BELFRY_LOCAL_MESSAGE(shard_sweep)
BELFRY_LOCAL_MESSAGE(shard_stop)
BELFRY_LOCAL_MESSAGE(commit)
BELFRY_LOCAL_MESSAGE(store_flush)
BELFRY_LOCAL_MESSAGE(store_tick)
BELFRY_LOCAL_MESSAGE(load_conversation)
BELFRY_LOCAL_MESSAGE(load_person)
BELFRY_LOCAL_MESSAGE(ask_store)
BELFRY_LOCAL_MESSAGE(submit)
BELFRY_LOCAL_MESSAGE(cancel)
BELFRY_LOCAL_MESSAGE(close_lane)
BELFRY_LOCAL_MESSAGE(open_lane)
BELFRY_LOCAL_MESSAGE(retry_now)
BELFRY_LOCAL_MESSAGE(answered)
BELFRY_LOCAL_MESSAGE(cleared)
BELFRY_LOCAL_MESSAGE(parked_found)
BELFRY_LOCAL_MESSAGE(on_disk)
BELFRY_LOCAL_MESSAGE(channel_alarm)
BELFRY_LOCAL_MESSAGE(channel_tick)
BELFRY_LOCAL_MESSAGE(parked_lanes)
BELFRY_LOCAL_MESSAGE(create_webhook)
BELFRY_LOCAL_MESSAGE(replace_webhook)
BELFRY_LOCAL_MESSAGE(remove_webhook)
BELFRY_LOCAL_MESSAGE(ping_webhook)
BELFRY_LOCAL_MESSAGE(endpoint_result)
BELFRY_LOCAL_MESSAGE(webhook_written)
BELFRY_LOCAL_MESSAGE(ping_ended)
BELFRY_LOCAL_MESSAGE(reports)
BELFRY_LOCAL_MESSAGE(subscribe)
BELFRY_LOCAL_MESSAGE(unsubscribe)
#undef BELFRY_LOCAL_MESSAGE
