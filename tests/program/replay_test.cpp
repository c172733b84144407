#include "belfry/io/program/replay_feed.hpp"
#include "belfry/tests/support/server/serve_fixture.hpp"

#include <fstream>
#include <set>

namespace belfry::test {

class Replay : public serve_fixture {
protected:
  /// One conversation, then so many messages, each with an event id.
  std::string file_of(int messages) {
    auto path = (dir_ / "events.ndjson").string();
    std::ofstream out{path};
    auto started = event::started(
        "r1", json::array({event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON")}));
    out << event::with_id(started, "e0").dump() << "\n\n";
    for (int i = 1; i <= messages; ++i) {
      auto n = std::to_string(i);
      out << event::with_id(event::sent("r1", "m" + n, "ben"), "e" + n).dump() << "\n";
    }
    return path;
  }

  run_result replay(const std::string& path, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"replay", path, "--to", process_->wait_for_url(limit).value_or("")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments, (dir_ / "replay").string());
  }
};

TEST_F(Replay, CountsAcceptedAndThenDuplicatesWithRateAndPercentiles) {
  serve();
  auto path = file_of(250);
  auto first = replay(path, {"--batch", "100"});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.out.find("accepted 251, duplicates 0, refused 0"), std::string::npos) << first.out;
  EXPECT_NE(first.out.find("latency of 3 requests: p50 "), std::string::npos) << first.out;
  EXPECT_NE(first.out.find("events/s"), std::string::npos) << first.out;
  EXPECT_EQ(counts("anna")["total"], 250);
  auto again = replay(path, {"--batch", "7", "--concurrency", "4"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_NE(again.out.find("accepted 0, duplicates 251, refused 0"), std::string::npos) << again.out;
  EXPECT_EQ(counts("anna")["total"], 250);
}

TEST_F(Replay, NamesTheLineThatIsWrong) {
  serve();
  auto path = file_of(1);
  std::ofstream{path, std::ios::app} << R"({"type":"message.sent","conversation":"r1"})"
                                     << "\n";
  auto r = replay(path);
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.err.find("line 4: /message"), std::string::npos) << r.err;
}

TEST_F(Replay, CountsWhatTheStateRefuses) {
  serve();
  auto path = (dir_ / "refused.ndjson").string();
  std::ofstream{path} << event::sent("nowhere", "m1", "ben").dump() << "\n";
  auto r = replay(path);
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.out.find("accepted 0, duplicates 0, refused 1"), std::string::npos) << r.out;
  EXPECT_NE(r.err.find("refused: line 1: /0/conversation: "), std::string::npos) << r.err;
  EXPECT_NE(r.err.find("(unknown_conversation)"), std::string::npos) << r.err;
}

TEST_F(Replay, EndsWith1WhenNobodyListensOrTheFileIsNotThere) {
  auto path = file_of(1);
  auto nobody = run_program({"replay", path, "--to", "http://127.0.0.1:1"}, (dir_ / "nobody").string());
  EXPECT_EQ(nobody.code, 1);
  EXPECT_NE(nobody.err.find("127.0.0.1:1"), std::string::npos) << nobody.err;
  auto missing = run_program({"replay", path + "x", "--to", sink_.url("")}, (dir_ / "missing").string());
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.err.find(path + "x"), std::string::npos) << missing.err;
}

TEST(ReplayLanes, KeepOneConversationTogetherAndUseSeveral) {
  std::set<std::size_t> used;
  for (int i = 0; i < 100; ++i) {
    auto c = "c" + std::to_string(i);
    auto lane = program::lane_of(event::sent(c, "m1", "ben").dump(), 4);
    EXPECT_LT(lane, 4U);
    EXPECT_EQ(program::lane_of(event::read(c, "anna").dump(), 4), lane);
    used.insert(lane);
  }
  EXPECT_EQ(used.size(), 4U);
  EXPECT_EQ(program::lane_of("no json", 4), 0U);
}

TEST(ReplayPercentiles, AreTheNearestRank) {
  std::vector<double> ten{10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
  EXPECT_EQ(program::percentile(ten, 0.5), 5);
  EXPECT_EQ(program::percentile(ten, 0.9), 9);
  EXPECT_EQ(program::percentile(ten, 0.99), 10);
  std::vector<double> none;
  EXPECT_EQ(program::percentile(none, 0.5), 0);
}

} // namespace belfry::test
