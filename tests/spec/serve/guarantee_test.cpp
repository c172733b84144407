#include "belfry/tests/support/server/serve_fixture.hpp"

#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <thread>

using namespace belfry::test;
using namespace belfry::test::event;
using namespace std::chrono_literals;

namespace {

using names = std::vector<std::string>;

/// SPEC 12.
class Guarantees : public serve_fixture {
protected:
  void begin(const std::string& path = "/ok") {
    serve();
    register_sink(path);
    start_pair();
  }

  void crash() {
    kill();
    serve();
  }

  /// Whether any file of the store holds the text.
  bool store_holds(const std::string& text) const {
    for (const auto& f : std::filesystem::directory_iterator{dir_}) {
      if (f.path().filename().string().rfind("belfry.db", 0) != 0)
        continue;
      std::ostringstream all;
      all << std::ifstream{f.path(), std::ios::binary}.rdbuf();
      if (all.str().find(text) != std::string::npos)
        return true;
    }
    return false;
  }

  run_result second() { return run_program(arguments(), (dir_ / "second").string()); }
};

} // namespace

TEST_F(Guarantees, CountsAndWaitsSurviveAKill) {
  set("push.debounceDelay", "1500ms");
  begin();
  accept({opened("c1", "anna"), sent("c1", "m1", "anna"), sent("c1", "m2", "anna")});
  crash();
  EXPECT_EQ(counts("ben")["total"], 2);
  EXPECT_EQ(member("anna")["open"], true);
  ASSERT_TRUE(wait_deliveries(1, 5s));
  EXPECT_EQ(deliveries()[0].body["messageId"], "m2");
  EXPECT_EQ(deliveries()[0].body["notificationCount"], 2);
}

TEST_F(Guarantees, WaitsThatFellDueMeanwhileFireWithinFiveSeconds) {
  set("push.debounceDelay", "500ms");
  begin();
  accept(sent("c1", "m1", "anna"));
  EXPECT_EQ(stop(), 0);
  EXPECT_TRUE(deliveries().empty());
  process_->wait(limit);
  std::this_thread::sleep_for(600ms); // The clock of the wait itself.
  serve();
  EXPECT_TRUE(wait_deliveries(1, 5s));
}

TEST_F(Guarantees, ARingSurvivesAndItsDeadlineHolds) {
  set("calls.notAnsweredTimeout", "2500ms");
  begin();
  accept(call("c1", "k1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  crash();
  EXPECT_EQ(conversation()["callState"], "CALLING");
  ASSERT_TRUE(wait_kind("missed_call", "ben"));
  // An answer that was not on disk yet is asked for again, with the same ids.
  auto all = deliveries();
  if (all[1].kind == "incoming_call") {
    EXPECT_EQ(all[0].request.header("webhook-id"), all[1].request.header("webhook-id"));
    all.erase(all.begin());
  }
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1].kind, "revoke_call");
  EXPECT_EQ(all[2].kind, "missed_call");
  EXPECT_EQ(all[2].body["callEndReason"], "MISSED_BECAUSE_TIMEOUT");
}

TEST_F(Guarantees, ARingPastItsDeadlineEndsAsTimedOut) {
  set("calls.notAnsweredTimeout", "500ms");
  begin();
  accept(call("c1", "k1", "anna"));
  kill();
  std::this_thread::sleep_for(700ms); // The clock of the ring itself.
  serve();
  ASSERT_TRUE(wait_kind("missed_call", "ben"));
  EXPECT_EQ(conversation()["callState"], "IDLE");
}

TEST_F(Guarantees, ARetryGoesOnAfterACrashWithTheSameIds) {
  set("webhooks.retry.first", "1500ms");
  begin("/fail-first/1/500");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0].contains("deliveries")
           && v.value(json::json_pointer{"/items/0/deliveries/0/state"}, "") == "RETRYING";
  });
  std::this_thread::sleep_for(1s); // An outcome is on disk within one second.
  crash();
  ASSERT_TRUE(wait_deliveries(2));
  auto all = deliveries();
  EXPECT_EQ(all[0].request.header("webhook-id"), all[1].request.header("webhook-id"));
  EXPECT_EQ(all[1].request.header("X-Unblu-Retry-No"), "1");
}

