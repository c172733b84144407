#include "belfry/actors/node.hpp"
#include "belfry/io/store/memory.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <caf/send.hpp>
#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

namespace {

event presence(const person_id& p, bool online, const std::string& client = {}, std::string id = {}) {
  event e;
  e.id = std::move(id);
  e.body = presence_changed{p, online, client};
  return e;
}

bool open_for(world& w, const conversation_id& c, const person_id& p) {
  for (const auto& x : w.view(c).participants) {
    if (x.person == p)
      return x.open;
  }
  return false;
}

/// Publishes without waiting; the answer comes into `out`.
void send(world& w, std::vector<event> events, std::optional<result<admission>>& out) {
  caf::anon_send(w.get().gateway, belfry::publish{std::move(events), [&](result<admission> r) { out = std::move(r); }});
}

} // namespace

TEST(GatewayActor, AnswersAnEmptyRequestWithZeros) {
  world w{{}, true};
  auto r = w.publish({});
  ASSERT_TRUE(r);
  EXPECT_EQ(r->accepted + r->duplicates + r->refused.size(), 0U);
}

TEST(GatewayActor, CountsARepetitionAsADuplicateWhateverItsBody) {
  world w{{}, true};
  w.publish({started("c1")});
  ASSERT_EQ(w.publish({in("c1", message("m1", "anna"), "e1")})->accepted, 1U);
  auto again = w.publish({in("c1", message("m2", "anna"), "e1")});
  EXPECT_EQ(again->duplicates, 1U);
  EXPECT_EQ(w.unread("c1", "ben"), 1U);
}

TEST(GatewayActor, CountsAKnownMessageOfTheConversationAsADuplicate) {
  world w{{}, true};
  w.publish({started("c1"), started("c2")});
  w.publish({in("c1", message("m1", "anna"))});
  EXPECT_EQ(w.publish({in("c1", message("m1", "anna"))})->duplicates, 1U);
  EXPECT_EQ(w.publish({in("c2", message("m1", "anna"))})->accepted, 1U);
}

TEST(GatewayActor, CountsDuplicatesWithinOneRequest) {
  world w{{}, true};
  auto r = w.publish({started("c1"), in("c1", message("m1", "anna"), "e1"), in("c1", message("m1", "anna"), "e1"),
                      in("c1", message("m1", "anna"), "e2")});
  ASSERT_TRUE(r);
  EXPECT_EQ(r->accepted, 2U);
  EXPECT_EQ(r->duplicates, 2U);
  EXPECT_EQ(w.unread("c1", "ben"), 1U);
}

TEST(GatewayActor, CountsARepetitionOfWhatIsOnItsWayAsADuplicate) {
  world w{{}, true};
  w.publish({started("c1")});
  std::optional<result<admission>> first, second;
  send(w, {in("c1", message("m1", "anna"), "e1")}, first);
  send(w, {in("c1", message("m1", "anna"), "e1")}, second);
  w.settle();
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*first)->accepted, 1U);
  EXPECT_EQ((*second)->duplicates, 1U);
}

TEST(GatewayActor, DoesNotRememberTheIdsOfARefusedEvent) {
  world w{{}, true};
  auto r = w.publish({in("c1", message("m1", "anna"), "e1")});
  ASSERT_TRUE(r);
  ASSERT_EQ(r->refused.size(), 1U);
  EXPECT_EQ(r->refused[0].reason, refusal::unknown_conversation);
  w.publish({started("c1")});
  EXPECT_EQ(w.publish({in("c1", message("m1", "anna"), "e1")})->accepted, 1U);
}

TEST(GatewayActor, LooksAgainAtADuplicateOfARefusedEvent) {
  world w{{}, true};
  std::optional<result<admission>> first, second;
  send(w, {in("c1", message("m1", "anna"), "e1")}, first);
  send(w, {started("c1"), in("c1", message("m1", "anna"), "e1")}, second);
  w.settle();
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*first)->refused.size(), 1U);
  EXPECT_EQ((*second)->accepted, 2U);
}

