#include "belfry/actors/node.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

/// Steps of the wall clock, with and without a restart: waits and rings stay where they are (SPEC 12).
namespace belfry::test {

using namespace std::chrono_literals;

class ClockStep : public testing::TestWithParam<std::chrono::hours> {
protected:
  options slow() {
    options o;
    o.push.debounce_delay = 10s;
    return o;
  }
  static bool has(const world& w, const std::string& line) {
    auto said = w.said();
    return std::find(said.begin(), said.end(), line) != said.end();
  }
  /// What the conversation shows of anna's wait.
  static std::optional<millis> due(world& w) {
    for (const auto& p : w.view("c1").participants) {
      if (p.person == "anna" && p.pending)
        return p.pending->due;
    }
    return std::nullopt;
  }
};

TEST_P(ClockStep, MovesNoWait) {
  world w{slow()};
  ASSERT_TRUE(w.publish({started("c1"), in("c1", message("m1", "ben"))}));
  w.pass(4s);
  w.jump(GetParam());
  w.pass(5900ms);
  EXPECT_TRUE(w.requests.empty());
  w.pass(200ms);
  EXPECT_TRUE(has(w, "new_message anna c1 m1"));
}

TEST_P(ClockStep, MovesNoWaitOverARestart) {
  disk left;
  {
    world w{slow()};
    ASSERT_TRUE(w.publish({started("c1"), in("c1", message("m1", "ben"))}));
    w.pass(4s);
    w.jump(GetParam());
    left = w.on_disk();
  }
  world w{slow(), true, left};
  w.pass(5900ms);
  EXPECT_TRUE(w.requests.empty());
  w.pass(200ms);
  EXPECT_TRUE(has(w, "new_message anna c1 m1"));
}

TEST_P(ClockStep, MovesNoRingOverARestart) {
  options o;
  o.calls.not_answered_timeout = 20s;
  disk left;
  {
    world w{o};
    call_started call;
    call.call = "k1";
    call.caller = "ben";
    ASSERT_TRUE(w.publish({started("c1"), in("c1", call)}));
    w.pass(5s);
    w.jump(GetParam());
    left = w.on_disk();
  }
  world w{o, true, left};
  w.pass(14s);
  EXPECT_EQ(w.view("c1").call_state, call_state::calling);
  w.pass(1100ms);
  EXPECT_TRUE(has(w, "missed_call anna c1"));
}

TEST_P(ClockStep, IsSeenInTheTimesThatAreShown) {
  world w{slow()};
  ASSERT_TRUE(w.publish({started("c1"), in("c1", message("m1", "ben"))}));
  w.pass(4s);
  w.jump(GetParam());
  EXPECT_EQ(due(w), w.on_disk().clocks.wall + 6'000);
}

TEST_P(ClockStep, KeepsEventIdsForTheirWindow) {
  options o;
  o.ingest_idempotency_window = 1h;
  disk left;
  {
    world w{o};
    ASSERT_TRUE(w.publish({started("c1"), in("c1", message("m1", "ben"), "e1")}));
    w.pass(5s);
    w.jump(GetParam());
    w.pass(5s);
    left = w.on_disk();
  }
  world w{o, true, left};
  auto a = w.publish({in("c1", message("m2", "ben"), "e1")});
  ASSERT_TRUE(a);
  EXPECT_EQ(a->duplicates, 1U);
}

TEST_P(ClockStep, IsKnownToThePauseThatIsSetAfterIt) {
  world w;
  w.put_profile("anna", person_type::agent, "Anna");
  w.pass(1s);
  w.jump(GetParam());
  auto until = w.on_disk().clocks.wall + 30'000;
  auto set = [&](millis at) {
    return w.ask<pause_view>([&](auto done) {
      w.get().to_person_of("anna", put_pause{pause_mode::on, at, w.get().ask(done)});
    });
  };
  EXPECT_FALSE(set(w.on_disk().clocks.wall - 1'000)) << "it is past";
  auto view = set(until);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->until, until);
  w.pass(29s);
  auto get = [&] {
    return w.ask<pause_view>([&](auto done) { w.get().to_person_of("anna", get_pause{w.get().ask(done)}); });
  };
  EXPECT_TRUE(get()->on);
  w.pass(2s);
  EXPECT_FALSE(get()->on);
}

INSTANTIATE_TEST_SUITE_P(BothWays, ClockStep, testing::Values(std::chrono::hours{-2}, std::chrono::hours{2}));

TEST(Reboot, GoesByTheWallClock) {
  options o;
  o.push.debounce_delay = 600s;
  disk left;
  {
    world w{o};
    ASSERT_TRUE(w.publish({started("c1"), in("c1", message("m1", "ben"))}));
    w.pass(3s);
    left = w.on_disk();
  }
  left.clocks = {"boot-2", 5'000, left.clocks.wall + 590'000};
  world w{o, true, left};
  w.pass(6s);
  EXPECT_TRUE(w.requests.empty());
  w.pass(2s);
  EXPECT_EQ(w.requests.size(), 1U);
}

} // namespace belfry::test
