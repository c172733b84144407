#include "belfry/actors/node.hpp"
#include "belfry/io/store/memory.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

TEST(ConversationActor, TellsOfAMessageWhenItsWaitEnds) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(990ms);
  EXPECT_TRUE(w.requests.empty());
  w.pass(20ms);
  ASSERT_EQ(w.requests.size(), 1U);
  EXPECT_NE(w.requests[0].body.find("\"messageId\":\"m1\""), std::string::npos);
}

TEST(ConversationActor, RestartsTheWaitWithEachMessageOfABurst) {
  world w;
  w.publish({started("c1")});
  for (int i = 0; i < 5; ++i) {
    w.publish({in("c1", message("m" + std::to_string(i), "anna"))});
    w.pass(900ms);
  }
  EXPECT_TRUE(w.requests.empty());
  w.pass(200ms);
  ASSERT_EQ(w.requests.size(), 1U);
  EXPECT_NE(w.requests[0].body.find("\"messageId\":\"m4\""), std::string::npos);
  EXPECT_NE(w.requests[0].body.find("\"notificationCount\":5"), std::string::npos);
}

TEST(ConversationActor, NeedsFewMessagesToItsParticipants) {
  world w{{}, true};
  std::vector<participant_spec> more;
  for (int i = 0; i < 8; ++i)
    more.push_back({"p" + std::to_string(i), role::secondary_agent, false, false});
  w.publish({started("c1", more)});
  auto before = w.get().counters.participant_messages.load();
  constexpr int events = 1000;
  for (int i = 0; i < events; ++i) {
    if (i % 10 == 9)
      w.publish({in("c1", message_read{"p" + std::to_string(i / 10 % 8), {}})});
    else
      w.publish({in("c1", message("m" + std::to_string(i), "anna"))});
    w.pass(200ms);
  }
  auto messages = w.get().counters.participant_messages.load() - before;
  EXPECT_LE(static_cast<double>(messages) / events, 1.3);
}

TEST(ConversationActor, SleepsWhenNothingHappensAndWakesWithItsCounts) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(60s);
  EXPECT_EQ(w.get().counters.awake_conversations.load(), 0U);
  EXPECT_EQ(w.get().counters.live_participants.load(), 0U);
  auto v = w.view("c1");
  ASSERT_EQ(v.participants.size(), 2U);
  EXPECT_EQ(v.participants[1].unread_count, 1U);
  w.publish({in("c1", message_read{"ben", {}})});
  ASSERT_EQ(w.requests.size(), 2U);
  EXPECT_NE(w.requests[1].body.find("ReadMessage"), std::string::npos);
}

TEST(ConversationActor, NeedsFewMessagesInALargeRoom) {
  world w{{}, true};
  std::vector<participant_spec> more;
  for (int i = 0; i < 98; ++i)
    more.push_back({"p" + std::to_string(i), role::secondary_agent, false, false});
  w.publish({started("c1", more)});
  auto before = w.get().counters.participant_messages.load();
  constexpr int events = 2000;
  for (int i = 0; i < events; ++i) {
    w.publish({in("c1", message("m" + std::to_string(i), "anna"))});
    w.pass(20ms);
  }
  w.pass(2s);
  auto messages = w.get().counters.participant_messages.load() - before;
  EXPECT_LE(static_cast<double>(messages) / events, 1.3);
}

TEST(ConversationActor, CountsAParticipantThatWasAskedTwiceOnce) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  ASSERT_EQ(w.get().counters.live_participants.load(), 1U);
  w.publish({in("c1", message_read{"ben", {}}), in("c1", message("m2", "anna")), in("c1", message_read{"ben", {}}),
             in("c1", message("m3", "anna")), in("c1", message_read{"ben", {}})});
  EXPECT_EQ(w.get().counters.live_participants.load(), 0U);
  w.pass(60s);
  EXPECT_EQ(w.get().counters.live_participants.load(), 0U);
  EXPECT_EQ(w.requests.size(), 2U);
}

