#pragma once

#include "belfry/tests/support/conversation_driver.hpp"

namespace belfry::test {

/// Anna (assigned agent), ben (context person), sue (secondary agent), vic (secondary visitor) and a bot.
class Chat : public testing::Test, public chat {
protected:
  void everybody() {
    has("anna", role::assigned_agent).has("ben", role::context_person).has("sue", role::secondary_agent);
    has("vic", role::secondary_visitor).has("bot", role::none);
    starts("loans");
    other_mail();
  }
  void anna_and_ben() {
    has("anna", role::assigned_agent).has("ben", role::context_person);
    starts();
    other_mail();
  }
  /// Ben was told of m1.
  void ben_was_told() {
    anna_and_ben();
    sends("anna", "m1");
    passes(second);
    EXPECT_EQ(told(), (lines{"ben new_message m1 1"}));
  }
};

} // namespace belfry::test
