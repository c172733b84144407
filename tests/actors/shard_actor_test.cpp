#include "belfry/actors/node.hpp"
#include "belfry/io/store/memory.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <caf/send.hpp>
#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

TEST(ShardActor, HoldsCommandsInOrderWhileLoading) {
  world w{{}, true};
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(60s);
  ASSERT_EQ(w.get().counters.awake_conversations.load(), 0U);
  std::optional<result<admission>> a, b;
  auto send = [&](std::vector<event> events, auto& out) {
    caf::anon_send(w.get().gateway, belfry::publish{std::move(events), [&](auto r) { out = std::move(r); }});
  };
  send({in("c1", message("m2", "anna")), in("c1", message_read{"ben", {}})}, a);
  send({in("c1", message("m3", "anna"))}, b);
  w.settle();
  ASSERT_TRUE(a && b);
  EXPECT_EQ(w.unread("c1", "ben"), 1U);
}

TEST(ShardActor, LeavesNoActorBehindForUnknownConversations) {
  world w{{}, true};
  for (int i = 0; i < 200; ++i)
    w.publish({in("nowhere" + std::to_string(i), message("m", "anna"))});
  w.view("nowhere-asked");
  w.pass(60s);
  EXPECT_EQ(w.get().counters.awake_conversations.load(), 0U);
  EXPECT_TRUE(w.store().due_conversations()->empty());
}

TEST(ShardActor, PutsPersonsToSleepThatHaveNothingToDo) {
  world w;
  w.put_profile("ben", person_type::visitor, "Ben");
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  ASSERT_EQ(w.requests.size(), 1U);
  EXPECT_GT(w.get().counters.awake_persons.load(), 0U);
  w.pass(60s);
  EXPECT_EQ(w.get().counters.awake_persons.load(), 0U);
}

TEST(ShardActor, PutsTheIdleToSleepEarlyWhenTooManyAreAwake) {
  options o;
  o.limits.awake_conversations = 16;
  world w{o, true};
  for (int i = 0; i < 100; ++i)
    w.publish({started("c" + std::to_string(i))});
  EXPECT_EQ(w.get().counters.awake_conversations.load(), 100U);
  w.pass(10s);
  EXPECT_LE(w.get().counters.awake_conversations.load(), 16U);
}

TEST(ShardActor, KeepsAConversationAwakeWhileSomethingIsNotOnDisk) {
  world w{{}, true};
  w.publish({started("c1")});
  w.store().fail_next_commits(1'000);
  w.publish({in("c1", message("m1", "anna"))});
  w.pass(70s);
  EXPECT_EQ(w.get().counters.awake_conversations.load(), 1U);
  w.store().fail_next_commits(0);
  w.pass(70s);
  EXPECT_EQ(w.get().counters.awake_conversations.load(), 0U);
  EXPECT_EQ(w.unread("c1", "ben"), 1U);
}

TEST(ShardActor, LetsNobodyWaitBehindThoseItWakesAfterACrash) {
  world w;
  w.publish({started("c1")});
  arm a;
  const auto& n = w.get();
  for (int i = 0; a.persons.size() < 2000; ++i) {
    const auto id = "p" + std::to_string(i);
    if (n.shard_index(id) == n.shard_index("ben"))
      a.persons.push_back(id);
  }
  caf::anon_send(n.shard_of("ben"), std::move(a));
  caf::anon_send(n.gateway, belfry::publish{{in("c1", call_started{"k1", call_type::audio, "anna"})}, [](auto) {}});
  while (w.requests.empty() && w.step()) {
    // nop
  }
  EXPECT_EQ(w.requests.size(), 1U);
  EXPECT_LE(n.counters.awake_persons.load(), 400U) << "they go on meanwhile, a few at a time";
  w.settle();
  EXPECT_GE(n.counters.awake_persons.load(), 2000U);
}

TEST(ShardActor, WakesWhatIsDueInSlicesAfterACrash) {
  options o;
  o.limits.recovery_batch = 2;
  std::optional<world> w;
  w.emplace(o);
  constexpr int conversations = 200;
  for (int i = 0; i < conversations; ++i)
    w->publish({started("c" + std::to_string(i)), in("c" + std::to_string(i), message("m", "anna"))});
  ASSERT_TRUE(w->requests.empty());
  auto left = w->on_disk();
  w.reset();
  left.pass(60'000);
  w.emplace(o, true, left);
  w->pass(5s);
  EXPECT_EQ(w->requests.size(), static_cast<std::size_t>(conversations));
}

TEST(ShardActor, TakesItsEntitiesWithItHoweverItEnds) {
  world w;
  for (int i = 0; i < 50; ++i)
    w.publish({started("c" + std::to_string(i)), in("c" + std::to_string(i), message("m", "anna"))});
  w.pass(1s);
  ASSERT_GT(w.get().counters.awake_conversations.load(), 0U);
  ASSERT_GT(w.get().counters.awake_persons.load(), 0U);
  for (const auto& shard : w.get().shards)
    caf::anon_send_exit(shard, caf::exit_reason::unhandled_exception);
  w.settle();
  EXPECT_EQ(w.get().counters.awake_conversations.load(), 0U);
  EXPECT_EQ(w.get().counters.awake_persons.load(), 0U);
  EXPECT_EQ(w.get().counters.live_participants.load(), 0U);
}
