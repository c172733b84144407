#pragma once

#include "belfry/io/service.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace belfry::io::http {

/// One report on its way to the readers of /v1/stream; its text is made once, by the first reader that needs it.
class stream_item {
public:
  stream_item(std::uint64_t id, report what) : id_(id), what_(std::move(what)) {}
  /// Reports of these ids are not kept any more.
  static std::shared_ptr<stream_item> gap(std::uint64_t from, std::uint64_t to);

  std::uint64_t id() const { return id_; }
  /// "id: ...\nevent: ...\ndata: ...\n\n"
  const std::string& text();

private:
  std::uint64_t id_;
  report what_;
  std::once_flag made_;
  std::string text_;
};

/// The queue of one reader.
class stream_reader {
public:
  /// Takes what waits, at most about `bytes` of text.
  std::string take(std::size_t bytes);
  /// The reader fell behind (or the server stops): nothing more will come.
  bool cut_off() const;

private:
  friend class stream_hub;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<stream_item>> waiting_;
  bool cut_off_ = false;
  /// Called on any thread when there is something new; once per `take`.
  std::function<void()> wake_;
  bool woken_ = false;
};

/// Hands the engine's reports to the readers of /v1/stream, and keeps the last of them for readers that come back.
/// Subscribed to the service from the first reader on. Ids count up, over restarts too: they begin with the time of the
/// start.
class stream_hub : public std::enable_shared_from_this<stream_hub> {
public:
  /// At most `readers_max` readers, each at most `backlog_max` reports behind; so many are kept. `started` is the wall
  /// time.
  stream_hub(service& s, std::size_t readers_max, std::size_t backlog_max, millis started);

  /// nullptr: too many readers, or the server stops. What happens from now on is heard; after `last_seen`, if given,
  /// what is kept of what came since, behind a gap if some is not.
  std::shared_ptr<stream_reader> join(std::function<void()> wake, std::optional<std::uint64_t> last_seen = {});
  void leave(const std::shared_ptr<stream_reader>& reader);
  /// Cuts all readers off and leaves the service.
  void close();
  std::size_t readers() const;

private:
  void on_report(const report& what);
  void catch_up(stream_reader& reader, std::uint64_t last_seen) const;

  service& service_;
  const std::size_t readers_max_;
  const std::size_t backlog_max_;
  /// Guards what `on_report` touches.
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<stream_reader>> readers_;
  /// Of the last report; before the first, of none.
  std::uint64_t last_id_ = 0;
  std::deque<std::shared_ptr<stream_item>> kept_;
  bool closed_ = false;
  /// Guards the subscription; never taken inside `on_report`, which may run under a lock of the engine's.
  std::mutex subscription_mutex_;
  std::shared_ptr<void> subscription_;
};

} // namespace belfry::io::http
