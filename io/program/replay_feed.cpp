#include "belfry/io/program/replay_feed.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

namespace belfry::program {

replay_lane::replay_lane(const replay_arguments& a) : poster_(a) {
  thread_ = std::thread{[this] { run(); }};
}

replay_lane::~replay_lane() {
  finish();
}

bool replay_lane::put(replay_batch batch) {
  std::unique_lock guard{mutex_};
  changed_.wait(guard, [this] { return broken_ || queue_.size() < queue_max; });
  if (broken_)
    return false;
  queue_.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

void replay_lane::finish() {
  {
    std::lock_guard guard{mutex_};
    closed_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable())
    thread_.join();
}

void replay_lane::run() {
  for (;;) {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, [this] { return closed_ || !queue_.empty(); });
    if (queue_.empty())
      return;
    auto batch = std::move(queue_.front());
    queue_.pop_front();
    changed_.notify_all();
    guard.unlock();
    auto trouble = poster_.post(batch, totals_);
    done_ += batch.events;
    if (trouble) {
      guard.lock();
      failure_ = *trouble;
      broken_ = true;
      changed_.notify_all();
      return;
    }
  }
}

std::size_t lane_of(const std::string& line, std::size_t lanes) {
  if (lanes == 1)
    return 0;
  auto e = nlohmann::json::parse(line, nullptr, false);
  for (const char* field : {"conversation", "person"}) {
    if (e.is_object() && e.contains(field) && e[field].is_string())
      return std::hash<std::string>{}(e[field].get<std::string>()) % lanes;
  }
  // Wrong ones too: the server says what is wrong.
  return 0;
}

double percentile(std::vector<double>& values, double share) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

} // namespace belfry::program
