#include "belfry/actors/node.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace belfry {
namespace {

using namespace std::chrono_literals;
using test::world;

class CallbacksActor : public testing::Test {
protected:
  ticket<success> ask() {
    return w.get().ask<success>([this](auto r) {
      ++answers;
      answer = std::move(r);
    });
  }

  world w{{}, true};
  int answers = 0;
  std::optional<result<success>> answer;
};

TEST_F(CallbacksActor, AnswersATicketOnce) {
  auto t = ask();
  w.get().answer(t, success{});
  w.get().answer(t, error{ec::not_found, "", {}});
  w.settle();
  ASSERT_EQ(answers, 1);
  EXPECT_TRUE(*answer);
}

TEST_F(CallbacksActor, GivesTicketsNoNumberTwiceAndMixesNoneUp) {
  std::optional<result<success>> other;
  auto mine = ask();
  auto yours = w.get().ask<success>([&](auto r) { other = std::move(r); });
  EXPECT_NE(mine.number, yours.number);
  w.get().answer(yours, error{ec::conflict, "", {}});
  w.settle();
  EXPECT_FALSE(answer);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->error().code, ec::conflict);
}

TEST_F(CallbacksActor, SaysAfterAMinuteThatNobodyAnswers) {
  auto t = ask();
  w.pass(59s);
  EXPECT_EQ(answers, 0);
  w.pass(3s);
  ASSERT_EQ(answers, 1);
  EXPECT_EQ(answer->error().code, ec::store_unavailable);
  w.get().answer(t, success{});
  w.settle();
  EXPECT_EQ(answers, 1);
}

TEST_F(CallbacksActor, SaysSoonThatTheStoreCannotBeWritten) {
  w.get().writable = false;
  ask();
  w.pass(3s);
  ASSERT_EQ(answers, 1);
  EXPECT_EQ(answer->error().code, ec::store_unavailable);
}

TEST_F(CallbacksActor, SendsNothingWhereNobodyAsked) {
  w.get().answer(ticket<success>{}, success{});
  EXPECT_FALSE(w.step());
}

TEST_F(CallbacksActor, TellsAPageUntilItIsGone) {
  int told = 0;
  auto& n = w.get();
  caf::anon_send(n.callbacks, add_page{7, [&](const page_message&) { ++told; }});
  caf::anon_send(n.callbacks, tell_page{7, close_shown{}});
  caf::anon_send(n.callbacks, tell_page{8, close_shown{}});
  w.settle();
  EXPECT_EQ(told, 1);
  caf::anon_send(n.callbacks, remove_page{7});
  caf::anon_send(n.callbacks, tell_page{7, close_shown{}});
  w.settle();
  EXPECT_EQ(told, 1);
}

} // namespace
} // namespace belfry
