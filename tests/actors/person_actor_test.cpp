#include "belfry/actors/node.hpp"
#include "belfry/io/store/memory.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <caf/send.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

namespace {

result<success> erase(world& w, const person_id& p) {
  return w.ask<success>([&](auto done) { w.get().to_person_of(p, erase_person{w.get().ask(done)}); });
}

result<count_view> count(world& w, const person_id& p) {
  return w.ask<count_view>([&](auto done) { w.get().to_person_of(p, get_count{w.get().ask(done)}); });
}

result<pause_view> pause(world& w, const person_id& p) {
  return w.ask<pause_view>([&](auto done) { w.get().to_person_of(p, get_pause{w.get().ask(done)}); });
}

result<pause_view> set_pause(world& w, const person_id& p, pause_mode m, std::optional<millis> until = {}) {
  return w.ask<pause_view>([&](auto done) { w.get().to_person_of(p, put_pause{m, until, w.get().ask(done)}); });
}

result<io::stored<pause_reason>> add_reason(world& w, const person_id& p, const std::string& source, int seconds) {
  return w.ask<io::stored<pause_reason>>([&](auto done) {
    w.get().to_person_of(p, put_pause_reason{source, "busy", seconds, w.get().ask(done)});
  });
}

result<io::stored<device>> add_device(world& w, const person_id& p, const device_id& id, const std::string& token) {
  device d;
  d.id = id;
  d.push_token = token;
  return w.ask<io::stored<device>>([&](auto done) { w.get().to_person_of(p, put_device{d, w.get().ask(done)}); });
}

/// The ids of somebody's devices, each followed by a blank.
std::string devices(world& w, const person_id& p) {
  std::string out;
  auto list = w.ask<std::vector<device>>([&](auto done) { w.get().to_person_of(p, get_devices{w.get().ask(done)}); });
  for (const auto& d : *list)
    out += d.id + " ";
  return out;
}

void remove_device(world& w, const person_id& p, const device_id& id) {
  EXPECT_TRUE(w.ask<success>([&](auto done) { w.get().to_person_of(p, delete_device{id, w.get().ask(done)}); }));
}

/// Who claims a push token, the owner first, each followed by a blank.
std::string claimants(world& w, const std::string& token) {
  std::string out;
  auto list = w.store().claimants(derive_token_key("push", token));
  for (const auto& c : *list)
    out += c.person + " ";
  return out;
}

} // namespace

TEST(PersonActor, PayloadsCarryBothCountsAndNames) {
  world w;
  w.put_profile("anna", person_type::agent, "Anna A.");
  w.put_profile("ben", person_type::visitor, "Ben B.");
  w.publish({started("c1"), started("c2"), in("c1", message("m1", "anna")), in("c1", message("m2", "anna")),
             in("c2", message("m3", "anna"))});
  w.pass(3s);
  ASSERT_EQ(w.requests.size(), 2U);
  for (const auto& r : w.requests) {
    EXPECT_EQ(field(r.body, "notificationCount"), field(r.body, "conversationId") == "c1" ? "2" : "1");
    EXPECT_EQ(field(r.body, "recipientNotificationCount"), "3");
    EXPECT_EQ(field(r.body, "senderName"), "Anna A.");
  }
}

TEST(PersonActor, CountsOtherConversationsAtMostASecondOld) {
  world w;
  for (int i = 0; i < 5; ++i)
    w.publish({started("c" + std::to_string(i)), in("c" + std::to_string(i), message("m", "anna"))});
  w.pass(3s);
  w.requests.clear();
  w.publish({in("c0", message_read{"ben", {}}), in("c1", message_read{"ben", {}}), in("c2", message("n", "anna"))});
  w.pass(1500ms);
  ASSERT_EQ(w.requests.size(), 3U);
  EXPECT_EQ(field(w.requests[2].body, "recipientNotificationCount"), "4");
}

TEST(PersonActor, KnowsTheCountsOfSleepingConversationsWithoutWakingThem) {
  world w;
  for (int i = 0; i < 20; ++i)
    w.publish({started("c" + std::to_string(i)), in("c" + std::to_string(i), message("m", "anna"))});
  w.pass(120s);
  ASSERT_EQ(w.get().counters.awake_conversations.load(), 0U);
  ASSERT_EQ(w.get().counters.awake_persons.load(), 0U);
  w.requests.clear();
  w.publish({in("c3", message("n", "anna"))});
  w.pass(1500ms);
  ASSERT_EQ(w.requests.size(), 1U);
  EXPECT_EQ(field(w.requests[0].body, "recipientNotificationCount"), "21");
  EXPECT_EQ(count(w, "ben")->total, 21U);
  EXPECT_EQ(w.get().counters.awake_conversations.load(), 1U);
}

