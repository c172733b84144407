#include "belfry/actors/node.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <gtest/gtest.h>

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
