// What was acknowledged survives the end of the process, in whatever way it comes.
#include "store_fixture.hpp"

#include <csignal>
#include <random>
#include <sys/wait.h>

namespace belfry::test {

namespace fs = std::filesystem;

TEST(Reopened, HasRowsAndLivingEntries) {
  temp_folder folder;
  {
    const auto s = open_store(folder.file());
    put(*s, io::conversation_row{1, "a", 5, 0, "row"}, io::conversation_row{2, "b", 6, 0, "row"});
    put(*s, io::journal_entry{1, "one"}, io::journal_entry{2, "dead"});
    put(*s, io::conversation_row{2, "b", 6, 0, "newer"}, io::journal_entry{1, "two"});
  }
  for (int round = 0; round < 3; ++round) {
    const auto s = open_store(folder.file());
    const auto a = **s->load_conversation("a");
    ASSERT_GE(a.entries.size(), 2u);
    EXPECT_EQ(a.entries[0], "one");
    EXPECT_EQ(a.entries[1], "two");
    EXPECT_EQ(a.entries.size(), 2u + static_cast<std::size_t>(round));
    EXPECT_TRUE((**s->load_conversation("b")).entries.empty());
    EXPECT_EQ(s->due_conversations()->size(), 1u);
    put(*s, io::journal_entry{1, "more"});
  }
}

TEST(Reopened, GivesOutNoNumberTwice) {
  temp_folder folder;
  std::int64_t key = 0;
  std::uint64_t seq = 0;
  for (int round = 0; round < 4; ++round) {
    const auto s = open_store(folder.file());
    const auto k = s->new_conversation_key();
    const auto n = s->new_notification_seq();
    EXPECT_GT(k, key);
    EXPECT_GT(n, seq);
    key = k;
    seq = n;
    if (round == 1) {
      put(*s, io::conversation_row{k, "c", 0, 1, "x"}, notification(n, "p", trace_state::done));
      // The largest numbers vanish; they must not come back.
      put(*s, io::person_removed{"p"});
      ASSERT_TRUE(s->sweep({0, 100, 0}));
    }
  }
}

TEST(Reopened, DoesNotTakeNewEntriesForOldOnes) {
  temp_folder folder;
  {
    const auto s = open_store(folder.file());
    put(*s, io::conversation_row{1, "a", 0, 0, "row"});
    put(*s, io::journal_entry{1, "old"});
    put(*s, io::conversation_row{1, "a", 0, 0, "newer"});
    s->idle();
  }
  const auto s = open_store(folder.file());
  put(*s, io::journal_entry{1, "new"});
  EXPECT_EQ((**s->load_conversation("a")).entries, std::vector<std::string>{"new"});
}

/// Commits round after round; round n leaves row n of "c" and setting n, always together.
static void commit_round(io::store& s, int n) {
  const auto r = commit(s, unit_of(io::conversation_row{1, "c", 0, 0, std::to_string(n)},
                                   io::journal_entry{1, std::to_string(n)}, io::setting{"n", std::to_string(n)},
                                   notification(static_cast<std::uint64_t>(n), "p", trace_state::queued)));
  if (!r)
    throw std::runtime_error(r.error().detail);
}

/// The last round that is on disk; everything of it must be there.
static int last_round(io::store& s) {
  const auto n = *s.setting("n");
  if (!n)
    return 0;
  const auto c = *s.load_conversation("c");
  EXPECT_TRUE(c);
  EXPECT_EQ(c->blob, *n);
  EXPECT_EQ(c->entries, std::vector<std::string>{*n});
  const auto seq = static_cast<std::uint64_t>(std::stoi(*n));
  EXPECT_TRUE(*s.find_notification(id_of(seq)));
  EXPECT_FALSE(*s.find_notification(id_of(seq + 1)));
  return std::stoi(*n);
}

TEST(Copied, FilesAreWholeAtAnyPointBetweenCommits) {
  temp_folder folder;
  const auto s = open_store(folder.file());
  for (int n = 1; n <= 300; ++n) {
    commit_round(*s, n);
    if (n % 50 == 25)
      s->idle();
    if (n % 20 != 0)
      continue;
    temp_folder other;
    for (const char* suffix : {"", "-wal"})
      fs::copy_file(folder.file() + suffix, other.file() + suffix);
    const auto copy = open_store(other.file());
    ASSERT_NE(copy, nullptr);
    EXPECT_EQ(last_round(*copy), n);
  }
}

TEST(Copied, FilesWithALogCutAnywhereAreAnEarlierState) {
  temp_folder folder;
  const auto s = open_store(folder.file());
  for (int n = 1; n <= 60; ++n)
    commit_round(*s, n);
  const auto size = fs::file_size(folder.file() + "-wal");
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 25; ++i) {
    temp_folder other;
    for (const char* suffix : {"", "-wal"})
      fs::copy_file(folder.file() + suffix, other.file() + suffix);
    fs::resize_file(other.file() + "-wal", random() % size);
    const auto copy = open_store(other.file());
    ASSERT_NE(copy, nullptr);
    EXPECT_LE(last_round(*copy), 60);
  }
}

TEST(Killed, ProcessLosesNothingThatItAcknowledged) {
  temp_folder folder;
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int base = 0;
  for (int round = 0; round < 10; ++round) {
    int told[2];
    ASSERT_EQ(::pipe(told), 0);
    const auto child = ::fork();
    if (child == 0) {
      const auto s = io::open_sqlite(folder.file()).value;
      for (int n = base + 1; s != nullptr; ++n) {
        commit_round(*s, n);
        if (::write(told[1], &n, sizeof(n)) != sizeof(n))
          break;
      }
      ::_exit(1);
    }
    ::close(told[1]);
    int acknowledged = base;
    const int enough = base + 1 + static_cast<int>(random() % 200);
    int n = 0;
    while (acknowledged < enough && ::read(told[0], &n, sizeof(n)) == sizeof(n))
      acknowledged = n;
    ::kill(child, SIGKILL);
    while (::read(told[0], &n, sizeof(n)) == sizeof(n))
      acknowledged = n;
    ::waitpid(child, nullptr, 0);
    ::close(told[0]);
    ASSERT_GE(acknowledged, enough) << "the child did not work";
    const auto s = open_store(folder.file());
    ASSERT_NE(s, nullptr);
    const int found = last_round(*s);
    EXPECT_GE(found, acknowledged);
    EXPECT_LE(found, acknowledged + 1);
    base = found;
  }
}

} // namespace belfry::test