TEST(PersonActor, CountsExactlyWhatIsAwakeAndWhatSleeps) {
  world w;
  std::mt19937 dice{20261127};
  std::map<conversation_id, std::uint32_t> expected;
  for (int i = 0; i < 12; ++i)
    w.publish({started("c" + std::to_string(i))});
  for (int round = 0; round < 400; ++round) {
    auto c = "c" + std::to_string(dice() % 12);
    switch (dice() % 8) {
    case 0:
      w.publish({in(c, message_read{"ben", {}})});
      expected.erase(c);
      break;
    case 1:
      w.pass(std::chrono::milliseconds{dice() % 90'000});
      break;
    case 2:
      w.publish(
          {in(c, participant_left{"ben"}), in(c, participant_joined{{"ben", role::context_person, false, false}})});
      expected.erase(c);
      break;
    default:
      w.publish({in(c, message("m" + std::to_string(round), "anna"))});
      ++expected[c];
    }
    ASSERT_EQ(count(w, "ben")->conversations, expected) << "round " << round;
  }
  w.pass(120s);
  EXPECT_EQ(count(w, "ben")->conversations, expected);
  EXPECT_EQ(w.get().counters.awake_conversations.load(), 0U);
}

TEST(PersonActor, KnowsTheCountsOfWhatACrashLeftInTheJournal) {
  disk left;
  {
    world w;
    for (int i = 0; i < 5; ++i)
      w.publish({started("c" + std::to_string(i)), in("c" + std::to_string(i), message("m", "anna"))});
    w.pass(120s);
    // Their rows are older than what happened.
    w.publish({in("c1", message("n", "anna")), in("c2", message_read{"ben", {}})});
    left = w.on_disk();
  }
  world w{{}, false, left};
  w.settle();
  EXPECT_EQ(count(w, "ben")->total, 5U);
  w.requests.clear();
  w.publish({in("c0", message("o", "anna"))});
  w.pass(1500ms);
  ASSERT_FALSE(w.requests.empty());
  EXPECT_EQ(field(w.requests.back().body, "recipientNotificationCount"), "6");
}

TEST(PersonActor, WaitsTenSecondsForACountAndGoesOnWithoutIt) {
  disk left;
  {
    world w;
    w.publish({started("c0"), started("c1"), in("c0", message("m", "anna")), in("c1", message("m", "anna"))});
    w.pass(120s);
    w.publish({in("c1", message("n", "anna"))});
    left = w.on_disk();
  }
  world w{{}, false, left};
  w.store().refuse_to_load("c1");
  std::optional<result<count_view>> answer;
  w.get().to_person_of("ben", get_count{w.get().ask<count_view>([&](auto r) { answer = std::move(r); })});
  w.publish({in("c0", message("o", "anna"))});
  w.pass(9s);
  EXPECT_FALSE(answer);
  EXPECT_TRUE(w.requests.empty());
  w.pass(2s);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->total, 2U);
  ASSERT_EQ(w.requests.size(), 1U);
  EXPECT_EQ(field(w.requests[0].body, "recipientNotificationCount"), "2");
  EXPECT_NE(w.get().metrics.text().find("reason=\"conversation_silent\"} 1"), std::string::npos);
}

TEST(PersonActor, TakesBackACallThatIsOlderThanACrashWhileItGathers) {
  disk left;
  {
    world w;
    w.publish({started("c0"), started("c1"), in("c0", message("m", "anna")), in("c1", message("m", "anna"))});
    w.pass(120s);
    w.store().refuse_to_load("ben");
    w.publish({in("c1", message("n", "anna")), in("c0", message("n", "anna"))});
    w.pass(2s);
    w.publish({in("c0", call_started{"k1", call_type::audio, "anna"})});
    left = w.on_disk();
  }
  world w{{}, false, left};
  // The messages wait for a count that nobody says; calls do not.
  w.store().refuse_to_load("c1");
  w.pass(1s);
  w.publish({in("c0", call_ended{"k1", {}})});
  w.pass(1s);
  EXPECT_EQ(w.said(), (std::vector<std::string>{"incoming_call ben c0", "revoke_call ben c0", "missed_call ben c0"}));
}

TEST(PersonActor, KeepsTheOrderOfMailWhileItGathers) {
  world w;
  w.publish({started("c1"), started("c2"), in("c2", message("x", "anna"))});
  w.pass(60s);
  w.requests.clear();
  // All sleep: gathering takes loads. Ringing, answering and missing stay in order.
  w.publish({in("c1", call_started{"k1", call_type::audio, "anna"})});
  w.publish({in("c1", call_ended{"k1", {}}), in("c1", call_started{"k2", call_type::audio, "anna"})});
  w.pass(1s);
  auto said = w.said();
  ASSERT_EQ(said.size(), 4U);
  EXPECT_EQ(said[0].substr(0, 13), "incoming_call");
  EXPECT_EQ(said[1].substr(0, 11), "revoke_call");
  EXPECT_EQ(said[2].substr(0, 11), "missed_call");
  EXPECT_EQ(said[3].substr(0, 13), "incoming_call");
}

TEST(PersonActor, SaysNothingOfARingThatEndedWhileItGathered) {
  world w;
  w.publish({started("c1"), started("c2"), in("c2", message("x", "anna"))});
  w.pass(60s);
  w.requests.clear();
  w.publish({in("c1", call_started{"k1", call_type::audio, "anna"}), in("c1", call_ended{"k1", {}}),
             in("c1", call_started{"k2", call_type::audio, "anna"})});
  w.pass(1s);
  auto said = w.said();
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0].substr(0, 11), "missed_call");
  EXPECT_EQ(said[1].substr(0, 13), "incoming_call");
}

