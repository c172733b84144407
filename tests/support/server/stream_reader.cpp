#include "belfry/tests/support/server/stream_reader.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <sstream>
#include <thread>

namespace belfry::test {

namespace {

/// The events of whole blocks; what follows the last block stays in `text`.
std::vector<stream_event> take_events(std::string& text) {
  std::vector<stream_event> found;
  for (auto end = text.find("\n\n"); end != std::string::npos; end = text.find("\n\n")) {
    stream_event e;
    std::string data;
    auto block = std::istringstream{text.substr(0, end)};
    for (std::string line; std::getline(block, line);) {
      if (line.rfind("id: ", 0) == 0)
        e.id = line.substr(4);
      if (line.rfind("event: ", 0) == 0)
        e.name = line.substr(7);
      if (line.rfind("data: ", 0) == 0)
        data += line.substr(6);
    }
    text.erase(0, end + 2);
    e.data = json::parse(data, nullptr, false);
    if (!e.name.empty())
      found.push_back(std::move(e));
  }
  return found;
}

} // namespace

struct stream_reader::shared {
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::string pending;
  std::vector<stream_event> events;
  int status = 0;
  std::string content_type;
  bool ended = false;
  std::atomic<bool> stop{false};
  std::thread thread;

  static std::size_t take(char* data, std::size_t size, std::size_t n, void* self) {
    auto& s = *static_cast<shared*>(self);
    auto guard = std::lock_guard{s.mutex};
    s.pending.append(data, size * n);
    for (auto& e : take_events(s.pending))
      s.events.push_back(std::move(e));
    s.changed.notify_all();
    return size * n;
  }

  static std::size_t head(char* data, std::size_t size, std::size_t n, void* self) {
    auto& s = *static_cast<shared*>(self);
    auto line = std::string(data, size * n);
    auto guard = std::lock_guard{s.mutex};
    if (line.rfind("HTTP/", 0) == 0)
      s.status = std::atoi(line.c_str() + line.find(' '));
    if (line.rfind("Content-Type: ", 0) == 0)
      s.content_type = line.substr(14, line.find_last_not_of("\r\n") - 13);
    if (line == "\r\n")
      s.changed.notify_all();
    return size * n;
  }

  static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<shared*>(self)->stop ? 1 : 0;
  }

  void run(const std::string& base, const std::string& token) {
    auto* h = curl_easy_init();
    auto url = base + "/v1/stream";
    auto header = "Authorization: Bearer " + token;
    auto* list = token.empty() ? nullptr : curl_slist_append(nullptr, header.c_str());
    curl_easy_setopt(h, CURLOPT_URL, url.c_str());
    curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, head);
    curl_easy_setopt(h, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, progress);
    curl_easy_setopt(h, CURLOPT_XFERINFODATA, this);
    curl_easy_perform(h);
    curl_slist_free_all(list);
    curl_easy_cleanup(h);
    auto guard = std::lock_guard{mutex};
    ended = true;
    changed.notify_all();
  }
};

stream_reader::stream_reader(const std::string& base, const std::string& token) : shared_(std::make_unique<shared>()) {
  shared_->thread = std::thread{[s = shared_.get(), base, token] { s->run(base, token); }};
  auto lock = std::unique_lock{shared_->mutex};
  shared_->changed.wait_for(lock, std::chrono::seconds{10}, [&] { return shared_->status != 0 || shared_->ended; });
}

stream_reader::~stream_reader() {
  shared_->stop = true;
  shared_->thread.join();
}

int stream_reader::status() const {
  auto guard = std::lock_guard{shared_->mutex};
  return shared_->status;
}

std::string stream_reader::content_type() const {
  auto guard = std::lock_guard{shared_->mutex};
  return shared_->content_type;
}

std::vector<stream_event> stream_reader::events() const {
  auto guard = std::lock_guard{shared_->mutex};
  return shared_->events;
}

bool stream_reader::wait_until(const std::function<bool(const std::vector<stream_event>&)>& wanted,
                               std::chrono::milliseconds limit) const {
  auto lock = std::unique_lock{shared_->mutex};
  return shared_->changed.wait_for(lock, limit, [&] { return wanted(shared_->events); });
}

} // namespace belfry::test
