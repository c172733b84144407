#include "belfry/tests/support/server/serve_fixture.hpp"

#include <fstream>

using namespace belfry::test;
using namespace belfry::test::event;

namespace {

/// SPEC 15 and 16: the program as an operator runs it.
class Program : public serve_fixture {
protected:
  run_result run(const std::vector<std::string>& arguments,
                 const std::map<std::string, std::string>& environment = {}) {
    return run_program(arguments, (dir_ / "run").string(), environment);
  }
  std::string file(const std::string& name, const std::string& text) {
    auto path = (dir_ / name).string();
    std::ofstream{path} << text;
    return path;
  }
  json checked(const run_result& r) {
    EXPECT_EQ(r.code, 0) << r.err;
    return json::parse(r.out, nullptr, false);
  }
};

} // namespace

TEST_F(Program, CheckPrintsTheEffectiveConfigurationWithSecretsMasked) {
  auto path = file("a.json", R"({ // a comment
    "push": {"debounceDelay": "90s"}, "http": {"personTokenKey": "0123456789abcdef0123456789abcdef"}})");
  auto v = checked(run({"check", path}));
  EXPECT_EQ(v["push"]["debounceDelay"], "90s") << v["push"];
  EXPECT_EQ(v["push"]["debounceDelayWhenInConversation"], "10s");
  EXPECT_EQ(v["push"]["messageLife"], "1d");
  EXPECT_EQ(v["push"]["debounceMaxWait"], 0);
  EXPECT_EQ(v.dump().find("0123456789abcdef"), std::string::npos);
}

TEST_F(Program, SetWinsOverEnvironmentOverFileOverProperties) {
  auto path =
      file("a.json", R"({"push": {"debounceDelay": "3s", "messageLife": "3h"}, "presence": {"timeout": "3m"}})");
  auto properties = file("p.properties", "com.unblu.core.push_notification.pushNotificationDebounceDelay=4000\n"
                                         "com.unblu.conversation.call.callNotAnsweredTimeoutSeconds=45\n"
                                         "com.unblu.some.other.feature=1\n");
  auto v = checked(run({"check", path, "--properties", properties, "--set", "push.debounceDelay=1s"},
                       {{"BELFRY_PUSH_DEBOUNCE_DELAY", "2s"}, {"BELFRY_PUSH_MESSAGE_LIFE", "2h"}}));
  EXPECT_EQ(v["push"]["debounceDelay"], "1s");
  EXPECT_EQ(v["push"]["messageLife"], "2h");
  EXPECT_EQ(v["presence"]["timeout"], "3m");
  EXPECT_EQ(v["calls"]["notAnsweredTimeout"], "45s");
}

TEST_F(Program, WrongKeysAndValuesAreNamed) {
  auto r = run({"check", "--set", "push.debouceDelay=1s"});
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("push.debounceDelay"), std::string::npos) << r.err;
  r = run({"check", "--set", "push.debounceDelay=soon", "--set", "webhooks.retry.jitter=7"});
  EXPECT_EQ(r.code, 1);
  EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 2) << r.err;
  EXPECT_NE(r.err.find("soon"), std::string::npos) << r.err;
  r = run({"check"}, {{"BELFRY_PUSH_ENABLE", "true"}});
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("BELFRY_PUSH_ENABLED"), std::string::npos) << r.err;
  r = run({"check"}, {{"BELFRY_SERVICE_HOST", "10.0.0.1"}, {"BELFRY_PORT", "tcp://10.0.0.1:80"}});
  EXPECT_EQ(r.code, 0) << r.err;
}

TEST_F(Program, CheckedOutputIsAValidFile) {
  auto once = run({"check"});
  auto path = file("again.json", once.out);
  auto twice = run({"check", path});
  EXPECT_EQ(twice.code, 0) << twice.err;
  EXPECT_EQ(once.out, twice.out);
}

TEST_F(Program, ServeRefusesAnOpenApiElsewhereThanOnLoopback) {
  set("http.listen", "0.0.0.0:0");
  auto r = run(arguments());
  EXPECT_EQ(r.code, 1) << r.err;
  EXPECT_NE(r.err.find("http."), std::string::npos) << r.err;
}

TEST_F(Program, ServeRefusesAWrongConfiguration) {
  set("push.debounceDelay", "-1s");
  EXPECT_EQ(run(arguments()).code, 1);
}

TEST_F(Program, ServeTakesAFileAndStopsOnSigterm) {
  auto path =
      file("serve.json", json{{"http", {{"listen", "127.0.0.1:0"}}}, {"store", {{"path", store_path()}}}}.dump());
  process p{{"serve", "--config", path}, (dir_ / "p").string()};
  auto url = p.wait_for_url(limit);
  ASSERT_TRUE(url) << p.standard_error();
  http_client api{*url};
  EXPECT_EQ(api.get("/readyz").status, 200);
  p.signal(15);
  EXPECT_EQ(p.wait(limit), 0);
  EXPECT_TRUE(std::filesystem::exists(store_path()));
}

TEST_F(Program, VersionAndVapidKeys) {
  auto r = run({"version"});
  EXPECT_EQ(r.code, 0);
  EXPECT_NE(r.out.find("0.1.0"), std::string::npos);
  r = run({"keys", "vapid"});
  EXPECT_EQ(r.code, 0);
  auto v = json::parse(r.out, nullptr, false);
  ASSERT_TRUE(v.is_object()) << r.out;
}

TEST_F(Program, ReplayFeedsAFile) {
  serve();
  auto path = file(
      "events.ndjson",
      started("c1", {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON")}).dump()
          + "\n" + sent("c1", "m1", "anna").dump() + "\n\n" + sent("c1", "m2", "anna").dump() + "\n");
  auto r = run({"replay", path, "--to", *process_->wait_for_url(limit)});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(counts("ben")["total"], 2);
}
