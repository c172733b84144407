#include "belfry/io/email/smtp_pool.hpp"

#include <utility>

namespace belfry::io::email {

smtp_pool::smtp_pool(smtp_settings settings, extra_trust trust, std::size_t connections)
    : settings_(std::move(settings)), trust_(std::move(trust)) {
  for (std::size_t i = 0; i < connections; ++i) {
    auto& w = workers_.emplace_back(settings_, trust_, stopping_);
    threads_.emplace_back([this, &w] { run(w); });
  }
}

smtp_pool::~smtp_pool() {
  {
    std::lock_guard hold{lock_};
    stopping_ = true;
  }
  for (auto& w : workers_) {
    w.wake.notify_one();
    w.session.interrupt();
  }
  for (auto& t : threads_)
    t.join();
  for (auto& j : jobs_)
    j.done({verdict::again, 0, "cancelled", {}});
}

void smtp_pool::send(smtp_mail m, std::function<void(smtp_result)> done) {
  std::lock_guard hold{lock_};
  jobs_.push_back({std::move(m), std::move(done)});
  if (idle_.empty())
    return;
  auto& w = *idle_.back();
  idle_.pop_back();
  w.called = true;
  w.wake.notify_one();
}

void smtp_pool::rest(worker& w, std::unique_lock<std::mutex>& hold) {
  const auto called = [&] { return stopping_ || w.called; };
  w.called = false;
  idle_.push_back(&w);
  if (w.wake.wait_for(hold, idle_timeout, called))
    return;
  hold.unlock();
  w.session.close();
  hold.lock();
  w.wake.wait(hold, called);
}

void smtp_pool::run(worker& w) {
  std::unique_lock hold{lock_};
  while (!stopping_) {
    if (jobs_.empty()) {
      rest(w, hold);
      continue;
    }
    auto j = std::move(jobs_.front());
    jobs_.pop_front();
    hold.unlock();
    j.done(w.session.send(j.mail));
    hold.lock();
  }
}

} // namespace belfry::io::email
