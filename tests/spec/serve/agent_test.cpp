#include "belfry/tests/support/server/serve_fixture.hpp"

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

using names = std::vector<std::string>;

std::int64_t in_a_moment(std::chrono::milliseconds from_now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             (std::chrono::system_clock::now() + from_now).time_since_epoch())
      .count();
}

/// SPEC 5.
class AgentRequests : public serve_fixture {
protected:
  AgentRequests() {
    serve();
    api_->put("/v1/persons/ben", {{"type", "VISITOR"}, {"displayName", "Ben"}});
    api_->put("/v1/persons/anna", {{"type", "AGENT"}, {"displayName", "Anna"}});
    register_sink();
    start_pair();
  }
};

/// SPEC 6.
class Pausing : public serve_fixture {
protected:
  void begin() {
    serve();
    EXPECT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}}).status, 201);
    EXPECT_EQ(api_->put("/v1/persons/ben", {{"type", "VISITOR"}}).status, 201);
  }
  json pause() { return api_->get("/v1/persons/anna/pause").value(); }
  int set_mode(const json& v) { return api_->put("/v1/persons/anna/pause", v).status; }
};

} // namespace

TEST_F(AgentRequests, AnOfferedAgentIsToldAndTheRevokeFollowsWhoeverClosedIt) {
  accept(offered("c1", "i1",
                 {{"agent", "dora"},
                  {"contextPerson", "ben"},
                  {"engagementType", "CHAT_REQUEST"},
                  {"startUrl", "https://host/c1"},
                  {"kind", "ASSIGNMENT_REQUEST"}}));
  ASSERT_TRUE(wait_deliveries(1));
  auto t = deliveries()[0];
  EXPECT_EQ(t.kind, "inbound_request");
  EXPECT_EQ(t.person, "dora");
  EXPECT_EQ(t.body["$_type"], "InboundRequestPushNotificationEvent");
  EXPECT_EQ(t.body["invitationId"], "i1");
  EXPECT_EQ(t.body["initialEngagementType"], "CHAT_REQUEST");
  EXPECT_EQ(t.body["contextPerson"]["id"], "ben");
  EXPECT_EQ(t.body["contextPerson"]["displayName"], "Ben");
  EXPECT_EQ(t.body["conversationStartUrl"], "https://host/c1");
  EXPECT_EQ(t.body["recipient"]["personType"], "AGENT");
  EXPECT_FALSE(t.body.contains("primaryAgentPerson"));
  auto close = request_closed("c1", "i1", "ACCEPTED");
  close["person"] = "dora";
  accept(close);
  ASSERT_TRUE(wait_deliveries(2));
  EXPECT_EQ(deliveries()[1].kind, "revoke_inbound_request");
  EXPECT_EQ(deliveries()[1].body["$_type"], "RevokeInboundRequestPushNotificationEvent");
  EXPECT_EQ(deliveries()[1].body["invitationId"], "i1");
  accept(close);
  settle();
  EXPECT_EQ(deliveries().size(), 2U);
}

TEST_F(AgentRequests, ATeamIsTheQueueAndTellsNobody) {
  accept({offered("c1", "i1", {{"team", "t1"}}), request_closed("c1", "i1", "EXPIRED")});
  settle();
  EXPECT_TRUE(deliveries().empty());
}

TEST_F(AgentRequests, EachDeputyIsToldAndGetsTheRevoke) {
  accept(delegated("c1", "i1", {{"deputies", {"dora", "emil"}}, {"primaryAgent", "anna"}, {"contextPerson", "ben"}}));
  ASSERT_TRUE(wait_deliveries(2));
  for (auto person : {"dora", "emil"}) {
    auto all = deliveries_to(person);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].kind, "deputy_delegation");
    EXPECT_EQ(all[0].body["$_type"], "DeputyDelegationPushNotificationEvent");
    EXPECT_EQ(all[0].body["primaryAgentPerson"]["displayName"], "Anna");
  }
  accept(deputy_closed("c1", "i1", "DECLINED"));
  ASSERT_TRUE(wait_deliveries(4));
  EXPECT_EQ(kinds_to("dora"), (names{"deputy_delegation", "revoke_deputy_delegation"}));
  EXPECT_EQ(kinds_to("emil"), (names{"deputy_delegation", "revoke_deputy_delegation"}));
}

