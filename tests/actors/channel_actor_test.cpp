#include "belfry/actors/node.hpp"
#include "belfry/io/store/memory.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <caf/send.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

namespace {

/// One conversation per person, so that nothing supersedes: "c<i>" with anna and "p<i>".
void talk(world& w, int from, int to, const std::string& id = "m") {
  std::vector<event> list;
  for (int i = from; i < to; ++i) {
    auto c = "c" + std::to_string(i);
    conversation_started s;
    s.participants = {{"anna", role::assigned_agent, false, false},
                      {"p" + std::to_string(i), role::context_person, false, false}};
    list.push_back(in(c, s));
    list.push_back(in(c, message(id, "anna")));
  }
  w.publish(std::move(list));
}

/// How long after `from` each request of `event` was sent.
struct recorder {
  recorder(world& w, std::function<io::http_answer(std::size_t)> answers) {
    w.answer = [this, &w, answers](const io::http_request&) {
      at.push_back(w.on_disk().clocks.wall);
      return answers(at.size() - 1);
    };
  }
  std::vector<millis> at;
};

trace_item only(world& w, kind k = kind::new_message) {
  trace_query q;
  q.kind = k;
  auto t = w.trace(q);
  EXPECT_EQ(t.size(), 1U);
  return t.empty() ? trace_item{} : t.front();
}

result<webhook> set_status(world& w, const webhook& to, webhook_status s) {
  webhook_input in;
  in.name = to.name;
  in.endpoint = to.endpoint;
  in.events = to.events;
  in.status = s;
  in.version = w.get().webhooks.get()->front().version;
  return w.ask<webhook>([&](auto done) {
    caf::anon_send(w.get().registrations, replace_webhook{to.id, in, w.get().ask(done)});
  });
}

} // namespace

/// So many recipients for whom the endpoint answers 500 ("p0" to "p<n-1>"); it takes what all others are sent.
class BadRecipients : public testing::TestWithParam<int> {
protected:
  static constexpr int healthy = 99;

  BadRecipients() {
    w.answer = [this](const io::http_request& r) {
      auto who = std::stoi(field(r.body, "conversationId").substr(1));
      if (who < GetParam())
        return std::optional{status(500)};
      told.insert(who);
      return std::optional{status(200)};
    };
  }

  world w;
  std::set<int> told;
};

TEST_P(BadRecipients, HoldUpNobodyWhoComesLater) {
  talk(w, 0, GetParam());
  w.pass(4s);
  talk(w, GetParam(), GetParam() + healthy);
  w.pass(12s);
  EXPECT_EQ(told.size(), std::size_t{healthy});
}

TEST_P(BadRecipients, HoldUpNobodyWhoIsToldAtTheSameTime) {
  std::vector<int> all(static_cast<std::size_t>(GetParam() + healthy));
  std::iota(all.begin(), all.end(), 0);
  std::shuffle(all.begin(), all.end(), std::mt19937{7});
  for (auto i : all)
    talk(w, i, i + 1);
  w.pass(20s);
  EXPECT_EQ(told.size(), std::size_t{healthy});
}

