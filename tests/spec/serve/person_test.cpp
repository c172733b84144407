#include "belfry/tests/support/server/serve_fixture.hpp"

#include <thread>

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

/// SPEC 1 (left), 3, 6 and 12 as one person sees them, over kills between any two steps.
class PersonsAndKills : public serve_fixture {
protected:
  void begin(const std::string& path = "/ok") {
    serve();
    hook_ = register_sink(path);
    start_pair();
  }
  void crash() {
    kill();
    serve();
  }
  /// The one trace of that query is in that state.
  bool wait_state(const std::string& query, const std::string& state) {
    return wait_answer("/v1/notifications?person=ben&" + query, [&](const json& v) {
      return v["items"].size() == 1 && v["items"][0].value("state", "") == state;
    });
  }

  std::string hook_;
};

/// SPEC 13, DELETE of a person while something else is said of them: one order for both, on disk too.
class ErasureRaces : public PersonsAndKills {
protected:
  /// DELETE of ben at the same time as something on another connection.
  template <class F>
  void erase_while(F&& f) {
    http_client other{*process_->wait_for_url(limit)};
    std::thread t{[&] { f(other); }};
    EXPECT_EQ(api_->remove("/v1/persons/ben").status, 204);
    t.join();
  }
};

/// SPEC 12: what is erased, and what an attempt says of people.
class NamesInPayloads : public PersonsAndKills {};

} // namespace

TEST_F(PersonsAndKills, WhatWasTakenBackBeforeAKillIsTakenBackOnce) {
  begin("/hang");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  // Its read_message waits behind the attempt.
  accept(read("c1", "ben"));
  ASSERT_TRUE(wait_state("kind=read_message", "QUEUED"));
  crash();
  ASSERT_TRUE(wait_kind("read_message", "ben"));
  // The next one waits behind that, and never leaves.
  accept(sent("c1", "m2", "anna"));
  ASSERT_TRUE(wait_state("kind=new_message&message=m2", "QUEUED"));
  accept(read("c1", "ben"));
  ASSERT_TRUE(wait_state("kind=read_message&message=m2", "NOT_SENT"));
  EXPECT_EQ(reason_of("kind=read_message&message=m2"), "taken_back");
}

TEST_F(PersonsAndKills, WhatMayHaveLeftIsTakenBackAfterTheNextKillToo) {
  begin("/close");
  accept({sent("c1", "m1", "anna"), sent("c1", "m2", "anna")});
  ASSERT_TRUE(wait_deliveries(1));
  crash();
  ASSERT_TRUE(wait_answer("/v1/notifications?kind=new_message",
                          [](const json& v) { return v.dump().find("RETRYING") != std::string::npos; }));
  accept(deleted("c1", "m2"));
  ASSERT_TRUE(wait_state("kind=new_message&message=m2", "DONE"));
  crash();
  accept(read("c1", "ben", "m1"));
  EXPECT_TRUE(wait_kind("read_message", "ben"));
}

TEST_F(PersonsAndKills, AReasonToPauseEndsThoughTheProcessDiesAtTheAnswer) {
  serve();
  ASSERT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}}).status, 201);
  ASSERT_EQ(api_->put("/v1/persons/anna/pause", {{"mode", "AUTO"}}).status, 200);
  start_pair();
  auto on = [](const json& p) { return p["state"] == "ON"; };
  auto off = [](const json& p) { return p["state"] == "OFF" && p["reasons"].empty(); };
  for (int round = 0; round < 4; ++round) {
    auto id = std::to_string(round);
    accept(session("c1", "anna", "s" + id));
    ASSERT_TRUE(wait_answer("/v1/persons/anna/pause", on));
    accept(session("c1", "anna", "s" + id, false));
    crash();
    ASSERT_TRUE(wait_answer("/v1/persons/anna/pause", off)) << "session of round " << round;
    accept({call("c1", "k" + id, "ben"), accepted("c1", "k" + id, "anna")});
    ASSERT_TRUE(wait_answer("/v1/persons/anna/pause", on));
    accept(hung_up("c1", "k" + id));
    crash();
    ASSERT_TRUE(wait_answer("/v1/persons/anna/pause", off)) << "call of round " << round;
  }
}

TEST_F(PersonsAndKills, AnEditReachesWhatHasNotLeftThoughTheProcessDiesAtTheAnswer) {
  set("webhooks.delay", "1500ms");
  begin();
  accept(sent("c1", "m1", "anna", {{"text", "old"}}));
  ASSERT_TRUE(wait_state("kind=new_message", "WAITING"));
  accept(edited("c1", "m1", "new"));
  crash();
  ASSERT_TRUE(wait_deliveries(1));
  EXPECT_EQ(deliveries()[0].body["messageText"], "new");
}

