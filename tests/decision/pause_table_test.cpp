// Mode x reasons x time x kind x channel: what a pause holds back (SPEC 6).
#include "belfry/actors/decision/pause_machine.hpp"

#include <gtest/gtest.h>

namespace belfry::test {

namespace {

struct pause_row {
  const char* name;
  pause_mode mode;
  std::optional<millis> until;
  bool session;
  /// 0: no reason from outside.
  std::int64_t timeout_seconds;
  /// Paused at 0, at 1000 and at 2000 ms.
  bool on[3];
};

constexpr auto off = pause_mode::off;
constexpr auto on = pause_mode::on;
constexpr auto automatic = pause_mode::automatic;

const pause_row rows[] = {
    {"off", off, {}, false, 0, {false, false, false}},
    {"off with reasons", off, {}, true, 5, {false, false, false}},
    {"on", on, {}, false, 0, {true, true, true}},
    {"on with reasons", on, {}, true, 1, {true, true, true}},
    {"on until 1000", on, 1000, false, 0, {true, false, false}},
    {"on until 1001", on, 1001, false, 0, {true, true, false}},
    {"on until 1000, back to auto with a session", on, 1000, true, 0, {true, true, true}},
    {"on until 1000, back to auto with a reason of 2 s", on, 1000, false, 2, {true, true, false}},
    {"auto", automatic, {}, false, 0, {false, false, false}},
    {"auto with a session", automatic, {}, true, 0, {true, true, true}},
    {"auto with a reason of 1 s", automatic, {}, false, 1, {true, false, false}},
    {"auto with a reason of 2 s", automatic, {}, false, 2, {true, true, false}},
};

pause_machine made_of(const pause_row& row) {
  pause_machine m{automatic};
  EXPECT_TRUE(m.set_mode(row.mode, row.until, 0));
  if (row.session)
    m.session_started("k", "s", "");
  if (row.timeout_seconds > 0) {
    EXPECT_TRUE(m.set_reason("outside", "", row.timeout_seconds, 0));
  }
  return m;
}

/// The rule once more, in the words of SPEC 6 and 7.
bool held_back(bool paused, kind k, channel_kind channel, bool counterpart_left) {
  bool push = channel == channel_kind::mobile || channel == channel_kind::web_push;
  bool takes_back = k == kind::read_message || k == kind::revoke_call || k == kind::revoke_inbound_request
                    || k == kind::revoke_deputy_delegation;
  return paused && push && !(takes_back && counterpart_left);
}

void expect_row(const pause_machine& m, const std::string& name, bool paused, engine_time now) {
  EXPECT_EQ(m.on(now), paused) << name << " at " << now;
  for (int k = 0; k < kind_count; ++k) {
    for (int c = 0; c < channel_count; ++c) {
      for (bool left : {false, true}) {
        auto what = static_cast<kind>(k);
        auto channel = static_cast<channel_kind>(c);
        EXPECT_EQ(m.suppresses(what, channel, left, now), held_back(paused, what, channel, left))
            << name << " at " << now << ", " << to_string(what) << " by " << to_string(channel) << ", left " << left;
      }
    }
  }
}

TEST(PauseTable, HoldsBackMobileAndWebPushOnly) {
  for (const auto& row : rows) {
    auto untouched = made_of(row);
    auto ticked = made_of(row);
    for (int i = 0; i < 3; ++i) {
      engine_time now = i * 1000;
      ticked.tick(now);
      expect_row(untouched, row.name, row.on[i], now);
      expect_row(ticked, std::string{row.name} + ", ticked", row.on[i], now);
    }
  }
}

} // namespace

} // namespace belfry::test