TEST(GatewayActor, KeepsTheOrderOfARequestBehindADuplicateOfARefusedEvent) {
  world w{{}, true};
  auto r = w.publish({in("c1", message("m1", "anna"), "e1"), started("c1"), in("c1", message("m1", "anna"), "e1"),
                      in("c1", message_read{"ben", {}})});
  ASSERT_TRUE(r);
  EXPECT_EQ(r->accepted, 3U);
  EXPECT_EQ(w.unread("c1", "ben"), 0U);
}

TEST(GatewayActor, ListsRefusedEventsInTheirOrder) {
  world w{{}, true};
  auto r = w.publish({started("c1"), in("c9", message("m1", "anna")), in("c1", message("m2", "zoe")),
                      in("c8", conversation_ended{}), in("c1", message("m3", "anna"))});
  ASSERT_TRUE(r);
  EXPECT_EQ(r->accepted, 2U);
  ASSERT_EQ(r->refused.size(), 3U);
  EXPECT_EQ(r->refused[0].index, 1U);
  EXPECT_EQ(r->refused[1].index, 2U);
  EXPECT_EQ(r->refused[1].pointer, "/message/sender");
  EXPECT_EQ(r->refused[2].index, 3U);
}

TEST(GatewayActor, ForgetsIdsBehindTheWindow) {
  options o;
  o.ingest_idempotency_window = 10s;
  world w{o, true};
  w.publish({started("c1"), in("c1", message("m1", "anna"), "e1")});
  w.pass(8s);
  EXPECT_EQ(w.publish({in("c1", message("m2", "anna"), "e1")})->duplicates, 1U);
  w.pass(4s);
  EXPECT_EQ(w.publish({in("c1", message("m2", "anna"), "e1")})->accepted, 1U);
}

TEST(GatewayActor, KnowsIdsAfterACrash) {
  std::optional<world> w;
  w.emplace(options{}, true);
  w->publish({started("c1"), in("c1", message("m1", "anna"), "e1")});
  auto left = w->on_disk();
  w.reset();
  w.emplace(options{}, true, left);
  EXPECT_EQ(w->publish({in("c1", message("m9", "anna"), "e1")})->duplicates, 1U);
  EXPECT_EQ(w->publish({in("c1", message("m1", "anna"))})->duplicates, 1U);
}

// -- presence -----------------------------------------------------------------

TEST(GatewayActor, TakesPresenceAndConversationEventsInOrder) {
  world w{{}, true};
  w.publish({started("c1"), in("c1", conversation_opened{"ben", "tab"}), presence("ben", false, "tab"),
             in("c1", message("m1", "anna"))});
  EXPECT_FALSE(open_for(w, "c1", "ben"));
  EXPECT_FALSE(w.get().online.contains("ben"));
  auto v = w.view("c1");
  ASSERT_TRUE(v.participants[1].pending);
  // Closed when the message came: the short wait.
  EXPECT_LE(v.participants[1].pending->due, w.on_disk().clocks.wall + 1000);
}

TEST(GatewayActor, KeepsTheLastWordOnPresenceOverACrash) {
  std::optional<world> w;
  w.emplace(options{}, true);
  w->publish({started("c1"), in("c1", conversation_opened{"ben", "tab"}), presence("ben", false, "tab")});
  auto left = w->on_disk();
  w.reset();
  w.emplace(options{}, true, left);
  EXPECT_FALSE(w->get().online.contains("ben"));
}

TEST(GatewayActor, KeepsEverythingAClientOpenedOverACrash) {
  std::optional<world> w;
  w.emplace(options{}, true);
  w->publish({started("asleep"), started("awake")});
  w->pass(28s);
  w->publish({in("awake", message_read{"ben", {}})});
  w->pass(20s);
  ASSERT_EQ(w->get().counters.awake_conversations.load(), 1U);
  // The sleeping one is slower.
  w->publish({in("asleep", conversation_opened{"ben", "tab"}), in("awake", conversation_opened{"ben", "tab"})});
  auto left = w->on_disk();
  w.reset();
  w.emplace(options{}, true, left);
  EXPECT_TRUE(open_for(*w, "asleep", "ben"));
  EXPECT_TRUE(open_for(*w, "awake", "ben"));
  w->publish({presence("ben", false, "tab")});
  EXPECT_FALSE(open_for(*w, "asleep", "ben"));
  EXPECT_FALSE(open_for(*w, "awake", "ben"));
}

