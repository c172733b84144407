// Ringing survives the end of the process (SPEC 12).
#include "belfry/tests/support/providers/webhook_sink.hpp"
#include "child_process.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

namespace belfry::test {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr auto limit = 20s;

class Ringing : public ::testing::Test {
protected:
  Ringing() {
    auto name = (std::filesystem::temp_directory_path() / "belfry-ringing-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Ringing() override {
    child_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start(int ring_millis) {
    child_settings s;
    s.store = (folder_ / "belfry.db").string();
    s.endpoint = sink_.url();
    s.generation = ++lives_;
    s.ring_millis = ring_millis;
    child_ = std::make_unique<child_process>(s);
    ASSERT_EQ(line(), "ready");
  }

  void kill() {
    child_->kill();
    child_->wait();
  }

  std::string line() {
    for (auto until = std::chrono::steady_clock::now() + limit;
         lines_.empty() && std::chrono::steady_clock::now() < until && !child_->silent();)
      lines_ = child_->hear(100ms);
    if (lines_.empty())
      return "nothing";
    auto first = lines_.front();
    lines_.erase(lines_.begin());
    return first;
  }

  std::string ask(const std::string& order) {
    child_->say("1 " + order);
    return line();
  }

  void happens(const json& events) {
    ASSERT_EQ(ask("events " + events.dump()), "1 ok " + std::to_string(events.size()) + " 0");
  }

  void ring() {
    happens({{{"type", "conversation.started"},
              {"conversation", "c"},
              {"participants",
               {{{"person", "anna"}, {"role", "ASSIGNED_AGENT"}}, {{"person", "ben"}, {"role", "CONTEXT_PERSON"}}}}},
             {{"type", "call.started"},
              {"conversation", "c"},
              {"call", {{"id", "k"}, {"type", "VIDEO"}, {"caller", "anna"}}}}});
  }

  json conversation() {
    auto answer = ask("conversation c");
    return json::parse(answer.substr(answer.find('{')));
  }

  /// Event ids of a kind, in the order they came first.
  std::set<std::string> ids_of(const std::string& kind) {
    std::set<std::string> ids;
    for (const auto& r : sink_.requests()) {
      if (r.header("X-Unblu-Event") == "push_notification." + kind)
        ids.insert(*r.header("X-Unblu-Event-ID"));
    }
    return ids;
  }

  bool came(const std::string& kind) {
    return sink_.wait_until(
        [&](const auto& log) {
          return std::any_of(log.begin(), log.end(),
                             [&](const auto& r) { return r.header("X-Unblu-Event") == "push_notification." + kind; });
        },
        limit);
  }

  std::filesystem::path folder_;
  webhook_sink sink_;
  std::unique_ptr<child_process> child_;
  std::vector<std::string> lines_;
  int lives_ = 0;
};

} // namespace

TEST_F(Ringing, PastItsDeadlineEndsAsTimedOutExactlyOnce) {
  start(400);
  ring();
  ASSERT_TRUE(came("incoming_call"));
  kill();
  // The ring deadline passes while nobody is there to see it.
  std::this_thread::sleep_for(500ms);
  start(400);
  ASSERT_TRUE(came("missed_call"));
  kill();
  start(400);
  EXPECT_EQ(conversation().at("callState"), "IDLE");
  EXPECT_EQ(ids_of("incoming_call").size(), 1U);
  EXPECT_EQ(ids_of("revoke_call").size(), 1U);
  EXPECT_EQ(ids_of("missed_call").size(), 1U);
  auto trace = ask("trace missed_call 0");
  EXPECT_EQ(json::parse(trace.substr(trace.find('{'))).at("items").size(), 1U);
  auto log = sink_.requests();
  auto missed = std::find_if(log.begin(), log.end(), [](const auto& r) {
    return r.header("X-Unblu-Event") == "push_notification.missed_call";
  });
  EXPECT_EQ(json::parse(missed->body).at("callEndReason"), "MISSED_BECAUSE_TIMEOUT");
}

TEST_F(Ringing, GoesOnToTheSameDeadlineAndCanBeAnswered) {
  start(60'000);
  ring();
  auto before = conversation();
  EXPECT_EQ(before.at("callState"), "CALLING");
  kill();
  start(60'000);
  EXPECT_EQ(conversation(), before);
  happens({{{"type", "call.accepted"}, {"conversation", "c"}, {"call", "k"}, {"person", "ben"}}});
  ASSERT_TRUE(came("revoke_call"));
  EXPECT_EQ(conversation().at("callState"), "ACTIVE");
  kill();
  start(60'000);
  EXPECT_EQ(conversation().at("callState"), "ACTIVE");
  EXPECT_EQ(ids_of("incoming_call").size(), 1U);
  EXPECT_EQ(ids_of("revoke_call").size(), 1U);
  EXPECT_TRUE(ids_of("missed_call").empty());
}

} // namespace belfry::test
