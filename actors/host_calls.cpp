#include "belfry/actors/host_calls.hpp"

namespace belfry {

host_calls::host_calls(io::telemetry& metrics, bool direct) : metrics_(metrics), direct_(direct) {
  if (!direct)
    thread_ = std::thread{[this] { work(); }};
}

host_calls::~host_calls() {
  if (!thread_.joinable())
    return;
  {
    std::lock_guard guard{mutex_};
    ending_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

void host_calls::finish(std::chrono::steady_clock::time_point until) {
  if (direct_ || std::this_thread::get_id() == thread_.get_id())
    return;
  std::unique_lock lock{mutex_};
  finished_.wait_until(lock, until, [this] { return waiting_ == 0; });
}

void host_calls::enqueue(std::function<void()> f) {
  bool wake = false;
  {
    std::lock_guard guard{mutex_};
    queue_.push_back(std::move(f));
    waiting_.fetch_add(1, std::memory_order_relaxed);
    wake = std::exchange(idle_, false);
  }
  if (wake)
    filled_.notify_one();
}

void host_calls::work() {
  std::vector<std::function<void()>> batch;
  for (;;) {
    {
      std::unique_lock lock{mutex_};
      if (queue_.empty()) {
        behind_ = false;
        finished_.notify_all();
        if (ending_)
          return;
        idle_ = true;
        filled_.wait(lock, [this] { return !queue_.empty() || ending_; });
        idle_ = false;
      }
      batch.swap(queue_);
    }
    for (auto& f : batch) {
      guarded(f);
      f = nullptr;
      waiting_.fetch_sub(1, std::memory_order_relaxed);
    }
    batch.clear();
  }
}

void host_calls::note_thrown(std::string_view what) {
  metrics_.alarm("ENGINE", "callback_threw", std::string{what});
}

void host_calls::note_behind() {
  {
    std::lock_guard guard{mutex_};
    if (std::exchange(behind_, true))
      return;
  }
  metrics_.alarm("ENGINE", "callbacks_behind", "reports to the host are left out until its callbacks have returned");
}

} // namespace belfry
