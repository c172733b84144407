#include "belfry/tests/support/server/serve_fixture.hpp"

using namespace belfry::test;
using namespace belfry::test::event;

namespace {

/// SPEC 2: what is taken, what is refused, and how that is said.
class Admission : public serve_fixture {
protected:
  Admission() { serve(); }

  void wrong(const json& e, const std::string& pointer) {
    auto a = post(e);
    EXPECT_EQ(a.status, 400) << a.body << "\n" << e;
    EXPECT_EQ(a.header("content-type"), "application/problem+json");
    std::vector<std::string> pointers;
    for (const auto& x : a.value().value("errors", json::array()))
      pointers.push_back(x.value("pointer", "absent"));
    EXPECT_EQ(pointers, std::vector<std::string>{pointer}) << a.body << "\n" << e;
  }
};

} // namespace

TEST_F(Admission, WrongShapeIsAnsweredWithAPointerToEachField) {
  wrong({{"conversation", "c1"}}, "/type");
  wrong(of("message.lost", "c1"), "/type");
  wrong(started("c1", json::array({participant("anna", "BOSS")})), "/participants/0/role");
  wrong(of("message.sent", "c1", {{"message", {{"id", "m1"}, {"text", "x"}}}}), "/message/sender");
  wrong(of("message.sent", "c1"), "/message");
  wrong(of("conversation.ended", ""), "/conversation");
  wrong(of("conversation.ended", "c1", {{"why", "because"}}), "/why");
  wrong(of("presence.changed", "", {{"person", "anna"}, {"online", "yes"}}), "/online");
  wrong(sent("c1", "m1", "anna", {{"recipients", json::array()}}), "/message/recipients");
  wrong(sent("c1", "m1", "anna", {{"text", std::string(64 * 1024 + 1, 'x')}}), "/message/text");
  wrong(sent("c1", "m1", "anna", {{"sentAt", 1.5}}), "/message/sentAt");
  wrong(of("conversation.ended", "c1", {{"at", -1}}), "/at");
  wrong(of("conversation.ended", "c1", {{"at", 9007199254740992}}), "/at");
  wrong(of("conversation.ended", std::string(129, 'x')), "/conversation");
  wrong(of("conversation.ended", "a\nb"), "/conversation");
  wrong(offered("c1", "i1", {{"agent", "anna"}, {"team", "t"}}), "/invitation/team");
  wrong(offered("c1", "i1", {{"agent", "anna"}, {"engagementType", "TELEPATHY"}}), "/invitation/engagementType");
  wrong(request_closed("c1", "i1", "LOST"), "/reason");
}

TEST_F(Admission, PointersOfABatchCountFromZeroAndNothingOfItTakesEffect) {
  auto ok = started("c1", json::array({participant("anna", "ASSIGNED_AGENT")}));
  auto bad = sent("c1", "m1", "anna");
  bad["message"].erase("sender");
  wrong({ok, ok, ok, bad}, "/3/message/sender");
  EXPECT_EQ(api_->get("/v1/conversations/c1").status, 404);
}

TEST_F(Admission, NullIsTheSameAsAbsent) {
  accept({{"type", "conversation.started"},
          {"conversation", "c1"},
          {"id", nullptr},
          {"at", nullptr},
          {"topic", nullptr},
          {"participants", nullptr}});
}

TEST_F(Admission, TextWithWrongUtf8RepeatedKeysOrLoneSurrogatesIsWrongShape) {
  auto status = [&](const std::string& body) {
    return api_->send("POST", "/v1/events", body, {{"Content-Type", "application/json"}}).status;
  };
  EXPECT_EQ(status(R"({"type":"conversation.ended","type":"conversation.ended","conversation":"c1"})"), 400);
  EXPECT_EQ(status("{\"type\":\"conversation.started\",\"conversation\":\"c\xff\"}"), 400);
  EXPECT_EQ(status(R"({"type":"conversation.started","conversation":"c\ud800"})"), 400);
  EXPECT_EQ(status(R"({"type":"conversation.started","conversation":"c")"), 400);
  EXPECT_EQ(status(""), 400);
}

TEST_F(Admission, ALongTextOfExactly64KiBIsTaken) {
  start_pair();
  accept(sent("c1", "m1", "anna", {{"text", std::string(64 * 1024, 'x')}}));
}

TEST_F(Admission, NdjsonSkipsBlankLines) {
  auto body = started("c1", json::array({participant("anna", "ASSIGNED_AGENT")})).dump() + "\n\n   \r\n"
              + ended("c1").dump() + "\n\n";
  auto a = api_->send("POST", "/v1/events", body, {{"Content-Type", "application/x-ndjson"}});
  EXPECT_EQ(a.status, 202) << a.body;
  EXPECT_EQ(a.value(), (json{{"accepted", 2}, {"duplicates", 0}}));
}

