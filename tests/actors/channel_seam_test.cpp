#include "belfry/actors/node.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

// What a channel may do behind the seam (io/channel.hpp), shown with one that exists in this test only.

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

namespace {

using verdict = io::attempt_result::verdict;
using news = io::address_news::verdict;

io::attempt_result accepted() {
  io::attempt_result r;
  r.answer.status = 250;
  return r;
}

/// Whoever has a profile has two wires, which share a lane. The test answers.
class telegraph final : public io::channel {
public:
  struct open_attempt {
    io::attempt_input in;
    std::function<void(io::attempt_result)> done;
  };

  channel_kind kind() const override { return channel_kind::email; }
  io::channel_policy policy() const override { return {}; }
  bool takes(belfry::kind k) const override { return k == kind::new_message; }
  std::vector<io::endpoint> endpoints(const io::addressee& who, belfry::kind k) const override {
    std::vector<io::endpoint> out;
    for (const auto* wire : {"1", "2"}) {
      if (who.profile && takes(k) && !suppressed(who, wire))
        out.push_back({wire, lane});
    }
    return out;
  }
  reason usable(const std::string& target, const io::addressee& who, belfry::kind) const override {
    return suppressed(who, target) ? reason::no_address : reason::none;
  }
  void attempt(io::attempt_input in, std::function<void(io::attempt_result)> done) override {
    seen.push_back(in.recipient.id + " " + in.which.target + " " + std::to_string(in.which.tries));
    if (answer)
      return done(*answer);
    open.push_back({std::move(in), std::move(done)});
  }

  /// Of endpoints from now on.
  std::string lane = "office";
  /// "<person> <wire> <attempts before>".
  std::vector<std::string> seen;
  std::vector<open_attempt> open;
  /// Given at once to every attempt.
  std::optional<io::attempt_result> answer;

private:
  static bool suppressed(const io::addressee& who, const std::string& wire) {
    return std::any_of(who.notes.begin(), who.notes.end(), [&](const address_note& n) {
      return n.what == address_note::mark::suppressed && n.target == wire && n.until > who.now;
    });
  }
};

using lines = std::vector<std::string>;

class Seam : public testing::Test {
protected:
  explicit Seam(options o = {}) : opts(std::move(o)), w(std::in_place, opts, true, disk{}, wires) {}