TEST(ConversationActor, DoesNotLetALongWaitHideAShortOne) {
  world w;
  w.publish({started("c1", {{"carl", role::secondary_agent, false, false}}), in("c1", conversation_opened{"ben", "t"}),
             in("c1", message("m1", "anna"))});
  w.pass(1100ms);
  EXPECT_EQ(w.said(), (std::vector<std::string>{"new_message carl c1 m1"}));
  w.pass(9s);
  EXPECT_EQ(w.said().size(), 2U);
}

TEST(ConversationActor, CapsTheWaitOfABurst) {
  options o;
  o.push.debounce_max_wait = 2s;
  world w{o};
  w.publish({started("c1")});
  for (int i = 0; i < 5; ++i) {
    w.publish({in("c1", message("m" + std::to_string(i), "anna"))});
    w.pass(500ms);
  }
  EXPECT_EQ(w.requests.size(), 1U);
}

TEST(ConversationActor, CapsAWaitBelowTheDelay) {
  options o;
  o.push.debounce_max_wait = 300ms;
  world w{o};
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(320ms);
  EXPECT_EQ(w.requests.size(), 1U);
}

TEST(ConversationActor, AnnouncesTheReplacementOfADeletedMessage) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna")), in("c1", message("m2", "anna"))});
  w.pass(500ms);
  w.publish({in("c1", message_deleted{"m2"})});
  w.pass(600ms);
  EXPECT_EQ(w.said(), (std::vector<std::string>{"new_message ben c1 m1"}));
  w.publish({in("c1", message("m3", "anna")), in("c1", message_deleted{"m3"})});
  w.pass(2s);
  EXPECT_EQ(w.requests.size(), 1U);
}

TEST(ConversationActor, LooksAtMutedWhenTheWaitEnds) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.publish({in("c1", participant_changed{"ben", {}, {}, true})});
  w.pass(2s);
  EXPECT_TRUE(w.requests.empty());
  EXPECT_EQ(w.unread("c1", "ben"), 1U);
}

TEST(ConversationActor, SaysOnceThatEverythingIsRead) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  for (int i = 0; i < 3; ++i)
    w.publish({in("c1", message_read{"ben", {}})});
  w.pass(2s);
  EXPECT_EQ(w.said(), (std::vector<std::string>{"new_message ben c1 m1", "read_message ben c1 m1"}));
}

TEST(ConversationActor, SaysNothingBeforeItIsOnDisk) {
  world w;
  w.publish({started("c1"), started("c2"), in("c1", message("m1", "anna"))});
  w.pass(900ms);
  w.store().fail_next_commits(20);
  w.pass(2s);
  EXPECT_TRUE(w.requests.empty());
  w.pass(5s);
  EXPECT_EQ(w.said(), (std::vector<std::string>{"new_message ben c1 m1"}));
}

TEST(ConversationActor, WaitsByItsOwnClock) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.jump(1h);
  w.pass(900ms);
  EXPECT_TRUE(w.requests.empty());
  w.jump(-3h);
  w.pass(200ms);
  EXPECT_EQ(w.requests.size(), 1U);
}

