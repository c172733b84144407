#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace belfry::io {

/// Every metric there is: a name cannot be misspelt. The table in metric.cpp says what each is called and means.
enum class metric : std::uint8_t {
  // The engine's
  events,
  events_in_flight,
  ingest_seconds,
  notifications,
  deliveries,
  attempts,
  delivery_seconds,
  attempt_seconds,
  alarms,
  lane_depth,
  lane_in_flight,
  parked,
  queue_full,
  store_commits,
  store_errors,
  store_commit_seconds,
  store_commit_units,
  store_writable,
  conversations_awake,
  persons_awake,
  ready,
  engine_series_dropped,
  // The HTTP server's
  http_requests,
  http_request_seconds,
  http_connections,
  http_connections_refused,
  http_timeouts,
  http_stream_readers,
  http_stream_cut_off,
  http_live_pages,
  http_live_cut_off,
  http_series_dropped,
};

constexpr std::size_t metric_count = static_cast<std::size_t>(metric::http_series_dropped) + 1;

enum class metric_type : std::uint8_t { counter, gauge, histogram };

/// Who writes a metric: the two texts are served one after the other, so that no name may stand in both.
enum class metric_owner : std::uint8_t { engine, http_server };

/// One label as in `{channel="WEBHOOK"}`.
using label = std::pair<std::string_view, std::string_view>;

/// What the table says of a metric.
struct metric_info {
  metric id;
  metric_owner owner;
  metric_type type;
  /// "belfry_events_total"
  std::string_view name;
  /// One sentence; labels and unit included.
  std::string_view help;
  /// The names of its labels, comma-separated, in the order used.
  std::string_view labels;
  /// Label values that exist from the start at zero: each entry one comma-separated tuple in the order of `labels`.
  std::span<const std::string_view> seeds;
  /// Upper bounds of a histogram.
  std::span<const double> buckets;
};

/// The row of `id`.
const metric_info& info(metric id);

/// The whole table, in the order of the enumeration.
std::span<const metric_info> all_metrics();

} // namespace belfry::io
