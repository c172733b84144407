// Power cuts, full disks and failing syncs.
#include "belfry/tests/support/vfs/fault_vfs.hpp"
#include "store_fixture.hpp"

#include <random>

namespace belfry::test {

class Fault : public ::testing::Test {
protected:
  Fault() : seed_(std::random_device()()), trace_(__FILE__, __LINE__, "seed " + std::to_string(seed_)), vfs_(seed_) {}

  std::unique_ptr<io::store> open() {
    io::sqlite_settings settings;
    settings.vfs = vfs_.name();
    return open_store(folder_.file(), settings);
  }

  /// Fails once with `trouble`, changes nothing, still answers reads; then the same unit succeeds.
  void expect_failure(io::store& s, const std::string& trouble) {
    const auto r = commit(s, next_);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, ec::store_unavailable);
    EXPECT_NE(r.error().detail.find(trouble), std::string::npos) << r.error().detail;
    EXPECT_NE(r.error().detail.find("belfry.db"), std::string::npos) << r.error().detail;
    const auto c = s.load_conversation("c");
    ASSERT_TRUE(c) << c.error().detail;
    EXPECT_EQ((**c).blob, "before");
    EXPECT_EQ((**c).entries, std::vector<std::string>{"entry"});
  }

  void prepare(io::store& s) {
    put(s, io::conversation_row{1, "c", 0, 0, "before"});
    put(s, io::journal_entry{1, "entry"});
  }

  void expect_success(io::store& s) {
    const auto r = commit(s, next_);
    ASSERT_TRUE(r) << r.error().detail;
    expect_written(s);
  }

  void expect_written(io::store& s) {
    EXPECT_EQ((**s.load_conversation("c")).blob, "after");
    EXPECT_EQ((**s.load_conversation("c")).entries, std::vector<std::string>{"later"});
  }

  const std::uint64_t seed_;
  ::testing::ScopedTrace trace_;
  temp_folder folder_;
  fault_vfs vfs_;
  const io::unit next_ = unit_of(io::conversation_row{1, "c", 0, 0, "after"}, io::journal_entry{1, "later"});
};

TEST_F(Fault, FullDiskFailsTheCommitAndPasses) {
  const auto s = open();
  prepare(*s);
  vfs_.disk_full(true);
  expect_failure(*s, "disk full");
  expect_failure(*s, "disk full");
  vfs_.disk_full(false);
  expect_success(*s);
}

TEST_F(Fault, FullDiskDoesNotKeepAStoreFromOpening) {
  prepare(*open());
  vfs_.disk_full(true);
  const auto s = open();
  ASSERT_NE(s, nullptr);
  expect_failure(*s, "disk full");
  vfs_.disk_full(false);
  expect_success(*s);
}

TEST_F(Fault, FailedWriteFailsTheCommitAndPasses) {
  const auto s = open();
  prepare(*s);
  vfs_.fail_writes(1);
  expect_failure(*s, "I/O error");
  expect_success(*s);
}

TEST_F(Fault, DiskThatTurnsReadOnlyFailsTheCommitAndPasses) {
  const auto s = open();
  prepare(*s);
  vfs_.read_only(true);
  expect_failure(*s, "read-only");
  vfs_.read_only(false);
  expect_success(*s);
}

TEST_F(Fault, FailedSyncFailsTheCommitAndPasses) {
  const auto s = open();
  prepare(*s);
  vfs_.fail_syncs(1);
  expect_failure(*s, "failed sync");
  expect_success(*s);
}

TEST_F(Fault, NoReaderWaitsForASync) {
  const auto s = open();
  prepare(*s);
  put(*s, io::membership{"p", 1, true});
  int looked = 0;
  vfs_.during_syncs([&] {
    ++looked;
    const auto c = s->load_conversation("c");
    ASSERT_TRUE(c && *c);
    EXPECT_EQ((**c).blob, "before");
    EXPECT_EQ((**c).entries, std::vector<std::string>{"entry"});
    const auto p = s->load_person("p");
    ASSERT_TRUE(p);
    EXPECT_EQ((*p).conversations.size(), 1u);
  });
  const auto written = commit(*s, next_);
  vfs_.during_syncs(nullptr);
  ASSERT_TRUE(written) << written.error().detail;
  EXPECT_GT(looked, 0);
  expect_written(*s);
}