TEST(ConversationActor, EndsAnUnansweredCallInItsTime) {
  world w;
  w.publish({started("c1"), in("c1", call_started{"k1", call_type::audio, "anna"})});
  w.pass(59'900ms);
  EXPECT_EQ(w.requests.size(), 1U);
  w.pass(200ms);
  ASSERT_EQ(w.requests.size(), 3U);
  EXPECT_EQ(header(w.requests[1], "X-Unblu-Event"), "push_notification.revoke_call");
  EXPECT_EQ(field(w.requests[2].body, "callEndReason"), "MISSED_BECAUSE_TIMEOUT");
  EXPECT_EQ(w.view("c1").call_state, call_state::idle);
}

TEST(ConversationActor, ForwardsAnUnansweredCallToHiddenAgents) {
  options o;
  o.calls.forward_to_hidden_agents = forward_rule::on_timeout;
  world w{o};
  w.publish({started("c1", {{"hugo", role::secondary_agent, true, false}}),
             in("c1", call_started{"k1", call_type::audio, "anna"})});
  w.pass(61s);
  auto v = w.view("c1");
  EXPECT_EQ(v.call_state, call_state::forwarding);
  EXPECT_EQ(w.requests.size(), 4U);
  w.pass(60s);
  EXPECT_EQ(w.view("c1").call_state, call_state::idle);
  EXPECT_EQ(w.requests.size(), 6U);
}

TEST(ConversationActor, EndsAForgottenCallInTheEnd) {
  world w{{}, true};
  w.publish(
      {started("c1"), in("c1", call_started{"k1", call_type::audio, "anna"}), in("c1", call_accepted{"k1", "ben"})});
  w.pass(60s);
  EXPECT_EQ(w.view("c1").call_state, call_state::active);
  w.publish({in("c1", message("m1", "anna"))});
  EXPECT_EQ(w.publish({in("c1", call_started{"k2", call_type::audio, "anna"})})->refused.size(), 1U);
}

TEST(ConversationActor, FoldsALongJournalIntoItsRow) {
  world w{{}, true};
  w.publish({started("c1")});
  for (int i = 0; i < 300; ++i)
    w.publish({in("c1", message("m" + std::to_string(i), "anna", std::string(200, 'x')))});
  auto row = w.store().load_conversation("c1");
  ASSERT_TRUE(row && *row);
  std::size_t bytes = 0;
  for (const auto& e : (*row)->entries)
    bytes += e.size();
  EXPECT_LE(bytes, std::max<std::size_t>(4096, (*row)->blob.size()) + 1000);
  w.publish({in("c1", message_read{"ben", {}})});
  w.pass(60s);
  row = w.store().load_conversation("c1");
  EXPECT_TRUE((*row)->entries.empty());
  EXPECT_EQ((*row)->blob.find("xxxx"), std::string::npos);
}

TEST(ConversationActor, TakesBackEverythingAtItsEnd) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna")), in("c1", call_started{"k1", call_type::audio, "anna"})});
  w.pass(2s);
  w.publish({in("c1", conversation_ended{})});
  w.pass(2s);
  std::multiset<std::string> said;
  for (const auto& r : w.requests)
    said.insert(header(r, "X-Unblu-Event").substr(18));
  EXPECT_EQ(said, (std::multiset<std::string>{"incoming_call", "new_message", "read_message", "revoke_call"}));
  EXPECT_EQ(w.get().counters.live_participants.load(), 0U);
}

namespace {

constexpr std::size_t group_size = 12;

/// The waits of a group are about to end.
void let_a_group_wait(world& w) {
  std::vector<participant_spec> more;
  for (std::size_t i = 0; i < group_size; ++i)
    more.push_back({"p" + std::to_string(i), role::secondary_agent, false, false});
  w.publish({started("c1", more), in("c1", message("m1", "anna", "old text"))});
  w.pass(990ms);
}

/// The waits end, and after `steps` messages between actors this event comes in and goes at once to the conversation,
/// where it stands behind the answers that are there by then.
void interrupt(world& w, int steps, event e) {
  w.advance(20ms);
  for (int i = 0; i < steps; ++i)
    w.step();
  caf::anon_send(w.get().gateway, publish{{std::move(e)}, [](const result<admission>&) {}});
  for (int i = 0; i < 3; ++i)
    w.step_newest();
  w.settle();
}

/// More than the messages that the waits of the group cause.
constexpr int interruptions = 150;

std::set<std::string> recipients(const world& w, const std::string& what) {
  std::set<std::string> out;
  for (const auto& line : w.said()) {
    if (line.starts_with(what + " "))
      out.insert(line.substr(what.size() + 1, line.find(' ', what.size() + 1) - what.size() - 1));
  }
  return out;
}

/// Lets time pass until the participant is asked, and takes it away.
void silence_participant(world& w) {
  for (auto silent = false; !silent;) {
    w.advance(10ms);
    do
      silent = w.silence("participant");
    while (!silent && w.step());
  }
}

TEST(ConversationActor, AsksAnewWhomItGetsNoAnswerFrom) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  silence_participant(w);
  w.pass(5s);
  EXPECT_TRUE(w.requests.empty());
  w.pass(2min);
  EXPECT_EQ(w.said(), (std::vector<std::string>{"new_message ben c1 m1"}));
  EXPECT_NE(w.get().metrics.text().find("reason=\"participant_silent\"} 1"), std::string::npos);
  EXPECT_EQ(w.get().counters.awake_conversations.load(), 0U);
}

