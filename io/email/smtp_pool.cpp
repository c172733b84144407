#include "belfry/io/email/smtp_pool.hpp"

#include <utility>

namespace belfry::io::email {

smtp_pool::smtp_pool(smtp_settings settings, extra_trust trust, std::size_t connections)
    : settings_(std::move(settings)), trust_(std::move(trust)) {
  for (std::size_t i = 0; i < connections; ++i) {
    auto& session = sessions_.emplace_back(settings_, trust_, stopping_);
    threads_.emplace_back([this, &session] { run(session); });
  }
}

smtp_pool::~smtp_pool() {
  {
    std::lock_guard hold{lock_};
    stopping_ = true;
  }
  more_.notify_all();
  for (auto& s : sessions_)
    s.interrupt();
  for (auto& t : threads_)
    t.join();
  for (auto& j : jobs_)
    j.done({verdict::again, 0, "cancelled", {}});
}

void smtp_pool::send(smtp_mail m, std::function<void(smtp_result)> done) {
  {
    std::lock_guard hold{lock_};
    jobs_.push_back({std::move(m), std::move(done)});
  }
  more_.notify_one();
}

void smtp_pool::run(smtp_session& session) {
  std::unique_lock hold{lock_};
  while (!stopping_) {
    if (jobs_.empty()) {
      const auto woken = more_.wait_for(hold, idle_timeout, [&] { return stopping_ || !jobs_.empty(); });
      if (!woken) {
        hold.unlock();
        session.close();
        hold.lock();
      }
      continue;
    }
    auto j = std::move(jobs_.front());
    jobs_.pop_front();
    hold.unlock();
    j.done(session.send(j.mail));
    hold.lock();
  }
}

} // namespace belfry::io::email