TEST(PersonActor, AnswersExactCounts) {
  world w{{}, true};
  w.publish({started("c1"), started("c2"), started("c3"), in("c1", message("m1", "anna")),
             in("c1", message("m2", "anna")), in("c2", message("m3", "anna"))});
  auto c = count(w, "ben");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->total, 3U);
  EXPECT_EQ(c->conversations.size(), 2U);
  w.publish({in("c1", participant_left{"ben"})});
  EXPECT_EQ(count(w, "ben")->total, 1U);
  EXPECT_EQ(count(w, "nobody")->total, 0U);
  w.pass(60s);
  EXPECT_EQ(count(w, "ben")->total, 1U);
}

TEST(PersonActor, TellsOfWhatItWasAwokenForOnce) {
  std::optional<world> w;
  w.emplace();
  w->publish({started("c1")});
  w->pass(60s);
  w->publish({in("c1", message("m1", "anna"))});
  w->pass(2s);
  w->publish({in("c1", message_read{"ben", {}})});
  w->pass(2s);
  ASSERT_EQ(w->requests.size(), 2U);
  trace_query q;
  q.kind = kind::new_message;
  auto t = w->trace(q);
  ASSERT_EQ(t.size(), 1U);
  EXPECT_EQ(t[0].state, trace_state::done);
  EXPECT_EQ(t[0].reason, reason::sent);
  EXPECT_TRUE(w->store().unfinished(0, 10)->empty());
  auto left = w->on_disk();
  w.reset();
  w.emplace(options{}, true, left);
  w->pass(1min);
  EXPECT_TRUE(w->requests.empty());
}

// -- profiles and erasure -----------------------------------------------------

TEST(PersonActor, KeepsProfilesOverACrash) {
  std::optional<world> w;
  w.emplace(options{}, true);
  w->put_profile("ben", person_type::visitor, "Ben");
  auto left = w->on_disk();
  w.reset();
  w.emplace(options{}, true, left);
  auto p = w->ask<person>([&](auto done) { w->get().to_person_of("ben", get_profile{w->get().ask(done)}); });
  ASSERT_TRUE(p);
  EXPECT_EQ(p->profile.display_name, "Ben");
  auto none = w->ask<person>([&](auto done) { w->get().to_person_of("zoe", get_profile{w->get().ask(done)}); });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ec::not_found);
}

