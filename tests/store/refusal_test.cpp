// A damaged, foreign, newer or taken file is refused and left as it was.
#include "store_fixture.hpp"

#include <fcntl.h>
#include <map>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace belfry::test {

namespace fs = std::filesystem;
using why = io::open_error::why;

static void overwrite(const std::string& file, std::size_t at, const std::string& data) {
  std::fstream f(file, std::ios::binary | std::ios::in | std::ios::out);
  f.seekp(static_cast<std::streamoff>(at));
  f << data;
}

static void execute(const std::string& file, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

/// Names and contents of all files of a folder.
static std::map<std::string, std::string> picture(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& x : fs::directory_iterator(folder))
    out[x.path().filename().string()] = x.is_directory() ? "a folder" : bytes_of(x.path());
  return out;
}

class Refusal : public ::testing::Test {
protected:
  void make_store() {
    auto s = open_store(folder_.file());
    for (int i = 0; i < 200; ++i)
      put(*s, io::conversation_row{i + 1, "c" + std::to_string(i), 1, 1, std::string(500, 'x')},
          io::journal_entry{i + 1, std::string(300, 'y')});
  }

  void expect_refused(why what) {
    const auto before = picture(folder_.path());
    const auto r = io::open_sqlite(folder_.file());
    EXPECT_EQ(r.value, nullptr);
    ASSERT_TRUE(r.error);
    EXPECT_EQ(r.error->what, what) << r.error->detail;
    EXPECT_NE(r.error->detail.find("belfry.db"), std::string::npos) << r.error->detail;
    EXPECT_EQ(picture(folder_.path()), before);
  }

  temp_folder folder_;
};

TEST_F(Refusal, OfOneUnitForItsOwnReasonIsNotTheDisks) {
  open_store(folder_.file()).reset();
  execute(folder_.file(), "CREATE TRIGGER no BEFORE INSERT ON setting WHEN NEW.name = 'bad'"
                          " BEGIN SELECT RAISE(ABORT, 'no'); END");
  auto s = open_store(folder_.file());
  const auto good = unit_of(io::setting{"good", "x"});
  const auto bad = unit_of(io::setting{"bad", "x"});
  const auto r = s->commit({&good, &bad}, 1);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ec::bad_input);
  EXPECT_FALSE(*s->setting("good")) << "nothing of it counts as written";
  EXPECT_TRUE(s->commit({&good}, 1));
  EXPECT_EQ(**s->setting("good"), "x");
}

TEST_F(Refusal, OfAStoreThatIsOpenInThisProcess) {
  const auto first = open_store(folder_.file());
  put(*first, io::setting{"a", "b"});
  expect_refused(why::taken);
  put(*first, io::setting{"a", "c"});
  EXPECT_EQ(**first->setting("a"), "c");
}

TEST_F(Refusal, OfAStoreThatIsOpenUnderAnotherName) {
  const auto first = open_store(folder_.file());
  fs::create_symlink(folder_.file(), folder_.file("belfry.db.other"));
  const auto r = io::open_sqlite(folder_.file("belfry.db.other"));
  ASSERT_TRUE(r.error);
  EXPECT_EQ(r.error->what, why::taken);
}

TEST_F(Refusal, OfAStoreThatIsOpenInAnotherProcess) {
  int ready[2];
  int stop[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(stop), 0);
  const auto child = ::fork();
  if (child == 0) {
    auto s = io::open_sqlite(folder_.file());
    char c = s.value != nullptr ? 'y' : 'n';
    [[maybe_unused]] auto n = ::write(ready[1], &c, 1);
    n = ::read(stop[0], &c, 1);
    s.value.reset();
    ::_exit(0);
  }
  char c = 0;
  ASSERT_EQ(::read(ready[0], &c, 1), 1);
  EXPECT_EQ(c, 'y');
  expect_refused(why::taken);
  ASSERT_EQ(::write(stop[1], "x", 1), 1);
  ::waitpid(child, nullptr, 0);
  EXPECT_NE(open_store(folder_.file()), nullptr) << "free again";
}

TEST_F(Refusal, OfAFileThatIsNoDatabase) {
  std::ofstream(folder_.file()) << "Dear diary, " << std::string(5000, '.');
  expect_refused(why::foreign);
}

TEST_F(Refusal, OfAShortFileThatIsNoDatabase) {
  std::ofstream(folder_.file()) << "x";
  expect_refused(why::foreign);
}

TEST_F(Refusal, OfADatabaseOfAnotherApplication) {
  execute(folder_.file(), "CREATE TABLE t(x); INSERT INTO t VALUES(1);");
  expect_refused(why::foreign);
}

TEST_F(Refusal, OfANewerSchema) {
  make_store();
  execute(folder_.file(), "PRAGMA user_version=999");
  expect_refused(why::newer);
}

