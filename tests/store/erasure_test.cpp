// What is erased is nowhere in the files any more, and nothing grows for ever.
#include "belfry/io/store/database.hpp"
#include "store_fixture.hpp"

#include <sqlite3.h>

namespace belfry::test {

namespace fs = std::filesystem;

static bool found(const temp_folder& folder, const std::string& text) {
  for (const auto& x : fs::directory_iterator(folder.path()))
    if (bytes_of(x.path()).find(text) != std::string::npos)
      return true;
  return false;
}

static std::int64_t journal_rows(const temp_folder& folder) {
  io::database db;
  db.open(folder.file(), SQLITE_OPEN_READWRITE, "");
  return io::number_of(db, -1, "SELECT count(*) FROM journal");
}

TEST(Erasure, LeavesNoTraceOfAPerson) {
  temp_folder folder;
  const auto s = open_store(folder.file());
  const std::string secret = "7f3a-unique-text-of-a-message";
  auto n = notification(1, "p", trace_state::queued);
  n.blob = secret + std::string(20000, '.') + secret;
  put(*s, io::person_row{"p", false, secret}, n, io::shown_row{"p", "c", group::messages, secret},
      io::presence_row{"p", "x", secret});
  s->idle();
  EXPECT_TRUE(found(folder, secret));
  put(*s, io::person_removed{"p"});
  EXPECT_TRUE(found(folder, secret)) << "the test would see it";
  s->idle();
  EXPECT_FALSE(found(folder, secret));
}

TEST(Erasure, LeavesNoTraceOfReplacedRowsAndEntries) {
  temp_folder folder;
  const auto s = open_store(folder.file());
  const std::string secret = "7f3a-unique-text-of-a-message";
  put(*s, io::conversation_row{1, "a", 0, 0, secret}, io::conversation_row{2, "b", 0, 0, "other"});
  put(*s, io::journal_entry{1, secret}, io::journal_entry{2, "living"});
  put(*s, io::conversation_row{1, "a", 0, 0, "harmless"});
  s->idle();
  EXPECT_FALSE(found(folder, secret));
  EXPECT_TRUE(found(folder, "living"));
  EXPECT_EQ((**s->load_conversation("b")).entries, std::vector<std::string>{"living"});
}

TEST(Erasure, LeavesNoTraceOfASweptConversation) {
  temp_folder folder;
  const auto s = open_store(folder.file());
  const std::string secret = "7f3a-unique-text-of-a-message";
  put(*s, io::conversation_row{1, "a", 0, 5, secret});
  put(*s, io::journal_entry{1, secret});
  ASSERT_TRUE(s->sweep({0, 10, 0}));
  s->idle();
  EXPECT_FALSE(found(folder, secret));
}

TEST(Journal, LosesSlicesThatAreDeadAlsoWhilePartlyFilled) {
  temp_folder folder;
  const auto s = open_store(folder.file());
  put(*s, io::conversation_row{1, "a", 0, 0, "x"});
  io::unit many;
  for (int i = 0; i < 10000; ++i)
    many.changes.push_back(io::journal_entry{1, std::to_string(i)});
  ASSERT_TRUE(commit(*s, many));
  EXPECT_EQ((**s->load_conversation("a")).entries.size(), 10000u);
  EXPECT_EQ(journal_rows(folder), 10000);
  put(*s, io::conversation_row{1, "a", 0, 0, "y"});
  put(*s, io::setting{"any", "commit"});
  EXPECT_EQ(journal_rows(folder), 0);
}

TEST(Journal, KeepsSlicesInWhichSomethingLives) {
  temp_folder folder;
  const auto s = open_store(folder.file());
  put(*s, io::conversation_row{1, "a", 0, 0, "x"}, io::conversation_row{2, "b", 0, 0, "x"});
  put(*s, io::journal_entry{1, "a"}, io::journal_entry{2, "b"});
  put(*s, io::conversation_row{1, "a", 0, 0, "y"});
  put(*s, io::setting{"any", "commit"});
  EXPECT_EQ(journal_rows(folder), 2);
  s->idle();
  EXPECT_EQ(journal_rows(folder), 1);
}

TEST(Log, StaysBoundedUnderLoad) {
  temp_folder folder;
  const auto s = open_store(folder.file());
  std::uintmax_t largest = 0;
  for (int round = 0; round < 300; ++round) {
    io::unit u;
    for (int i = 0; i < 200; ++i)
      u.changes.push_back(io::conversation_row{i + 1, "c" + std::to_string(i), 0, 0,
                                               std::string(4000, static_cast<char>('a' + round % 26))});
    ASSERT_TRUE(commit(*s, u));
    largest = std::max(largest, fs::file_size(folder.file() + "-wal"));
  }
  EXPECT_LT(largest, 64u << 20);
  s->idle();
  EXPECT_EQ(fs::file_size(folder.file() + "-wal"), 0u);
}

} // namespace belfry::test
