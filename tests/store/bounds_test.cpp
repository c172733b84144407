#include "belfry/io/store/database.hpp"
#include "belfry/io/store/schema.hpp"
#include "store_fixture.hpp"

#include <sqlite3.h>

/// What stays bounded however much a store holds.
namespace belfry::test {

using namespace io;

class Bounds : public ::testing::Test {
protected:
  void SetUp() override { store_ = open_store(folder_.file()); }

  /// So many finished notifications of anna, in one transaction.
  void fill(std::uint64_t from, std::uint64_t to) {
    io::unit u;
    for (auto seq = from; seq < to; ++seq)
      u.changes.emplace_back(notification(seq, "anna", trace_state::done));
    ASSERT_TRUE(commit(*store_, u));
  }
  std::vector<std::uint64_t> known(std::size_t newest) {
    std::vector<std::uint64_t> out;
    EXPECT_TRUE(store_->each_known_id(newest, [&](const known_id& k, millis) { out.push_back(k.fingerprint); }));
    return out;
  }

  temp_folder folder_;
  std::unique_ptr<io::store> store_;
};

TEST_F(Bounds, APageOfTheTraceLooksAtSoManyRowsAndSaysWhereToGoOn) {
  auto rare = notification(1, "anna", trace_state::done);
  rare.kind = kind::missed_call;
  put(*store_, rare);
  fill(2, trace_visits_max + 100);
  trace_query q;
  q.person = "anna";
  q.kind = kind::missed_call;
  auto first = store_->query(q);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->rows.empty());
  ASSERT_EQ(first->next, 100U);
  q.before = first->next;
  auto second = store_->query(q);
  ASSERT_EQ(second->rows.size(), 1U);
  EXPECT_EQ(second->rows[0].seq, 1U);
  EXPECT_EQ(second->next, 0U);
}

TEST_F(Bounds, AFullPageSaysWhereToGoOn) {
  fill(1, 11);
  trace_query q;
  q.limit = 4;
  auto page = store_->query(q);
  EXPECT_EQ(page->rows.size(), 4U);
  EXPECT_EQ(page->next, 7U);
}

TEST_F(Bounds, EveryFilterOfTheTraceHasAnIndex) {
  store_.reset();
  database db;
  ASSERT_TRUE(db.open(folder_.file(), SQLITE_OPEN_READWRITE, ""));
  for (const auto* filter :
       {"person = 'a'", "conversation = 'c'", "kind < 2 AND subject = 'm'", "kind = 3", "state < 2", "state = 3"}) {
    statement s(db, std::string("EXPLAIN QUERY PLAN SELECT seq FROM notification WHERE seq < 9 AND ") + filter
                        + " ORDER BY seq DESC LIMIT 50");
    std::string plan;
    while (s.step())
      plan += s.text(3) + "\n";
    EXPECT_NE(plan.find("INDEX notification_"), std::string::npos) << filter << ": " << plan;
    EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << filter << ": " << plan;
  }
}

TEST_F(Bounds, OnlyTheNewestIdsAreRead) {
  for (std::uint64_t i = 1; i <= 10; ++i)
    put(*store_, known_id{i, 0}, known_id{100 + i, 1});
  EXPECT_EQ(known(SIZE_MAX).size(), 20U);
  EXPECT_EQ(known(4), (std::vector<std::uint64_t>{9, 109, 10, 110}));
}

TEST_F(Bounds, IdsBeyondTheLimitAreErasedHoweverYoung) {
  for (std::uint64_t i = 1; i <= 10; ++i)
    put(*store_, known_id{i, 0});
  horizon h;
  h.ids_max = 3;
  while (*store_->sweep(h)) {
    // Slice by slice.
  }
  EXPECT_EQ(known(SIZE_MAX), (std::vector<std::uint64_t>{8, 9, 10}));
}

} // namespace belfry::test
