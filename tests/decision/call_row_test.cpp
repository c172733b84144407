#include "call_room.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace belfry::test {

namespace {

std::string row_of(const call_machine& m) {
  binary_writer out;
  m.encode(out);
  return out.take();
}

bool load(const std::string& row, call_machine& m) {
  binary_reader in{row};
  return m.decode(in) && in.at_end();
}

call_room ringing_room() {
  call_room room;
  room.has("anna", role::context_person);
  room.has("ben", role::assigned_agent);
  room.has("cleo", role::secondary_visitor);
  return room;
}

TEST(CallRow, BringsBackACallInEveryState) {
  auto room = ringing_room();
  room.options.keep_ringing_after_answer = true;
  auto comes_back = [&] {
    call_machine copy;
    EXPECT_TRUE(load(row_of(room.machine), copy));
    EXPECT_EQ(row_of(copy), row_of(room.machine));
    EXPECT_EQ(copy.state(), room.machine.state());
    EXPECT_EQ(copy.next_deadline(), room.machine.next_deadline());
    room.machine = copy;
  };
  comes_back();
  room.starts("anna", "c1", call_type::video);
  comes_back();
  room.accepts("ben");
  comes_back();
  EXPECT_EQ(room.at(minute),
            (lines{"cleo revoke_call ACTIVE TIMEOUT", "cleo missed_call ACTIVE MISSED_BECAUSE_TIMEOUT"}));
  EXPECT_EQ(room.last.notices[0].content.type, call_type::video);
  EXPECT_EQ(room.last.notices[0].content.caller, "anna");
  comes_back();
  room.ends();
  comes_back();
}

TEST(CallRow, KeepsCountingRounds) {
  auto room = ringing_room();
  room.starts("anna");
  room.ends();
  call_machine copy;
  ASSERT_TRUE(load(row_of(room.machine), copy));
  room.machine = copy;
  room.starts("anna");
  EXPECT_EQ(room.rounds(), (std::vector<std::uint64_t>{3, 4}));
}

TEST(CallRow, RefusesEveryShortenedRowAndChangesNothing) {
  auto room = ringing_room();
  room.starts("anna");
  auto row = row_of(room.machine);
  for (std::size_t n = 0; n < row.size(); ++n) {
    call_machine copy;
    EXPECT_FALSE(load(row.substr(0, n), copy)) << n;
    EXPECT_EQ(row_of(copy), row_of(call_machine{}));
  }
}

TEST(CallRow, SurvivesEveryDamagedByte) {
  auto room = ringing_room();
  room.starts("anna");
  auto row = row_of(room.machine);
  for (std::size_t i = 0; i < row.size(); ++i) {
    for (int x : {0x00, 0x7f, 0xff}) {
      auto damaged = row;
      damaged[i] = static_cast<char>(x);
      call_machine copy;
      if (!load(damaged, copy))
        continue;
      // Whatever was read, it can be worked with.
      auto told = copy.tick({std::numeric_limits<engine_time>::max() / 2, room.options, callee_list{0, {}}});
      EXPECT_NE(copy.state(), call_state::calling);
      EXPECT_LE(told.notices.size(), 4u);
    }
  }
}

TEST(CallRow, RefusesAnotherVersion) {
  auto row = row_of(call_machine{});
  row[0] = 2;
  call_machine copy;
  EXPECT_FALSE(load(row, copy));
}

TEST(CallRow, RefusesARingingCallInWhichNobodyRings) {
  binary_writer out;
  out.number(1);
  out.number(1);
  out.number(static_cast<std::uint64_t>(call_state::calling));
  out.text("c1");
  out.number(0);
  out.number(0);
  out.text("anna");
  out.signed_number(0);
  out.flag(false);
  out.signed_number(0);
  out.signed_number(0);
  out.number(0);
  call_machine copy;
  EXPECT_FALSE(load(out.take(), copy));
}

} // namespace

} // namespace belfry::test