INSTANTIATE_TEST_SUITE_P(FewAndMany, BadRecipients, testing::Values(10, 40, 1'000));

TEST(KeptConnection, ThatWasClosedIsFollowedByAnAttemptOnANewOneAtOnce) {
  world w;
  w.answer = [&](const io::http_request& r) {
    io::http_answer lost;
    lost.error = io::transport_error::kept_connection_lost;
    return std::optional{r.fresh_connection ? status(200) : lost};
  };
  talk(w, 0, 1);
  w.pass(1100ms);
  ASSERT_EQ(w.requests.size(), 2U);
  EXPECT_EQ(header(w.requests[0], "X-Unblu-Retry-No"), "0");
  EXPECT_EQ(header(w.requests[1], "X-Unblu-Retry-No"), "1");
  EXPECT_NE(header(w.requests[0], "X-Unblu-Delivery"), header(w.requests[1], "X-Unblu-Delivery"));
  EXPECT_EQ(w.get().webhooks.get()->front().failing_since, 0) << "the endpoint did not fail";
  auto t = only(w);
  EXPECT_EQ(t.deliveries.at(0).attempts.size(), 2U);
}

TEST(Clearance, ThatNeverComesKeepsNoSlot) {
  options o;
  // Two are kept for calls.
  o.limits.lane_in_flight = 3;
  world w{o};
  w.store().refuse_to_load("ghost");
  queued q;
  q.delivery.bytes.fill(9);
  q.key = "ghost";
  q.person = "ghost";
  q.expires = std::numeric_limits<engine_time>::max();
  caf::anon_send(w.get().channel(channel_kind::webhook), submit{"WEBHOOK/" + w.get().webhooks.get()->front().id, q});
  w.pass(1s);
  talk(w, 0, 1);
  w.pass(20s);
  EXPECT_TRUE(w.requests.empty()) << "the slot is taken";
  w.pass(20s);
  EXPECT_EQ(w.requests.size(), 1U);
  EXPECT_NE(w.get().metrics.text().find(R"(reason="person_silent"} 1)"), std::string::npos);
  // The late answer to the question that was given up changes nothing.
  w.store().refuse_to_load("");
  w.pass(60s);
  EXPECT_EQ(w.requests.size(), 1U);
}

TEST(DelayedMessages, LeaveRoomForWhatIsNotDelayed) {
  options o;
  o.webhooks.delay = 60s;
  world w{o};
  talk(w, 0, 1'500);
  w.pass(2s);
  EXPECT_TRUE(w.requests.empty());
  conversation_started s;
  request_offered r;
  r.invitation = "i1";
  r.agent = "ada";
  w.publish({in("d", s), in("d", r)});
  w.pass(100ms);
  EXPECT_EQ(w.said(), std::vector<std::string>{"inbound_request ada d"});
  w.pass(70s);
  EXPECT_EQ(w.requests.size(), 1'501U);
}

TEST(Calls, OfThousandsAreRevokedBeforeTheyAreMissed) {
  options o;
  o.limits.lane_queue = 60;
  o.calls.not_answered_timeout = 3s;
  world w{o};
  conversation_started s;
  s.participants = {{"caller", role::assigned_agent, false, false}};
  for (int i = 0; i < 300; ++i)
    s.participants.push_back({"p" + std::to_string(i), role::secondary_visitor, false, false});
  call_started call;
  call.call = "k";
  call.caller = "caller";
  w.publish({in("c", s), in("c", call)});
  w.pass(20s);
  std::map<std::string, std::vector<std::string>> heard;
  for (const auto& line : w.said())
    heard[line.substr(line.find(' ') + 1)].push_back(line.substr(0, line.find(' ')));
  EXPECT_EQ(heard.size(), 300U);
  for (const auto& [who, list] : heard)
    EXPECT_EQ(list, (std::vector<std::string>{"incoming_call", "revoke_call", "missed_call"})) << who;
}

TEST(ChannelActor, RetriesOnTheScheduleOfTheSpecification) {
  world w;
  recorder r{w, [](std::size_t n) { return status(n < 5 ? 500 : 200); }};
  talk(w, 0, 1);
  w.pass(40min);
  ASSERT_EQ(r.at.size(), 6U);
  const double waits[] = {5, 15, 45, 135, 405};
  for (std::size_t i = 0; i < 5; ++i) {
    auto waited = static_cast<double>(r.at[i + 1] - r.at[i]) / 1000;
    EXPECT_GE(waited, waits[i] * 0.8 - 0.02) << "retry " << i;
    // The breaker may add one probe's wait.
    EXPECT_LE(waited, waits[i] * 1.2 + (i == 4 ? 5.1 : 0.1)) << "retry " << i;
  }
  std::set<std::string> events, attempts;
  for (std::size_t i = 0; i < w.requests.size(); ++i) {
    events.insert(header(w.requests[i], "X-Unblu-Event-ID"));
    attempts.insert(header(w.requests[i], "X-Unblu-Delivery"));
    EXPECT_EQ(header(w.requests[i], "X-Unblu-Retry-No"), std::to_string(i));
    EXPECT_EQ(w.requests[i].body, w.requests[0].body);
  }
  EXPECT_EQ(events.size(), 1U);
  EXPECT_EQ(attempts.size(), 6U);
  auto t = only(w);
  EXPECT_EQ(t.state, trace_state::done);
  EXPECT_EQ(t.reason, reason::sent);
  EXPECT_EQ(t.deliveries[0].attempts.size(), 6U);
}

TEST(ChannelActor, TakesRetryAfterAsALowerBound) {
  world w;
  recorder r{w, [](std::size_t n) { return n == 0 ? status(503, "120") : status(200); }};
  talk(w, 0, 1);
  w.pass(118s);
  EXPECT_EQ(r.at.size(), 1U);
  w.pass(10s);
  EXPECT_EQ(r.at.size(), 2U);
}

TEST(ChannelActor, SwitchesARegistrationOffThatIsGone) {
  world w;
  w.answer = [](const auto&) { return status(410); };
  talk(w, 0, 1);
  w.pass(60s);
  EXPECT_EQ(w.requests.size(), 1U);
  EXPECT_EQ(w.get().webhooks.get()->front().status, webhook_status::inactive_unavailable);
  EXPECT_EQ(only(w).deliveries[0].state, delivery_state::address_gone);
}

TEST(ChannelActor, ProbesAnEndpointThatFails) {
  options o;
  o.webhooks.retry_jitter = 0;
  world w{o};
  recorder r{w, [](std::size_t) { return status(500); }};
  talk(w, 0, 20);
  w.pass(1010ms);
  auto first = r.at.size();
  EXPECT_GE(first, 5U);
  w.pass(60s);
  // One probe each 5 s, not 20 retries.
  EXPECT_LE(r.at.size() - first, 13U);
  EXPECT_GE(r.at.size() - first, 11U);
  w.answer = [](const auto&) { return status(200); };
  w.pass(10min);
  for (const auto& t : w.trace())
    EXPECT_EQ(t.reason, reason::sent);
}

TEST(ChannelActor, ReplacesAnOlderMessageBetweenItsRetries) {
  world w;
  recorder r{w, [](std::size_t n) { return status(n == 0 ? 500 : 200); }};
  talk(w, 0, 1);
  w.pass(1100ms);
  ASSERT_EQ(r.at.size(), 1U);
  w.publish({in("c0", message("m2", "anna"))});
  w.pass(2s);
  EXPECT_EQ(r.at.size(), 1U);
  w.pass(20s);
  ASSERT_EQ(r.at.size(), 2U);
  EXPECT_EQ(field(w.requests[1].body, "messageId"), "m2");
  EXPECT_EQ(header(w.requests[1], "X-Unblu-Retry-No"), "0");
  // The wait that was imposed stays.
  EXPECT_GE(r.at[1] - r.at[0], 4000);
  auto t = w.trace();
  ASSERT_EQ(t.size(), 2U);
  EXPECT_EQ(t[1].reason, reason::superseded);
  EXPECT_EQ(t[0].reason, reason::sent);
}

TEST(ChannelActor, EndsWhatIsOlderThanItsLife) {
  options o;
  o.push.message_life = 60s;
  world w{o};
  w.answer = [](const auto&) { return status(500); };
  talk(w, 0, 1);
  w.pass(3min);
  auto t = only(w);
  EXPECT_EQ(t.state, trace_state::done);
  EXPECT_EQ(t.deliveries[0].state, delivery_state::expired);
  EXPECT_LE(w.requests.size(), 4U);
}

TEST(ChannelActor, DoesNotRingAfterTheDeadline) {
  world w;
  std::vector<millis> rings;
  w.answer = [&](const io::http_request& r) {
    if (header(r, "X-Unblu-Event") == "push_notification.incoming_call")
      rings.push_back(w.on_disk().clocks.wall);
    return status(500);
  };
  const auto began = w.on_disk().clocks.wall;
  w.publish({started("c1"), in("c1", call_started{"k1", call_type::audio, "anna"})});
  w.pass(10min);
  // The third retry comes after 52 to 78 seconds, so it may just be in time; the fourth never is.
  ASSERT_GE(rings.size(), 3U);
  EXPECT_LE(rings.size(), 4U);
  EXPECT_LE(rings.back(), began + 60'000);
}

// -- bounds -------------------------------------------------------------------

TEST(ChannelActor, SendsWhatOverflowedToDiskWhenThereIsRoom) {
  options o;
  o.limits.lane_queue = 20;
  o.limits.lane_in_flight = 4;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  talk(w, 0, 300);
  w.pass(2s);
  EXPECT_EQ(w.open.size(), 2U);
  for (int i = 0; i < 2'000 && !w.open.empty(); ++i) {
    w.answer_next(200);
    w.pass(10ms);
  }
  w.pass(5s);
  EXPECT_EQ(w.requests.size(), 300U);
  std::set<std::string> told;
  for (const auto& line : w.said())
    told.insert(line);
  EXPECT_EQ(told.size(), 300U);
  for (const auto& t : w.trace())
    EXPECT_EQ(t.reason, reason::sent);
  EXPECT_TRUE(w.store().parked_lanes()->empty());
}

TEST(ChannelActor, KeepsTheOrderOfAConversationOverTheDisk) {
  options o;
  o.limits.lane_queue = 4;
  o.limits.lane_in_flight = 4;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  talk(w, 0, 30);
  w.pass(2s);
  // Newer ones of the same conversations take the place of what waits.
  std::vector<event> more;
  for (int i = 0; i < 30; ++i)
    more.push_back(in("c" + std::to_string(i), message("n", "anna")));
  w.publish(more);
  w.pass(2s);
  w.answer = nullptr;
  while (!w.open.empty())
    w.answer_next(200);
  w.pass(60s);
  std::map<std::string, std::vector<std::string>> by;
  for (const auto& r : w.requests)
    by[field(r.body, "conversationId")].push_back(field(r.body, "messageId"));
  EXPECT_EQ(by.size(), 30U);
  for (const auto& [c, list] : by) {
    EXPECT_EQ(list.back(), "n") << c;
    EXPECT_LE(list.size(), 2U) << c;
  }
  EXPECT_TRUE(w.store().parked_lanes()->empty());
}

TEST(ChannelActor, KeepsMemoryBoundedWhileAnEndpointStalls) {
  options o;
  o.limits.lane_queue = 200;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  constexpr int many = 5'000;
  for (int i = 0; i < many; i += 500)
    talk(w, i, i + 500);
  w.pass(2s);
  w.pass(90s);
  EXPECT_LE(w.open.size(), 30U);
  EXPECT_LE(w.get().counters.awake_persons.load(), 200U + 1U);
  EXPECT_EQ(w.get().counters.awake_conversations.load(), 0U);
  w.answer = nullptr;
  while (!w.open.empty())
    w.answer_next(200);
  w.pass(10s);
  EXPECT_EQ(w.requests.size(), static_cast<std::size_t>(many));
  EXPECT_TRUE(w.store().parked_lanes()->empty());
}

TEST(ChannelActor, LosesNothingThatIsParkedWhileTheDiskIsSlow) {
  options o;
  o.limits.lane_queue = 4;
  o.limits.lane_in_flight = 4;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  talk(w, 0, 6);
  w.pass(1100ms);
  // What is refused now reaches the disk only after the lane has emptied.
  talk(w, 6, 12);
  w.pass(995ms);
  w.pass(15ms);
  w.store().fail_next_commits(2);
  w.answer = nullptr;
  while (!w.open.empty())
    w.answer_next(200);
  w.pass(60s);
  EXPECT_EQ(w.requests.size(), 12U);
  EXPECT_TRUE(w.store().parked_lanes()->empty());
}

TEST(ChannelActor, LosesNothingThatIsRefusedWhileTheLaneEmpties) {
  options o;
  o.limits.lane_queue = 8;
  o.limits.lane_in_flight = 4;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  for (int round = 0; round < 20; ++round)
    talk(w, round * 3, round * 3 + 3);
  w.pass(1s);
  for (int i = 0; i < 200; ++i) {
    for (std::size_t n = 0; n < 2 && !w.open.empty(); ++n)
      w.answer_next(200);
    if (i < 60)
      talk(w, 60 + i, 61 + i);
    w.pass(20ms);
  }
  w.answer = nullptr;
  while (!w.open.empty())
    w.answer_next(200);
  w.pass(60s);
  EXPECT_EQ(w.requests.size(), 120U);
  EXPECT_TRUE(w.store().parked_lanes()->empty());
}

TEST(ChannelActor, GoesOnWhenTheDiskFailsWhileSomethingComesBack) {
  options o;
  o.limits.lane_queue = 4;
  o.limits.lane_in_flight = 4;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  talk(w, 0, 20);
  w.pass(2s);
  w.answer = nullptr;
  w.store().fail_next_commits(10);
  while (!w.open.empty())
    w.answer_next(200);
  w.pass(30s);
  EXPECT_EQ(w.requests.size(), 20U);
}

TEST(ChannelActor, KeepsTwoSlotsForCalls) {
  options o;
  o.limits.lane_in_flight = 6;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  talk(w, 0, 50);
  w.pass(2s);
  EXPECT_EQ(w.open.size(), 4U);
  w.publish({started("k"), in("k", call_started{"k1", call_type::video, "anna"})});
  ASSERT_EQ(w.open.size(), 5U);
  EXPECT_EQ(header(w.open.back().request, "X-Unblu-Event"), "push_notification.incoming_call");
}

TEST(ChannelActor, LetsACallOvertakeAFullLane) {
  options o;
  o.limits.lane_queue = 5;
  o.limits.lane_in_flight = 4;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  talk(w, 0, 50);
  w.pass(2s);
  w.publish({started("k"), in("k", call_started{"k1", call_type::video, "anna"})});
  EXPECT_EQ(header(w.open.back().request, "X-Unblu-Event"), "push_notification.incoming_call");
}

TEST(ChannelActor, DoesNotDelayOtherLanes) {
  world w;
  w.create_webhook("other");
  w.answer = [](const io::http_request& r) -> std::optional<io::http_answer> {
    if (r.url.ends_with("/all"))
      return std::nullopt;
    return status(200);
  };
  talk(w, 0, 800);
  w.pass(1500ms);
  EXPECT_EQ(
      std::count_if(w.requests.begin(), w.requests.end(), [](const auto& r) { return r.url.ends_with("/other"); }),
      800);
}

// -- taking back --------------------------------------------------------------

TEST(ChannelActor, DropsBothWhenReadBeforeItLeft) {
  options o;
  o.webhooks.delay = 60s;
  world w{o};
  talk(w, 0, 1);
  w.pass(2s);
  w.publish({in("c0", message_read{"p0", {}})});
  w.pass(2min);
  EXPECT_TRUE(w.requests.empty());
  EXPECT_EQ(only(w).reason, reason::read_before_due);
}

TEST(ChannelActor, StopsRetriesOfWhatIsRead) {
  world w;
  w.answer = [](const auto&) { return status(500); };
  talk(w, 0, 1);
  w.pass(2s);
  ASSERT_EQ(w.requests.size(), 1U);
  w.answer = nullptr;
  w.publish({in("c0", message_read{"p0", {}})});
  w.pass(2min);
  ASSERT_EQ(w.requests.size(), 2U);
  EXPECT_EQ(header(w.requests[1], "X-Unblu-Event"), "push_notification.read_message");
}

TEST(ChannelActor, SendsTheReadAfterWhatIsInFlight) {
  world w;
  w.answer = [](const auto&) { return std::nullopt; };
  talk(w, 0, 1);
  w.pass(2s);
  w.publish({in("c0", message_read{"p0", {}})});
  w.pass(2s);
  ASSERT_EQ(w.open.size(), 1U);
  w.answer_next(500);
  w.pass(100ms);
  ASSERT_EQ(w.open.size(), 1U);
  EXPECT_EQ(header(w.open[0].request, "X-Unblu-Event"), "push_notification.read_message");
  w.answer_next(200);
  w.pass(2min);
  EXPECT_EQ(w.requests.size(), 2U);
  EXPECT_EQ(only(w).deliveries[0].state, delivery_state::cancelled);
}

TEST(ChannelActor, DropsWhatIsParkedWhenItIsRead) {
  options o;
  o.limits.lane_queue = 4;
  o.limits.lane_in_flight = 4;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  talk(w, 0, 40);
  w.pass(2s);
  std::vector<event> reads;
  for (int i = 0; i < 40; ++i)
    reads.push_back(in("c" + std::to_string(i), message_read{"p" + std::to_string(i), {}}));
  w.publish(reads);
  w.pass(2s);
  w.answer = nullptr;
  while (!w.open.empty())
    w.answer_next(200);
  w.pass(60s);
  // Two had left: they are taken back; of the others nobody hears.
  EXPECT_EQ(w.requests.size(), 4U);
  EXPECT_TRUE(w.store().parked_lanes()->empty());
  EXPECT_TRUE(w.store().unfinished(0, 100)->empty());
}

// -- switched off -------------------------------------------------------------

TEST(ChannelActor, CancelsWhatWaitsForARegistrationThatIsSwitchedOff) {
  options o;
  o.limits.lane_queue = 4;
  o.limits.lane_in_flight = 4;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  talk(w, 0, 40);
  w.pass(2s);
  set_status(w, w.get().webhooks.get()->front(), webhook_status::inactive);
  w.pass(2s);
  while (!w.open.empty())
    w.answer_next(500);
  w.pass(10s);
  EXPECT_EQ(w.requests.size(), 2U);
  EXPECT_TRUE(w.store().parked_lanes()->empty());
  for (const auto& t : w.trace())
    EXPECT_EQ(t.reason, reason::registration_inactive);
  set_status(w, w.get().webhooks.get()->front(), webhook_status::active);
  w.answer = nullptr;
  talk(w, 40, 41);
  w.pass(2s);
  EXPECT_EQ(w.requests.size(), 3U);
}

TEST(ChannelActor, CancelsWhatIsParkedWhileItsLaneIsClosed) {
  options o;
  o.limits.lane_queue = 4;
  o.limits.lane_in_flight = 4;
  world w{o};
  w.answer = [](const auto&) { return std::nullopt; };
  w.publish({started("c")});
  talk(w, 0, 40);
  w.pass(995ms);
  // The lane is closed while what it refuses is not on disk yet.
  w.pass(10ms);
  w.store().fail_next_commits(4);
  // A change of a registration is tried once: it is repeated until the disk takes it.
  while (!set_status(w, w.get().webhooks.get()->front(), webhook_status::inactive))
    w.pass(100ms);
  w.pass(10s);
  while (!w.open.empty())
    w.answer_next(500);
  w.pass(10s);
  EXPECT_TRUE(w.store().parked_lanes()->empty());
  EXPECT_TRUE(w.store().unfinished(0, 100)->empty());
}

// -- crashes ------------------------------------------------------------------

TEST(ChannelActor, RepeatsWhatWasInFlightWithTheSameIds) {
  std::optional<world> w;
  w.emplace();
  w->answer = [](const auto&) { return std::nullopt; };
  talk(*w, 0, 1);
  w->pass(2s);
  ASSERT_EQ(w->requests.size(), 1U);
  auto before = w->requests[0];
  auto left = w->on_disk();
  w.reset();
  left.pass(1000);
  w.emplace(options{}, true, left);
  w->pass(1s);
  ASSERT_EQ(w->requests.size(), 1U);
  EXPECT_EQ(header(w->requests[0], "X-Unblu-Event-ID"), header(before, "X-Unblu-Event-ID"));
  EXPECT_EQ(header(w->requests[0], "webhook-id"), header(before, "webhook-id"));
  EXPECT_EQ(w->requests[0].body, before.body);
  w->pass(1min);
  EXPECT_EQ(w->requests.size(), 1U);
}

TEST(ChannelActor, KeepsTheTimeAndNumberOfTheNextRetryOverACrash) {
  std::optional<world> w;
  w.emplace();
  w->answer = [](const auto&) { return status(503, "600"); };
  talk(*w, 0, 1);
  w->pass(2s);
  auto left = w->on_disk();
  w.reset();
  left.pass(60'000);
  w.emplace(options{}, true, left);
  w->pass(520s);
  EXPECT_TRUE(w->requests.empty());
  w->pass(30s);
  ASSERT_EQ(w->requests.size(), 1U);
  EXPECT_EQ(header(w->requests[0], "X-Unblu-Retry-No"), "1");
}

TEST(ChannelActor, SendsWhatWasParkedAfterACrash) {
  options o;
  o.limits.lane_queue = 4;
  o.limits.lane_in_flight = 4;
  std::optional<world> w;
  w.emplace(o);
  w->answer = [](const auto&) { return std::nullopt; };
  talk(*w, 0, 60);
  w->pass(2s);
  auto left = w->on_disk();
  w.reset();
  w.emplace(o, true, left);
  w->pass(10s);
  EXPECT_EQ(w->requests.size(), 60U);
  EXPECT_TRUE(w->store().parked_lanes()->empty());
  EXPECT_TRUE(w->store().unfinished(0, 100)->empty());
}

TEST(ChannelActor, DrainsWhenTheAttemptsInFlightHaveEnded) {
  world w;
  w.answer = [](const auto&) { return std::nullopt; };
  talk(w, 0, 40);
  w.pass(2s);
  auto n = w.requests.size();
  auto drained = false;
  caf::anon_send(w.get().channel(channel_kind::webhook), drain{[&] { drained = true; }});
  w.settle();
  EXPECT_FALSE(drained);
  while (!w.open.empty())
    w.answer_next(200);
  EXPECT_TRUE(drained);
  EXPECT_EQ(w.requests.size(), n);
}

TEST(ChannelActor, LetsNothingWaitBehindWhatWasOverBeforeItWentToDisk) {
  world w;
  auto item = [&](std::uint64_t seq, kind k) {
    queued q;
    q.delivery.bytes.fill(static_cast<decltype(q.delivery.bytes)::value_type>(seq));
    q.notification = q.delivery;
    q.seq = seq;
    q.key = "ben\1c1";
    q.person = "ben";
    q.conversation = "c1";
    q.kind = k;
    q.expires = INT64_MAX;
    return q;
  };
  auto parked = [&] {
    const auto text = w.get().metrics.text();
    const std::string name = "belfry_parked_total{channel=\"WEBHOOK\"} ";
    const auto at = text.find(name);
    return at == text.npos ? 0 : std::stoi(text.substr(at + name.size()));
  };
  const auto webhooks = w.get().channel(channel_kind::webhook);
  // Its person ended it while it was on its way; the lane sends it to disk behind something of a former life.
  caf::anon_send(webhooks, submit{"lane", item(1, kind::read_message), false, 1});
  w.settle();
  EXPECT_EQ(parked(), 1);
  caf::anon_send(webhooks, submit{"lane", item(2, kind::new_message), false, 0});
  w.settle();
  EXPECT_EQ(parked(), 1) << "it would go there and back for ever";
}
