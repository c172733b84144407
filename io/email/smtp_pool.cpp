#include "belfry/io/email/smtp_pool.hpp"

#include <utility>

namespace belfry::io::email {

smtp_pool::smtp_pool(smtp_settings settings, extra_trust trust, std::size_t connections, std::size_t spare)
    : server_(std::make_shared<const server>(server{std::move(settings), std::move(trust)})) {
  for (std::size_t i = 0; i < spare + connections; ++i) {
    auto& w = workers_.emplace_back();
    w.urgent_only = i < spare;
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
  }
  {
    // A worker changes its session with the lock held.
    std::lock_guard hold{lock_};
    for (auto& w : workers_) {
      if (w.session)
        w.session->interrupt();
    }
  }
  for (auto& t : threads_)
    t.join();
  for (auto* jobs : {&urgent_, &others_}) {
    for (auto& j : *jobs)
      j.done({verdict::again, 0, "cancelled", {}});
  }
}

void smtp_pool::send(smtp_mail m, bool urgent, std::function<void(smtp_result)> done) {
  std::lock_guard hold{lock_};
  (urgent ? urgent_ : others_).push_back({std::move(m), std::move(done), std::chrono::steady_clock::now()});
  if (idle_.empty() || (idle_.back()->urgent_only && !urgent))
    return;
  auto& w = *idle_.back();
  idle_.pop_back();
  w.called = true;
  w.wake.notify_one();
}

void smtp_pool::replace(smtp_settings settings, extra_trust trust) {
  auto next = std::make_shared<const server>(server{std::move(settings), std::move(trust)});
  std::lock_guard hold{lock_};
  server_ = std::move(next);
}

void smtp_pool::connect(worker& w) {
  if (w.to == server_)
    return;
  w.session.reset();
  w.to = server_;
  w.session.emplace(w.to->settings, w.to->trust, stopping_);
}

void smtp_pool::idle_wait(worker& w, std::unique_lock<std::mutex>& hold) {
  const auto called = [&] { return stopping_ || w.called; };
  w.called = false;
  idle_.insert(w.urgent_only ? idle_.begin() : idle_.end(), &w);
  if (w.wake.wait_for(hold, idle_timeout, called))
    return;
  hold.unlock();
  if (w.session)
    w.session->close();
  hold.lock();
  w.wake.wait(hold, called);
}

std::optional<smtp_pool::job> smtp_pool::take(const worker& w) {
  auto& jobs = urgent_.empty() && !w.urgent_only ? others_ : urgent_;
  if (jobs.empty())
    return std::nullopt;
  auto j = std::move(jobs.front());
  jobs.pop_front();
  return j;
}

void smtp_pool::run(worker& w) {
  std::unique_lock hold{lock_};
  while (!stopping_) {
    auto j = take(w);
    if (!j) {
      idle_wait(w, hold);
      continue;
    }
    connect(w);
    hold.unlock();
    if (j->since + turn_max <= std::chrono::steady_clock::now())
      j->done({verdict::not_begun, 0, {}, {}});
    else
      j->done(w.session->send(j->mail));
    hold.lock();
  }
}

} // namespace belfry::io::email
