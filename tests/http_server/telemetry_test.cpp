#include "belfry/io/telemetry/log.hpp"
#include "belfry/io/telemetry/telemetry.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace belfry {
namespace {

using namespace io;

TEST(Telemetry, ShowsEveryCounterAtZeroFromTheStart) {
  telemetry engine{metric_owner::engine};
  auto text = engine.text();
  for (auto line :
       {"belfry_events_total{result=\"accepted\"} 0", "belfry_alarms_total{channel=\"WEBHOOK\"",
        "belfry_deliveries_total{channel=\"WEBHOOK\",outcome=\"ACCEPTED\"} 0", "belfry_store_errors_total 0"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(Telemetry, HasNoNameTwice) {
  std::set<std::string_view> names;
  for (const auto& m : all_metrics())
    EXPECT_TRUE(names.insert(m.name).second) << m.name;
}

TEST(Telemetry, CountsThroughHandles) {
  telemetry engine{metric_owner::engine};
  auto x = engine.get_counter(metric::events, {"accepted"});
  x.increment();
  engine.get_counter(metric::events, {"accepted"}).increment(2);
  EXPECT_EQ(x.value(), 3);
}

TEST(Telemetry, CountsNothingThroughAHandleThatDoesNotFit) {
  telemetry engine{metric_owner::engine};
  engine.get_counter(metric::events).increment();
  engine.get_gauge(metric::events, {"accepted"}).set(5);
  engine.get_counter(metric::http_requests, {"/", "200"}).increment();
  EXPECT_EQ(engine.get_counter(metric::events, {"accepted"}).value(), 0);
  EXPECT_EQ(engine.text().find("belfry_http_requests_total"), std::string::npos);
}

TEST(Telemetry, RefusesSeriesBeyondTheBoundAndCountsThem) {
  telemetry http{metric_owner::http_server};
  for (std::size_t i = 0; i < series_max + 10; ++i)
    http.get_counter(metric::http_requests, {std::to_string(i), "200"}).increment();
  EXPECT_GE(http.get_counter(metric::http_series_dropped).value(), 10);
}

TEST(Telemetry, CountsAnAlarm) {
  telemetry engine{metric_owner::engine};
  set_log_level(log_level::off);
  engine.alarm("MOBILE", "project_refused", "x");
  set_log_level(log_level::info);
  EXPECT_EQ(engine.get_counter(metric::alarms, {"MOBILE", "project_refused"}).value(), 1);
}

TEST(Log, KeepsAValueInItsLine) {
  EXPECT_EQ(log_line("hello", {{"a", "1"}, {"b", "x\n\"y\""}}), "hello a=\"1\" b=\"x\\x0a\\\"y\\\"\"");
}

} // namespace
} // namespace belfry
