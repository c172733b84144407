#pragma once

#include "belfry/actors/channel/lane.hpp"
#include "belfry/actors/person/address.hpp"
#include "belfry/actors/person/open_notifications.hpp"
#include "belfry/actors/person/person_row.hpp"
#include "belfry/actors/person/shown.hpp"
#include "belfry/actors/person/unread_counts.hpp"
#include "belfry/config/options.hpp"
#include "belfry/io/channel.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/messages/person_update.hpp"
#include "belfry/messages/views.hpp"

#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

/// Turns what one person is told into deliveries, and keeps what became of them: pure.
namespace belfry {

/// A delivery on its way to a lane, or out of it.
struct lane_command {
  channel_kind channel{};
  std::string lane;
  queued item;
  bool from_disk = false;
  /// `submit::behind`.
  engine_time behind = 0;
};
struct lane_cancel {
  channel_kind channel{};
  std::string lane;
  notification_id delivery;
  reason why = reason::none;
};

struct person_effects {
  std::vector<io::change> changes;
  std::vector<lane_command> submits;
  std::vector<lane_cancel> cancels;
  /// The channels of deliveries that were cancelled on disk, of which no lane tells.
  std::vector<channel_kind> cancelled_on_disk;
  /// Changes of state, for those who watch.
  std::vector<trace_item> traces;
  /// Submitted when `changes` are on disk: their parked rows must be gone before they can leave.
  std::vector<lane_command> submits_after;
};

/// What the rules look up outside the person.
struct person_lookups {
  /// Every address that takes this kind, in a stable order.
  std::function<std::vector<address>(const person_data&, kind)> addresses;
  /// The wait of a channel before new_message, in ms.
  std::function<engine_time(channel_kind)> delay;
  /// none: the address may be used for this kind; else why not (registration_inactive, ...).
  std::function<reason(const address&, const person_data&, kind)> usable;
};

class person_core {
public:
  person_core(person_id id, const options& o, const person_lookups& lookups);

  /// From disk. What is unfinished counts as left, but for what waits there and was never tried (SPEC 1): it is parked,
  /// or due later than `last_life_ended`. Device tokens that another person stored since are gone. What was told from
  /// `first_seq` on was told in this life of the process: that update is on its way.
  /// False: something cannot be read; it is left out, and the rows stay as they are until they are written anew.
  [[nodiscard]] bool load(const io::stored_person& row, std::uint64_t first_seq, engine_time last_life_ended);
  /// What was told in a former life of the process and not applied, oldest first; once.
  std::vector<person_update> take_unapplied() { return std::exchange(unapplied_, {}); }
  /// When that was applied: submits what is unfinished and not parked, once.
  void resume(person_effects& fx);

  const person_id& id() const { return id_; }
  person_data& data() { return data_; }
  const person_data& data() const { return data_; }
  std::set<conversation_id>& conversations() { return conversations_; }
  /// The person as payloads show it; `fallback` is the type when no profile is stored.
  person as_recipient(person_type fallback) const;

  // Updates from conversations
  void tell(const std::shared_ptr<notification_record>& r, engine_time now, person_effects& fx);
  void apply(const withdraw& m, person_effects& fx);
  void apply(const drop_message& m, person_effects& fx);
  void apply(const rewrite_message& m, person_effects& fx);

  // Talk with channels
  /// Whose names an attempt of this delivery needs; nothing for one that is not open.
  std::vector<person_id> named_in(const notification_id& delivery);
  /// A new_message that waited for its channel's time says what is unread now, unless it was told somewhere already:
  /// retries repeat counts (SPEC 8). Asked before `authorize`.
  void recount(const notification_id& delivery, const unread_counts& counts);
  /// The delivery and its notification if it may be tried now; it has left when the attempt is made. Else why not.
  struct permit {
    reason why = reason::none;
    const notification_record* record = nullptr;
    const delivery* what = nullptr;
  };
  permit authorize(const notification_id& delivery, engine_time now, person_effects& fx);
  /// False: the delivery is not open, or over already: nothing of it is kept.
  bool attempted(const notification_id& delivery, std::vector<attempt> made, delivery_state state, reason why,
                 millis next_at, bool parked, person_effects& fx);
  /// Where a delivery goes; "": it is not open.
  std::string target_of(const notification_id& delivery);
  /// What an answer said of an address (wall time `now`). What it tells of what is not there any more is nothing.
  enum class address_change : std::uint8_t { nothing, noted, token_dropped };
  address_change learn(channel_kind channel, const std::string& target, const io::address_news& news, millis now);
  /// Keeps a note in place of what was noted of the same value before.
  void remember(address_note note);
  /// False: the delivery is not parked any more.
  bool unpark(const notification_id& delivery, person_effects& fx);

  /// Everything ends; nothing is written any more.
  void erase(person_effects& fx);

  io::person_row row() const;
  /// Unfinished notifications that are not wholly on disk: the person cannot sleep.
  bool busy() const { return open_.busy(); }
  std::size_t open() const { return open_.size(); }

private:
  using record_ptr = std::shared_ptr<notification_record>;

  reason why_nowhere(kind k) const;
  void expand(notification_record& r, const std::vector<address>& to, engine_time now, person_effects& fx);
  void take_back(notification_record& r, engine_time now, person_effects& fx);
  std::vector<address> where_to_take_back(const notification& n, const shown_at& shown) const;
  engine_time parked_before(const notification& n, const address& a);
  std::string lane_in_use(const notification& n, const address& a);
  void supersede_elsewhere(const notification& newer, delivery& d, person_effects& fx);
  void supersede_unsubmitted(person_effects& fx);
  lane_command command_for(const notification_record& r, const delivery& d, bool from_disk) const;
  bool load_unfinished(const io::notification_row& row);
  /// Cancels what of these is unfinished; addresses where nothing had left are remembered as skipped.
  void withdraw_all(const std::vector<std::uint64_t>& seqs, reason why, person_effects& fx);
  void give_up(notification_record& r, reason why, person_effects& fx);
  void cancel_delivery(const notification& n, delivery& d, reason why, person_effects& fx);
  void note_end(const notification& n, const delivery& d);
  void rewrite(notification_record& r, const rewrite_message& m);
  std::vector<std::uint64_t> announcements(const conversation_id& c) const;
  static delivery& find(notification_record& r, const notification_id& delivery);
  bool has_left(const delivery& d) const { return d.left || open_.in_flight(d.id); }
  bool of_former_life(std::uint64_t seq) const { return seq < first_seq_; }
  /// Writes the record, finished when all its deliveries have ended, and what is shown by now.
  void save(notification_record& r, person_effects& fx);

  person_id id_;
  const options& options_;
  const person_lookups& lookups_;
  person_data data_;
  std::set<conversation_id> conversations_;
  open_notifications open_;
  shown_state shown_;
  std::uint64_t first_seq_ = 0;
  engine_time last_life_ended_ = 0;
  /// Something on disk went there before this life.
  bool parked_in_former_life_ = false;
  std::vector<person_update> unapplied_;
  /// Deliveries that lanes held when the process ended, and those of messages that nobody had been told of by then.
  std::vector<notification_id> unsubmitted_;
};

} // namespace belfry