TEST_F(AgentRequests, ClosingEitherOfARequestAndItsDelegationClosesBoth) {
  accept({offered("c1", "i1", {{"agent", "dora"}}),
          delegated("c1", "i1", {{"deputies", {"emil"}}, {"primaryAgent", "dora"}})});
  ASSERT_TRUE(wait_deliveries(2));
  accept(request_closed("c1", "i1", "REVOKED"));
  ASSERT_TRUE(wait_deliveries(4));
  EXPECT_EQ(kinds_to("dora"), (names{"inbound_request", "revoke_inbound_request"}));
  EXPECT_EQ(kinds_to("emil"), (names{"deputy_delegation", "revoke_deputy_delegation"}));
}

TEST_F(AgentRequests, TheEndOfTheConversationClosesThem) {
  accept({offered("c1", "i1", {{"agent", "dora"}}),
          delegated("c1", "i2", {{"deputies", {"emil"}}, {"primaryAgent", "anna"}})});
  ASSERT_TRUE(wait_deliveries(2));
  accept(ended("c1"));
  ASSERT_TRUE(wait_deliveries(4));
  EXPECT_EQ(kinds_to("dora").back(), "revoke_inbound_request");
  EXPECT_EQ(kinds_to("emil").back(), "revoke_deputy_delegation");
}

TEST_F(Pausing, ModesAndStates) {
  begin();
  EXPECT_EQ(pause(), (json{{"mode", "OFF"}, {"state", "OFF"}, {"reasons", json::array()}}));
  EXPECT_EQ(set_mode({{"mode", "ON"}}), 200);
  EXPECT_EQ(pause()["state"], "ON");
  EXPECT_EQ(set_mode({{"mode", "AUTO"}}), 200);
  EXPECT_EQ(pause()["state"], "OFF");
  EXPECT_EQ(
      api_->put("/v1/persons/anna/pause/reasons/lunch", {{"displayName", "Lunch"}, {"timeoutSeconds", 60}}).status,
      201);
  EXPECT_EQ(
      api_->put("/v1/persons/anna/pause/reasons/lunch", {{"displayName", "Late lunch"}, {"timeoutSeconds", 90}}).status,
      200);
  auto p = pause();
  EXPECT_EQ(p["state"], "ON");
  ASSERT_EQ(p["reasons"].size(), 1U);
  EXPECT_EQ(p["reasons"][0]["sourceId"], "lunch");
  EXPECT_EQ(p["reasons"][0]["displayName"], "Late lunch");
  EXPECT_TRUE(p["reasons"][0]["expiresAt"].is_number_integer());
  EXPECT_EQ(api_->remove("/v1/persons/anna/pause/reasons/lunch").status, 204);
  EXPECT_EQ(api_->remove("/v1/persons/anna/pause/reasons/lunch").status, 204);
  EXPECT_EQ(pause()["state"], "OFF");
}

TEST_F(Pausing, ModeOnMayEndAndTheFormerModeIsBack) {
  begin();
  EXPECT_EQ(set_mode({{"mode", "AUTO"}}), 200);
  EXPECT_EQ(set_mode({{"mode", "ON"}, {"until", in_a_moment(60s)}}), 200);
  auto until = in_a_moment(500ms);
  EXPECT_EQ(set_mode({{"mode", "ON"}, {"until", until}}), 200);
  EXPECT_EQ(pause()["until"], until);
  wait_answer("/v1/persons/anna/pause",
              [](const json& p) { return p["mode"] == "AUTO" && p["state"] == "OFF" && !p.contains("until"); });
}