TEST_F(Fault, WhatFollowsAFailedSyncSurvivesAPowerCut) {
  {
    const auto s = open();
    prepare(*s);
    vfs_.fail_syncs(2);
    expect_failure(*s, "failed sync");
    expect_failure(*s, "failed sync");
    expect_success(*s);
    vfs_.cut_power_after(0);
    EXPECT_FALSE(commit(*s, next_));
  }
  vfs_.restore_power();
  const auto s = open();
  ASSERT_NE(s, nullptr);
  expect_written(*s);
}

TEST_F(Fault, FailedSyncOfACheckpointLosesNothing) {
  {
    const auto s = open();
    prepare(*s);
    expect_success(*s);
    vfs_.fail_syncs(1);
    s->idle();
    EXPECT_EQ(vfs_.syncs_to_fail(), 0) << "the checkpoint must have met it";
    put(*s, io::setting{"a", "b"});
    s->idle();
    vfs_.cut_power_after(0);
  }
  vfs_.restore_power();
  const auto s = open();
  ASSERT_NE(s, nullptr);
  expect_written(*s);
  EXPECT_EQ(**s->setting("a"), "b");
}

TEST_F(Fault, PowerCutsLoseNothingThatWasAcknowledged) {
  std::mt19937_64 random(seed_);
  int acknowledged = 0;
  for (int round = 0; round < 30; ++round) {
    {
      const auto s = open();
      ASSERT_NE(s, nullptr);
      vfs_.cut_power_after(1 + static_cast<int>(random() % 600));
      for (int n = acknowledged + 1;; ++n) {
        // Some rows are large, so that logs grow and checkpoints happen in the middle.
        const auto u = unit_of(io::conversation_row{1 + n % 7, "c" + std::to_string(n % 7), 0, 0,
                                                    std::to_string(n) + std::string(random() % 60000, 'x')},
                               io::journal_entry{1 + n % 7, std::to_string(n)}, io::setting{"n", std::to_string(n)});
        if (!commit(*s, u))
          break;
        acknowledged = n;
        if (random() % 10 == 0)
          s->idle();
      }
      EXPECT_TRUE(vfs_.power_is_off());
    }
    vfs_.restore_power();
    const auto s = open();
    ASSERT_NE(s, nullptr) << "round " << round;
    const auto n = *s->setting("n");
    ASSERT_TRUE(n || acknowledged == 0);
    const int found = n ? std::stoi(*n) : 0;
    EXPECT_GE(found, acknowledged) << "round " << round;
    EXPECT_LE(found, acknowledged + 1) << "round " << round;
    for (int i = std::max(1, found - 6); i <= found; ++i) {
      const auto c = s->load_conversation("c" + std::to_string(i % 7));
      ASSERT_TRUE(c && *c) << "round " << round;
      EXPECT_EQ(std::stoi((**c).blob), i) << "round " << round;
      EXPECT_EQ((**c).entries, std::vector<std::string>{std::to_string(i)}) << "round " << round;
    }
    acknowledged = found;
  }
}

TEST_F(Fault, PowerCutWhileTheStoreIsMadeLeavesNothingOrAll) {
  for (int operations = 1; operations < 60; ++operations) {
    temp_folder folder;
    io::sqlite_settings settings;
    settings.vfs = vfs_.name();
    vfs_.cut_power_after(operations);
    io::open_sqlite(folder.file(), settings).value.reset();
    vfs_.restore_power();
    const auto s = open_store(folder.file(), settings);
    ASSERT_NE(s, nullptr) << "after " << operations;
    put(*s, io::setting{"a", "b"});
  }
}

} // namespace belfry::test
