#include "belfry/actors/recent_messages.hpp"

#include <gtest/gtest.h>

#include <string>

using belfry::recent_messages;

TEST(RecentMessages, KnowTheLastConversationOfAMessage) {
  recent_messages r{4};
  EXPECT_FALSE(r.find("m"));
  r.insert("m", "a");
  EXPECT_EQ(r.find("m"), "a");
  r.insert("m", "b");
  EXPECT_EQ(r.find("m"), "b");
  EXPECT_FALSE(r.find("n"));
}

TEST(RecentMessages, ForgetTheOldestFirst) {
  recent_messages r{3};
  for (int i = 0; i < 10; ++i) {
    r.insert("message " + std::to_string(i), "c" + std::to_string(i));
    for (int j = 0; j <= i; ++j)
      EXPECT_EQ(r.find("message " + std::to_string(j)).has_value(), j > i - 3) << i << " " << j;
  }
  EXPECT_EQ(r.find("message 9"), "c9");
}

TEST(RecentMessages, KeepAMessageWhoseEarlierPlaceIsTakenOver) {
  recent_messages r{3};
  r.insert("m", "a");
  r.insert("n", "b");
  r.insert("m", "c");
  r.insert("o", "d");
  EXPECT_EQ(r.find("m"), "c");
  r.insert("p", "e");
  EXPECT_EQ(r.find("m"), "c");
  r.insert("q", "f");
  EXPECT_FALSE(r.find("m"));
}