TEST_F(Admission, AnEmptyArrayIsAcceptedWithZeros) {
  auto a = post(json::array());
  EXPECT_EQ(a.status, 202);
  EXPECT_EQ(a.value(), (json{{"accepted", 0}, {"duplicates", 0}}));
}

TEST_F(Admission, StateRefusalsNameTheFieldAtFault) {
  start_pair();
  refuse(sent("nowhere", "m1", "anna"), "/conversation", "unknown_conversation");
  refuse(sent("c1", "m1", "carl"), "/message/sender", "not_in_conversation");
  refuse(call("c1", "k1", "carl"), "/call/caller", "not_in_conversation");
  refuse(sent("c1", "m1", "ben", {{"internal", true}}), "/message/sender", "internal_from_visitor");
  accept(call("c1", "k1", "anna"));
  refuse(call("c1", "k2", "anna"), "/call/id", "call_in_progress");
  accept(ended("c1"));
  accept(with_id(ended("c1"), "again"));
  refuse(sent("c1", "m1", "anna"), "/conversation", "conversation_ended");
  refuse(started("c1", json::array()), "/conversation", "conversation_ended");
}

TEST_F(Admission, EventsOfEveryTypeNeedTheirConversation) {
  for (const auto& e :
       {ended("no"), joined("no", "p", "ASSIGNED_AGENT"), changed("no", "p", {{"muted", true}}), left("no", "p"),
        opened("no", "p"), closed("no", "p"), read("no", "p"), edited("no", "m", "t"), deleted("no", "m"),
        accepted("no", "k", "p"), declined("no", "k", "p"), hung_up("no", "k"), offered("no", "i", {{"agent", "p"}}),
        request_closed("no", "i", "REVOKED"), delegated("no", "i", {{"deputies", {"p"}}, {"primaryAgent", "q"}}),
        deputy_closed("no", "i", "REVOKED"), session("no", "p", "s"), session("no", "p", "s", false)})
    refuse(e, "/conversation", "unknown_conversation");
}

TEST_F(Admission, TheOthersOfARequestGoOnWhenOneIsRefused) {
  auto a = post({started("c1", {participant("anna", "ASSIGNED_AGENT"), participant("ben", "CONTEXT_PERSON")}),
                 sent("c1", "m1", "carl"), sent("c1", "m2", "anna")});
  EXPECT_EQ(a.status, 202) << a.body;
  auto v = a.value();
  EXPECT_EQ(v["accepted"], 2);
  EXPECT_EQ(v["duplicates"], 0);
  ASSERT_EQ(v["refused"].size(), 1U) << a.body;
  EXPECT_EQ(v["refused"][0]["pointer"], "/1/message/sender");
  EXPECT_EQ(v["refused"][0]["reason"], "not_in_conversation");
  EXPECT_TRUE(v["refused"][0]["detail"].is_string());
  EXPECT_EQ(counts("ben"), (json{{"total", 1}, {"conversations", {{"c1", 1}}}}));
}

TEST_F(Admission, ARequestOfWhichAllIsRefusedIs409) {
  auto a = post({sent("no", "m1", "x"), sent("no", "m2", "x")});
  EXPECT_EQ(a.status, 409);
  ASSERT_EQ(a.value()["errors"].size(), 2U) << a.body;
  EXPECT_EQ(a.value()["errors"][1]["pointer"], "/1/conversation");
  EXPECT_EQ(a.value()["status"], 409);
}

TEST_F(Admission, ARefusedOneBesideADuplicateIs202) {
  start_pair();
  accept(with_id(sent("c1", "m1", "anna"), "e1"));
  auto a = post({with_id(sent("c1", "m1", "anna"), "e1"), sent("no", "m2", "x")});
  EXPECT_EQ(a.status, 202) << a.body;
  EXPECT_EQ(a.value()["duplicates"], 1);
  EXPECT_EQ(a.value()["accepted"], 0);
  EXPECT_EQ(a.value()["refused"].size(), 1U);
}

TEST_F(Admission, AKnownEventIdIsADuplicateWhateverItsBody) {
  start_pair();
  accept(with_id(sent("c1", "m1", "anna"), "e1"));
  auto a = post(with_id(sent("c1", "m2", "anna"), "e1"));
  EXPECT_EQ(a.status, 202);
  EXPECT_EQ(a.value(), (json{{"accepted", 0}, {"duplicates", 1}}));
  EXPECT_EQ(post(with_id(presence("x", true), "e1")).value()["duplicates"], 1);
  EXPECT_EQ(post(with_id(sent("no", "m", "y"), "e1")).value()["duplicates"], 1);
  EXPECT_EQ(counts("ben")["total"], 1);
}