TEST(GatewayActor, ForgetsOnDiskWhatIsClosedAfterTheEnd) {
  std::optional<world> w;
  w.emplace(options{}, true);
  w->publish({started("c1"), in("c1", conversation_opened{"ben", "tab"}), in("c1", conversation_ended{})});
  w->publish({in("c1", conversation_closed{"ben", "tab"})});
  auto rows = w->store().presence();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].blob.find("c1"), std::string::npos);
}

TEST(GatewayActor, TakesBackPresenceOfARefusedOpening) {
  world w{{}, true};
  auto r = w.publish({in("nowhere", conversation_opened{"ben", "tab"})});
  ASSERT_EQ(r->refused.size(), 1U);
  EXPECT_FALSE(w.get().online.contains("ben"));
  EXPECT_TRUE(w.store().presence()->empty());
}

TEST(GatewayActor, StaysOnlineWhereOnlyTheOpeningWasRefused) {
  world w{{}, true};
  w.publish({presence("ben", true, "tab")});
  w.publish({in("nowhere", conversation_opened{"ben", "tab"})});
  EXPECT_TRUE(w.get().online.contains("ben"));
}

TEST(GatewayActor, ForgetsPresenceAfterItsTimeOut) {
  options o;
  o.presence_timeout = 60s;
  world w{o, true};
  w.publish({started("c1"), in("c1", conversation_opened{"ben", "tab"}), presence("anna", true)});
  w.pass(50s);
  EXPECT_TRUE(open_for(w, "c1", "ben"));
  w.publish({presence("anna", true)});
  w.pass(12s);
  EXPECT_FALSE(open_for(w, "c1", "ben"));
  EXPECT_FALSE(w.get().online.contains("ben"));
  EXPECT_TRUE(w.get().online.contains("anna"));
  w.pass(50s);
  EXPECT_FALSE(w.get().online.contains("anna"));
  EXPECT_TRUE(w.store().presence()->empty());
}

TEST(GatewayActor, ClosesEverythingAtAReset) {
  world w{{}, true};
  w.publish({started("c1"), started("c2"), in("c1", conversation_opened{"ben", "a"}),
             in("c2", conversation_opened{"anna", "b"}), presence("carl", true)});
  event reset;
  reset.body = presence_reset{};
  EXPECT_EQ(w.publish({reset})->accepted, 1U);
  EXPECT_FALSE(open_for(w, "c1", "ben"));
  EXPECT_FALSE(open_for(w, "c2", "anna"));
  for (const auto* p : {"anna", "ben", "carl"})
    EXPECT_FALSE(w.get().online.contains(p));
  EXPECT_TRUE(w.store().presence()->empty());
}

TEST(GatewayActor, GivesABotNoRole) {
  world w{{}, true};
  w.put_profile("robo", person_type::bot);
  w.publish({started("c1", {{"robo", role::secondary_agent, false, false}}), in("c1", message("m1", "robo"))});
  EXPECT_EQ(w.view("c1").participants[2].role, role::none);
  w.put_profile("robo", person_type::agent);
  w.publish({started("c2", {{"robo", role::secondary_agent, false, false}})});
  EXPECT_EQ(w.view("c2").participants[2].role, role::secondary_agent);
}

// -- bounds and failures ------------------------------------------------------

TEST(GatewayActor, RefusesWhatTheDiskCannotFollow) {
  options o;
  o.limits.events_in_flight = 10;
  world w{o, true};
  w.publish({started("c1")});
  std::optional<result<admission>> first, second, third;
  std::vector<event> eight;
  for (int i = 0; i < 8; ++i)
    eight.push_back(in("c1", message("a" + std::to_string(i), "anna")));
  send(w, eight, first);
  send(w, {in("c1", message("b1", "anna")), in("c1", message("b2", "anna"))}, second);
  send(w, {in("c1", message("c1", "anna"))}, third);
  w.settle();
  ASSERT_TRUE(first && second && third);
  EXPECT_TRUE(*first);
  EXPECT_TRUE(*second);
  ASSERT_FALSE(*third);
  EXPECT_EQ(third->error().code, ec::overloaded);
  EXPECT_EQ(w.publish({in("c1", message("c1", "anna"))})->accepted, 1U);
  EXPECT_EQ(w.unread("c1", "ben"), 11U);
}