TEST(ConversationActor, GoesOnWithEventsWhileAParticipantIsSilent) {
  world w;
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  silence_participant(w);
  w.pass(11s);
  w.publish({in("c1", message("m2", "anna"))});
  w.pass(2s);
  EXPECT_EQ(w.said(), (std::vector<std::string>{"new_message ben c1 m2"}))
      << "the burst goes out, its wait ended long ago";
  w.publish({in("c1", message_read{"ben", {}})});
  w.pass(2s);
  EXPECT_EQ(w.said().size(), 2U);
}

} // namespace

TEST(ConversationActor, KnowsAfterACrashWhomItToldWhileMessagesCame) {
  for (int steps = 0; steps < interruptions; ++steps) {
    disk left;
    std::set<std::string> told;
    {
      world w;
      let_a_group_wait(w);
      interrupt(w, steps, in("c1", message("m2", "anna")));
      told = recipients(w, "new_message");
      left = w.on_disk();
    }
    world back{{}, true, left};
    for (const auto& p : told)
      back.publish({in("c1", message_read{p, {}})});
    ASSERT_EQ(recipients(back, "read_message"), told) << "a message came after " << steps << " steps";
  }
}

TEST(ConversationActor, LetsAnEditReachAllWhoAreToldMeanwhile) {
  options o;
  o.webhooks.delay = 1s;
  for (int steps = 0; steps < interruptions; ++steps) {
    world w{o};
    let_a_group_wait(w);
    interrupt(w, steps, in("c1", message_edited{"m1", "new text"}));
    w.pass(3s);
    ASSERT_EQ(w.requests.size(), group_size + 1);
    for (const auto& r : w.requests)
      ASSERT_EQ(field(r.body, "messageText"), "new text") << "edited after " << steps << " steps";
  }
}

TEST(ConversationActor, KeepsNoTextWhileACallGoesOn) {
  world w{{}, true};
  w.publish({started("c1"), in("c1", message("m1", "anna", "a secret"))});
  w.publish({in("c1", call_started{"k1", call_type::audio, "anna"}), in("c1", call_accepted{"k1", "ben"})});
  w.pass(10s);
  EXPECT_EQ(w.view("c1").call_state, call_state::active);
  auto row = w.store().load_conversation("c1");
  ASSERT_TRUE(row && *row);
  EXPECT_TRUE((*row)->entries.empty());
  EXPECT_EQ((*row)->blob.find("a secret"), std::string::npos);
}

TEST(ConversationActor, KeepsADamagedRowAndRefusesItsEvents) {
  disk left;
  const std::string damaged = "\x01 this is no row";
  const std::string entry(2'000, 'x');
  {
    world w{{}, true};
    w.publish({started("c1")});
    auto row = w.store().load_conversation("c1");
    ASSERT_TRUE(row && *row);
    // A journal that is longer than what is left of the row: others would be folded into it.
    io::unit u{{io::conversation_row{(*row)->key, "c1", 0, 0, damaged}}};
    for (int i = 0; i < 3; ++i)
      u.changes.emplace_back(io::journal_entry{(*row)->key, entry});
    ASSERT_TRUE(w.store().commit({&u}, 0));
    left = w.on_disk();
  }
  world back{{}, true, left};
  back.settle();
  for (auto e : {in("c1", message("m1", "anna")), started("c1"), in("c1", conversation_ended{})}) {
    auto answer = back.publish({std::move(e)});
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->refused.size(), 1U);
    EXPECT_EQ(answer->refused[0].reason, refusal::conversation_damaged);
  }
  back.pass(60s);
  const auto kept = back.store().load_conversation("c1");
  EXPECT_EQ((*kept)->blob, damaged);
  EXPECT_EQ((*kept)->entries, std::vector<std::string>(3, entry));
}
