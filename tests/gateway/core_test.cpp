// The gateway's rules in random histories: few ids, many requests, acknowledgements in any order across conversations.
#include "belfry/actors/gateway/core.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

namespace belfry {
namespace {

using namespace std::chrono_literals;

constexpr int walks = 500;
constexpr int steps = 120;

std::uint64_t first_seed() {
  if (const auto* text = std::getenv("BELFRY_SEED"))
    return std::strtoull(text, nullptr, 10);
  return std::random_device{}();
}

event message_in(const std::string& conversation, const std::string& id, const std::string& message) {
  event e;
  e.id = id;
  e.conversation = conversation;
  message_sent m;
  m.message = message;
  m.sender = "anna";
  e.body = std::move(m);
  return e;
}

event closed_in(const std::string& conversation, const std::string& id) {
  event e;
  e.id = id;
  e.conversation = conversation;
  e.body = conversation_closed{"anna", "phone"};
  return e;
}

/// What is known of one event of a request from outside.
struct said {
  /// Fingerprints, as `keys` has them.
  std::set<std::uint64_t> ids;
  bool routed = false;
  std::optional<bool> verdict;
};

/// What may be accepted once, the two kinds of ids apart; 0 is none.
std::set<std::uint64_t> keys(std::uint64_t id, std::uint64_t subject) {
  std::set<std::uint64_t> result;
  if (id != 0)
    result.insert(id << 1);
  if (subject != 0)
    result.insert((subject << 1) | 1);
  return result;
}

class walk {
public:
  explicit walk(std::uint64_t seed) : rng_(seed) { opts_.limits.events_in_flight = 30; }

  void go() {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      now_.engine += roll(50);
      now_.steady += 1ms;
      if (roll(3) == 0)
        publish();
      else
        acknowledge();
      check();
    }
    while (!on_their_way_.empty() && !testing::Test::HasFailure()) {
      acknowledge();
      check();
    }
    EXPECT_TRUE(open_.empty()) << "a request without an answer";
    EXPECT_EQ(core_.in_flight(), 0U);
  }

private:
  int roll(int sides) { return static_cast<int>(rng_() % static_cast<std::uint64_t>(sides)); }

  void publish() {
    std::vector<event> events;
    std::vector<said> what;
    for (int n = 1 + roll(5); n > 0; --n) {
      auto id = roll(4) == 0 ? std::string{} : "e" + std::to_string(roll(12));
      auto conversation = "c" + std::to_string(roll(3));
      events.push_back(roll(2) == 0 ? message_in(conversation, id, "m" + std::to_string(roll(6)))
                                    : closed_in(conversation, id));
      const auto& e = events.back();
      what.push_back({keys(id.empty() ? 0 : fingerprint(id), fingerprint_of_subject(e).value_or(0)), false, {}});
    }
    gateway_effects fx;
    const auto before = core_.in_flight();
    const auto size = events.size();
    auto request = core_.publish(std::move(events), now_, fx);
    if (!request) {
      EXPECT_EQ(request.error().code, ec::overloaded);
      EXPECT_GT(before + size, opts_.limits.events_in_flight);
      EXPECT_TRUE(fx.routed.empty() && fx.units.empty() && fx.ended.empty());
      return;
    }
    open_[*request] = std::move(what);
    take(std::move(fx));
  }

  /// Any conversation answers, its oldest event first; the disk and the conversation disagree with nobody.
  void acknowledge() {
    if (on_their_way_.empty())
      return;
    auto i = std::next(on_their_way_.begin(), roll(static_cast<int>(on_their_way_.size())));
    auto e = std::move(i->second.front());
    i->second.pop_front();
    if (i->second.empty())
      on_their_way_.erase(i);
    ack a{e.request, e.index, {}};
    if (roll(3) == 0)
      a.refused = refused_event{e.index, "/conversation", "", refusal::unknown_conversation};
    open_.at(e.request)[e.index].verdict = !a.refused;
    for (auto id : keys(e.id, e.subject)) {
      under_way_.erase(id);
      if (!a.refused) {
        EXPECT_TRUE(accepted_.insert(id).second) << "accepted twice";
      }
    }
    gateway_effects fx;
    core_.acknowledged(std::move(a), now_, fx);
    take(std::move(fx));
  }

  void take(gateway_effects fx) {
    for (auto& e : fx.routed) {
      auto& x = open_.at(e.request)[e.index];
      EXPECT_FALSE(x.routed) << "routed twice";
      x.routed = true;
      for (auto id : keys(e.id, e.subject)) {
        EXPECT_TRUE(under_way_.insert(id).second) << "two of one id on their way";
        EXPECT_FALSE(accepted_.contains(id)) << "routed although known";
      }
      auto& last = last_index_[e.request];
      EXPECT_GE(e.index + 1, last) << "the order of the request";
      last = e.index + 1;
      on_their_way_[e.what.conversation].push_back(std::move(e));
    }
    for (const auto& e : fx.ended)
      judge(e);
  }