TEST_F(Admission, TheSameEventIdTwiceInARequestIsADuplicate) {
  start_pair();
  auto a = post({with_id(sent("c1", "m1", "anna"), "e1"), with_id(sent("c1", "m2", "anna"), "e1"),
                 with_id(presence("anna", true), "e1")});
  EXPECT_EQ(a.value(), (json{{"accepted", 1}, {"duplicates", 2}}));
}

TEST_F(Admission, AKnownMessageCallOrInvitationIdIsADuplicate) {
  start_pair();
  auto twice = [&](const json& e) {
    accept(e);
    EXPECT_EQ(post(e).value(), (json{{"accepted", 0}, {"duplicates", 1}})) << e;
  };
  twice(sent("c1", "m1", "anna"));
  twice(call("c1", "k1", "anna"));
  twice(offered("c1", "i1", {{"agent", "dora"}}));
  accept(delegated("c1", "i1", {{"deputies", {"emil"}}, {"primaryAgent", "anna"}}));
  auto again = delegated("c1", "i1", {{"deputies", {"emil"}}, {"primaryAgent", "anna"}});
  EXPECT_EQ(post(again).value()["duplicates"], 1);
}

TEST_F(Admission, OtherIdsAreCheckedBeforeState) {
  start_pair();
  accept(sent("c1", "m1", "anna"));
  EXPECT_EQ(post(sent("c1", "m1", "carl")).value(), (json{{"accepted", 0}, {"duplicates", 1}}));
  accept(call("c1", "k1", "anna"));
  EXPECT_EQ(post(call("c1", "k1", "ben")).value()["duplicates"], 1);
}

TEST_F(Admission, ARefusedEventsIdIsNotRemembered) {
  start_pair();
  EXPECT_EQ(post(with_id(sent("c1", "m1", "carl"), "e1")).status, 409);
  accept(joined("c1", "carl", "SECONDARY_AGENT"));
  accept(with_id(sent("c1", "m1", "carl"), "e1"));
}

TEST_F(Admission, IdsAreUniqueWithinTheirConversationOnly) {
  start_pair("c1");
  start_pair("c2");
  accept({sent("c1", "m1", "anna"), sent("c2", "m1", "anna")});
  EXPECT_EQ(counts("ben")["total"], 2);
}

TEST_F(Admission, EventsOfARequestTakeEffectInOrder) {
  accept({presence("ben", true, {{"client", "t"}}),
          started("c1", {participant("anna", "ASSIGNED_AGENT"), participant("ben", "CONTEXT_PERSON")}),
          opened("c1", "ben", {{"client", "t"}}), sent("c1", "m1", "anna"), read("c1", "ben"), sent("c1", "m2", "anna"),
          presence("ben", false, {{"client", "t"}})});
  EXPECT_EQ(counts("ben"), (json{{"total", 1}, {"conversations", {{"c1", 1}}}}));
  EXPECT_EQ(member("ben")["open"], false);
}

TEST_F(Admission, WhatNamesSomethingUnknownIsAcceptedWithoutEffect) {
  start_pair();
  accept({left("c1", "nobody"), changed("c1", "nobody", {{"muted", true}}), read("c1", "nobody"),
          read("c1", "ben", "unknown"), edited("c1", "unknown", "x"), deleted("c1", "unknown"),
          accepted("c1", "unknown", "ben"), declined("c1", "unknown", "ben"), hung_up("c1", "unknown"),
          request_closed("c1", "unknown", "REVOKED"), deputy_closed("c1", "unknown", "EXPIRED"),
          session("c1", "ben", "unknown", false), opened("c1", "nobody"), closed("c1", "nobody"),
          joined("c1", "anna", "CONTEXT_PERSON")});
  EXPECT_EQ(member("anna")["role"], "ASSIGNED_AGENT");
  EXPECT_EQ(conversation()["participants"].size(), 2U);
}

TEST_F(Admission, IdsArePercentEncodedInPaths) {
  auto id = std::string{"a/b ?ä"};
  accept(started(id, json::array({participant("x/y", "ASSIGNED_AGENT")})));
  auto a = api_->get("/v1/conversations/a%2Fb%20%3F%C3%A4");
  EXPECT_EQ(a.status, 200) << a.body;
  EXPECT_EQ(a.value()["id"], id);
}

TEST_F(Admission, MoreThanTenThousandEventsAre413) {
  auto body = std::string{};
  for (int i = 0; i < 10001; ++i)
    body += "{\"type\":\"presence.reset\"}\n";
  auto a = api_->send("POST", "/v1/events", body, {{"Content-Type", "application/x-ndjson"}});
  EXPECT_EQ(a.status, 413) << a.body;
}
