#pragma once

#include "belfry/io/ports.hpp"

#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

namespace belfry::io {

/// The store port on plain containers, with failures on demand.
class memory_store final : public store {
public:
  /// The next `count` commits and sweeps fail with `trouble` and change nothing.
  void fail_next_commits(int count, std::string trouble = "disk full");
  /// From now on units that hold a setting of this name are refused for a reason of their own.
  void refuse_setting(std::string name);
  /// From now on, and until it is said anew, the person or conversation of this id cannot be loaded; "": all can.
  void refuse_to_load(std::string id);
  /// How many commits succeeded so far.
  std::size_t commits() const;

  result<success> commit(const std::vector<const unit*>& units, millis now) override;
  result<bool> sweep(const horizon& h) override;
  void idle() override {}
  std::int64_t new_conversation_key() override;
  std::uint64_t new_notification_seq() override;
  result<std::optional<stored_conversation>> load_conversation(const conversation_id& id) override;
  result<stored_person> load_person(const person_id& id) override;
  result<std::string> load_profile(const person_id& id) override;
  result<std::vector<claimant>> claimants(std::string_view token) override;
  result<notification_page> query(const trace_query& q) override;
  result<std::optional<notification_row>> find_notification(const notification_id& id) override;
  result<std::vector<parked_delivery>> parked(std::string_view lane, millis now, std::size_t limit) override;
  result<std::optional<millis>> parked_due(std::string_view lane) override;
  result<std::vector<due_conversation>> due_conversations() override;
  result<std::vector<person_id>> timed_persons() override;
  result<success> each_journaled(const std::function<void(stored_conversation&&)>& visit) override;
  result<success> each_known_id(std::size_t newest, const std::function<void(const known_id&, millis)>& visit) override;
  result<std::vector<presence_row>> presence() override;
  result<std::vector<webhook_row>> webhooks() override;
  result<std::vector<person_id>> bots() override;
  result<std::vector<std::string>> parked_lanes() override;
  result<std::optional<std::string>> setting(std::string_view name) override;
  result<std::vector<unfinished_notification>> unfinished(std::uint64_t after, std::size_t limit) override;

private:
  struct conversation {
    stored_conversation stored() const;
    std::optional<std::uint32_t> unread(const person_id& who) const;

    conversation_row row;
    std::vector<std::string> entries;
    std::map<std::int64_t, std::string> parts;
  };

  void apply(const journal_entry& x, millis now);
  void apply(const conversation_row& x, millis now);
  void apply(const membership& x, millis now);
  void apply(const person_row& x, millis now);
  void apply(const update_row& x, millis now);
  void apply(const person_removed& x, millis now);
  void apply(const presence_row& x, millis now);
  void apply(const presence_cleared& x, millis now);
  void apply(const shown_row& x, millis now);
  void apply(const notification_row& x, millis now);
  void apply(const parked_delivery& x, millis now);
  void apply(const parked_removed& x, millis now);
  void apply(const webhook_row& x, millis now);
  void apply(const known_id& x, millis now);
  void apply(const io::setting& x, millis now);

  std::optional<error> next_failure();
  bool refuses(const unit& u) const;
  void forget_claims(const person_row& x);
  bool wholly_parked(const notification_row& x) const;
  void erase_conversation(std::int64_t key);

  mutable std::mutex mutex_;
  int failures_ = 0;
  std::string trouble_;
  std::string refused_setting_;
  std::string unloadable_;
  std::size_t commits_ = 0;
  std::int64_t last_key_ = 0;
  std::uint64_t last_seq_ = 0;

  std::map<std::int64_t, conversation> conversations_;
  std::map<conversation_id, std::int64_t> keys_;
  std::set<std::pair<person_id, std::int64_t>> members_;
  std::map<person_id, person_row> persons_;
  /// Per token, who claims it with which number.
  std::map<std::string, std::map<person_id, std::uint64_t>, std::less<>> claims_;
  std::map<std::pair<person_id, std::string>, presence_row> presence_;
  std::map<std::tuple<person_id, conversation_id, group>, shown_row> shown_;
  std::map<std::uint64_t, update_row> mails_;
  std::map<std::uint64_t, notification_row> notifications_;
  std::map<notification_id, std::uint64_t> seqs_;
  std::map<notification_id, parked_delivery> parked_;
  std::map<webhook_id, webhook_row> webhooks_;
  std::vector<std::pair<known_id, millis>> known_;
  std::map<std::string, std::string, std::less<>> settings_;
};

} // namespace belfry::io