TEST_F(PersonsAndKills, ADeletionReachesWhatHasNotLeftThoughTheProcessDiesAtTheAnswer) {
  set("webhooks.delay", "1500ms");
  begin();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_state("kind=new_message", "WAITING"));
  accept(deleted("c1", "m1"));
  crash();
  EXPECT_TRUE(wait_state("kind=new_message", "DONE"));
  // It may have left for all that is known, so it may be taken back; it is not sent.
  for (const auto& t : deliveries())
    EXPECT_EQ(t.kind, "read_message");
}

TEST_F(PersonsAndKills, NothingIsTakenBackWhereTheRegistrationCeasedToTakeWhatWaited) {
  set("webhooks.delay", "1500ms");
  begin();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_state("kind=new_message", "WAITING"));
  auto hook = api_->get("/v1/webhooks/" + hook_).value();
  hook["events"] = {"push_notification.read_message"};
  ASSERT_EQ(api_->put("/v1/webhooks/" + hook_, hook).status, 200);
  ASSERT_TRUE(wait_state("kind=new_message", "DONE"));
  EXPECT_EQ(reason_of("kind=new_message"), "no_address");
  accept(read("c1", "ben"));
  ASSERT_TRUE(wait_state("kind=read_message", "NOT_SENT"));
  EXPECT_TRUE(deliveries().empty());
}

TEST_F(ErasureRaces, WhoJoinsMeanwhileCanBeErasedAgain) {
  begin();
  accept(started("c2", json::array({participant("anna", "ASSIGNED_AGENT")})));
  for (int round = 0; round < 12; ++round) {
    erase_while([&](http_client& other) {
      EXPECT_EQ(other.post("/v1/events", joined("c2", "ben", "CONTEXT_PERSON")).status, 202);
    });
    if (round % 3 == 0)
      crash();
    ASSERT_EQ(api_->remove("/v1/persons/ben").status, 204);
    ASSERT_EQ(conversation("c2")["participants"].size(), 1U) << "round " << round;
  }
}

TEST_F(ErasureRaces, AProfileThatIsStoredMeanwhileIsThereOrNotAfterAKillToo) {
  begin();
  for (int round = 0; round < 6; ++round) {
    erase_while([&](http_client& other) {
      auto status = other.put("/v1/persons/ben", {{"type", "VISITOR"}, {"displayName", "Ben"}}).status;
      EXPECT_TRUE(status == 200 || status == 201) << status;
    });
    auto status = api_->get("/v1/persons/ben").status;
    crash();
    EXPECT_EQ(api_->get("/v1/persons/ben").status, status) << "round " << round;
  }
}

TEST_F(NamesInPayloads, AreThoseOfTheMomentOfTheAttemptAndLeftOutWhenErased) {
  set("webhooks.retry.first", "300ms");
  begin("/status/500");
  ASSERT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}, {"displayName", "Anna A."}}).status, 201);
  accept({sent("c1", "m1", "anna"), offered("c1", "i1", {{"agent", "dora"}, {"contextPerson", "anna"}})});
  ASSERT_TRUE(wait_deliveries(2));
  for (const auto& t : deliveries())
    EXPECT_NE(t.body.dump().find("Anna A."), std::string::npos);
  ASSERT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}, {"displayName", "Anna B."}}).status, 200);
  auto renamed = deliveries().size();
  ASSERT_TRUE(wait_deliveries(renamed + 1));
  EXPECT_EQ(deliveries()[renamed].body.dump().find("Anna A."), std::string::npos);
  ASSERT_EQ(api_->remove("/v1/persons/anna").status, 204);
  auto erased = deliveries().size();
  ASSERT_TRUE(wait_kind("inbound_request", "dora"));
  ASSERT_TRUE(wait_deliveries(erased + 2));
  auto all = deliveries();
  for (auto i = erased; i < all.size(); ++i) {
    EXPECT_EQ(all[i].body.dump().find("Anna"), std::string::npos) << all[i].body;
    EXPECT_NE(all[i].body.dump().find("\"anna\""), std::string::npos) << "named by id";
  }
}

TEST_F(NamesInPayloads, OfSomebodyErasedDoNotComeBackWithAKill) {
  set("webhooks.retry.first", "1h");
  begin("/status/500");
  ASSERT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}, {"displayName", "Anna A."}}).status, 201);
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  ASSERT_EQ(api_->remove("/v1/persons/anna").status, 204);
  crash();
  EXPECT_EQ(api_->get("/v1/persons/anna").status, 404);
  EXPECT_EQ(conversation()["participants"].size(), 1U);
  EXPECT_EQ(traces("person=ben").size(), 1U);
}
