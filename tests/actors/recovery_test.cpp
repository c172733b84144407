#include "belfry/actors/node.hpp"
#include "belfry/io/store/memory.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

namespace {

void restart(std::optional<world>& w, std::chrono::milliseconds down, const options& o = {}) {
  auto left = w->on_disk();
  w.reset();
  left.pass(down.count());
  w.emplace(o, true, left);
}

} // namespace

TEST(Recovery, KeepsCountsAndRoster) {
  std::optional<world> w;
  w.emplace();
  w->publish({started("c1"), in("c1", message("m1", "anna")), in("c1", message("m2", "anna")),
              in("c1", participant_changed{"ben", {}, {}, true}), in("c1", conversation_opened{"ben", "t"})});
  restart(w, 1s);
  auto v = w->view("c1");
  ASSERT_EQ(v.participants.size(), 2U);
  EXPECT_EQ(v.participants[1].unread_count, 2U);
  EXPECT_TRUE(v.participants[1].muted);
  EXPECT_TRUE(v.participants[1].open);
  EXPECT_TRUE(w->get().online.contains("ben"));
}

TEST(Recovery, SendsWhatFellDueMeanwhileOnce) {
  std::optional<world> w;
  w.emplace();
  w->publish({started("c1"), in("c1", message("m1", "anna"))});
  restart(w, 1min);
  w->pass(5s);
  EXPECT_EQ(w->requests.size(), 1U);
  restart(w, 1min);
  w->pass(5s);
  EXPECT_TRUE(w->requests.empty());
}

TEST(Recovery, KeepsARunningWait) {
  std::optional<world> w;
  w.emplace();
  w->publish({started("c1"), in("c1", conversation_opened{"ben", "t"}), in("c1", message("m1", "anna"))});
  w->pass(2s);
  restart(w, 3s);
  w->pass(4s);
  EXPECT_TRUE(w->requests.empty());
  w->pass(1200ms);
  EXPECT_EQ(w->requests.size(), 1U);
}

TEST(Recovery, EndsARingPastItsDeadlineOnce) {
  std::optional<world> w;
  w.emplace();
  w->publish({started("c1"), in("c1", call_started{"k1", call_type::audio, "anna"})});
  restart(w, 5min);
  w->pass(5s);
  auto said = w->said();
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0], "revoke_call ben c1");
  EXPECT_EQ(said[1], "missed_call ben c1");
  EXPECT_EQ(w->view("c1").call_state, call_state::idle);
  restart(w, 5min);
  w->pass(5s);
  EXPECT_TRUE(w->requests.empty());
}

TEST(Recovery, GoesOnRinging) {
  std::optional<world> w;
  w.emplace();
  w->publish({started("c1"), in("c1", call_started{"k1", call_type::audio, "anna"})});
  restart(w, 10s);
  w->pass(49s);
  EXPECT_TRUE(w->requests.empty());
  w->pass(2s);
  EXPECT_EQ(w->requests.size(), 2U);
}

TEST(Recovery, SaysThatSomethingWasReadBeforeTheCrashOnce) {
  std::optional<world> w;
  w.emplace();
  w->publish({started("c1"), in("c1", message("m1", "anna"))});
  w->pass(2s);
  w->answer = [](const auto&) { return std::nullopt; };
  w->publish({in("c1", message_read{"ben", {}})});
  restart(w, 1s);
  w->pass(5s);
  ASSERT_EQ(w->requests.size(), 1U);
  EXPECT_EQ(header(w->requests[0], "X-Unblu-Event"), "push_notification.read_message");
  restart(w, 1s);
  w->pass(5s);
  EXPECT_TRUE(w->requests.empty());
}

TEST(Recovery, RepeatsManyTimesWithoutSayingMore) {
  std::optional<world> w;
  w.emplace();
  w->answer = [](const auto&) { return status(503, "3600"); };
  w->publish({started("c1"), in("c1", message("m1", "anna"))});
  w->pass(2s);
  for (int i = 0; i < 5; ++i) {
    restart(w, 1min);
    w->pass(1min);
    EXPECT_TRUE(w->requests.empty()) << i;
  }
  w->pass(1h);
  EXPECT_EQ(w->requests.size(), 1U);
}
