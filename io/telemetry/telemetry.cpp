#include "belfry/io/telemetry/telemetry.hpp"

#include "belfry/io/telemetry/log.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <mutex>
#include <vector>

namespace belfry::io {

void counter::increment(double by) const {
  if (series_ != nullptr)
    static_cast<prometheus::Counter*>(series_)->Increment(by);
}

double counter::value() const {
  return series_ == nullptr ? 0 : static_cast<prometheus::Counter*>(series_)->Value();
}

void gauge::set(double to) const {
  if (series_ != nullptr)
    static_cast<prometheus::Gauge*>(series_)->Set(to);
}

void gauge::add(double by) const {
  if (series_ != nullptr)
    static_cast<prometheus::Gauge*>(series_)->Increment(by);
}

double gauge::value() const {
  return series_ == nullptr ? 0 : static_cast<prometheus::Gauge*>(series_)->Value();
}

void histogram::observe(double value) const {
  if (series_ != nullptr)
    static_cast<prometheus::Histogram*>(series_)->Observe(value);
}

namespace {

/// "a,b" in two parts; "" in none.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto comma = text.find(',');
    out.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return out;
}

} // namespace

struct telemetry::impl {
  explicit impl(metric_owner x) : owner(x) {
    for (const auto& m : all_metrics())
      if (m.owner == owner)
        add_family(m);
  }

  void add_family(const metric_info& m) {
    auto name = std::string{m.name}, help = std::string{m.help};
    auto at = static_cast<std::size_t>(m.id);
    switch (m.type) {
    case metric_type::counter:
      families[at] = &prometheus::BuildCounter().Name(name).Help(help).Register(registry);
      break;
    case metric_type::gauge:
      families[at] = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
      break;
    case metric_type::histogram:
      families[at] = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
      break;
    }
    for (auto seed : m.seeds)
      series(m, split(seed));
  }

  /// The series of these values, or nullptr when they do not fit the table.
  void* series(const metric_info& m, std::vector<std::string> values) {
    auto names = split(m.labels);
    if (m.owner != owner || names.size() != values.size())
      return nullptr;
    auto guard = std::lock_guard{mutex};
    auto key = std::pair{m.id, values};
    if (auto i = known.find(key); i != known.end())
      return i->second;
    if (known.size() >= series_max) {
      static_cast<prometheus::Counter*>(dropped)->Increment();
      return nullptr;
    }
    prometheus::Labels labels;
    for (std::size_t i = 0; i < names.size(); ++i)
      labels.emplace(names[i], values[i]);
    auto* made = make(m, labels);
    if (m.id == metric::engine_series_dropped || m.id == metric::http_series_dropped)
      dropped = made;
    known.emplace(std::move(key), made);
    return made;
  }

  void* make(const metric_info& m, const prometheus::Labels& labels) {
    auto* family = families[static_cast<std::size_t>(m.id)];
    switch (m.type) {
    case metric_type::counter:
      return &static_cast<prometheus::Family<prometheus::Counter>*>(family)->Add(labels);
    case metric_type::gauge:
      return &static_cast<prometheus::Family<prometheus::Gauge>*>(family)->Add(labels);
    case metric_type::histogram:
      return &static_cast<prometheus::Family<prometheus::Histogram>*>(family)->Add(
          labels, prometheus::Histogram::BucketBoundaries{m.buckets.begin(), m.buckets.end()});
    }
    return nullptr;
  }

  void* series(metric id, metric_type type, std::initializer_list<std::string_view> values) {
    const auto& m = info(id);
    if (m.type != type)
      return nullptr;
    return series(m, std::vector<std::string>{values.begin(), values.end()});
  }

  metric_owner owner;
  prometheus::Registry registry;
  std::array<void*, metric_count> families{};
  std::mutex mutex;
  std::map<std::pair<metric, std::vector<std::string>>, void*> known;
  void* dropped = nullptr;
};

telemetry::telemetry(metric_owner owner) : impl_(std::make_unique<impl>(owner)) {}

telemetry::~telemetry() = default;

counter telemetry::get_counter(metric m, std::initializer_list<std::string_view> values) {
  counter x;
  x.series_ = impl_->series(m, metric_type::counter, values);
  return x;
}

gauge telemetry::get_gauge(metric m, std::initializer_list<std::string_view> values) {
  gauge x;
  x.series_ = impl_->series(m, metric_type::gauge, values);
  return x;
}

histogram telemetry::get_histogram(metric m, std::initializer_list<std::string_view> values) {
  histogram x;
  x.series_ = impl_->series(m, metric_type::histogram, values);
  return x;
}

void telemetry::alarm(std::string_view channel, std::string_view reason, std::string_view detail) {
  get_counter(metric::alarms, {channel, reason}).increment();
  log(log_level::error, "alarm", {{"channel", channel}, {"reason", reason}, {"detail", detail}});
}

std::string telemetry::text() const {
  return prometheus::TextSerializer{}.Serialize(impl_->registry.Collect());
}

} // namespace belfry::io