TEST_F(Guarantees, WhatWasInFlightIsRepeatedAtOnceWithTheSameIds) {
  begin("/slow/1500");
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  crash();
  ASSERT_TRUE(wait_deliveries(2, 5s));
  EXPECT_EQ(deliveries()[0].request.header("webhook-id"), deliveries()[1].request.header("webhook-id"));
  wait_answer("/v1/notifications?message=m1&person=ben",
              [](const json& v) { return v["items"].size() == 1 && v["items"][0]["state"] == "DONE"; });
}

TEST_F(Guarantees, WhatEndedIsNotSentAgainAfterACrash) {
  begin();
  accept(sent("c1", "m1", "anna"));
  wait_answer("/v1/notifications?message=m1&person=ben",
              [](const json& v) { return v["items"].size() == 1 && v["items"][0]["state"] == "DONE"; });
  std::this_thread::sleep_for(1s); // An outcome is on disk within one second.
  crash();
  settle();
  EXPECT_EQ(deliveries().size(), 1U);
  // What was shown before the crash is taken back after it.
  accept(read("c1", "ben"));
  EXPECT_TRUE(wait_kind("read_message", "ben"));
}

TEST_F(Guarantees, IdsAreKnownAfterARestart) {
  begin();
  accept(with_id(sent("c1", "m1", "anna"), "e1"));
  EXPECT_EQ(stop(), 0);
  serve();
  EXPECT_EQ(post(with_id(sent("c1", "m2", "anna"), "e1")).value(), (json{{"accepted", 0}, {"duplicates", 1}}));
  EXPECT_EQ(post(with_id(sent("c1", "m1", "anna"), "e2")).value(), (json{{"accepted", 0}, {"duplicates", 1}}));
}

TEST_F(Guarantees, EverythingElseOfTheApiSurvivesAKillToo) {
  begin();
  EXPECT_EQ(api_->put("/v1/persons/anna", {{"type", "AGENT"}, {"displayName", "Anna"}}).status, 201);
  EXPECT_EQ(api_->put("/v1/persons/anna/devices/d", {{"platform", "ANDROID"}, {"pushToken", "t"}}).status, 201);
  EXPECT_EQ(api_->put("/v1/persons/anna/pause", {{"mode", "AUTO"}}).status, 200);
  EXPECT_EQ(api_->put("/v1/persons/anna/pause/reasons/x", {{"displayName", "X"}, {"timeoutSeconds", 600}}).status, 201);
  auto webhooks = api_->get("/v1/webhooks").value();
  auto devices = api_->get("/v1/persons/anna/devices").value();
  auto pause = api_->get("/v1/persons/anna/pause").value();
  accept(session("c1", "anna", "s1"));
  crash();
  EXPECT_EQ(api_->get("/v1/webhooks").value(), webhooks);
  EXPECT_EQ(api_->get("/v1/persons/anna").value()["displayName"], "Anna");
  EXPECT_EQ(api_->get("/v1/persons/anna/devices").value(), devices);
  wait_answer("/v1/persons/anna/pause", [](const json& p) { return p["state"] == "ON" && p["reasons"].size() == 2; });
}

TEST_F(Guarantees, OneProcessPerStore) {
  begin();
  auto r = second();
  EXPECT_EQ(r.code, 3) << r.err;
  EXPECT_NE(r.err.find(store_path()), std::string::npos) << r.err;
  EXPECT_EQ(api_->get("/healthz").status, 200);
}

TEST_F(Guarantees, AForeignOrDamagedStoreIsRefusedWithoutChangingIt) {
  std::ofstream{store_path()} << std::string(8192, 'x');
  auto r = second();
  EXPECT_EQ(r.code, 3) << r.err;
  EXPECT_NE(r.err.find(store_path()), std::string::npos) << r.err;
  std::ostringstream all;
  all << std::ifstream{store_path(), std::ios::binary}.rdbuf();
  EXPECT_EQ(all.str(), std::string(8192, 'x'));
}

