// Presence and open conversations (SPEC 2).
#include "belfry/actors/gateway/presence.hpp"
#include "belfry/messages/binary.hpp"

#include <gtest/gtest.h>

#include <string>

namespace belfry {

namespace {

class Presence : public testing::Test {
protected:
  presence_effects fx;

  /// What was said of people since the last call: "ben+ ann-".
  std::string online() {
    std::string out;
    for (const auto& [p, on] : std::exchange(fx.online, {}))
      out += (out.empty() ? "" : " ") + p + (on ? "+" : "-");
    return out;
  }
  std::string closings() {
    std::string out;
    for (const auto& c : std::exchange(fx.closings, {}))
      out += (out.empty() ? "" : " ") + c.person + "/" + c.client + ":" + c.conversation;
    return out;
  }
  /// A table with the same rows: what a restart brings back.
  static presence_table reloaded(const presence_effects& fx, engine_time timeout) {
    presence_table t{timeout};
    std::map<std::pair<person_id, std::string>, io::presence_row> rows;
    for (const auto& c : fx.rows) {
      if (const auto* r = std::get_if<io::presence_row>(&c))
        rows[{r->person, r->client}] = *r;
      else
        rows.clear();
    }
    for (const auto& [key, r] : rows) {
      if (!r.blob.empty())
        t.load(r);
    }
    return t;
  }
};

TEST_F(Presence, IsOnlineWhileAnyClientIs) {
  presence_table t{0};
  t.changed("ben", "phone", true, 0, fx);
  t.changed("ben", "desk", true, 0, fx);
  t.changed("ben", "phone", false, 0, fx);
  EXPECT_TRUE(t.online("ben"));
  t.changed("ben", "desk", false, 0, fx);
  EXPECT_FALSE(t.online("ben"));
  EXPECT_EQ(online(), "ben+ ben-");
  t.changed("ben", "desk", false, 0, fx);
  EXPECT_EQ(online(), "");
}

TEST_F(Presence, OpeningMakesThatClientOnline) {
  presence_table t{0};
  auto o = t.opened("ben", "phone", "c1", 0, fx);
  EXPECT_TRUE(o.came);
  EXPECT_TRUE(t.online("ben"));
  EXPECT_FALSE(t.opened("ben", "phone", "c2", 0, fx).came);
}

TEST_F(Presence, GoingOfflineClosesWhatThatClientHadOpen) {
  presence_table t{0};
  t.opened("ben", "phone", "c1", 0, fx);
  t.opened("ben", "phone", "c2", 0, fx);
  t.opened("ben", "desk", "c1", 0, fx);
  t.closed("ben", "phone", "c2", fx);
  t.changed("ben", "phone", false, 0, fx);
  EXPECT_EQ(closings(), "ben/phone:c1");
  EXPECT_TRUE(t.online("ben"));
}

TEST_F(Presence, ResetTakesEverybodyOffline) {
  presence_table t{0};
  t.opened("ann", "", "c1", 0, fx);
  t.changed("ben", "", true, 0, fx);
  online();
  t.reset(fx);
  EXPECT_EQ(online(), "ann- ben-");
  EXPECT_EQ(closings(), "ann/:c1");
  EXPECT_TRUE(t.everybody_online().empty());
  EXPECT_TRUE(reloaded(fx, 0).everybody_online().empty());
}

TEST_F(Presence, LastsForEverWithoutATimeOut) {
  presence_table t{0};
  t.changed("ben", "", true, 0, fx);
  t.expire(engine_time{1} << 50, fx);
  EXPECT_TRUE(t.online("ben"));
}

TEST_F(Presence, EndsATimeOutAfterItWasLastSaid) {
  presence_table t{1000};
  t.changed("ben", "", true, 0, fx);
  t.changed("ben", "", true, 500, fx);
  t.expire(1499, fx);
  EXPECT_TRUE(t.online("ben"));
  t.expire(1500, fx);
  EXPECT_FALSE(t.online("ben"));
  EXPECT_EQ(online(), "ben+ ben-");
}

TEST_F(Presence, EndsAnOpenConversationByItself) {
  presence_table t{1000};
  t.opened("ben", "", "c1", 0, fx);
  t.opened("ben", "", "c2", 600, fx);
  t.expire(1000, fx);
  EXPECT_EQ(closings(), "ben/:c1");
  EXPECT_TRUE(t.online("ben"));
  t.expire(1600, fx);
  EXPECT_EQ(closings(), "ben/:c2");
  EXPECT_FALSE(t.online("ben"));
}

TEST_F(Presence, EndsAllClientsOfManyPeopleAtOnce) {
  presence_table t{1000};
  for (int i = 0; i < 50; ++i) {
    for (const auto* client : {"a", "b", "c"})
      t.opened("p" + std::to_string(i), client, "c1", client[0] == 'b' && i % 2 ? 500 : 0, fx);
  }
  closings();
  t.expire(1000, fx);
  EXPECT_EQ(t.everybody_online().size(), 25U);
  EXPECT_EQ(fx.closings.size(), 125U);
  t.expire(1500, fx);
  EXPECT_TRUE(t.everybody_online().empty());
}

TEST_F(Presence, IsBroughtBackByItsRows) {
  presence_table t{1000};
  t.changed("ann", "", true, 100, fx);
  t.opened("ben", "phone", "c1", 200, fx);
  t.opened("ben", "desk", "c2", 200, fx);
  t.closed("ben", "desk", "c2", fx);
  t.changed("ann", "", false, 300, fx);
  auto back = reloaded(fx, 1000);
  EXPECT_EQ(back.everybody_online(), t.everybody_online());
  fx = {};
  back.expire(1200, fx);
  EXPECT_EQ(closings(), "ben/phone:c1");
  EXPECT_FALSE(back.online("ben"));
}

TEST_F(Presence, SkipsADamagedRow) {
  presence_table t{0};
  t.load({"ben", "", "\x07nonsense"});
  t.load({"ben", "", "\x01"});
  EXPECT_FALSE(t.online("ben"));
}

TEST_F(Presence, OfARefusedOpeningIsAsIfItHadNotBeenSaid) {
  presence_table t{0};
  auto o = t.opened("ben", "phone", "c1", 0, fx);
  t.undo(o, fx);
  EXPECT_FALSE(t.online("ben"));
  EXPECT_EQ(online(), "ben+ ben-");
  EXPECT_TRUE(reloaded(fx, 0).everybody_online().empty());
}

TEST_F(Presence, OfARefusedOpeningLeavesTheClientOnlineThatWas) {
  presence_table t{0};
  t.changed("ben", "phone", true, 0, fx);
  t.undo(t.opened("ben", "phone", "c1", 0, fx), fx);
  EXPECT_TRUE(t.online("ben"));
  t.changed("ben", "phone", false, 0, fx);
  EXPECT_EQ(closings(), "");
}

TEST_F(Presence, OfAnErasedPersonEnds) {
  presence_table t{0};
  t.opened("ben", "phone", "c1", 0, fx);
  t.changed("ben", "desk", true, 0, fx);
  t.erase("ben", fx);
  EXPECT_FALSE(t.online("ben"));
  EXPECT_EQ(closings(), "ben/phone:c1");
  EXPECT_TRUE(reloaded(fx, 0).everybody_online().empty());
}

TEST_F(Presence, EndsWithTheConversation) {
  presence_table t{0};
  t.opened("ben", "phone", "c1", 0, fx);
  t.opened("ben", "desk", "c1", 0, fx);
  t.opened("ann", "", "c1", 0, fx);
  t.opened("ann", "", "c2", 0, fx);
  t.ended("c1", fx);
  for (auto table : {t, reloaded(fx, 0)}) {
    fx.closings.clear();
    table.reset(fx);
    EXPECT_EQ(closings(), "ann/:c2");
  }
}

TEST_F(Presence, EndsWhereThePersonHasLeft) {
  presence_table t{0};
  t.opened("ben", "phone", "c1", 0, fx);
  t.opened("ann", "", "c1", 0, fx);
  t.left("ben", "c1", fx);
  t.changed("ben", "phone", false, 0, fx);
  t.changed("ann", "", false, 0, fx);
  EXPECT_EQ(closings(), "ann/:c1");
}

TEST_F(Presence, WritesAsMuchForTheLastOfManyOpenConversationsAsForTheFirst) {
  presence_table t{0};
  for (int i = 0; i < 5000; ++i) {
    fx = {};
    t.opened("ben", "phone", "c" + std::to_string(i), 0, fx);
    std::size_t bytes = 0;
    for (const auto& c : fx.rows)
      bytes += std::get<io::presence_row>(c).client.size() + std::get<io::presence_row>(c).blob.size();
    ASSERT_LE(bytes, 40U);
  }
}

TEST_F(Presence, ReadsRowsOfTheFirstFormat) {
  binary_writer row;
  row.number(1);
  row.signed_number(100);
  row.number(2);
  for (const auto* id : {"c1", "c2"}) {
    row.text(id);
    row.signed_number(200);
  }
  presence_table t{0};
  io::presence_row first{"ben", "phone", row.take()};
  t.load(first);
  fx.rows.emplace_back(first);
  t.closed("ben", "phone", "c1", fx);
  auto back = reloaded(fx, 0);
  back.changed("ben", "phone", false, 0, fx);
  EXPECT_EQ(closings(), "ben/phone:c2");
}

} // namespace

} // namespace belfry