  void judge(const ended_request& e) {
    auto i = open_.find(e.request);
    ASSERT_TRUE(i != open_.end()) << "answered twice";
    std::size_t accepted = 0, duplicates = 0;
    std::vector<std::size_t> refused;
    for (std::size_t k = 0; k < i->second.size(); ++k) {
      const auto& x = i->second[k];
      EXPECT_EQ(x.routed, x.verdict.has_value()) << "answered before the verdict";
      if (!x.routed) {
        ++duplicates;
        EXPECT_TRUE(std::any_of(x.ids.begin(), x.ids.end(), [&](auto id) { return accepted_.contains(id); }))
            << "a duplicate of nothing";
      } else if (*x.verdict)
        ++accepted;
      else
        refused.push_back(k);
    }
    EXPECT_EQ(e.answer.accepted, accepted);
    EXPECT_EQ(e.answer.duplicates, duplicates);
    ASSERT_EQ(e.answer.refused.size(), refused.size());
    for (std::size_t k = 0; k < refused.size(); ++k)
      EXPECT_EQ(e.answer.refused[k].index, refused[k]);
    open_.erase(i);
  }

  void check() {
    std::size_t events = 0;
    for (const auto& [request, what] : open_)
      events += what.size();
    EXPECT_EQ(core_.in_flight(), events);
  }

  std::mt19937_64 rng_;
  options opts_;
  gateway_core core_{std::make_shared<gateway_memory>(opts_), opts_.limits};
  gateway_time now_{1'000, 0us};
  std::map<std::uint64_t, std::vector<said>> open_;
  std::map<std::uint64_t, std::uint32_t> last_index_;
  std::map<conversation_id, std::deque<routed_event>> on_their_way_;
  std::set<std::uint64_t> under_way_, accepted_;
};

TEST(GatewayCore, AnswersEveryRequestOnceAndTakesNoIdTwiceInAnyHistory) {
  const auto seed = first_seed();
  for (std::uint64_t i = 0; i < walks; ++i) {
    SCOPED_TRACE("BELFRY_SEED=" + std::to_string(seed + i));
    walk{seed + i}.go();
    if (testing::Test::HasFailure())
      return;
  }
}

TEST(GatewayCore, WritesWhoCameBeforeTheEventThatMadeThemCome) {
  options o;
  gateway_core core{std::make_shared<gateway_memory>(o), o.limits};
  event e;
  e.conversation = "c1";
  e.body = conversation_opened{"anna", "phone"};
  gateway_effects fx;
  ASSERT_TRUE(core.publish({e}, {}, fx));
  ASSERT_EQ(fx.units.size(), 1U);
  EXPECT_TRUE(fx.units[0].acks.empty());
  EXPECT_EQ(fx.routed.size(), 1U);
  EXPECT_EQ(fx.online, (std::vector<std::pair<person_id, bool>>{{"anna", true}}));
}

TEST(GatewayCore, WaitsForEverythingThatAWordOnPresenceCloses) {
  options o;
  gateway_core core{std::make_shared<gateway_memory>(o), o.limits};
  std::vector<event> opened(2);
  for (std::size_t i = 0; i < opened.size(); ++i) {
    opened[i].conversation = "c" + std::to_string(i);
    opened[i].body = conversation_opened{"anna", "phone"};
  }
  gateway_effects fx;
  const auto first = core.publish(opened, {}, fx);
  for (const auto& e : fx.routed)
    core.acknowledged({e.request, e.index, {}}, {}, fx);
  ASSERT_EQ(fx.ended.size(), 1U);
  event gone;
  gone.id = "gone";
  gone.body = presence_changed{"anna", false, "phone"};
  fx = {};
  ASSERT_TRUE(core.publish({gone}, {}, fx));
  ASSERT_EQ(fx.routed.size(), 2U);
  ASSERT_EQ(fx.units.size(), 1U);
  auto parts = fx.units[0].acks;
  for (const auto& e : fx.routed)
    parts.push_back({e.request, e.index, refused_event{}});
  gateway_effects after;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    EXPECT_TRUE(after.ended.empty()) << i;
    core.acknowledged(parts[i], {}, after);
  }
  ASSERT_EQ(after.ended.size(), 1U);
  EXPECT_EQ(after.ended[0].answer.accepted, 1U);
}

} // namespace
} // namespace belfry
