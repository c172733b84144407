#pragma once

#include "belfry/io/email/smtp_session.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace belfry::io::email {

/// Sends mails over a few connections, each with a thread of its own, because a session blocks its thread. A connection
/// is opened with its first mail and closed after `idle_timeout` without one; a mail goes to the connection that was
/// used last, so that few are open when there is little to do. Urgent mails go first, and have `spare` connections more
/// to themselves. What waits here is bounded by what the lane has in flight; what waited longer than `turn_max` is not
/// sent, but ends as `not_begun`, so that somebody looks whether it is still wanted.
class smtp_pool {
public:
  static constexpr std::chrono::seconds idle_timeout{20};
  static constexpr std::chrono::milliseconds turn_max{1'000};

  smtp_pool(smtp_settings settings, extra_trust trust, std::size_t connections, std::size_t spare = 0);
  /// Ends what runs and answers what waits with "cancelled".
  ~smtp_pool();
  smtp_pool(const smtp_pool&) = delete;
  smtp_pool& operator=(const smtp_pool&) = delete;

  /// `done` is called exactly once, on a thread of the pool, and must not block.
  void send(smtp_mail m, bool urgent, std::function<void(smtp_result)> done);

  /// From the next mail on; what is under way goes on.
  void replace(smtp_settings settings, extra_trust trust);

private:
  struct server {
    smtp_settings settings;
    extra_trust trust;
  };

  struct job {
    smtp_mail mail;
    std::function<void(smtp_result)> done;
    std::chrono::steady_clock::time_point since;
  };

  struct worker {
    /// It sends nothing else.
    bool urgent_only = false;
    /// Outlives the session that speaks to it.
    std::shared_ptr<const server> to;
    std::optional<smtp_session> session;
    std::condition_variable wake;
    bool called = false;
  };

  void run(worker& w);
  /// What `w` sends next; the lock is held.
  std::optional<job> take(const worker& w);
  /// A session with the server of now; the lock is held.
  void connect(worker& w);
  /// Until it is called.
  void idle_wait(worker& w, std::unique_lock<std::mutex>& hold);

  /// Of the next mail; changed under the lock.
  std::shared_ptr<const server> server_;
  std::atomic<bool> stopping_{false};
  std::mutex lock_;
  std::deque<job> urgent_, others_;
  std::deque<worker> workers_;
  /// The one that was used last at the end, those for urgent mails alone before all others.
  std::vector<worker*> idle_;
  std::vector<std::thread> threads_;
};

} // namespace belfry::io::email