TEST(PersonActor, ErasureLeavesConversationsSilently) {
  world w;
  w.put_profile("ben", person_type::visitor, "Ben");
  w.publish({started("c1"), started("c2"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  ASSERT_EQ(w.requests.size(), 1U);
  ASSERT_TRUE(erase(w, "ben"));
  w.pass(2s);
  EXPECT_EQ(w.requests.size(), 1U);
  EXPECT_EQ(w.view("c1").participants.size(), 1U);
  EXPECT_EQ(w.view("c2").participants.size(), 1U);
  EXPECT_EQ(count(w, "ben")->total, 0U);
  trace_query q;
  q.person = "ben";
  EXPECT_TRUE(w.trace(q).empty());
  auto p = w.ask<person>([&](auto done) { w.get().to_person_of("ben", get_profile{w.get().ask(done)}); });
  EXPECT_FALSE(p);
}

TEST(PersonActor, ErasureReachesWhatIsQueued) {
  world w;
  w.answer = [](const auto&) { return status(500); };
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  ASSERT_EQ(w.requests.size(), 1U);
  erase(w, "ben");
  w.pass(5min);
  EXPECT_EQ(w.requests.size(), 1U);
  EXPECT_TRUE(w.store().unfinished(0, 10)->empty());
}

TEST(PersonActor, ErasureOfACallerHangsUp) {
  world w;
  w.publish({started("c1"), in("c1", call_started{"k1", call_type::audio, "anna"})});
  ASSERT_EQ(w.requests.size(), 1U);
  erase(w, "anna");
  w.pass(1s);
  ASSERT_EQ(w.requests.size(), 3U);
  EXPECT_EQ(header(w.requests[1], "X-Unblu-Event"), "push_notification.revoke_call");
  EXPECT_EQ(header(w.requests[2], "X-Unblu-Event"), "push_notification.missed_call");
  EXPECT_EQ(field(w.requests[2].body, "callEndReason"), "MISSED_BECAUSE_TERMINATED");
}

TEST(PersonActor, SurvivesErasureWhileItGathers) {
  world w;
  w.publish({started("c1"), started("c2"), in("c2", message("x", "anna"))});
  w.pass(60s);
  w.requests.clear();
  auto record = std::make_shared<notification_record>();
  auto& n = record->notification;
  n.id = derive_notification_id(kind::new_message, "c1", "ben", "1");
  n.kind = kind::new_message;
  n.seq = w.store().new_notification_seq();
  n.recipient = "ben";
  n.conversation = "c1";
  n.expires_at = w.on_disk().clocks.wall + 1'000'000;
  n.message = message_content{"m1", "hello", {}, "anna", 0, 0, 0, 1};
  auto ben = w.get().shard_of("ben");
  auto erased = false;
  caf::anon_send(ben, outbox{{{"ben", tell{record}}}, {}});
  caf::anon_send(ben, to_person{"ben", erase_person{w.get().ask<success>([&](auto) { erased = true; })}});
  caf::anon_send(ben, outbox{{{"ben", withdraw{"c1", reason::left}}}, {}});
  w.settle();
  w.pass(1s);
  EXPECT_TRUE(erased);
  EXPECT_TRUE(w.requests.empty());
  // Still alive and able to be told.
  ASSERT_TRUE(count(w, "ben"));
}

TEST(PersonActor, TellsNothingToSomebodyWhoIsBeingErased) {
  world w;
  w.publish({started("c1")});
  caf::anon_send(w.get().gateway,
                 belfry::publish{{in("c1", call_started{"k1", call_type::audio, "anna"})}, [](auto) {}});
  auto record = std::make_shared<notification_record>();
  auto& n = record->notification;
  n.id = derive_notification_id(kind::incoming_call, "c9", "ben", "1");
  n.kind = kind::incoming_call;
  n.seq = w.store().new_notification_seq();
  n.recipient = "ben";
  n.conversation = "c9";
  n.expires_at = w.on_disk().clocks.wall + 1'000'000;
  n.call = call_content{};
  auto ben = w.get().shard_of("ben");
  w.requests.clear();
  caf::anon_send(ben, to_person{"ben", erase_person{}});
  caf::anon_send(ben, outbox{{{"ben", tell{record}}}, {}});
  w.settle();
  w.pass(1s);
  for (const auto& line : w.said())
    EXPECT_EQ(line.find("c9"), std::string::npos) << line;
  EXPECT_TRUE(w.store().unfinished(0, 10)->empty());
}

TEST(PersonActor, IsToldAgainWhenItComesBackAfterErasure) {
  world w;
  w.publish({started("c1")});
  erase(w, "ben");
  w.publish(
      {in("c1", participant_joined{{"ben", role::context_person, false, false}}), in("c1", message("m1", "anna"))});
  w.pass(2s);
  ASSERT_EQ(w.requests.size(), 1U);
  // What became of it is on disk.
  trace_query q;
  q.person = "ben";
  auto t = w.trace(q);
  ASSERT_EQ(t.size(), 1U);
  EXPECT_EQ(t[0].state, trace_state::done);
}

TEST(PersonActor, ErasureReachesTheNamesInWhatIsQueuedForOthers) {
  world w;
  w.put_profile("anna", person_type::agent, "Anna A.");
  w.answer = [](const auto&) { return status(500); };
  w.publish({started("c1"), in("c1", message("m1", "anna")),
             in("c1", request_offered{"i1", request_kind::agent_forwarding, "dora", {}, "anna", {}, {}})});
  w.pass(2s);
  for (const auto& r : w.requests)
    EXPECT_NE(r.body.find("Anna A."), std::string::npos);
  auto first = w.requests.size();
  ASSERT_EQ(first, 2U);
  ASSERT_TRUE(erase(w, "anna"));
  w.pass(1min);
  ASSERT_GE(w.requests.size(), first + 2);
  for (auto i = first; i < w.requests.size(); ++i) {
    EXPECT_EQ(w.requests[i].body.find("Anna A."), std::string::npos) << w.requests[i].body;
    EXPECT_NE(w.requests[i].body.find(R"("anna")"), std::string::npos) << "named by id all the same";
  }
}

TEST(PersonActor, NamesPeopleAsTheyAreWhenTheAttemptIsMade) {
  std::optional<world> w;
  w.emplace();
  w->put_profile("anna", person_type::agent, "Anna A.");
  w->answer = [](const auto&) { return status(500); };
  w->publish({started("c1"), in("c1", message("m1", "anna"))});
  w->pass(2s);
  w->put_profile("anna", person_type::agent, "Anna B.");
  auto left = w->on_disk();
  w.reset();
  w.emplace(options{}, true, left);
  w->pass(1min);
  ASSERT_FALSE(w->requests.empty());
  EXPECT_EQ(field(w->requests[0].body, "senderName"), "Anna B.");
}

TEST(PersonActor, IsAMemberWhoCanBeRemovedWhenItJoinsWhileItIsErased) {
  for (auto join_first : {true, false}) {
    world w;
    w.put_profile("ben", person_type::visitor, "Ben");
    w.publish({started("c1"), started("c2")});
    w.publish({in("c2", participant_left{"ben"})});
    auto erased = false;
    auto join = [&] {
      caf::anon_send(
          w.get().gateway,
          belfry::publish{{in("c2", participant_joined{{"ben", role::context_person, false, false}})}, [](auto) {}});
    };
    if (join_first)
      join();
    w.get().to_person_of("ben", erase_person{w.get().ask<success>([&](auto) { erased = true; })});
    if (!join_first)
      join();
    w.settle();
    ASSERT_TRUE(erased);
    EXPECT_EQ(w.view("c1").participants.size(), 1U);
    // Before or after, but not both: who is still a member is known as one, on disk too.
    auto member = w.view("c2").participants.size() == 2U;
    EXPECT_EQ(w.store().load_person("ben")->conversations.size(), member ? 1U : 0U);
    ASSERT_TRUE(erase(w, "ben"));
    EXPECT_EQ(w.view("c2").participants.size(), 1U);
    EXPECT_TRUE(w.store().load_person("ben")->conversations.empty());
  }
}

TEST(PersonActor, LeavesConversationsWhoseWordHasNotReachedIt) {
  world w;
  w.publish({started("c1")});
  // As if the mail of the roster were still on its way.
  caf::anon_send(w.get().shard_of("ben"), outbox{{{"ben", withdraw{"c1", reason::left}}}, {}});
  caf::anon_send(w.get().shard_of("ben"), outbox{{{"ben", roster_change{"c1", false}}}, {}});
  w.settle();
  ASSERT_TRUE(erase(w, "ben"));
  EXPECT_EQ(w.view("c1").participants.size(), 1U);
}

TEST(PersonActor, IsStoredAfterItsErasureWhenThatCameFirst) {
  std::optional<world> w;
  w.emplace();
  w->put_profile("ben", person_type::visitor, "Ben");
  w->publish({started("c1")});
  std::vector<std::string> answers;
  person_profile again;
  again.display_name = "Ben again";
  w->get().to_person_of("ben", erase_person{w->get().ask<success>([&](auto) { answers.emplace_back("erased"); })});
  w->pass(0ms);
  w->get().to_person_of("ben", put_profile{again, w->get().ask<io::stored<person>>([&](auto r) {
                                             answers.emplace_back("stored");
                                             EXPECT_TRUE(r && r->created);
                                           })});
  w->settle();
  EXPECT_EQ(answers, (std::vector<std::string>{"erased", "stored"}));
  auto left = w->on_disk();
  w.reset();
  w.emplace(options{}, true, left);
  auto p = w->ask<person>([&](auto done) { w->get().to_person_of("ben", get_profile{w->get().ask(done)}); });
  ASSERT_TRUE(p);
  EXPECT_EQ(p->profile.display_name, "Ben again");
}

TEST(PersonActor, TakesNothingBackWhereARegistrationCeasedToTakeTheKindBeforeItLeft) {
  options o;
  o.webhooks.delay = 5s;
  world w{o};
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  auto list = *w.get().webhooks.get();
  ASSERT_GT(std::erase_if(list[0].events, [](const std::string& e) { return e.ends_with("new_message"); }), 0U);
  w.get().webhooks.set(std::make_shared<const registrations>(list), ~0U);
  w.pass(10s);
  w.publish({in("c1", message_read{"ben", {}})});
  w.pass(2s);
  EXPECT_TRUE(w.requests.empty());
  trace_query q;
  q.kind = kind::new_message;
  ASSERT_EQ(w.trace(q).size(), 1U);
  EXPECT_EQ(w.trace(q)[0].reason, reason::no_address);
}

// -- what was told and not applied --------------------------------------------

TEST(PersonActor, EndsAReasonThatEndedJustBeforeACrash) {
  for (auto ends : {true, false}) {
    std::optional<world> w;
    w.emplace(options{}, true);
    w->put_profile("anna", person_type::agent);
    set_pause(*w, "anna", pause_mode::automatic);
    w->publish({started("c1"), in("c1", session_started{"anna", "s1", "CO_BROWSING"})});
    if (ends)
      w->pass(1s);
    // The conversation's unit is on disk; what the person makes of it is not.
    auto accepted = false;
    caf::anon_send(w->get().gateway, belfry::publish{{in("c1", session_ended{"anna", "s1", "CO_BROWSING"})}, [&](auto) {
                                                       accepted = true;
                                                       w->store().fail_next_commits(1'000'000);
                                                     }});
    w->settle();
    ASSERT_TRUE(accepted);
    auto left = w->on_disk();
    w.reset();
    left.store->fail_next_commits(0);
    w.emplace(options{}, true, left);
    w->settle();
    EXPECT_TRUE(pause(*w, "anna")->reasons.empty());
    EXPECT_FALSE(pause(*w, "anna")->on);
    w->pass(1s);
    EXPECT_TRUE(w->store().load_person("anna")->updates.empty());
  }
}

TEST(PersonActor, CarriesAnEditThatWasAcceptedJustBeforeACrash) {
  options o;
  o.webhooks.delay = 5s;
  std::optional<world> w;
  w.emplace(o);
  w->publish({started("c1"), in("c1", message("m1", "anna", "old"))});
  w->pass(2s);
  auto accepted = false;
  caf::anon_send(w->get().gateway, belfry::publish{{in("c1", message_edited{"m1", "new"})}, [&](auto) {
                                                     accepted = true;
                                                     w->store().fail_next_commits(1'000'000);
                                                   }});
  w->settle();
  ASSERT_TRUE(accepted);
  auto left = w->on_disk();
  w.reset();
  left.store->fail_next_commits(0);
  w.emplace(o, true, left);
  w->pass(10s);
  ASSERT_EQ(w->requests.size(), 1U);
  EXPECT_EQ(field(w->requests[0].body, "messageText"), "new");
}

// -- pause --------------------------------------------------------------------

TEST(PersonActor, EndsAPauseInItsTime) {
  world w{{}, true};
  w.put_profile("anna", person_type::agent);
  EXPECT_FALSE(pause(w, "anna")->on);
  ASSERT_TRUE(set_pause(w, "anna", pause_mode::on, w.on_disk().clocks.wall + 30'000));
  EXPECT_TRUE(pause(w, "anna")->on);
  w.jump(1h);
  w.pass(29s);
  EXPECT_TRUE(pause(w, "anna")->on);
  w.pass(2s);
  EXPECT_FALSE(pause(w, "anna")->on);
  EXPECT_FALSE(pause(w, "anna")->until);
}

TEST(PersonActor, RefusesToPauseOthersThanAgents) {
  world w{{}, true};
  w.put_profile("ben", person_type::visitor);
  EXPECT_EQ(set_pause(w, "ben", pause_mode::on).error().code, ec::bad_input);
  EXPECT_EQ(set_pause(w, "zoe", pause_mode::on).error().code, ec::not_found);
  EXPECT_EQ(pause(w, "zoe").error().code, ec::not_found);
  EXPECT_EQ(add_reason(w, "ben", "s", 10).error().code, ec::bad_input);
}

TEST(PersonActor, PausesForReasonsUntilTheLastExpires) {
  world w{{}, true};
  w.put_profile("anna", person_type::agent);
  set_pause(w, "anna", pause_mode::automatic);
  auto first = add_reason(w, "anna", "s1", 10);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->created);
  EXPECT_FALSE(add_reason(w, "anna", "s1", 20)->created);
  add_reason(w, "anna", "s2", 5);
  EXPECT_EQ(pause(w, "anna")->reasons.size(), 2U);
  w.pass(6s);
  EXPECT_EQ(pause(w, "anna")->reasons.size(), 1U);
  EXPECT_TRUE(pause(w, "anna")->on);
  w.pass(15s);
  EXPECT_FALSE(pause(w, "anna")->on);
  EXPECT_EQ(add_reason(w, "anna", "call:x", 5).error().code, ec::bad_input);
}

TEST(PersonActor, PausesForSessionsAndCallsAndKeepsThemOverACrash) {
  std::optional<world> w;
  w.emplace(options{}, true);
  w->put_profile("anna", person_type::agent);
  set_pause(*w, "anna", pause_mode::automatic);
  w->publish({started("c1"), in("c1", session_started{"anna", "s1", "CO_BROWSING"}),
              in("c1", call_started{"k1", call_type::audio, "anna"})});
  EXPECT_EQ(pause(*w, "anna")->reasons.size(), 1U) << "a call that only rings pauses nobody";
  w->publish({in("c1", call_accepted{"k1", "ben"})});
  auto v = pause(*w, "anna");
  ASSERT_EQ(v->reasons.size(), 2U);
  EXPECT_TRUE(v->on);
  auto left = w->on_disk();
  w.reset();
  w.emplace(options{}, true, left);
  w->pass(100ms);
  EXPECT_EQ(pause(*w, "anna")->reasons.size(), 2U);
  w->publish({in("c1", call_ended{"k1", {}}), in("c1", session_ended{"anna", "s1", "CO_BROWSING"})});
  EXPECT_FALSE(pause(*w, "anna")->on);
}

TEST(PersonActor, KeepsAPauseOverSleepAndEndsItThen) {
  world w{{}, true};
  w.put_profile("anna", person_type::agent);
  set_pause(w, "anna", pause_mode::on);
  w.pass(90s);
  EXPECT_EQ(w.get().counters.awake_persons.load(), 0U);
  EXPECT_TRUE(pause(w, "anna")->on);
}

// -- devices ------------------------------------------------------------------

TEST(PersonActor, StoresDevicesAndMovesATokenToTheNewest) {
  world w{{}, true};
  auto first = add_device(w, "ben", "d1", "t1");
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->created);
  EXPECT_EQ(first->value.registered_at, w.on_disk().clocks.wall);
  w.pass(1s);
  EXPECT_FALSE(add_device(w, "ben", "d1", "t1")->created);
  EXPECT_TRUE(add_device(w, "ben", "d2", "t1")->created);
  auto list =
      w.ask<std::vector<device>>([&](auto done) { w.get().to_person_of("ben", get_devices{w.get().ask(done)}); });
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ((*list)[0].id, "d2");
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(w.ask<success>([&](auto done) {
      w.get().to_person_of("ben", delete_device{"d2", w.get().ask(done)});
    }));
  list = w.ask<std::vector<device>>([&](auto done) { w.get().to_person_of("ben", get_devices{w.get().ask(done)}); });
  EXPECT_TRUE(list->empty());
}

TEST(PersonActor, BoundsTheNumberOfDevices) {
  options o;
  o.limits.devices_per_person = 2;
  world w{o, true};
  EXPECT_TRUE(add_device(w, "ben", "d1", "t1"));
  EXPECT_TRUE(add_device(w, "ben", "d2", "t2"));
  auto third = add_device(w, "ben", "d3", "t3");
  ASSERT_FALSE(third);
  EXPECT_NE(third.error().detail.find("devicesPerPerson"), std::string::npos);
}

TEST(PersonActor, PayloadsCarryEveryTokenOfTheRecipient) {
  world w;
  add_device(w, "ben", "d1", "t1");
  add_device(w, "ben", "d2", "t2");
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  ASSERT_EQ(w.requests.size(), 1U);
  EXPECT_EQ(field(w.requests[0].body, "deviceTokens"), R"(["t1","t2"])");
}

// -- tokens of several persons ------------------------------------------------

TEST(PersonActor, TakesATokenFromThePersonWhoHadIt) {
  world w{{}, true};
  add_device(w, "ben", "d1", "t1");
  add_device(w, "ben", "d2", "t2");
  auto stored = add_device(w, "carl", "d1", "t1");
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->created);
  EXPECT_EQ(devices(w, "ben"), "d2 ");
  EXPECT_EQ(devices(w, "carl"), "d1 ");
  EXPECT_EQ(claimants(w, "t1"), "carl ");
  // And back.
  add_device(w, "ben", "d3", "t1");
  EXPECT_EQ(devices(w, "ben"), "d2 d3 ");
  EXPECT_EQ(devices(w, "carl"), "");
  EXPECT_EQ(claimants(w, "t1"), "ben ");
}

TEST(PersonActor, TakesATokenFromSomebodyAsleep) {
  world w{{}, true};
  add_device(w, "ben", "d1", "t1");
  w.pass(60s);
  ASSERT_EQ(w.get().counters.awake_persons.load(), 0U);
  add_device(w, "carl", "d1", "t1");
  EXPECT_EQ(claimants(w, "t1"), "carl ");
  EXPECT_EQ(devices(w, "ben"), "");
  w.pass(60s);
  EXPECT_EQ(w.get().counters.awake_persons.load(), 0U);
  EXPECT_EQ(devices(w, "carl"), "d1 ");
}

TEST(PersonActor, AnswersOnlyWhenTheFormerOwnerHasDroppedTheToken) {
  world w{{}, true};
  add_device(w, "ben", "d1", "t1");
  device d;
  d.id = "d1";
  d.push_token = "t1";
  std::optional<std::size_t> left;
  // Asked in the moment of the answer, before anything else can happen.
  auto ask_ben = [&](auto) {
    w.get().to_person_of("ben", get_devices{w.get().ask<std::vector<device>>([&](auto list) { left = list->size(); })});
  };
  w.get().to_person_of("carl", put_device{d, w.get().ask<io::stored<device>>(ask_ben)});
  w.settle();
  EXPECT_EQ(left, 0U);
}

TEST(PersonActor, RepeatsADeliveryWithoutATokenThatWentToAnother) {
  world w;
  w.answer = [](const auto&) { return status(500); };
  add_device(w, "ben", "d1", "t1");
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  add_device(w, "carl", "d1", "t1");
  w.pass(1min);
  ASSERT_GE(w.requests.size(), 2U);
  EXPECT_EQ(field(w.requests[0].body, "deviceTokens"), R"(["t1"])");
  EXPECT_EQ(field(w.requests[1].body, "deviceTokens"), "[]");
}

TEST(PersonActor, FindsATokenLostInACrash) {
  std::optional<world> w;
  w.emplace();
  add_device(*w, "ben", "d1", "t1");
  add_device(*w, "ben", "d2", "t2");
  device d;
  d.id = "d1";
  d.push_token = "t1";
  auto stored = false;
  auto answered = w->get().ask<io::stored<device>>([&](auto r) { stored = static_cast<bool>(r); });
  w->get().to_person_of("carl", put_device{d, answered});
  // Carl's device is on disk and answered, what Ben lost is not on disk yet.
  while (claimants(*w, "t1") == "ben " && w->step()) {
    // nop
  }
  w->store().fail_next_commits(1000);
  w->settle();
  ASSERT_TRUE(stored);
  ASSERT_EQ(claimants(*w, "t1"), "carl ben ");
  auto left = w->on_disk();
  w.reset();
  left.store->fail_next_commits(0);
  w.emplace(options{}, false, left);
  w->publish({started("c1"), in("c1", message("m1", "anna"))});
  w->pass(2s);
  ASSERT_EQ(w->requests.size(), 1U);
  EXPECT_EQ(field(w->requests[0].body, "deviceTokens"), R"(["t2"])");
  EXPECT_EQ(devices(*w, "ben"), "d2 ");
  EXPECT_EQ(devices(*w, "carl"), "d1 ");
  EXPECT_EQ(claimants(*w, "t1"), "carl ");
}

TEST(PersonActor, FreesATokenWithItsDeviceOrPerson) {
  world w{{}, true};
  add_device(w, "ben", "d1", "t1");
  remove_device(w, "ben", "d1");
  EXPECT_EQ(claimants(w, "t1"), "");
  add_device(w, "ben", "d1", "t1");
  add_device(w, "ben", "d1", "t2");
  EXPECT_EQ(claimants(w, "t1"), "");
  EXPECT_EQ(claimants(w, "t2"), "ben ");
  erase(w, "ben");
  EXPECT_EQ(claimants(w, "t2"), "");
  // Nobody is asked to drop what nobody has.
  add_device(w, "carl", "d1", "t2");
  EXPECT_EQ(devices(w, "carl"), "d1 ");
}

TEST(PersonActor, LeavesATokenWithItsNewOwnerWhenTheFormerIsErased) {
  world w{{}, true};
  add_device(w, "ben", "d1", "t1");
  add_device(w, "carl", "d1", "t1");
  erase(w, "ben");
  EXPECT_EQ(devices(w, "carl"), "d1 ");
  EXPECT_EQ(claimants(w, "t1"), "carl ");
}

TEST(PersonActor, TakesATokenAlsoWhenTheDiskFailedAtFirst) {
  world w{{}, true};
  add_device(w, "ben", "d1", "t1");
  w.store().fail_next_commits(1);
  auto failed = add_device(w, "carl", "d1", "t1");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ec::store_unavailable);
  // It is still written, and then Ben loses it all the same.
  w.pass(1s);
  EXPECT_EQ(devices(w, "carl"), "d1 ");
  EXPECT_EQ(devices(w, "ben"), "");
  EXPECT_EQ(claimants(w, "t1"), "carl ");
}

TEST(PersonActor, LetsExactlyOneKeepATokenThatManyStoreAtOnce) {
  std::mt19937 dice{std::random_device{}()};
  auto seed = dice();
  SCOPED_TRACE("seed " + std::to_string(seed));
  dice.seed(seed);
  const std::vector<person_id> people{"ben", "carl", "dora", "emil"};
  const std::vector<std::string> tokens{"t1", "t2", "t3"};
  auto pick = [&](const auto& list) { return list[dice() % list.size()]; };
  std::optional<world> w;
  w.emplace(options{}, true);
  for (int round = 0; round < 100; ++round) {
    std::size_t open = 0;
    for (auto n = 2 + dice() % 8; n > 0; --n) {
      device d;
      d.id = "d" + std::to_string(dice() % 3);
      d.push_token = pick(tokens);
      ++open;
      w->get().to_person_of(pick(people),
                            put_device{d, w->get().ask<io::stored<device>>([&](auto r) { open -= r ? 1 : 0; })});
    }
    w->settle();
    ASSERT_EQ(open, 0U);
    if (round % 10 == 9) {
      auto left = w->on_disk();
      w.reset();
      w.emplace(options{}, true, left);
    }
    std::map<std::string, std::string> holders;
    for (const auto& p : people) {
      auto list =
          w->ask<std::vector<device>>([&](auto done) { w->get().to_person_of(p, get_devices{w->get().ask(done)}); });
      for (const auto& d : *list)
        holders[*d.push_token] += p + " ";
    }
    for (const auto& t : tokens) {
      ASSERT_EQ(holders[t], claimants(*w, t)) << t;
      ASSERT_LE(std::count(holders[t].begin(), holders[t].end(), ' '), 1) << t;
    }
  }
}

TEST(PersonActor, SaysThatWhatIsStoredCannotBeReadAndIsStoredAnew) {
  disk left;
  {
    world w{{}, true};
    w.put_profile("ben", person_type::agent, "Ben");
    io::unit u{{io::person_row{"ben", false, "\x01 this is no row"}}};
    ASSERT_TRUE(w.store().commit({&u}, 0));
    left = w.on_disk();
  }
  world back{{}, true, left};
  auto profile = back.ask<person>(
      [&](auto done) { back.get().to_person_of("ben", get_profile{back.get().ask(std::move(done))}); });
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, ec::not_found);
  EXPECT_NE(back.get().metrics.text().find("reason=\"damaged_person\"} 1"), std::string::npos);
  back.put_profile("ben", person_type::agent, "Ben");
  profile = back.ask<person>(
      [&](auto done) { back.get().to_person_of("ben", get_profile{back.get().ask(std::move(done))}); });
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->profile.display_name, "Ben");
}
