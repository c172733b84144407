#pragma once

#include "belfry/actors/channel/lane.hpp"
#include "belfry/actors/person/person_row.hpp"
#include "belfry/config/options.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/messages/person_mail.hpp"
#include "belfry/messages/views.hpp"

#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

/// Turns what one person is told into deliveries, and keeps what became of them: pure.
namespace belfry {

/// Where a person can be reached for a kind.
struct address {
  channel_kind channel = channel_kind::webhook;
  /// Registration, device or subscription; "email".
  std::string target;

  bool operator==(const address&) const = default;
};

/// "<channel>/<target>", as `shown_at` lists it.
std::string to_string(const address& a);
/// Name of the lane that serves it.
std::string lane_of(const address& a);

/// A delivery on its way to a lane, or out of it.
struct lane_order {
  channel_kind channel = channel_kind::webhook;
  std::string lane;
  queued item;
  bool from_disk = false;
};
struct lane_cancel {
  channel_kind channel = channel_kind::webhook;
  std::string lane;
  notification_id delivery;
  reason why = reason::none;
};

struct person_effects {
  std::vector<io::change> changes;
  std::vector<lane_order> submits;
  std::vector<lane_cancel> cancels;
  /// Changes of state, for those who watch.
  std::vector<trace_item> traces;
  /// Submitted when `changes` are on disk: their parked rows must be gone before they can leave.
  std::vector<lane_order> submits_after;
};

/// What the rules look up outside the person.
struct person_surroundings {
  /// Every address that takes this kind, in a stable order.
  std::function<std::vector<address>(const person_data&, kind)> addresses;
  /// The wait of a channel before new_message, in ms.
  std::function<engine_time(channel_kind)> delay;
  /// none: the address may be used; else why not (registration_inactive, ...).
  std::function<reason(const address&)> usable;
};

class person_core {
public:
  person_core(person_id id, const options& o, const person_surroundings& around);

  /// From disk. What is unfinished counts as left, but for what waits there and was never tried. Device tokens that
  /// another person stored since are gone.
  /// Untold ones from `first_seq` on were born in this life of the process: their mail is on its way.
  void load(const io::stored_person& row, std::uint64_t first_seq = UINT64_MAX);
  /// The messages of unfinished announcements: what was withdrawn while they were on their way is not known here.
  using message_key = std::pair<conversation_id, message_id>;
  std::set<message_key> announced_messages() const;
  /// After a restart: submits what is unfinished and not parked. What was not even expanded is returned, oldest first,
  /// to be told anew. What is taken back by a later one, or announces a message that is `gone`, ends here.
  std::vector<std::shared_ptr<notification_record>> resume(person_effects& fx, const std::set<message_key>& gone = {});

  const person_id& id() const { return id_; }
  person_data& data() { return data_; }
  const person_data& data() const { return data_; }
  std::set<conversation_id>& conversations() { return conversations_; }
  /// The person as payloads show it; `fallback` is the type when no profile is stored.
  person as_recipient(person_type fallback) const;
  std::vector<std::string> device_tokens() const;

  // Mail from conversations
  void tell(const std::shared_ptr<notification_record>& r, engine_time now, person_effects& fx);
  void withdraw(const conversation_id& c, reason why, person_effects& fx);
  void drop_message(const conversation_id& c, const message_id& m, person_effects& fx);
  void rewrite(const conversation_id& c, const message_id& m, const std::string& text, person_effects& fx);

  // Talk with channels
  /// The delivery and its notification if it may be tried now; it has left then. Else why not.
  struct permit {
    reason why = reason::none;
    const notification_record* record = nullptr;
    const delivery* what = nullptr;
  };
  permit clear(const notification_id& delivery, engine_time now, person_effects& fx);
  void attempted(const notification_id& delivery, const std::optional<attempt>& made, delivery_state state, reason why,
                 millis next_at, bool parked, person_effects& fx);
  /// False: the delivery is not parked any more.
  bool unpark(const notification_id& delivery, person_effects& fx);

  /// Everything ends; nothing is written any more.
  void erase(person_effects& fx);

  io::person_row row() const;
  /// Unfinished notifications that are not wholly on disk: the person cannot sleep.
  bool busy() const;
  std::size_t open() const { return open_.size(); }

private:
  using record_ptr = std::shared_ptr<notification_record>;

  void expand(notification_record& r, const std::vector<address>& to, engine_time now, person_effects& fx);
  void take_back(notification_record& r, engine_time now, person_effects& fx);
  void supersede_parked(const notification_record& newer, delivery& d, person_effects& fx);
  lane_order order(const notification_record& r, const delivery& d, engine_time due, bool from_disk) const;
  void cancel_delivery(notification_record& r, delivery& d, reason why, person_effects& fx);
  /// Cancels what is unfinished and matches; addresses where nothing had left are remembered as skipped.
  void give_up(notification_record& r, reason why, person_effects& fx);
  void cancel_where(const std::function<bool(const notification&)>& which, reason why, person_effects& fx);
  void note_left_at(const notification& n, const address& a);
  reason obsolete(const notification& n, const std::set<message_key>& gone) const;
  void save_shown(const conversation_id& c, group g, person_effects& fx);
  /// Writes the record, or finishes it when all its deliveries have ended.
  void save(notification_record& r, person_effects& fx);
  void sweep_finished();
  std::pair<notification_record*, delivery*> find(const notification_id& delivery);
  bool has_left(const delivery& d) const { return d.tries > 0 || in_flight_.contains(d.id); }

  person_id id_;
  const options& options_;
  const person_surroundings& around_;
  person_data data_;
  std::set<conversation_id> conversations_;
  /// Not final, oldest first.
  std::vector<record_ptr> open_;
  std::set<notification_id> in_flight_;
  std::map<std::pair<conversation_id, group>, shown_subjects> shown_;
};

} // namespace belfry
