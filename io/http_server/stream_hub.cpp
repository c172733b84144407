#include "belfry/io/http_server/stream_hub.hpp"

#include "belfry/messages/json.hpp"

#include <algorithm>

namespace belfry::io::http {

namespace {

/// A start finds more ids behind it than the last life can have used, and all fit into what JSON readers take exactly.
constexpr unsigned ids_per_millisecond_bits = 12;

} // namespace

const std::string& stream_item::text() {
  std::call_once(made_, [this] {
    auto event = to_stream_event(what_);
    text_ = "id: " + std::to_string(id_) + "\nevent: " + event.name + "\ndata: " + event.data + "\n\n";
  });
  return text_;
}

std::shared_ptr<stream_item> stream_item::gap(std::uint64_t from, std::uint64_t to) {
  auto item = std::make_shared<stream_item>(to, report{});
  std::call_once(item->made_, [&] {
    item->text_ = "id: " + std::to_string(to) + "\nevent: gap\ndata: {\"from\":" + std::to_string(from)
                  + ",\"to\":" + std::to_string(to) + "}\n\n";
  });
  return item;
}

std::string stream_reader::take(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) {
    std::shared_ptr<stream_item> item;
    {
      auto guard = std::lock_guard{mutex_};
      woken_ = false;
      if (waiting_.empty())
        break;
      item = std::move(waiting_.front());
      waiting_.pop_front();
    }
    out += item->text();
  }
  return out;
}

bool stream_reader::cut_off() const {
  auto guard = std::lock_guard{mutex_};
  return cut_off_;
}

stream_hub::stream_hub(service& s, std::size_t readers_max, std::size_t backlog_max, millis started)
    : service_(s),
      readers_max_(readers_max),
      backlog_max_(backlog_max),
      last_id_(static_cast<std::uint64_t>(started) << ids_per_millisecond_bits) {}

/// What the reader missed, as far as it is kept. An id from the future is another server's: nothing is known of it.
void stream_hub::catch_up(stream_reader& reader, std::uint64_t last_seen) const {
  if (last_seen >= last_id_)
    return;
  const auto kept_from = kept_.empty() ? last_id_ + 1 : kept_.front()->id();
  if (last_seen + 1 < kept_from)
    reader.waiting_.push_back(stream_item::gap(last_seen + 1, kept_from - 1));
  for (const auto& item : kept_) {
    if (item->id() > last_seen)
      reader.waiting_.push_back(item);
  }
}

std::shared_ptr<stream_reader> stream_hub::join(std::function<void()> wake, std::optional<std::uint64_t> last_seen) {
  auto reader = std::make_shared<stream_reader>();
  reader->wake_ = std::move(wake);
  auto guard = std::lock_guard{subscription_mutex_};
  {
    auto inner = std::lock_guard{mutex_};
    if (closed_ || readers_.size() >= readers_max_)
      return nullptr;
    if (last_seen)
      catch_up(*reader, *last_seen);
    readers_.push_back(reader);
  }
  if (!subscription_)
    subscription_ = service_.subscribe([weak = weak_from_this()](const report& what) {
      if (auto self = weak.lock())
        self->on_report(what);
    });
  return reader;
}

void stream_hub::leave(const std::shared_ptr<stream_reader>& reader) {
  auto guard = std::lock_guard{mutex_};
  std::erase(readers_, reader);
}

void stream_hub::close() {
  auto guard = std::lock_guard{subscription_mutex_};
  {
    auto inner = std::lock_guard{mutex_};
    closed_ = true;
    for (const auto& reader : readers_) {
      auto innermost = std::lock_guard{reader->mutex_};
      reader->cut_off_ = true;
    }
    readers_.clear();
  }
  subscription_.reset();
}

std::size_t stream_hub::readers() const {
  auto guard = std::lock_guard{mutex_};
  return readers_.size();
}

void stream_hub::on_report(const report& what) {
  auto guard = std::lock_guard{mutex_};
  auto item = std::make_shared<stream_item>(++last_id_, what);
  kept_.push_back(item);
  if (kept_.size() > backlog_max_)
    kept_.pop_front();
  for (const auto& reader : readers_) {
    auto inner = std::lock_guard{reader->mutex_};
    if (reader->cut_off_)
      continue;
    if (reader->waiting_.size() >= backlog_max_) {
      // What is missing cannot be told apart later: the reader has to come again and ask for what it missed.
      reader->cut_off_ = true;
      reader->waiting_.clear();
    } else {
      reader->waiting_.push_back(item);
    }
    if (!std::exchange(reader->woken_, true) || reader->cut_off_)
      reader->wake_();
  }
}

} // namespace belfry::io::http
