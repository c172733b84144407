#include "belfry/io/store/checkpointer.hpp"

#include <sqlite3.h>

namespace belfry::io {

// In pages of 4 KiB. The log goes on growing while a reader or a large commit is in the way: with these numbers it
// stayed below 32 MiB at 12,500 events of 1.5 KB a second, and reached 34 at 18,000.
static constexpr int thread_starts_at = 1024;
static constexpr int writer_starts_at = 3072;
static constexpr int writer_copies_max = 1024;
static constexpr int log_pages_max = 5120;
/// A truncating checkpoint is for idle times and waits only briefly for readers.
static constexpr int truncate_wait_ms = 200;
static constexpr int usual_wait_ms = 5000;

bool checkpointer::start(const std::string& file, const std::string& vfs) {
  connection_.open(file, SQLITE_OPEN_READWRITE, vfs);
  // The pages it copies come from the log: it needs next to no cache.
  if (!connection_.ok() || !prepare_connection(connection_, true, 256))
    return false;
  thread_ = std::thread([this] { loop(); });
  return true;
}

void checkpointer::stop() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable())
    thread_.join();
  connection_.close();
}

void checkpointer::watch(database& writer) {
  const auto hook = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<checkpointer*>(self)->pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(writer.handle(), hook, this);
}

int checkpointer::left() const {
  return pages_ - copied_;
}

void checkpointer::pass(database& db) {
  int log = -1;
  int done = -1;
  std::lock_guard turn(turn_);
  sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &log, &done);
  if (done >= 0)
    copied_ = done;
}

void checkpointer::committed(database& writer) {
  const int pages = pages_;
  // The log started again.
  if (pages < copied_)
    copied_ = 0;
  if (pages < next_try_ - 2 * writer_copies_max)
    next_try_ = 0;
  if (pages < thread_starts_at)
    return;
  if (left() >= writer_copies_max) {
    { std::lock_guard guard(mutex_); }
    wake_.notify_one();
  }
  const bool little_left = pages >= writer_starts_at && left() > 0 && left() < writer_copies_max;
  if (pages < next_try_ || (!little_left && pages < log_pages_max))
    return;
  pass(writer);
  next_try_ = pages + writer_copies_max;
}

bool checkpointer::truncate(database& writer) {
  std::lock_guard turn(turn_);
  sqlite3_busy_timeout(writer.handle(), truncate_wait_ms);
  const int rc = sqlite3_wal_checkpoint_v2(writer.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(writer.handle(), usual_wait_ms);
  if (rc != SQLITE_OK)
    return false;
  pages_ = 0;
  copied_ = 0;
  next_try_ = 0;
  return true;
}

void checkpointer::loop() {
  std::unique_lock guard(mutex_);
  while (true) {
    wake_.wait(guard, [this] { return stopping_ || left() >= writer_copies_max; });
    if (stopping_)
      return;
    const int before = copied_;
    guard.unlock();
    pass(connection_);
    guard.lock();
    // A reader or a failing disk is in the way: wait for the next commit instead of spinning.
    if (copied_ == before && !stopping_)
      wake_.wait(guard);
  }
}

} // namespace belfry::io