TEST_F(Refusal, OfANewerSchemaThatIsOnlyInTheLog) {
  make_store();
  // A copy of the files while a connection is open has everything in the log still.
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(folder_.file().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA user_version=999", nullptr, nullptr, nullptr), SQLITE_OK);
  temp_folder other;
  for (const char* suffix : {"", "-wal"})
    fs::copy_file(folder_.file() + suffix, other.file() + suffix);
  sqlite3_close(db);
  const auto before = picture(other.path());
  ASSERT_FALSE(before.at("belfry.db-wal").empty());
  const auto r = io::open_sqlite(other.file());
  ASSERT_TRUE(r.error);
  EXPECT_EQ(r.error->what, why::newer);
  EXPECT_EQ(picture(other.path()), before);
}

TEST_F(Refusal, OfAFileWithDamagedFirstBytes) {
  make_store();
  overwrite(folder_.file(), 0, std::string(16, '\0'));
  expect_refused(why::damaged);
}

TEST_F(Refusal, OfAFileThatWasCutShort) {
  make_store();
  fs::resize_file(folder_.file(), fs::file_size(folder_.file()) / 2);
  expect_refused(why::damaged);
}

TEST_F(Refusal, OfAFileShorterThanAHeader) {
  make_store();
  fs::resize_file(folder_.file(), 90);
  expect_refused(why::damaged);
}

TEST_F(Refusal, OfADamagedSchema) {
  make_store();
  overwrite(folder_.file(), 100, std::string(900, '\x7f'));
  expect_refused(why::damaged);
}

TEST_F(Refusal, OfDamagedTables) {
  make_store();
  const auto size = fs::file_size(folder_.file());
  for (std::size_t at = 4096; at < size; at += 4096)
    overwrite(folder_.file(), at, std::string(64, '\x55'));
  expect_refused(why::damaged);
}

TEST_F(Refusal, OfALogWithoutItsFile) {
  make_store();
  fs::remove(folder_.file());
  std::ofstream(folder_.file() + "-wal") << std::string(5000, 'w');
  expect_refused(why::damaged);
}

TEST_F(Refusal, OfAFolderInItsPlace) {
  fs::create_directory(folder_.file());
  expect_refused(why::unreadable);
}

TEST_F(Refusal, OfAFolderThatDoesNotExist) {
  const auto r = io::open_sqlite(folder_.file("no/such/belfry.db"));
  ASSERT_TRUE(r.error);
  EXPECT_EQ(r.error->what, why::unreadable);
}

/// Opens as somebody whom permissions bind, in a child; the value of `why`, or 100 when it opened.
static int open_unprivileged(const std::string& file) {
  const auto child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
      ::_exit(101);
    const auto r = io::open_sqlite(file);
    ::_exit(r.error ? static_cast<int>(r.error->what) : 100);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 102;
}

TEST_F(Refusal, OfAReadOnlyFileAndOfAReadOnlyFolder) {
  make_store();
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(folder_.file().c_str(), 65534, 65534), 0);
    ASSERT_EQ(::chown(folder_.path().c_str(), 65534, 65534), 0);
  }
  const auto before = picture(folder_.path());
  fs::permissions(folder_.file(), fs::perms::owner_read);
  EXPECT_EQ(open_unprivileged(folder_.file()), static_cast<int>(why::unreadable));
  fs::permissions(folder_.file(), fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(folder_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(open_unprivileged(folder_.file()), static_cast<int>(why::unreadable));
  fs::permissions(folder_.path(), fs::perms::owner_all);
  EXPECT_EQ(picture(folder_.path()), before);
  EXPECT_EQ(open_unprivileged(folder_.file()), 100) << "the test must be able to succeed";
}

static unsigned mode_of(const std::string& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
}

TEST_F(Refusal, OfEverybodyButTheOwner) {
  for (const mode_t mask : {0000, 0022, 0377}) {
    temp_folder folder;
    const auto former = ::umask(mask);
    {
      const auto s = open_store(folder.file());
      ASSERT_NE(s, nullptr);
      put(*s, io::setting{"a", "b"});
      for (const char* suffix : {"", "-wal", "-shm", ".lock"})
        EXPECT_EQ(mode_of(folder.file() + suffix), 0600u) << suffix << " with umask " << mask;
    }
    ::umask(former);
  }
  make_store();
  ASSERT_EQ(::chmod(folder_.file().c_str(), 0644), 0);
  const auto s = open_store(folder_.file());
  EXPECT_EQ(mode_of(folder_.file()), 0600u);
  EXPECT_EQ(mode_of(folder_.file() + "-wal"), 0600u);
}

TEST(SqliteStore, TakesAnEmptyFileAsNew) {
  temp_folder folder;
  std::ofstream(folder.file()).flush();
  const auto s = open_store(folder.file());
  ASSERT_NE(s, nullptr);
  put(*s, io::setting{"a", "b"});
}

TEST(SqliteStore, LeavesOneFileBehindWhenItCloses) {
  temp_folder folder;
  put(*open_store(folder.file()), io::setting{"a", "b"});
  const auto files = picture(folder.path());
  EXPECT_EQ(files.size(), 1u);
  EXPECT_EQ(files.count("belfry.db"), 1u);
}

} // namespace belfry::test
