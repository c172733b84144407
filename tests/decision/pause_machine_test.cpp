#include "belfry/actors/decision/pause_machine.hpp"

#include <gtest/gtest.h>

namespace belfry::test {

namespace {

constexpr auto off = pause_mode::off;
constexpr auto on = pause_mode::on;
constexpr auto automatic = pause_mode::automatic;

std::vector<std::string> reasons(const pause_machine& m, engine_time now) {
  std::vector<std::string> out;
  for (const auto& r : m.view(now).reasons)
    out.push_back(r.source_id);
  return out;
}

std::vector<std::string> pointers(const auto& answer) {
  std::vector<std::string> out;
  if (!answer) {
    for (const auto& p : answer.error().problems)
      out.push_back(p.pointer);
  }
  return out;
}

using names = std::vector<std::string>;

pause_machine in_mode(pause_mode mode) {
  pause_machine m;
  EXPECT_TRUE(m.set_mode(mode, std::nullopt, 0));
  return m;
}

std::string row_of(const pause_machine& m) {
  binary_writer out;
  m.encode(out);
  return out.take();
}

bool load(const std::string& row, pause_machine& m) {
  binary_reader in{row};
  return m.decode(in) && in.at_end();
}

TEST(Pause, IsOffAtFirst) {
  pause_machine m;
  EXPECT_FALSE(m.on(0));
  EXPECT_EQ(m.view(0), pause_view{});
  EXPECT_EQ(m.next_deadline(), std::nullopt);
}

TEST(Pause, HasTheConfiguredInitialMode) {
  EXPECT_TRUE(pause_machine{on}.on(0));
  pause_machine m{automatic};
  EXPECT_EQ(m.view(0).mode, automatic);
  EXPECT_FALSE(m.on(0));
  m.session_started("k", "s", "SCREEN_SHARING");
  EXPECT_TRUE(m.on(0));
}

TEST(Pause, EndsAtItsTimeAndTheFormerModeIsBack) {
  auto m = in_mode(automatic);
  ASSERT_TRUE(m.set_mode(on, 1000, 0));
  EXPECT_EQ(m.view(0).until, 1000);
  EXPECT_EQ(m.next_deadline(), 1000);
  EXPECT_TRUE(m.on(999));
  EXPECT_FALSE(m.on(1000));
  EXPECT_EQ(m.view(1000).mode, automatic);
  EXPECT_EQ(m.view(1000).until, std::nullopt);
  EXPECT_FALSE(m.tick(999));
  EXPECT_TRUE(m.tick(1000));
  EXPECT_FALSE(m.tick(1000));
  EXPECT_EQ(m.view(0).mode, automatic);
  EXPECT_EQ(m.next_deadline(), std::nullopt);
}

TEST(Pause, GoesBackToTheModeBeforeTheFirstOfSeveralOn) {
  auto m = in_mode(automatic);
  ASSERT_TRUE(m.set_mode(on, std::nullopt, 0));
  ASSERT_TRUE(m.set_mode(on, 5000, 0));
  ASSERT_TRUE(m.set_mode(on, 2000, 0));
  EXPECT_EQ(m.view(1999).mode, on);
  EXPECT_EQ(m.view(2000).mode, automatic);
}

TEST(Pause, TakesTheModeThatIsBackAsTheFormerOne) {
  auto m = in_mode(automatic);
  ASSERT_TRUE(m.set_mode(on, 1000, 0));
  ASSERT_TRUE(m.set_mode(off, std::nullopt, 2000));
  ASSERT_TRUE(m.set_mode(on, 4000, 3000));
  EXPECT_EQ(m.view(4000).mode, off);
}

TEST(Pause, SeesAnEndThatNoTickHasSeen) {
  auto m = in_mode(automatic);
  ASSERT_TRUE(m.set_mode(on, 1000, 0));
  ASSERT_TRUE(m.set_mode(on, 3000, 2000));
  EXPECT_EQ(m.view(3000).mode, automatic);
}

TEST(Pause, LosesItsEndWhenSetWithoutOne) {
  auto m = in_mode(off);
  ASSERT_TRUE(m.set_mode(on, 1000, 0));
  ASSERT_TRUE(m.set_mode(on, std::nullopt, 0));
  EXPECT_TRUE(m.on(1'000'000));
  ASSERT_TRUE(m.set_mode(on, 2000, 0));
  ASSERT_TRUE(m.set_mode(automatic, std::nullopt, 0));
  EXPECT_EQ(m.view(5000).mode, automatic);
  EXPECT_EQ(m.next_deadline(), std::nullopt);
}

TEST(Pause, WithAnEndOverAnInitialOnFallsBackToOff) {
  pause_machine m{on};
  ASSERT_TRUE(m.set_mode(on, 1000, 0));
  EXPECT_EQ(m.view(1000).mode, off);
}

TEST(Pause, RefusesAnEndInThePastOrWithoutOn) {
  pause_machine m;
  EXPECT_EQ(pointers(m.set_mode(off, 1000, 0)), names{"/until"});
  EXPECT_EQ(pointers(m.set_mode(automatic, 1000, 0)), names{"/until"});
  EXPECT_EQ(pointers(m.set_mode(on, 1000, 1000)), names{"/until"});
  EXPECT_EQ(m.view(0), pause_view{});
  EXPECT_TRUE(m.set_mode(on, 1001, 1000));
}

TEST(Pause, IsForAgentsOnly) {
  EXPECT_TRUE(check_pausable(person_type::agent));
  for (auto type : {person_type::visitor, person_type::bot, person_type::system}) {
    auto answer = check_pausable(type);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ec::bad_input);
    EXPECT_NE(answer.error().detail.find(to_string(type)), std::string::npos);
  }
}

TEST(PauseReason, PausesInAutoUntilItExpires) {
  auto m = in_mode(automatic);
  EXPECT_TRUE(*m.set_reason("phone", "On the phone", 2, 1000));
  EXPECT_TRUE(m.on(2999));
  EXPECT_EQ(m.next_deadline(), 3000);
  EXPECT_EQ(m.view(1000).reasons, (std::vector{pause_reason{"phone", "On the phone", 3000}}));
  EXPECT_FALSE(m.on(3000));
  EXPECT_EQ(reasons(m, 3000), names{});
  EXPECT_TRUE(m.tick(3000));
  EXPECT_EQ(m.next_deadline(), std::nullopt);
}

TEST(PauseReason, LastsUntilTheLastOneEnded) {
  auto m = in_mode(automatic);
  ASSERT_TRUE(m.set_reason("a", "", 10, 0));
  ASSERT_TRUE(m.set_reason("b", "", 20, 0));
  m.session_started("k", "s", "");
  m.call_began("k", "c");
  EXPECT_EQ(m.next_deadline(), 10'000);
  m.session_ended("k", "s");
  EXPECT_TRUE(m.on(15'000));
  EXPECT_TRUE(m.on(20'000));
  m.call_ended("k", "c");
  EXPECT_TRUE(m.on(19'999));
  EXPECT_FALSE(m.on(20'000));
}

TEST(PauseReason, ReplacesTheOneOfTheSameSource) {
  auto m = in_mode(automatic);
  EXPECT_TRUE(*m.set_reason("phone", "long", 100, 0));
  EXPECT_FALSE(*m.set_reason("phone", "short", 1, 0));
  EXPECT_EQ(m.view(0).reasons, (std::vector{pause_reason{"phone", "short", 1000}}));
  EXPECT_FALSE(m.on(1000));
  EXPECT_TRUE(*m.set_reason("phone", "", 1, 1000)) << "an expired one is not replaced";
}

TEST(PauseReason, CanBeRemovedOnce) {
  auto m = in_mode(automatic);
  ASSERT_TRUE(m.set_reason("phone", "", 100, 0));
  EXPECT_TRUE(*m.remove_reason("phone", 0));
  EXPECT_FALSE(*m.remove_reason("phone", 0));
  EXPECT_FALSE(m.on(0));
}

TEST(PauseReason, NamesEverythingThatIsWrong) {
  pause_machine m;
  EXPECT_EQ(pointers(m.set_reason("", "", 1, 0)), names{"/sourceId"});
  EXPECT_EQ(pointers(m.set_reason("session:1", "", 1, 0)), names{"/sourceId"});
  EXPECT_EQ(pointers(m.set_reason("call:1", "", 1, 0)), names{"/sourceId"});
  EXPECT_EQ(pointers(m.set_reason("a\nb", "", 1, 0)), names{"/sourceId"});
  EXPECT_EQ(pointers(m.set_reason("a\xc2\x85", "", 1, 0)), names{"/sourceId"});
  EXPECT_EQ(pointers(m.set_reason("a", "", 0, 0)), names{"/timeoutSeconds"});
  EXPECT_EQ(pointers(m.set_reason("a", std::string(pause_display_name_max + 1, 'x'), -5, 0)),
            (names{"/displayName", "/timeoutSeconds"}));
  EXPECT_EQ(pointers(m.remove_reason("call:1", 0)), names{"/sourceId"});
  EXPECT_EQ(reasons(m, 0), names{});
}

TEST(PauseReason, CountsCharactersNotBytes) {
  pause_machine m;
  std::string umlauts;
  for (std::size_t i = 0; i < pause_source_id_max; ++i)
    umlauts += "\xc3\xa4";
  EXPECT_TRUE(m.set_reason(umlauts, "", 1, 0));
  EXPECT_EQ(pointers(m.set_reason(umlauts + "x", "", 1, 0)), names{"/sourceId"});
  EXPECT_TRUE(m.set_reason("sessions are fine", std::string(pause_display_name_max, 'x'), 1, 0));
}

TEST(PauseReason, OfAVeryLongTimeDoesNotOverflow) {
  auto m = in_mode(automatic);
  ASSERT_TRUE(m.set_reason("for ever", "", std::numeric_limits<std::int64_t>::max(), 1000));
  EXPECT_EQ(m.view(1000).reasons.at(0).expires_at, (std::int64_t{1} << 53) - 1);
}

TEST(PauseReason, IsRefusedWhenThereAreTooMany) {
  auto m = in_mode(automatic);
  for (std::size_t i = 0; i < pause_reasons_max; ++i)
    ASSERT_TRUE(m.set_reason(std::to_string(i), "", 1, 0));
  auto refused = m.set_reason("one more", "", 1, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::overloaded);
  EXPECT_TRUE(m.set_reason("0", "", 2, 0)) << "replacing is no further one";
  EXPECT_TRUE(m.set_reason("one more", "", 1, 1000)) << "expired ones do not count";
}

TEST(PauseReason, ShowsSessionsAndCallsInTheList) {
  pause_machine m;
  m.session_started("k", "7", "SCREEN_SHARING");
  m.call_began("k", "9");
  ASSERT_TRUE(m.set_reason("phone", "", 1, 0));
  EXPECT_EQ(m.view(0).reasons, (std::vector<pause_reason>{{"call:9", std::nullopt, std::nullopt},
                                                          {"phone", std::nullopt, 1000},
                                                          {"session:7", "SCREEN_SHARING", std::nullopt}}));
}

TEST(PauseReason, KeepsSessionsOfTwoConversationsApart) {
  auto m = in_mode(automatic);
  m.session_started("k1", "7", "");
  m.session_started("k2", "7", "");
  EXPECT_EQ(reasons(m, 0), names{"session:7"});
  m.session_ended("k1", "7");
  EXPECT_TRUE(m.on(0));
  m.session_ended("k2", "7");
  EXPECT_FALSE(m.on(0));
}

TEST(PauseReason, OfAConversationEndsWithIt) {
  auto m = in_mode(automatic);
  m.session_started("k1", "7", "");
  m.call_began("k1", "8");
  m.session_started("k2", "9", "");
  m.conversation_left("k1");
  EXPECT_EQ(reasons(m, 0), names{"session:9"});
}

TEST(PauseReason, LeavesOutSessionsBeyondItsBoundAndCountsThem) {
  pause_machine m;
  for (std::size_t i = 0; i < pause_causes_max; ++i)
    m.session_started("k", std::to_string(i), "");
  m.session_started("k", "0", "");
  EXPECT_EQ(m.left_out(), 0u);
  m.session_started("k", "more", "");
  EXPECT_EQ(m.left_out(), 1u);
  EXPECT_EQ(m.view(0).reasons.size(), pause_causes_max);
}

TEST(PauseRow, BringsBackEverything) {
  auto m = in_mode(automatic);
  ASSERT_TRUE(m.set_mode(on, 9000, 0));
  ASSERT_TRUE(m.set_reason("phone", "On the phone", 100, 0));
  m.session_started("k", "7", "SCREEN_SHARING");
  m.call_began("k", "9");
  pause_machine copy;
  ASSERT_TRUE(load(row_of(m), copy));
  EXPECT_EQ(row_of(copy), row_of(m));
  for (engine_time now : {0, 8999, 9000, 200'000})
    EXPECT_EQ(copy.view(now), m.view(now)) << now;
}

TEST(PauseRow, LeavesTheInitialModeToTheConfigurationUntilAModeIsSet) {
  pause_machine never_set{off};
  never_set.session_started("k", "7", "");
  pause_machine copy{automatic};
  ASSERT_TRUE(load(row_of(never_set), copy));
  EXPECT_EQ(copy.view(0).mode, automatic);
  EXPECT_TRUE(copy.on(0));
  pause_machine other{automatic};
  ASSERT_TRUE(load(row_of(in_mode(off)), other));
  EXPECT_EQ(other.view(0).mode, off);
}

TEST(PauseRow, RefusesEveryShortenedRowAndAnotherVersion) {
  auto m = in_mode(automatic);
  ASSERT_TRUE(m.set_reason("phone", "x", 100, 0));
  m.call_began("k", "9");
  auto row = row_of(m);
  for (std::size_t n = 0; n < row.size(); ++n) {
    pause_machine copy;
    EXPECT_FALSE(load(row.substr(0, n), copy)) << n;
    EXPECT_EQ(copy.view(0), pause_view{});
  }
  for (char version : {0, 3}) {
    row[0] = version;
    pause_machine copy;
    EXPECT_FALSE(load(row, copy));
  }
}

TEST(PauseRow, OfTheFirstReleaseIsReadWithoutCallsThatMayOnlyHaveRung) {
  auto m = in_mode(automatic);
  ASSERT_TRUE(m.set_reason("phone", "x", 100, 0));
  m.call_began("k", "9");
  auto row = row_of(m);
  row[0] = 1;
  pause_machine copy;
  ASSERT_TRUE(load(row, copy));
  EXPECT_EQ(copy.view(0).reasons.size(), 1u);
  EXPECT_EQ(copy.view(0).reasons[0].source_id, "phone");
}

} // namespace

} // namespace belfry::test
