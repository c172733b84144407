#include "belfry/tests/support/server/serve_fixture.hpp"

#include <fstream>
#include <sstream>

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

/// SPEC 15: what an operator sees at /metrics moves with what happens.
class Metrics : public serve_fixture {
protected:
  /// All series by name and labels as they are printed.
  std::map<std::string, double> series() {
    std::map<std::string, double> out;
    std::istringstream lines{api_->get("/metrics").body};
    for (std::string line; std::getline(lines, line);) {
      if (line.empty() || line.front() == '#')
        continue;
      auto space = line.rfind(' ');
      out[line.substr(0, space)] = std::stod(line.substr(space + 1));
    }
    return out;
  }
  /// Asks until the series is above `floor`.
  bool rises(const std::string& name, double floor = 0) {
    for (auto until = std::chrono::steady_clock::now() + limit; std::chrono::steady_clock::now() < until;) {
      auto all = series();
      if (auto found = all.find(name); found != all.end() && found->second > floor)
        return true;
    }
    return false;
  }
};

} // namespace

TEST_F(Metrics, OfEventsAndDeliveriesRise) {
  serve();
  register_sink();
  start_pair();
  accept({sent("c1", "m1", "anna")});
  EXPECT_EQ(post({sent("c1", "m1", "anna")}).value()["duplicates"], 1);
  refuse(sent("c1", "m2", "nobody"), "/message/sender", "not_in_conversation");
  ASSERT_TRUE(wait_deliveries(1));
  for (const char* name : {
           R"(belfry_events_total{result="accepted"})",
           R"(belfry_events_total{result="duplicate"})",
           R"(belfry_events_total{result="refused"})",
           R"(belfry_notifications_total{kind="new_message",state="QUEUED"})",
           R"(belfry_notifications_total{kind="new_message",state="DONE"})",
           R"(belfry_deliveries_total{channel="WEBHOOK",outcome="ACCEPTED"})",
           R"(belfry_attempts_total{channel="WEBHOOK",outcome="accepted"})",
           "belfry_ingest_seconds_count",
           R"(belfry_delivery_seconds_count{channel="WEBHOOK"})",
           R"(belfry_attempt_seconds_count{channel="WEBHOOK"})",
           "belfry_store_commits_total",
           "belfry_store_commit_seconds_count",
           "belfry_store_commit_units_count",
           "belfry_store_writable",
           "belfry_ready",
           "belfry_conversations_awake",
           "belfry_persons_awake",
           "belfry_http_connections",
           "belfry_http_request_seconds_count",
           R"(belfry_http_requests_total{route="/v1/events",status="202"})",
       })
    EXPECT_TRUE(rises(name)) << name;
}

TEST_F(Metrics, OfLanesRiseAndFall) {
  set("limits.laneQueue", "2");
  set("limits.laneInFlight", "3");
  set("webhooks.timeout", "2s");
  serve();
  register_sink("/hang", {}, "hanging");
  for (int i = 0; i < 12; ++i) {
    auto c = "c" + std::to_string(i);
    accept({started(c, {participant("anna", "ASSIGNED_AGENT"), participant("p" + c, "CONTEXT_PERSON")}),
            sent(c, "m" + c, "anna")});
  }
  for (const char* name : {
           R"(belfry_lane_depth{channel="WEBHOOK"})",
           R"(belfry_lane_in_flight{channel="WEBHOOK"})",
           R"(belfry_parked_total{channel="WEBHOOK"})",
           R"(belfry_queue_full_total{queue="lane"})",
           R"(belfry_attempts_total{channel="WEBHOOK",outcome="again"})",
       })
    EXPECT_TRUE(rises(name)) << name;
  for (int i = 0; i < 12; ++i)
    accept({ended("c" + std::to_string(i))});
  EXPECT_TRUE(rises(R"(belfry_deliveries_total{channel="WEBHOOK",outcome="CANCELLED"})", 5));
}

TEST_F(Metrics, ShowEveryAlarmBeforeItIsRaised) {
  serve();
  auto all = series();
  std::ifstream page{BELFRY_SOURCE_DIR "/docs/operating.md"};
  int alarms = 0;
  for (std::string line; std::getline(page, line);) {
    std::istringstream words{line};
    std::string bar, channel, reason, end;
    if (!(words >> bar >> channel >> reason >> end) || channel.front() != '`' || reason.front() != '`' || end != "|")
      continue;
    auto name = "belfry_alarms_total{channel=\"" + channel.substr(1, channel.size() - 2) + "\",reason=\""
                + reason.substr(1, reason.size() - 2) + "\"}";
    ++alarms;
    ASSERT_TRUE(all.contains(name)) << name;
    EXPECT_EQ(all[name], 0) << name;
  }
  EXPECT_GT(alarms, 10);
  register_sink("/gone");
  start_pair();
  accept({sent("c1", "m1", "anna")});
  EXPECT_TRUE(rises(R"(belfry_alarms_total{channel="WEBHOOK",reason="endpoint_gone"})"));
}
