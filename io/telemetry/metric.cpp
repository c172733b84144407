#include "belfry/io/telemetry/metric.hpp"

#include <array>

namespace belfry::io {

namespace {

using sv = std::string_view;

// A metric without labels has one series: the empty tuple.
constexpr std::array<sv, 1> single{""};
constexpr std::array<sv, 3> event_results{"accepted", "duplicate", "refused"};
constexpr std::array<sv, 36> notification_states{"new_message,WAITING",
                                                 "new_message,QUEUED",
                                                 "new_message,DONE",
                                                 "new_message,NOT_SENT",
                                                 "read_message,WAITING",
                                                 "read_message,QUEUED",
                                                 "read_message,DONE",
                                                 "read_message,NOT_SENT",
                                                 "incoming_call,WAITING",
                                                 "incoming_call,QUEUED",
                                                 "incoming_call,DONE",
                                                 "incoming_call,NOT_SENT",
                                                 "revoke_call,WAITING",
                                                 "revoke_call,QUEUED",
                                                 "revoke_call,DONE",
                                                 "revoke_call,NOT_SENT",
                                                 "missed_call,WAITING",
                                                 "missed_call,QUEUED",
                                                 "missed_call,DONE",
                                                 "missed_call,NOT_SENT",
                                                 "inbound_request,WAITING",
                                                 "inbound_request,QUEUED",
                                                 "inbound_request,DONE",
                                                 "inbound_request,NOT_SENT",
                                                 "revoke_inbound_request,WAITING",
                                                 "revoke_inbound_request,QUEUED",
                                                 "revoke_inbound_request,DONE",
                                                 "revoke_inbound_request,NOT_SENT",
                                                 "deputy_delegation,WAITING",
                                                 "deputy_delegation,QUEUED",
                                                 "deputy_delegation,DONE",
                                                 "deputy_delegation,NOT_SENT",
                                                 "revoke_deputy_delegation,WAITING",
                                                 "revoke_deputy_delegation,QUEUED",
                                                 "revoke_deputy_delegation,DONE",
                                                 "revoke_deputy_delegation,NOT_SENT"};
constexpr std::array<sv, 4> channels{"EMAIL", "MOBILE", "WEBHOOK", "WEB_PUSH"};
constexpr std::array<sv, 24> delivery_outcomes{
    "EMAIL,ACCEPTED",   "EMAIL,ADDRESS_GONE", "EMAIL,REFUSED",       "EMAIL,EXPIRED",        "EMAIL,CANCELLED",
    "EMAIL,GIVEN_UP",   "MOBILE,ACCEPTED",    "MOBILE,ADDRESS_GONE", "MOBILE,REFUSED",       "MOBILE,EXPIRED",
    "MOBILE,CANCELLED", "MOBILE,GIVEN_UP",    "WEBHOOK,ACCEPTED",    "WEBHOOK,ADDRESS_GONE", "WEBHOOK,REFUSED",
    "WEBHOOK,EXPIRED",  "WEBHOOK,CANCELLED",  "WEBHOOK,GIVEN_UP",    "WEB_PUSH,ACCEPTED",    "WEB_PUSH,ADDRESS_GONE",
    "WEB_PUSH,REFUSED", "WEB_PUSH,EXPIRED",   "WEB_PUSH,CANCELLED",  "WEB_PUSH,GIVEN_UP"};
constexpr std::array<sv, 16> attempt_outcomes{
    "EMAIL,accepted",    "EMAIL,again",    "EMAIL,gone",       "EMAIL,refused",   "MOBILE,accepted", "MOBILE,again",
    "MOBILE,gone",       "MOBILE,refused", "WEBHOOK,accepted", "WEBHOOK,again",   "WEBHOOK,gone",    "WEBHOOK,refused",
    "WEB_PUSH,accepted", "WEB_PUSH,again", "WEB_PUSH,gone",    "WEB_PUSH,refused"};
constexpr std::array<sv, 19> alarm_reasons{"EMAIL,configuration_suspected",
                                           "EMAIL,credentials_refused",
                                           "EMAIL,sender_refused",
                                           "MOBILE,bad_request",
                                           "MOBILE,configuration_suspected",
                                           "MOBILE,credentials_refused",
                                           "MOBILE,sender_id_mismatch",
                                           "WEBHOOK,endpoint_gone",
                                           "WEBHOOK,switched_off",
                                           "WEB_PUSH,bad_request",
                                           "WEB_PUSH,credentials_refused",
                                           "STORE,damaged_conversation",
                                           "ENGINE,part_ended",
                                           "ENGINE,callback_threw",
                                           "ENGINE,callbacks_behind",
                                           "STORE,unit_refused",
                                           "ENGINE,person_silent",
                                           "ENGINE,conversation_silent",
                                           "ENGINE,participant_silent"};
constexpr std::array<sv, 3> queues{"events", "store", "lane"};
constexpr std::array<sv, 4> http_phases{"headers", "body", "idle", "write"};

constexpr std::array<double, 14> seconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                         0.1,    0.25,  0.5,    1,     2.5,  5,     10};
constexpr std::array<double, 14> long_seconds{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600, 86400};
constexpr std::array<double, 11> sizes{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000};

constexpr auto engine = metric_owner::engine;
constexpr auto http = metric_owner::http_server;
constexpr auto counter = metric_type::counter;
constexpr auto gauge = metric_type::gauge;
constexpr auto histogram = metric_type::histogram;

constexpr std::array<metric_info, metric_count> table{{
    {metric::events,
     engine,
     counter,
     "belfry_events_total",
     "Events by what became of them.",
     "result",
     event_results,
     {}},
    {metric::events_in_flight,
     engine,
     gauge,
     "belfry_events_in_flight",
     "Events taken but not yet on disk.",
     "",
     single,
     {}},
    {metric::ingest_seconds, engine, histogram, "belfry_ingest_seconds",
     "Seconds from taking a request of events to its acknowledgement.", "", single, seconds},
    {metric::notifications,
     engine,
     counter,
     "belfry_notifications_total",
     "Notifications that entered a state of the trace.",
     "kind,state",
     notification_states,
     {}},
    {metric::deliveries,
     engine,
     counter,
     "belfry_deliveries_total",
     "Deliveries that ended, by how they ended.",
     "channel,outcome",
     delivery_outcomes,
     {}},
    {metric::attempts,
     engine,
     counter,
     "belfry_attempts_total",
     "Attempts at providers, by what the answer meant.",
     "channel,outcome",
     attempt_outcomes,
     {}},
    {metric::delivery_seconds, engine, histogram, "belfry_delivery_seconds",
     "Seconds from the birth of a notification to its acceptance by a provider.", "channel", channels, long_seconds},
    {metric::attempt_seconds, engine, histogram, "belfry_attempt_seconds", "Seconds that one attempt took.", "channel",
     channels, seconds},
    {metric::alarms,
     engine,
     counter,
     "belfry_alarms_total",
     "Troubles that need a human.",
     "channel,reason",
     alarm_reasons,
     {}},
    {metric::lane_depth, engine, gauge, "belfry_lane_depth", "Deliveries waiting in memory.", "channel", channels, {}},
    {metric::lane_in_flight, engine, gauge, "belfry_lane_in_flight", "Attempts under way.", "channel", channels, {}},
    {metric::parked,
     engine,
     counter,
     "belfry_parked_total",
     "Deliveries that were put back to wait on disk.",
     "channel",
     channels,
     {}},
    {metric::queue_full,
     engine,
     counter,
     "belfry_queue_full_total",
     "How often a bounded queue was found full.",
     "queue",
     queues,
     {}},
    {metric::store_commits,
     engine,
     counter,
     "belfry_store_commits_total",
     "Transactions committed and synced.",
     "",
     single,
     {}},
    {metric::store_errors, engine, counter, "belfry_store_errors_total", "Transactions that failed.", "", single, {}},
    {metric::store_commit_seconds, engine, histogram, "belfry_store_commit_seconds",
     "Seconds that one transaction took, sync included.", "", single, seconds},
    {metric::store_commit_units, engine, histogram, "belfry_store_commit_units",
     "Units of work that went into one transaction.", "", single, sizes},
    {metric::store_writable,
     engine,
     gauge,
     "belfry_store_writable",
     "1 while the store can be written.",
     "",
     single,
     {}},
    {metric::conversations_awake,
     engine,
     gauge,
     "belfry_conversations_awake",
     "Conversations in memory.",
     "",
     single,
     {}},
    {metric::persons_awake, engine, gauge, "belfry_persons_awake", "Persons in memory.", "", single, {}},
    {metric::ready, engine, gauge, "belfry_ready", "1 while the engine takes events.", "", single, {}},
    {metric::engine_series_dropped,
     engine,
     counter,
     "belfry_series_dropped_total",
     "Series of the engine refused because there were too many.",
     "",
     single,
     {}},
    {metric::http_requests,
     http,
     counter,
     "belfry_http_requests_total",
     "Requests answered, by route and status.",
     "route,status",
     {},
     {}},
    {metric::http_request_seconds, http, histogram, "belfry_http_request_seconds",
     "Seconds from the last byte of a request to its answer.", "", single, seconds},
    {metric::http_connections, http, gauge, "belfry_http_connections", "Open connections.", "", single, {}},
    {metric::http_connections_refused,
     http,
     counter,
     "belfry_http_connections_refused_total",
     "Connections refused because there were too many.",
     "",
     single,
     {}},
    {metric::http_timeouts,
     http,
     counter,
     "belfry_http_timeouts_total",
     "Connections that were too slow.",
     "phase",
     http_phases,
     {}},
    {metric::http_stream_readers, http, gauge, "belfry_http_stream_readers", "Readers of /v1/stream.", "", single, {}},
    {metric::http_stream_cut_off,
     http,
     counter,
     "belfry_http_stream_cut_off_total",
     "Readers of /v1/stream that were cut off because they were too slow.",
     "",
     single,
     {}},
    {metric::http_live_pages, http, gauge, "belfry_http_live_pages", "Open pages at /v1/live.", "", single, {}},
    {metric::http_live_cut_off,
     http,
     counter,
     "belfry_http_live_cut_off_total",
     "Open pages that were cut off because they took too little.",
     "",
     single,
     {}},
    {metric::http_series_dropped,
     http,
     counter,
     "belfry_http_series_dropped_total",
     "Series of the server refused because there were too many.",
     "",
     single,
     {}},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].id) != i)
      return false;
  return true;
}
static_assert(in_order());

} // namespace

const metric_info& info(metric id) {
  return table.at(static_cast<std::size_t>(id));
}

std::span<const metric_info> all_metrics() {
  return table;
}

} // namespace belfry::io
