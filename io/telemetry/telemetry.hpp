#pragma once

#include "belfry/io/telemetry/metric.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace belfry::io {

/// A series that only grows. A handle: cheap to copy and to increment, from any thread, as long as its telemetry
/// lives. A default-made one counts nothing.
class counter {
public:
  counter() = default;
  void increment(double by = 1) const;
  double value() const;

private:
  friend class telemetry;
  void* series_ = nullptr;
};

/// A series that goes up and down; a handle as `counter` is.
class gauge {
public:
  gauge() = default;
  void set(double to) const;
  void add(double by) const;
  double value() const;

private:
  friend class telemetry;
  void* series_ = nullptr;
};

/// A distribution over the buckets of the table; a handle as `counter` is.
class histogram {
public:
  histogram() = default;
  void observe(double value) const;

private:
  friend class telemetry;
  void* series_ = nullptr;
};

/// Series that one telemetry keeps at most; further ones count nothing (and are counted as dropped).
constexpr std::size_t series_max = 5'000;

/// The metrics of one owner: an engine has one, an HTTP server another. All series of the table's seeds exist from
/// the start at zero. Safe from any thread.
class telemetry {
public:
  explicit telemetry(metric_owner owner);
  ~telemetry();
  telemetry(const telemetry&) = delete;
  telemetry& operator=(const telemetry&) = delete;

  /// The series with these label values, in the order of the table's label names; made when new. `m` must be of
  /// this type and owner, and the values as many as the labels: else the handle counts nothing.
  counter get_counter(metric m, std::initializer_list<std::string_view> values = {});
  gauge get_gauge(metric m, std::initializer_list<std::string_view> values = {});
  histogram get_histogram(metric m, std::initializer_list<std::string_view> values = {});

  /// An alarm of PROTOCOLS: belfry_alarms_total{channel,reason} grows and one line of level error is written.
  /// `detail` holds no text, token or address.
  void alarm(std::string_view channel, std::string_view reason, std::string_view detail);

  /// All series in Prometheus' text format, version 0.0.4.
  std::string text() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace belfry::io
