#pragma once

#include "belfry/messages/facts.hpp"
#include "belfry/messages/web_push.hpp"

#include <optional>
#include <string_view>

/// The health checks of a web-push subscription (SPEC 11): does what is sent there still arrive? One function per event
/// on the subscription itself; pure.
///
///   unchecked --begin--> checking --report--> healthy --begin--> checking
///                           |  ^                 ^
///                   deadline|  | begin           | report (late)
///                           v  |                 |
///                         missed ----------------+        any state --key is not ours--> renewing
///
/// A check begins only while a page is open. A missed one deletes nothing.
namespace belfry {

/// Milliseconds.
struct health_times {
  engine_time interval = 3'600'000;
  engine_time timeout = 30'000;
  engine_time retry = 60'000;
};

/// What the report of a worker may take beyond the time-out that it keeps.
constexpr engine_time report_grace = 5'000;

/// Made, or made anew: the first check comes after the retry interval.
void health_begins(web_push_subscription& s, engine_time now, const health_times& t);

/// A check that came due while no page was open begins within this part of the interval, at a time of its own, so that
/// those of all who come to work do not begin at once.
void health_page_opened(web_push_subscription& s, engine_time now, const health_times& t);

/// When something must happen by itself: a check is due (only while a page is open), or one was not reported. Nothing:
/// never.
std::optional<engine_time> health_due(const web_push_subscription& s, bool page_open);

/// The check `check` begins.
void health_check_begins(web_push_subscription& s, std::string_view check, engine_time now, const health_times& t);

/// True: the check under way is missed as of now.
bool health_check_ends(web_push_subscription& s, engine_time now, const health_times& t);

/// The worker reports. False: nobody asked for this check.
bool health_reported(web_push_subscription& s, std::string_view check, engine_time now, millis wall,
                     const health_times& t);

} // namespace belfry
