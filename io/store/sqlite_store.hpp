#pragma once

#include "belfry/io/store/checkpointer.hpp"
#include "belfry/io/store/database.hpp"
#include "belfry/io/store/file_lock.hpp"
#include "belfry/io/store/journal_index.hpp"
#include "belfry/io/store/store.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>

namespace belfry::io {

/// What a transaction will change in memory once it is committed.
struct pending_changes {
  std::vector<journal_index::step> steps;
  std::vector<std::int64_t> erased_slices;
  /// The number of the next journal entry.
  std::int64_t next_entry = 0;
  /// The upper ends of the numbers that may be given out: conversation keys, notification seqs, journal entries.
  std::array<std::int64_t, 3> marks{};
};

/// Writes the changes of one commit in one transaction. Rows and entries that a later row of the same commit replaces
/// are left out.
class change_writer {
public:
  change_writer(database& db, pending_changes& pending, const std::vector<const unit*>& units);

  void write(millis now);

private:
  void apply(const journal_entry& x);
  void apply(const conversation_row& x);
  void apply_parts(const conversation_row& x);
  void apply(const membership& x);
  void apply(const person_row& x);
  void apply(const update_row& x);
  void apply(const person_removed& x);
  void apply(const presence_row& x);
  void apply(const presence_cleared& x);
  void apply(const shown_row& x);
  void apply(const notification_row& x);
  void apply(const parked_delivery& x);
  void apply(const parked_removed& x);
  void apply(const webhook_row& x);
  void apply(const known_id& x);
  void apply(const setting& x);

  database& db_;
  pending_changes& pending_;
  const std::vector<const unit*>& units_;
  /// Where in the commit the last row of each conversation is.
  std::unordered_map<std::int64_t, std::size_t> last_row_;
  std::size_t position_ = 0;
  std::string known_;
};

/// Connections that answer reads, lent to one thread at a time.
class reader_pool {
public:
  /// Ends the loan when it goes.
  class loan {
  public:
    loan(reader_pool& pool, database& db) : pool_(pool), db_(db) {}
    loan(const loan&) = delete;
    ~loan();
    database& operator*() { return db_; }

  private:
    reader_pool& pool_;
    database& db_;
  };

  /// False: `trouble` says why.
  bool open(const std::string& file, const sqlite_settings& settings, std::string& trouble);
  void close();
  /// Waits until one is free.
  loan borrow();

private:
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<database>> all_;
  std::vector<database*> free_;
};

/// The store port on one file of SQLite (docs/store.md).
/// Bytes of one id in a row of ids.
constexpr std::size_t known_id_size = 9;

/// The row that the newest so many known ids begin with.
std::int64_t first_known_row(database& db, std::size_t newest);

class sqlite_store final : public store {
public:
  sqlite_store(std::string file, sqlite_settings settings, std::unique_ptr<file_lock> lock);
  ~sqlite_store() override;

  /// Opens all connections, brings the schema up to date and loads what is kept in memory.
  std::optional<open_error> start();

  result<success> commit(const std::vector<const unit*>& units, millis now) override;
  result<bool> sweep(const horizon& h) override;
  void idle() override;
  std::int64_t new_conversation_key() override { return next_key_++; }
  std::uint64_t new_notification_seq() override { return static_cast<std::uint64_t>(next_seq_++); }
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
  /// Runs `body` in one transaction; memory changes only when it is committed. The caller holds `writing_`.
  result<success> write(const std::function<void(database&, pending_changes&)>& body);
  bool open_writer();
  bool load();
  void erase_dead_slices(pending_changes& pending);
  void erase_dead_entries(pending_changes& pending);
  void raise_marks(pending_changes& pending);
  void announce(const pending_changes& pending);
  void retract(const pending_changes& pending);
  void publish(const pending_changes& pending);
  error roll_back();
  error trouble(const database& db) const;
  result<std::vector<person_id>> persons_where(const char* select);
  std::uint64_t superseded();
  /// The row and its living entries, out of one snapshot. `by_key` is used when `id` is nullptr.
  std::optional<stored_conversation> read_conversation(database& db, const conversation_id* id, std::int64_t by_key);
  /// Keys of the person's conversations whose rows are older than what happened.
  std::unordered_set<std::int64_t> journaled_of(database& db, std::string_view person);
  void sweep_known(database& db, const horizon& h, bool& more);
  void sweep_conversations(database& db, pending_changes& pending, millis before, bool& more);

  const std::string file_;
  const sqlite_settings settings_;
  // Destroyed last: the file is ours until every connection is closed.
  std::unique_ptr<file_lock> lock_;

  /// Guards the connection that writes.
  std::mutex writing_;
  /// Rows of ids before this are beyond `horizon::ids_max`; looked up anew every so many sweeps.
  std::int64_t known_from_ = 0;
  std::uint64_t sweeps_ = 0;
  database writer_;
  /// After an I/O error nothing that the connection believes is trusted: it is opened again.
  bool suspect_ = false;
  /// Something was written since the log was truncated.
  bool dirty_ = false;
  checkpointer checkpointer_;

  /// What counts in the journal: at least what counts in any snapshot that was taken since `superseded` grew last.
  /// Never held while something waits for the disk.
  std::shared_mutex publishing_;
  journal_index journal_;
  std::int64_t next_entry_ = 1;
  std::array<std::int64_t, 3> marks_{};

  std::atomic<std::int64_t> next_key_{1};
  std::atomic<std::int64_t> next_seq_{1};
  reader_pool readers_;
};

/// Looks at a file without changing it: nothing when it is a sound store of this build's version or older.
std::optional<open_error> inspect(const std::string& file, const std::string& vfs);

/// The columns of a notification in the order that `read_notification` expects.
constexpr const char notification_columns[] =
    "seq, id, person, conversation, subject, kind, state, created_at, deliveries, blob";
notification_row read_notification(statement& s);

} // namespace belfry::io