TEST_F(Guarantees, TextIsOnDiskOnlyWhileANotificationMayNeedIt) {
  begin();
  auto text = std::string{"unmistakable-"} + "words-of-a-message";
  accept(sent("c1", "m1", "anna", {{"text", text}}));
  ASSERT_TRUE(wait_deliveries(1));
  accept(sent("c1", "m2", "anna"));
  ASSERT_TRUE(wait_deliveries(2));
  accept(read("c1", "ben"));
  ASSERT_TRUE(wait_kind("read_message", "ben"));
  auto until = std::chrono::steady_clock::now() + 12s;
  while (store_holds(text) && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(100ms);
  EXPECT_FALSE(store_holds(text));
}

TEST_F(Guarantees, TheStoreIsReadableByItsOwnerOnly) {
  begin();
  for (const auto& f : std::filesystem::directory_iterator{dir_}) {
    if (f.path().filename().string().rfind("belfry.db", 0) != 0)
      continue;
    struct stat s {};
    ASSERT_EQ(::stat(f.path().c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 077, 0U) << f.path();
  }
}

TEST_F(Guarantees, NoTextNorEndpointNorTokenIsInTraceOrLog) {
  begin("/fail-first/1/500?key=hush");
  api_->put("/v1/persons/ben", {{"type", "VISITOR"}, {"email", "ben@example.org"}});
  EXPECT_EQ(api_->put("/v1/persons/ben/devices/d", {{"platform", "ANDROID"}, {"pushToken", "token-of-ben"}}).status,
            201);
  accept(sent("c1", "m1", "anna", {{"text", "secret words"}}));
  ASSERT_TRUE(wait_deliveries(2));
  wait_answer("/v1/notifications?message=m1&person=ben",
              [](const json& v) { return v["items"].size() == 1 && v["items"][0]["state"] == "DONE"; });
  auto seen = api_->get("/v1/notifications?person=ben").body + process_->standard_error() + process_->standard_output();
  for (auto text : {"secret words", "token-of-ben", "hush", "ben@example.org"})
    EXPECT_EQ(seen.find(text), std::string::npos) << text;
}

TEST_F(Guarantees, ADeliveryPastItsLifeExpires) {
  set("push.messageLife", "800ms");
  set("webhooks.retry.first", "300ms");
  begin("/status/500");
  accept(sent("c1", "m1", "anna"));
  wait_answer("/v1/notifications?message=m1&person=ben", [](const json& v) {
    return v["items"].size() == 1 && v["items"][0]["state"] == "DONE"
           && v.value(json::json_pointer{"/items/0/deliveries/0/state"}, "") == "EXPIRED"
           && v.value(json::json_pointer{"/items/0/deliveries/0/reason"}, "") == "expired";
  });
}

TEST_F(Guarantees, FinishedNotificationsAndEndedConversationsAreForgotten) {
  set("retention.trace", "1s");
  set("retention.ended", "1s");
  begin();
  accept(sent("c1", "m1", "anna"));
  ASSERT_TRUE(wait_deliveries(1));
  accept(ended("c1"));
  wait_answer("/v1/conversations/c1", [](const json& v) { return v.value("status", 0) == 404; });
  wait_answer("/v1/notifications?person=ben", [](const json& v) { return v["items"].empty(); });
}

TEST_F(Guarantees, OrderIsKeptPerAddressAndConversation) {
  begin();
  json many = json::array();
  for (int i = 0; i < 5; ++i) {
    auto k = "k" + std::to_string(i);
    many.push_back(call("c1", k, "anna"));
    many.push_back(hung_up("c1", k));
  }
  accept(many);
  settle();
  auto missed = 0;
  auto open = 0;
  for (const auto& kind : kinds_to("ben")) {
    if (kind == "incoming_call") {
      EXPECT_EQ(++open, 1);
    }
    if (kind == "revoke_call") {
      EXPECT_EQ(--open, 0);
    }
    missed += kind == "missed_call" ? 1 : 0;
  }
  EXPECT_EQ(open, 0);
  EXPECT_EQ(missed, 5);
}
