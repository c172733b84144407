#pragma once

#include "belfry/io/service.hpp"
#include "belfry/io/telemetry/telemetry.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace belfry {

/// Fulfils the promise behind a future form of the API. It cannot block, so it is called where the answer arises.
template <class T>
struct fulfil {
  std::shared_ptr<std::promise<result<T>>> promise = std::make_shared<std::promise<result<T>>>();

  void operator()(result<T> r) const { promise->set_value(std::move(r)); }
};

/// Calls the host back, one call after the other, on a thread that does nothing else: a callback that throws is an
/// alarm, and one that blocks keeps nobody but the callbacks behind it waiting (SPEC 12).
class host_calls {
public:
  /// `direct`: callbacks never block (`engine_parts::callbacks_never_block`) and are called where the answer arises.
  host_calls(io::telemetry& metrics, bool direct);
  /// Waits for the callback that runs, and runs those that wait.
  ~host_calls();
  host_calls(const host_calls&) = delete;
  host_calls& operator=(const host_calls&) = delete;

  /// So many callbacks wait that no more questions are taken.
  bool crowded() const { return waiting_.load(std::memory_order_relaxed) >= waiting_max; }

  /// A question waits for its answer (1), or does not any more (-1).
  void asked(std::ptrdiff_t n) { open_.fetch_add(n, std::memory_order_relaxed); }
  bool asks_too_much() const { return open_.load(std::memory_order_relaxed) >= open_max; }

  /// On the caller's own thread, for what is refused at once.
  template <class T>
  void answer_here(io::reply<T>& f, result<T> r) {
    guarded([&] { f(std::move(r)); });
  }

  template <class T>
  void answer(io::reply<T> f, result<T> r) {
    if (direct_ || f.template target<fulfil<T>>() != nullptr)
      guarded([&] { f(std::move(r)); });
    else
      enqueue([f = std::move(f), r = std::move(r)]() mutable { f(std::move(r)); });
  }

  /// Something that was not asked for: it is left out (an alarm) while the host does not keep up.
  template <class T>
  void tell(const std::function<void(const T&)>& f, const T& x) {
    if (direct_)
      guarded([&] { f(x); });
    else if (crowded())
      note_behind();
    else
      enqueue([f, x] { f(x); });
  }

  /// Waits until no callback waits or runs, at most until then; not at all when one of them asks.
  void finish(std::chrono::steady_clock::time_point until);

private:
  static constexpr std::size_t waiting_max = 65'536;
  static constexpr std::ptrdiff_t open_max = 65'536;

  template <class F>
  void guarded(F&& f) {
    try {
      f();
    } catch (const std::exception& x) {
      note_thrown(x.what());
    } catch (...) {
      note_thrown("unknown exception");
    }
  }

  void enqueue(std::function<void()> f);
  void note_thrown(std::string_view what);
  void note_behind();
  void work();

  io::telemetry& metrics_;
  const bool direct_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::ptrdiff_t> open_{0};
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable finished_;
  std::vector<std::function<void()>> queue_;
  /// The thread waits for work.
  bool idle_ = false;
  bool ending_ = false;
  /// An alarm was raised since the queue was last empty.
  bool behind_ = false;
  std::thread thread_;
};

} // namespace belfry
