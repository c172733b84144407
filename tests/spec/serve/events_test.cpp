#include "belfry/tests/support/server/serve_fixture.hpp"

using namespace belfry::test;
using namespace belfry::test::event;

namespace {

/// SPEC 2: the effect of each event on what the API shows.
class Effects : public serve_fixture {
protected:
  Effects() { serve(); }
};

} // namespace

TEST_F(Effects, AStartedConversationHasTheShapeOfTheApi) {
  accept(started("c1",
                 {event::participant("anna", "ASSIGNED_AGENT"),
                  event::participant("ben", "CONTEXT_PERSON", {{"muted", true}}),
                  event::participant("cleo", "SECONDARY_AGENT", {{"hidden", true}}), event::participant("bot")},
                 {{"topic", "Loans"}}));
  auto c = conversation();
  EXPECT_EQ(c["id"], "c1");
  EXPECT_EQ(c["topic"], "Loans");
  EXPECT_EQ(c["state"], "ACTIVE");
  EXPECT_EQ(c["autoJoinCalls"], false);
  EXPECT_EQ(c["callState"], "IDLE");
  EXPECT_FALSE(c.contains("call"));
  ASSERT_EQ(c["participants"].size(), 4U);
  EXPECT_EQ(member("anna"), (json{{"person", "anna"},
                                  {"role", "ASSIGNED_AGENT"},
                                  {"hidden", false},
                                  {"muted", false},
                                  {"open", false},
                                  {"unreadCount", 0},
                                  {"callState", "NONE"}}));
  EXPECT_EQ(member("ben")["muted"], true);
  EXPECT_EQ(member("cleo")["hidden"], true);
  EXPECT_FALSE(member("bot").contains("role"));
}

TEST_F(Effects, ASecondStartOnlyAddsNewParticipants) {
  start_pair();
  accept(started("c1", {event::participant("anna", "CONTEXT_PERSON"), event::participant("cleo", "SECONDARY_AGENT")},
                 {{"topic", "Other"}, {"autoJoinCalls", true}}));
  auto c = conversation();
  EXPECT_EQ(c["participants"].size(), 3U);
  EXPECT_EQ(member("anna")["role"], "ASSIGNED_AGENT");
  EXPECT_FALSE(c.contains("topic"));
  EXPECT_EQ(c["autoJoinCalls"], false);
}

TEST_F(Effects, AnEndedConversationStaysReadableWithCountsZero) {
  start_pair();
  accept({sent("c1", "m1", "anna"), call("c1", "k1", "anna")});
  accept(ended("c1"));
  auto c = conversation();
  EXPECT_EQ(c["state"], "ENDED");
  EXPECT_EQ(c["callState"], "IDLE");
  EXPECT_EQ(member("ben")["unreadCount"], 0);
  EXPECT_FALSE(member("ben").contains("pending"));
  EXPECT_EQ(counts("ben"), (json{{"total", 0}, {"conversations", json::object()}}));
}

TEST_F(Effects, ChangingAParticipantChangesOnlyWhatIsNamed) {
  start_pair();
  accept(changed("c1", "ben", {{"muted", true}}));
  EXPECT_EQ(member("ben")["muted"], true);
  EXPECT_EQ(member("ben")["role"], "CONTEXT_PERSON");
  accept(changed("c1", "ben", {{"role", "SECONDARY_VISITOR"}, {"hidden", true}}));
  EXPECT_EQ(member("ben")["role"], "SECONDARY_VISITOR");
  EXPECT_EQ(member("ben")["hidden"], true);
  EXPECT_EQ(member("ben")["muted"], true);
}

TEST_F(Effects, OneWhoLeavesIsNotInTheConversationAnyMore) {
  start_pair();
  accept({sent("c1", "m1", "anna"), left("c1", "ben")});
  EXPECT_EQ(member("ben"), nullptr);
  EXPECT_EQ(counts("ben")["total"], 0);
  accept(joined("c1", "ben", "CONTEXT_PERSON"));
  EXPECT_EQ(member("ben")["unreadCount"], 0);
}

TEST_F(Effects, OpeningMakesTheClientOnlineAndGoingOfflineClosesWhatItHadOpen) {
  start_pair();
  accept(opened("c1", "ben", {{"client", "tab1"}}));
  EXPECT_EQ(member("ben")["open"], true);
  accept(opened("c1", "ben", {{"client", "tab2"}}));
  accept(presence("ben", false, {{"client", "tab1"}}));
  EXPECT_EQ(member("ben")["open"], true);
  accept(presence("ben", false, {{"client", "tab2"}}));
  EXPECT_EQ(member("ben")["open"], false);
  accept(presence("ben", true, {{"client", "tab2"}}));
  EXPECT_EQ(member("ben")["open"], false);
}

TEST_F(Effects, NoClientIsTheUnnamedClient) {
  start_pair();
  accept({opened("c1", "ben"), presence("ben", false, {{"client", "other"}})});
  EXPECT_EQ(member("ben")["open"], true);
  accept(closed("c1", "ben", {{"client", "other"}}));
  EXPECT_EQ(member("ben")["open"], true);
  accept(closed("c1", "ben"));
  EXPECT_EQ(member("ben")["open"], false);
}

TEST_F(Effects, PresenceResetClosesEverything) {
  start_pair("c1");
  start_pair("c2");
  accept({opened("c1", "ben"), opened("c2", "anna", {{"client", "x"}})});
  accept(of("presence.reset", ""));
  EXPECT_EQ(member("ben", "c1")["open"], false);
  EXPECT_EQ(member("anna", "c2")["open"], false);
}

TEST_F(Effects, ARoleGivenForABotIsIgnored) {
  EXPECT_EQ(api_->put("/v1/persons/robo", {{"type", "BOT"}}).status, 201);
  register_sink();
  accept(started("c1", {event::participant("robo", "CONTEXT_PERSON"), event::participant("anna", "ASSIGNED_AGENT")}));
  accept(sent("c1", "m1", "anna"));
  settle();
  EXPECT_TRUE(deliveries_to("robo").empty());
  EXPECT_EQ(counts("robo")["total"], 0);
}

TEST_F(Effects, AnUnknownPersonHasTheTypeItsRoleImpliesAndTheDefaultLocale) {
  register_sink();
  accept(started("c1", {event::participant("bot"), event::participant("a1", "ASSIGNED_AGENT"),
                        event::participant("v1", "CONTEXT_PERSON"), event::participant("a2", "SECONDARY_AGENT"),
                        event::participant("v2", "SECONDARY_VISITOR")}));
  accept(sent("c1", "m1", "bot"));
  ASSERT_TRUE(wait_deliveries(4));
  for (const auto& [person, type] : {std::pair{"a1", "AGENT"}, {"v1", "VISITOR"}, {"a2", "AGENT"}, {"v2", "VISITOR"}}) {
    auto all = deliveries_to(person);
    ASSERT_EQ(all.size(), 1U) << person;
    EXPECT_EQ(all[0].body["recipient"]["personType"], type);
    EXPECT_EQ(all[0].body["locale"], "en-US");
    EXPECT_EQ(all[0].body["deviceTokens"], json::array());
  }
}

TEST_F(Effects, PresenceTimesOutWhenItIsToldTo) {
  process_.reset();
  set("presence.timeout", "400ms");
  serve();
  start_pair();
  accept(opened("c1", "ben"));
  EXPECT_EQ(member("ben")["open"], true);
  wait_answer("/v1/conversations/c1", [](const json& c) { return c["participants"][1]["open"] == false; });
}