TEST_F(Pausing, AReasonExpires) {
  begin();
  EXPECT_EQ(set_mode({{"mode", "AUTO"}}), 200);
  EXPECT_EQ(api_->put("/v1/persons/anna/pause/reasons/x", {{"displayName", "X"}, {"timeoutSeconds", 1}}).status, 201);
  EXPECT_EQ(pause()["state"], "ON");
  wait_answer("/v1/persons/anna/pause", [](const json& p) { return p["state"] == "OFF" && p["reasons"].empty(); });
}

TEST_F(Pausing, SessionsAndActiveCallsAreReasons) {
  begin();
  start_pair();
  EXPECT_EQ(set_mode({{"mode", "AUTO"}}), 200);
  accept({session("c1", "anna", "s1"), call("c1", "k1", "anna")});
  wait_answer("/v1/persons/anna/pause", [](const json& p) { return p["reasons"].size() == 1; });
  accept(accepted("c1", "k1", "ben"));
  wait_answer("/v1/persons/anna/pause", [](const json& p) {
    return p["state"] == "ON" && p["reasons"].size() == 2 && p.dump().find("\"session:s1\"") != std::string::npos
           && p.dump().find("\"call:k1\"") != std::string::npos;
  });
  accept({session("c1", "anna", "s1", false), hung_up("c1", "k1")});
  wait_answer("/v1/persons/anna/pause", [](const json& p) { return p["state"] == "OFF" && p["reasons"].empty(); });
  accept(session("c1", "anna", "s2"));
  wait_answer("/v1/persons/anna/pause", [](const json& p) { return p["state"] == "ON"; });
  accept(left("c1", "anna"));
  wait_answer("/v1/persons/anna/pause", [](const json& p) { return p["state"] == "OFF"; });
}

TEST_F(Pausing, WrongInputIsRefused) {
  begin();
  EXPECT_EQ(set_mode({{"mode", "MAYBE"}}), 400);
  EXPECT_EQ(set_mode({{"mode", "OFF"}, {"until", in_a_moment(1h)}}), 400);
  EXPECT_EQ(set_mode({{"mode", "ON"}, {"until", 1000}}), 400);
  EXPECT_EQ(api_->put("/v1/persons/ben/pause", {{"mode", "ON"}}).status, 400);
  EXPECT_EQ(api_->put("/v1/persons/nobody/pause", {{"mode", "ON"}}).status, 404);
  EXPECT_EQ(api_->get("/v1/persons/nobody/pause").status, 404);
  auto reason = [&](const std::string& id, const json& v) {
    return api_->put("/v1/persons/anna/pause/reasons/" + id, v).status;
  };
  EXPECT_EQ(reason("x", {{"displayName", "X"}}), 400);
  EXPECT_EQ(reason("x", {{"displayName", "X"}, {"timeoutSeconds", 0}}), 400);
  EXPECT_EQ(reason("session:x", {{"displayName", "X"}, {"timeoutSeconds", 5}}), 400);
  EXPECT_EQ(reason("call:x", {{"displayName", "X"}, {"timeoutSeconds", 5}}), 400);
  EXPECT_EQ(reason(std::string(37, 'x'), {{"displayName", "X"}, {"timeoutSeconds", 5}}), 400);
  EXPECT_EQ(reason(std::string(36, 'x'), {{"displayName", "X"}, {"timeoutSeconds", 5}}), 201);
}

TEST_F(Pausing, WebhooksGoOutAsEver) {
  begin();
  register_sink();
  start_pair();
  EXPECT_EQ(set_mode({{"mode", "ON"}}), 200);
  accept(sent("c1", "m1", "ben"));
  EXPECT_TRUE(wait_kind("new_message", "anna"));
}

TEST_F(Pausing, TheInitialModeIsASetting) {
  set("pause.initialMode", "AUTO");
  begin();
  EXPECT_EQ(pause()["mode"], "AUTO");
}
