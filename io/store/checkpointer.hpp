#pragma once

#include "belfry/io/store/database.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace belfry::io {

/// Keeps the write-ahead log short without stalling the writer: a thread of its own copies most of the log back into
/// the file, and the writer copies the little that is left between two commits, because only then can the log start
/// again from its beginning.
class checkpointer {
public:
  ~checkpointer() { stop(); }

  /// Starts the thread; false: `trouble` of the connection says why.
  bool start(const std::string& file, const std::string& vfs);
  void stop();
  std::string trouble() const { return connection_.trouble(); }

  /// Hooks itself to a connection that writes.
  void watch(database& writer);
  /// Called by the writer after each commit.
  void committed(database& writer);
  /// Copies everything and truncates the log. False: somebody still reads from it, or the disk refuses.
  bool truncate(database& writer);

private:
  void loop();
  /// Pages of the log that are not copied yet, as far as is known.
  int left() const;
  /// One checkpoint without waiting for anybody, in turn.
  void pass(database& db);

  database connection_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  /// Only one connection can checkpoint at a time.
  std::mutex turn_;
  /// Pages in the log, told by SQLite after each commit; and how many of them are copied.
  std::atomic<int> pages_{0};
  std::atomic<int> copied_{0};
  /// The writer does not try again below this length of the log (a reader may hold it).
  int next_try_ = 0;
};

} // namespace belfry::io