TEST(GatewayActor, TakesOneRequestThatIsLargerThanTheBound) {
  options o;
  o.limits.events_in_flight = 1;
  world w{o, true};
  EXPECT_EQ(w.publish({started("c1"), in("c1", message("m1", "anna"))})->accepted, 2U);
}

TEST(GatewayActor, SaysSoWhileTheStoreCannotBeWrittenAndRecovers) {
  world w{{}, true};
  w.publish({started("c1")});
  w.store().fail_next_commits(5);
  auto r = w.publish({in("c1", message("m1", "anna"), "e1")});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ec::store_unavailable);
  EXPECT_NE(r.error().detail.find("disk full"), std::string::npos);
  auto early = w.publish({in("c1", message("m2", "anna"))});
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ec::store_unavailable);
  w.pass(2s);
  EXPECT_TRUE(w.get().writable);
  // The first took effect after all; a repetition does not take effect twice.
  EXPECT_EQ(w.publish({in("c1", message("m1", "anna"), "e1")})->duplicates, 1U);
  EXPECT_EQ(w.publish({in("c1", message("m2", "anna"))})->accepted, 1U);
  EXPECT_EQ(w.unread("c1", "ben"), 2U);
}

TEST(GatewayActor, SaysAfterAMinuteThatNobodyAnswers) {
  world w{{}, true};
  w.publish({started("c1")});
  std::optional<result<admission>> answer;
  send(w, {in("c1", message("m1", "anna"))}, answer);
  while (!w.silence("conversation"))
    ASSERT_TRUE(w.step());
  w.pass(59s);
  EXPECT_FALSE(answer);
  w.pass(3s);
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ((*answer).error().code, ec::store_unavailable);
}

TEST(GatewayActor, TakesNothingMoreWhenAPartOfTheEngineHasEnded) {
  world w{{}, true};
  w.publish({started("c1")});
  std::optional<result<admission>> waiting;
  send(w, {in("c1", message("m1", "anna"))}, waiting);
  while (!w.silence("conversation"))
    ASSERT_TRUE(w.step());
  w.get().failed = true;
  auto late = w.publish({in("c1", message("m2", "anna"))});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().detail, "a part of the engine has ended");
  w.pass(1s);
  ASSERT_TRUE(waiting) << "whoever waits is told";
  EXPECT_EQ(waiting->error().code, ec::stopping);
}

TEST(GatewayActor, GivesBackItsRoomAfterAFailureOfTheStore) {
  options o;
  o.limits.events_in_flight = 2;
  world w{o, true};
  w.publish({started("c1")});
  for (int i = 0; i < 5; ++i) {
    w.store().fail_next_commits(1);
    w.publish({in("c1", message("m" + std::to_string(i), "anna"))});
    w.pass(1s);
  }
  EXPECT_EQ(w.publish({in("c1", message("x", "anna")), in("c1", message("y", "anna"))})->accepted, 2U);
}

TEST(GatewayActor, DrainsWhenNothingIsInFlightAndTakesNothingMore) {
  world w{{}, true};
  w.publish({started("c1")});
  std::optional<result<admission>> first, second;
  auto drained = false;
  send(w, {in("c1", message("m1", "anna"))}, first);
  caf::anon_send(w.get().gateway, drain{[&] {
                   EXPECT_TRUE(first);
                   drained = true;
                 }});
  send(w, {in("c1", message("m2", "anna"))}, second);
  w.settle();
  EXPECT_TRUE(drained);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(*first);
  ASSERT_FALSE(*second);
  EXPECT_EQ(second->error().code, ec::stopping);
}
