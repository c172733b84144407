// SPEC 5 as a conversation carries it out.
#include "../messages/chat_fixture.hpp"

namespace belfry::test {

namespace {

class Request : public Chat {
protected:
  void offers(const invitation_id& id, std::optional<person_id> agent, std::optional<std::string> team = {}) {
    happens(request_offered{id, request_kind::agent_invitation, agent, team, "ben", "CHAT_REQUEST", "https://x"});
  }
  void delegates(const invitation_id& id, std::vector<person_id> deputies) {
    happens(deputy_delegated{id, std::move(deputies), "anna", "ben", {}, {}});
  }
  void closes_request(const invitation_id& id, close_reason why = close_reason::accepted) {
    happens(request_closed{id, why, {}});
  }
};

TEST_F(Request, TellsAnAgentWhoNeedNotBeInTheConversation) {
  anna_and_ben();
  offers("i1", "carl");
  EXPECT_EQ(told(), (lines{"carl inbound_request i1"}));
  EXPECT_EQ(notifications.at(0).request->context_person, "ben");
  EXPECT_EQ(notifications.at(0).request->start_url, "https://x");
}

TEST_F(Request, ToATeamTellsNobody) {
  anna_and_ben();
  offers("i1", {}, "loans");
  closes_request("i1");
  EXPECT_EQ(told(), lines{});
}

TEST_F(Request, IsRevokedWhoeverClosedItAndOnce) {
  anna_and_ben();
  offers("i1", "carl");
  told();
  happens(request_closed{"i1", close_reason::accepted, "carl"});
  EXPECT_EQ(told(), (lines{"carl revoke_inbound_request i1"}));
  closes_request("i1");
  EXPECT_EQ(told(), lines{});
}

TEST_F(Request, TellsEachDeputy) {
  anna_and_ben();
  delegates("i1", {"carl", "dora"});
  EXPECT_EQ(told(), (lines{"carl deputy_delegation i1", "dora deputy_delegation i1"}));
  EXPECT_EQ(notifications.at(0).request->primary_agent, "anna");
  happens(deputy_closed{"i1", close_reason::expired, {}});
  EXPECT_EQ(told(), (lines{"carl revoke_deputy_delegation i1", "dora revoke_deputy_delegation i1"}));
}

TEST_F(Request, AndADelegationOfItsIdAreClosedTogether) {
  anna_and_ben();
  offers("i1", "carl");
  delegates("i1", {"dora"});
  told();
  closes_request("i1", close_reason::revoked);
  EXPECT_EQ(told(), (lines{"carl revoke_inbound_request i1", "dora revoke_deputy_delegation i1"}));
}

TEST_F(Request, IsRevokedWhenTheConversationEnds) {
  anna_and_ben();
  offers("i1", "carl");
  told();
  ends();
  EXPECT_EQ(told(), (lines{"carl revoke_inbound_request i1"}));
}

TEST_F(Request, IsOpenAfterARestart) {
  anna_and_ben();
  offers("i1", "carl");
  auto id = notifications.at(0).id;
  crashes();
  told();
  closes_request("i1");
  EXPECT_EQ(told(), (lines{"carl revoke_inbound_request i1"}));
  EXPECT_NE(notifications.at(0).id, id);
}

TEST_F(Request, IsToldWhateverTheRoleLists) {
  opts.push.participants = {};
  anna_and_ben();
  offers("i1", "anna");
  EXPECT_EQ(told(), (lines{"anna inbound_request i1"}));
}

TEST_F(Request, IsNotToldWhilePushIsOff) {
  opts.push.enabled = false;
  anna_and_ben();
  offers("i1", "carl");
  EXPECT_EQ(told(), lines{});
  EXPECT_EQ(not_told(), (lines{"carl inbound_request push_disabled"}));
}

} // namespace

} // namespace belfry::test
