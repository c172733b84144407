#include "belfry/actors/node.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <caf/send.hpp>
#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

namespace {

struct listener {
  listener(world& w, std::uint64_t n) : to(w), id(n) {
    caf::anon_send(w.get().outcomes, subscribe{id, [this](const report& r) { heard.push_back(r); }});
    w.settle();
  }
  void leave() {
    caf::anon_send(to.get().outcomes, unsubscribe{id});
    to.settle();
  }
  template <class T>
  std::vector<T> of() const {
    std::vector<T> out;
    for (const auto& r : heard) {
      if (const auto* x = std::get_if<T>(&r))
        out.push_back(*x);
    }
    return out;
  }

  world& to;
  std::uint64_t id;
  std::vector<report> heard;
};

} // namespace

TEST(OutcomeActor, ReportsOnlyWhileSomebodyListens) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  EXPECT_FALSE(w.get().watched);
  listener l{w, 1};
  EXPECT_TRUE(l.heard.empty());
  w.publish({in("c1", message("m2", "anna"))});
  w.pass(2s);
  auto states = l.of<trace_item>();
  ASSERT_GE(states.size(), 2U);
  EXPECT_EQ(states.front().state, trace_state::queued);
  EXPECT_EQ(states.back().state, trace_state::done);
  EXPECT_EQ(states.back().reason, reason::sent);
  auto n = l.heard.size();
  l.leave();
  EXPECT_FALSE(w.get().watched);
  w.publish({in("c1", message("m3", "anna"))});
  w.pass(2s);
  EXPECT_EQ(l.heard.size(), n);
}

TEST(OutcomeActor, GoesOnForTheOthersWhenOneLeaves) {
  world w;
  listener a{w, 1}, b{w, 2};
  a.leave();
  EXPECT_TRUE(w.get().watched);
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  EXPECT_TRUE(a.heard.empty());
  EXPECT_FALSE(b.heard.empty());
}

TEST(OutcomeActor, ReportsACallThatTimedOutOnce) {
  world w;
  listener l{w, 1};
  w.publish({started("c1"), in("c1", call_started{"k1", call_type::audio, "anna"})});
  w.pass(59s);
  EXPECT_TRUE(l.of<call_timeout>().empty());
  w.pass(70s);
  auto t = l.of<call_timeout>();
  ASSERT_EQ(t.size(), 1U);
  EXPECT_EQ(t[0].conversation, "c1");
  EXPECT_EQ(t[0].call, "k1");
}

TEST(OutcomeActor, ReportsChangesOfAPause) {
  world w{{}, true};
  w.put_profile("anna", person_type::agent);
  listener l{w, 1};
  auto until = w.on_disk().clocks.wall + 10'000;
  auto r = w.ask<pause_view>([&](auto done) {
    w.get().to_person_of("anna", put_pause{pause_mode::on, until, w.get().ask(done)});
  });
  ASSERT_TRUE(r);
  auto p = l.of<pause_changed>();
  ASSERT_EQ(p.size(), 1U);
  EXPECT_TRUE(p[0].pause.on);
  EXPECT_EQ(p[0].pause.until, until);
  w.pass(11s);
  p = l.of<pause_changed>();
  ASSERT_EQ(p.size(), 2U);
  EXPECT_FALSE(p[1].pause.on);
  EXPECT_EQ(p[1].pause.mode, pause_mode::off);
}

TEST(OutcomeActor, ReportsTheEndOfAPauseThatBeganBeforeARestart) {
  std::optional<world> w;
  w.emplace(options{}, true);
  w->put_profile("anna", person_type::agent);
  auto until = w->on_disk().clocks.wall + 10'000;
  ASSERT_TRUE(w->ask<pause_view>([&](auto done) {
    w->get().to_person_of("anna", put_pause{pause_mode::on, until, w->get().ask(done)});
  }));
  auto left = w->on_disk();
  w.reset();
  w.emplace(options{}, true, left);
  listener l{*w, 1};
  w->pass(9s);
  EXPECT_TRUE(l.of<pause_changed>().empty());
  w->pass(2s);
  auto p = l.of<pause_changed>();
  ASSERT_EQ(p.size(), 1U);
  EXPECT_FALSE(p[0].pause.on);
}

TEST(OutcomeActor, ReportsARegistrationThatIsGone) {
  world w;
  listener l{w, 1};
  w.answer = [](const auto&) { return status(410); };
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  EXPECT_EQ(l.of<address_gone>().size(), 1U);
}
