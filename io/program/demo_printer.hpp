#pragma once

#include "belfry/messages/notification.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>

namespace belfry::program {

/// Writes the demo's lines to stdout: what happens, and every webhook that the simulator receives as one line saying
/// who is told what and why. Lines carry the seconds since the start. All functions may be called from any thread.
class demo_printer {
public:
  /// Reads `sink`, which outlives it, on a thread of its own.
  explicit demo_printer(const test::webhook_sink& sink);
  ~demo_printer();
  demo_printer(const demo_printer&) = delete;
  demo_printer& operator=(const demo_printer&) = delete;

  /// A heading.
  void scene(const std::string& title);
  /// Something the host reports.
  void happens(const std::string& sentence);
  /// Somebody is not told.
  void not_told(const std::string& name, const std::string& why);
  /// Something arrived at a provider.
  void arrived(const std::string& words);
  /// A line as it is.
  void plain(const std::string& line);

  /// Waits until this person was told this (so often in all) in this conversation; false: not within `limit`.
  bool wait_told(const person_id& person, kind what, const conversation_id& where, std::size_t times,
                 std::chrono::milliseconds limit);
  /// How often that was so far.
  std::size_t told(const person_id& person, kind what, const conversation_id& where);

private:
  using key = std::tuple<person_id, kind, conversation_id>;

  void run();
  void show(const test::received_request& r);
  void line(const char* colour, const std::string& text);

  const test::webhook_sink& sink_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  const bool coloured_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<key, std::size_t> told_;
  std::thread thread_;
};

} // namespace belfry::program
