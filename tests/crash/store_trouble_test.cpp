// An engine whose store cannot be written for a while: it refuses, goes on answering, and recovers by itself.
#include "belfry/engine.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/io/store/store.hpp"
#include "belfry/tests/support/vfs/fault_vfs.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

namespace belfry::test {

using namespace std::chrono_literals;

namespace {

constexpr auto limit = 20s;

class StoreTrouble : public ::testing::Test {
protected:
  StoreTrouble() : vfs_(1) {
    auto name = (std::filesystem::temp_directory_path() / "belfry-trouble-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    start();
    conversation_started s;
    s.participants = {{"anna", role::assigned_agent, false, false}, {"ben", role::context_person, false, false}};
    EXPECT_TRUE(publish(s));
  }
  ~StoreTrouble() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    options o;
    o.store.path = (folder_ / "belfry.db").string();
    engine_parts parts;
    auto opened = io::open_sqlite(o.store.path, {vfs_.name(), 2, 65536});
    ASSERT_TRUE(opened.value) << opened.error->detail;
    parts.store = std::move(opened.value);
    auto e = engine::start(o, std::move(parts));
    ASSERT_TRUE(e) << e.error().detail;
    engine_ = std::move(*e);
  }

  /// As a power cut: what was not synced is gone.
  void cut_power() {
    vfs_.cut_power_after(0);
    engine_.reset();
    vfs_.restore_power();
    start();
  }

  result<admission> publish(event_body body, std::string id = {}) {
    event e;
    e.id = std::move(id);
    e.conversation = "c";
    e.body = std::move(body);
    auto answer = engine_->publish(std::move(e));
    if (answer.wait_for(limit) != std::future_status::ready)
      return error{ec::stopping, "no answer", {}};
    return answer.get();
  }

  result<admission> say(int n) {
    message_sent m;
    m.message = "m" + std::to_string(n);
    m.sender = "anna";
    m.text = "hello";
    return publish(m, "e" + std::to_string(n));
  }

  std::uint64_t unread() {
    auto p = std::make_shared<std::promise<std::uint64_t>>();
    engine_->notification_count("ben", [p](auto r) { p->set_value(r ? r->total : 1'000'000); });
    return p->get_future().get();
  }

  /// Repeats a message that got no acknowledgement until it gets one; how many requests were refused.
  int insist(int n) {
    for (int refused = 0; refused < 1000; ++refused) {
      auto a = say(n);
      if (a) {
        EXPECT_EQ(a->accepted + a->duplicates, 1U);
        return refused;
      }
      EXPECT_EQ(a.error().code, ec::store_unavailable) << a.error().detail;
      std::this_thread::sleep_for(10ms);
    }
    ADD_FAILURE() << "the engine does not recover";
    return -1;
  }

  void refuses_and_recovers(const std::function<void(bool)>& trouble) {
    EXPECT_TRUE(say(1));
    trouble(true);
    auto first = say(2);
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().code, ec::store_unavailable);
    EXPECT_FALSE(engine_->ready());
    EXPECT_EQ(say(3).error().code, ec::store_unavailable);
    EXPECT_LE(unread(), 2U);
    trouble(false);
    insist(2);
    insist(3);
    EXPECT_TRUE(engine_->ready());
    EXPECT_EQ(unread(), 3U);
    cut_power();
    EXPECT_EQ(unread(), 3U);
    EXPECT_EQ(say(2)->duplicates, 1U);
    EXPECT_EQ(say(3)->duplicates, 1U);
  }

  std::filesystem::path folder_;
  fault_vfs vfs_;
  std::unique_ptr<engine> engine_;
};

} // namespace

TEST_F(StoreTrouble, FullDiskRefusesEventsAndLosesNothing) {
  refuses_and_recovers([&](bool on) { vfs_.disk_full(on); });
}

TEST_F(StoreTrouble, DiskThatTurnedReadOnlyRefusesEventsAndLosesNothing) {
  refuses_and_recovers([&](bool on) { vfs_.read_only(on); });
}

TEST_F(StoreTrouble, FailedSyncsAcknowledgeNothingThatTheyCovered) {
  EXPECT_TRUE(say(1));
  for (int n = 2; n <= 6; ++n) {
    vfs_.fail_syncs(1);
    EXPECT_GT(insist(n), 0);
  }
  EXPECT_EQ(unread(), 6U);
  cut_power();
  EXPECT_EQ(unread(), 6U);
}

TEST_F(StoreTrouble, StopsInTimeWhileTheStoreCannotBeWritten) {
  vfs_.disk_full(true);
  EXPECT_FALSE(say(1));
  auto began = std::chrono::steady_clock::now();
  engine_->stop(1s);
  EXPECT_LT(std::chrono::steady_clock::now() - began, limit);
  vfs_.disk_full(false);
  engine_.reset();
  start();
  insist(1);
  EXPECT_EQ(unread(), 1U);
}

} // namespace belfry::test
