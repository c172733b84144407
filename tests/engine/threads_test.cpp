#include "belfry/engine.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

// A host may start, stop and destroy an engine on whatever threads it has.

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// A thread that lives on after what it was given.
class worker {
public:
  worker() : thread_([this] { work(); }) {}
  ~worker() {
    do_here(nullptr);
    thread_.join();
  }
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// Returns when it is done; nothing: the thread ends.
  void do_here(std::function<void()> f) {
    std::unique_lock lock{mutex_};
    ends_ = !f;
    f_ = std::move(f);
    given_ = true;
    changed_.notify_all();
    if (!ends_)
      changed_.wait(lock, [&] { return !given_; });
  }

private:
  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [&] { return given_; });
      if (ends_)
        return;
      f_();
      given_ = false;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> f_;
  bool given_ = false, ends_ = false;
  std::thread thread_;
};

std::unique_ptr<engine> started() {
  options o;
  o.store.kind = store_kind::memory;
  auto e = engine::start(o);
  EXPECT_TRUE(e) << e.error().detail;
  return e ? std::move(*e) : nullptr;
}

} // namespace

TEST(Threads, OneThatStartedAnEngineNeedNotEndForItsEnd) {
  worker w;
  std::unique_ptr<engine> e;
  w.do_here([&] { e = started(); });
  EXPECT_TRUE(e->get_webhooks().get());
  e.reset();
}

TEST(Threads, OneThatStoppedAnEngineNeedNotEndForItsEnd) {
  worker w;
  auto e = started();
  w.do_here([&] { e->stop(); });
  e.reset();
}

TEST(Threads, AnotherOneThanTheFirstMayDestroyAnEngine) {
  worker w;
  auto e = started();
  w.do_here([&] { e.reset(); });
  EXPECT_FALSE(e);
}

TEST(Threads, ACallbackMayStopTheEngine) {
  auto e = started();
  std::promise<void> stopped;
  e->get_webhooks([&](const auto&) {
    e->stop();
    stopped.set_value();
  });
  stopped.get_future().wait();
  EXPECT_EQ(e->get_webhooks().get().error().code, ec::stopping);
  e.reset();
}

TEST(Threads, ASecondStopWaitsForTheFirst) {
  auto e = started();
  std::promise<void> returns;
  std::atomic<bool> first{false};
  // A callback that does not return keeps the first one waiting for its two seconds.
  e->get_webhooks([blocked = returns.get_future().share()](const auto&) { blocked.wait(); });
  std::thread t{[&] {
    e->stop(2s);
    first = true;
  }};
  while (e->get_webhooks().get())
    std::this_thread::yield();
  const auto began = std::chrono::steady_clock::now();
  e->stop(60s);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 1s) << "it did not wait";
  t.join();
  EXPECT_TRUE(first);
  returns.set_value();
}

TEST(Threads, OthersWhoKeepAskingDoNotKeepAStopWaiting) {
  auto e = started();
  std::atomic<bool> over{false};
  std::atomic<int> refused{0};
  std::vector<std::thread> askers;
  for (int i = 0; i < 8; ++i)
    askers.emplace_back([&] {
      while (!over)
        refused += e->get_webhooks().get() ? 0 : 1;
    });
  e->stop();
  EXPECT_EQ(e->get_webhooks().get().error().code, ec::stopping);
  over = true;
  for (auto& t : askers)
    t.join();
}

TEST(Threads, WhatACallbackThrowsAfterTheEndStaysThere) {
  auto e = started();
  e->stop();
  EXPECT_NO_THROW(e->get_webhooks([](const auto&) { throw std::runtime_error{"of the host"}; }));
}
