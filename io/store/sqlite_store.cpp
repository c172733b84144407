#include "belfry/io/store/sqlite_store.hpp"

#include <sqlite3.h>

namespace belfry::io {

/// How many numbers are reserved on disk ahead of those given out.
static constexpr std::int64_t mark_block = 65536;
/// Bounds of what one commit or one idle moment erases.
static constexpr std::size_t dead_slices_max = 16;
static constexpr std::size_t mixed_slices_max = 4;
/// Rounds of erasing in one idle moment.
static constexpr int idle_rounds_max = 16;

static constexpr std::array<const char*, 3> mark_names{"conversation", "notification", "journal"};

sqlite_store::sqlite_store(std::string file, sqlite_settings settings, std::unique_ptr<file_lock> lock)
    : file_(std::move(file)), settings_(std::move(settings)), lock_(std::move(lock)) {}

sqlite_store::~sqlite_store() {
  checkpointer_.stop();
  readers_.close();
  // The last connection copies the log into the file and removes it.
  writer_.close();
}

bool sqlite_store::open_writer() {
  if (!writer_.open(file_, SQLITE_OPEN_READWRITE, settings_.vfs)
      || !prepare_connection(writer_, true, settings_.cache_kib))
    return false;
  if (sqlite3_db_readonly(writer_.handle(), "main") == 1)
    writer_.fail(SQLITE_READONLY);
  checkpointer_.watch(writer_);
  return writer_.ok();
}

error sqlite_store::trouble(const database& db) const {
  return error{ec::store_unavailable, file_ + ": " + db.trouble(), {}};
}

error sqlite_store::roll_back() {
  const int rc = writer_.rc() & 0xff;
  error out = trouble(writer_);
  const bool own_reason = rc == SQLITE_CONSTRAINT || rc == SQLITE_TOOBIG || rc == SQLITE_MISMATCH;
  if (own_reason)
    out.code = ec::bad_input;
  writer_.clear_error();
  if (sqlite3_get_autocommit(writer_.handle()) == 0)
    writer_.exec("ROLLBACK");
  writer_.clear_error();
  suspect_ = rc != SQLITE_FULL && rc != SQLITE_BUSY && !own_reason;
  return out;
}

result<success> sqlite_store::write(const std::function<void(database&, pending_changes&)>& body) {
  if (suspect_ && !open_writer()) {
    const error out = trouble(writer_);
    writer_.clear_error();
    return out;
  }
  suspect_ = false;
  pending_changes pending{{}, {}, next_entry_, marks_};
  run(writer_, "BEGIN IMMEDIATE");
  erase_dead_slices(pending);
  body(writer_, pending);
  raise_marks(pending);
  // Nobody who reads waits for the disk: entries are known before they can be seen, and count until they cannot.
  announce(pending);
  if (!run(writer_, "COMMIT")) {
    retract(pending);
    return roll_back();
  }
  publish(pending);
  dirty_ = true;
  checkpointer_.committed(writer_);
  return success{};
}

void sqlite_store::erase_dead_slices(pending_changes& pending) {
  for (const auto slice : journal_.dead_slices(dead_slices_max)) {
    const auto first = slice * journal_index::slice_size;
    run(writer_, "DELETE FROM journal WHERE seq BETWEEN ? AND ?", first, first + journal_index::slice_size - 1);
    pending.erased_slices.push_back(slice);
  }
}

void sqlite_store::erase_dead_entries(pending_changes& pending) {
  for (const auto slice : journal_.mixed_slices(mixed_slices_max)) {
    const auto first = slice * journal_index::slice_size;
    std::vector<std::int64_t> dead;
    {
      statement s(writer_, "SELECT seq, conversation FROM journal WHERE seq BETWEEN ? AND ?", first,
                  first + journal_index::slice_size - 1);
      while (s.step())
        if (!journal_.counts(s.integer(1), s.integer(0)))
          dead.push_back(s.integer(0));
    }
    for (const auto seq : dead)
      run(writer_, "DELETE FROM journal WHERE seq = ?", seq);
    pending.erased_slices.push_back(slice);
  }
}

void sqlite_store::raise_marks(pending_changes& pending) {
  const std::array<std::int64_t, 3> used{next_key_, next_seq_, pending.next_entry};
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] + mark_block / 2 <= pending.marks[i])
      continue;
    pending.marks[i] = used[i] + mark_block;
    run(writer_, "INSERT INTO mark VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
        std::string_view(mark_names[i]), pending.marks[i]);
  }
}

void sqlite_store::announce(const pending_changes& pending) {
  std::unique_lock publishing(publishing_);
  for (const auto& step : pending.steps)
    if (step.appended)
      journal_.apply(step);
}

void sqlite_store::retract(const pending_changes& pending) {
  std::unique_lock publishing(publishing_);
  for (const auto& step : pending.steps)
    if (step.appended)
      journal_.retract(step);
}

void sqlite_store::publish(const pending_changes& pending) {
  std::unique_lock publishing(publishing_);
  for (const auto slice : pending.erased_slices)
    journal_.erased(slice);
  for (const auto& step : pending.steps)
    if (!step.appended)
      journal_.apply(step);
  next_entry_ = pending.next_entry;
  marks_ = pending.marks;
}

result<success> sqlite_store::commit(const std::vector<const unit*>& units, millis now) {
  std::lock_guard writing(writing_);
  return write([&](database& db, pending_changes& pending) { change_writer(db, pending, units).write(now); });
}

void sqlite_store::idle() {
  std::lock_guard writing(writing_);
  for (int i = 0; i < idle_rounds_max; ++i) {
    if (journal_.dead_slices(1).empty() && journal_.mixed_slices(1).empty())
      break;
    if (!write([this](database&, pending_changes& pending) { erase_dead_entries(pending); }))
      return;
  }
  if (dirty_ && !suspect_ && checkpointer_.truncate(writer_))
    dirty_ = false;
}

bool sqlite_store::load() {
  for (std::size_t i = 0; i < marks_.size(); ++i)
    marks_[i] = number_of(writer_, 1, "SELECT value FROM mark WHERE name = ?", std::string_view(mark_names[i]));
  next_key_ = std::max(marks_[0], number_of(writer_, 0, "SELECT max(key) FROM conversation") + 1);
  next_seq_ = std::max(marks_[1], number_of(writer_, 0, "SELECT max(seq) FROM notification") + 1);
  next_entry_ = std::max(marks_[2], number_of(writer_, 0, "SELECT max(seq) FROM journal") + 1);
  statement s(writer_, "SELECT j.seq, j.conversation, ifnull(c.since, j.seq) FROM journal j"
                       " LEFT JOIN conversation c ON c.key = j.conversation ORDER BY j.seq");
  while (s.step()) {
    if (s.integer(0) > s.integer(2))
      journal_.apply({s.integer(1), s.integer(0), true});
    else
      journal_.add_dead(s.integer(0));
  }
  return writer_.ok();
}

} // namespace belfry::io