  void tell(const std::string& m = "m1", const std::string& who = "ben") {
    w->put_profile(who, person_type::visitor, who);
    conversation_started s;
    s.participants = {{"anna", role::assigned_agent, false, false}, {who, role::context_person, false, false}};
    w->publish({in("c-" + who + m, s), in("c-" + who + m, message(m, "anna"))});
    w->pass(1500ms);
  }
  void crash(std::shared_ptr<telegraph> next) {
    auto left = w->on_disk();
    w.reset();
    wires = std::move(next);
    w.emplace(opts, true, left, wires);
    w->settle();
  }
  /// "<target> <state> <reason> <attempts>" of all deliveries.
  lines deliveries() {
    lines out;
    for (const auto& t : w->trace()) {
      for (const auto& d : t.deliveries)
        out.push_back(d.target + " " + std::string{to_string(d.state)} + " " + std::string{to_string(d.reason)} + " "
                      + std::to_string(d.attempts.size()));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  options opts;
  std::shared_ptr<telegraph> wires = std::make_shared<telegraph>();
  std::optional<world> w;
};

} // namespace

TEST_F(Seam, AChannelIsToldOfAllItsAddresses) {
  wires->answer = accepted();
  tell();
  EXPECT_EQ(deliveries(), (lines{"1 ACCEPTED sent 1", "2 ACCEPTED sent 1"}));
}

TEST_F(Seam, AddressesOfOneLaneDoNotWaitForEachOther) {
  tell();
  EXPECT_EQ(wires->seen, (lines{"ben 1 0", "ben 2 0"}));
}

TEST_F(Seam, APostponedAttemptComesAgainAndCountsNone) {
  tell();
  io::attempt_result later;
  later.how = verdict::postponed;
  later.wait = 5'000;
  wires->open[0].done(later);
  w->pass(4900ms);
  EXPECT_EQ(wires->seen.size(), 2U);
  EXPECT_EQ(deliveries()[0], "1 QUEUED  0");
  w->pass(200ms);
  ASSERT_EQ(wires->seen.size(), 3U);
  EXPECT_EQ(wires->seen[2], "ben 1 0");
}

TEST_F(Seam, AnAttemptThatIsNeverEndedKeepsNoSlotAndIsRepeated) {
  tell();
  ASSERT_EQ(wires->open.size(), 2U);
  auto silent = std::move(wires->open[0]);
  wires->open[1].done(accepted());
  w->pass(14min);
  EXPECT_EQ(deliveries()[0], "1 QUEUED  0") << "there is still time";
  w->pass(2min);
  EXPECT_EQ(deliveries()[0], "1 RETRYING timeout 1");
  EXPECT_EQ(wires->seen.size(), 3U);
  EXPECT_NE(w->get().metrics.text().find(R"(reason="channel_silent"} 1)"), std::string::npos);
  // What was given up does not answer for the attempt that is under way now.
  silent.done(accepted());
  w->settle();
  EXPECT_EQ(deliveries()[0], "1 RETRYING timeout 1");
  wires->open.back().done(accepted());
  w->settle();
  EXPECT_EQ(deliveries()[0], "1 ACCEPTED sent 2");
}

TEST_F(Seam, WhatAPostponedAttemptAskedIsShownAndCountsNone) {
  tell();
  io::attempt_result later;
  later.how = verdict::postponed;
  later.wait = 5'000;
  later.earlier = {{1, 403, "PERMISSION_DENIED", 7}};
  wires->open[0].done(later);
  w->pass(1s);
  EXPECT_EQ(deliveries()[0], "1 QUEUED  1");
  w->pass(5s);
  ASSERT_EQ(wires->seen.size(), 3U);
  EXPECT_EQ(wires->seen[2], "ben 1 0");
}

TEST_F(Seam, AHeldLaneRestsAndRaisesTheAlarmOfTheChannel) {
  tell();
  io::attempt_result stop;
  stop.how = verdict::postponed;
  stop.hold = 300'000;
  stop.alarm = "credentials_refused";
  stop.subject = "office";
  wires->open[0].done(stop);
  w->settle();
  tell("m2", "carla");
  w->pass(290s);
  EXPECT_EQ(wires->seen.size(), 2U);
  EXPECT_NE(w->get().metrics.text().find("credentials_refused"), std::string::npos);
  w->pass(10s);
  ASSERT_EQ(wires->seen.size(), 3U) << "one finds out whether others may";
  wires->open[2].done(accepted());
  w->settle();
  EXPECT_EQ(wires->seen.size(), 5U);
}

TEST_F(Seam, WhatCannotBeAttemptedEndsWithItsReason) {
  io::attempt_result none;
  none.how = verdict::impossible;
  none.answer.why = reason::no_address;
  wires->answer = none;
  tell();
  EXPECT_EQ(deliveries(), (lines{"1 CANCELLED no_address 0", "2 CANCELLED no_address 0"}));
}

TEST_F(Seam, AnAddressThatAnAnswerSuppressesIsLeftOutUntilThenAlsoAfterACrash) {
  tell();
  io::attempt_result bad;
  bad.answer.what = outcome::verdict::gone;
  bad.answer.why = reason::endpoint_gone;
  bad.answer.status = 550;
  bad.address.what = news::suppressed;
  bad.address.lasts = 3'600'000;
  wires->open[0].done(bad);
  wires->open[1].done(accepted());
  w->pass(2s);
  EXPECT_EQ(deliveries(), (lines{"1 ADDRESS_GONE endpoint_gone 1", "2 ACCEPTED sent 1"}));
  crash(std::make_shared<telegraph>());
  tell("m2");
  EXPECT_EQ(wires->seen, (lines{"ben 2 0"}));
  w->pass(1h);
  tell("m3");
  EXPECT_EQ(std::count(wires->seen.begin(), wires->seen.end(), "ben 1 0"), 1);
}

TEST_F(Seam, AnOlderMessageDoesNotFollowANewerOneThatHasAnotherLane) {
  wires->answer.emplace();
  wires->answer->answer.what = outcome::verdict::again;
  wires->answer->answer.why = reason::timeout;
  tell();
  w->pass(1s);
  ASSERT_EQ(wires->seen.size(), 2U);
  wires->lane = "branch";
  wires->answer.reset();
  w->publish({in("c-benm1", message("m2", "anna"))});
  w->pass(60s);
  ASSERT_EQ(wires->open.size(), 2U);
  for (const auto& a : wires->open)
    EXPECT_EQ(a.in.what.message->message, "m2");
  auto all = deliveries();
  EXPECT_EQ(std::count(all.begin(), all.end(), "1 CANCELLED superseded 1"), 1) << testing::PrintToString(all);
}

TEST_F(Seam, WhatAnEarlierConfigurationLeftBehindEndsAsDisabled) {
  tell();
  crash(nullptr);
  w->pass(2s);
  EXPECT_EQ(deliveries(), (lines{"1 CANCELLED channel_disabled 0", "2 CANCELLED channel_disabled 0"}));
}

TEST_F(Seam, AnInterruptedAttemptIsMadeAgainAfterTheRestart) {
  tell();
  io::attempt_result stopped;
  stopped.how = verdict::interrupted;
  for (const auto& a : wires->open)
    a.done(stopped);
  w->settle();
  crash(std::make_shared<telegraph>());
  EXPECT_EQ(wires->seen, (lines{"ben 1 0", "ben 2 0"}));
}

namespace {

class SmallLanes : public Seam {
protected:
  static options small() {
    options o;
    o.limits.lane_queue = 10;
    o.limits.lane_in_flight = 3;
    return o;
  }

  SmallLanes() : Seam(small()) {}
};

} // namespace

TEST_F(SmallLanes, WhatWaitsOnDiskComesBackToItsOwnChannelAlsoAfterACrash) {
  for (int i = 0; i < 20; ++i)
    tell("m", "p" + std::to_string(i));
  EXPECT_EQ(wires->seen.size(), 1U);
  auto next = std::make_shared<telegraph>();
  next->answer = accepted();
  crash(next);
  w->pass(60s);
  auto all = deliveries();
  EXPECT_EQ(all.size(), 40U);
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const auto& d) { return d.find("ACCEPTED") != d.npos; }), 40);
}
