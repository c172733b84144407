#include "belfry/io/store/database.hpp"
#include "belfry/io/store/schema.hpp"
#include "store_fixture.hpp"

#include <sqlite3.h>

namespace belfry::test {

using namespace io;

class Schema : public ::testing::Test {
protected:
  void SetUp() override { ASSERT_TRUE(db_.open(folder_.file(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "")); }
  std::int64_t version() { return number_of(db_, -1, "PRAGMA user_version"); }

  temp_folder folder_;
  database db_;
};

TEST_F(Schema, TakesAFileOfVersionOneToTheNext) {
  ASSERT_TRUE(migrate(db_, migrations().first(1)));
  EXPECT_EQ(version(), 1);
  ASSERT_TRUE(run(db_, "INSERT INTO person(id, bot, blob) VALUES('p', 0, 'x')"));
  std::vector<migration> steps(migrations().begin(), migrations().end());
  steps.push_back("ALTER TABLE person ADD COLUMN extra INTEGER NOT NULL DEFAULT 5;");
  ASSERT_TRUE(migrate(db_, steps)) << db_.trouble();
  EXPECT_EQ(version(), static_cast<std::int64_t>(steps.size()));
  EXPECT_EQ(number_of(db_, 0, "SELECT extra FROM person WHERE id = 'p'"), 5);
  EXPECT_TRUE(migrate(db_, steps)) << "a second time there is nothing to do";
}

TEST_F(Schema, TakesAFileOfVersionOneToTheClaimsOfTokens) {
  ASSERT_TRUE(migrate(db_, migrations().first(1)));
  ASSERT_TRUE(run(db_, "INSERT INTO person(id, bot, blob) VALUES('p', 0, 'x')"));
  ASSERT_TRUE(run(db_, "PRAGMA application_id=" + std::to_string(store_application_id)));
  db_.close();
  const auto s = open_store(folder_.file());
  ASSERT_NE(s, nullptr);
  EXPECT_EQ(s->load_person("p")->blob, "x");
  EXPECT_TRUE(s->load_person("p")->lost_tokens.empty());
  put(*s, person_row{"q", false, "y", std::vector<token_claim>{{"t", 1}}});
  EXPECT_EQ(s->claimants("t")->size(), 1U);
}

TEST_F(Schema, TakesAFileOfVersionFourWithoutKnowingWhatIsUnread) {
  ASSERT_TRUE(migrate(db_, migrations().first(4)));
  ASSERT_TRUE(run(db_, "INSERT INTO conversation VALUES(1, 'c', 0, 0, 0, 'x')"));
  ASSERT_TRUE(run(db_, "INSERT INTO membership VALUES('p', 1)"));
  ASSERT_TRUE(run(db_, "PRAGMA application_id=" + std::to_string(store_application_id)));
  db_.close();
  const auto s = open_store(folder_.file());
  ASSERT_NE(s, nullptr);
  EXPECT_FALSE(s->load_person("p")->conversations.at(0).unread) << "the conversation is asked";
  put(*s, conversation_row{1, "c", 0, 0, "x", std::vector<unread_messages>{{"p", 2}}});
  EXPECT_EQ(s->load_person("p")->conversations.at(0).unread, 2U);
}

TEST_F(Schema, StaysAtTheOldVersionWhenAStepFails) {
  std::vector<migration> steps(migrations().begin(), migrations().end());
  steps.push_back("CREATE TABLE half(x); INSERT INTO nowhere VALUES(1);");
  EXPECT_FALSE(migrate(db_, steps));
  db_.clear_error();
  EXPECT_EQ(version(), static_cast<std::int64_t>(migrations().size()));
  EXPECT_EQ(number_of(db_, -1, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

TEST_F(Schema, ProbesEveryTable) {
  ASSERT_TRUE(migrate(db_, migrations()));
  std::string probes;
  for (const auto* p : end_probes()) {
    EXPECT_TRUE(run(db_, p)) << p;
    probes += p;
  }
  statement s(db_, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  while (s.step())
    EXPECT_NE(probes.find("FROM " + s.text(0) + " "), std::string::npos) << s.text(0);
}

} // namespace belfry::test
