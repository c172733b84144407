#include "belfry/actors/node.hpp"
#include "belfry/io/store/memory.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <caf/send.hpp>
#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

namespace {

commit of(const std::string& name, const std::string& value) {
  commit c;
  c.unit.changes.emplace_back(io::setting{name, value});
  return c;
}

/// The same, and `then` happens when it is on disk.
commit of(world& w, const std::string& name, const std::string& value, std::function<void()> then) {
  auto c = of(name, value);
  c.after.push_back({caf::actor_cast<caf::actor>(w.get().reader),
                     caf::make_message(ask_store{[then = std::move(then)](io::store&) { then(); }})});
  return c;
}

std::string setting(world& w, const std::string& name) {
  auto r = w.store().setting(name);
  return r && *r ? **r : std::string{};
}

} // namespace

TEST(StoreActor, WritesWhatWaitsInOneTransaction) {
  world w{{}, true};
  auto before = w.store().commits();
  for (int i = 0; i < 10; ++i)
    caf::anon_send(w.get().writer, of("a", std::to_string(i)));
  w.settle();
  EXPECT_EQ(w.store().commits(), before + 1);
  EXPECT_EQ(setting(w, "a"), "9");
}

TEST(StoreActor, ReleasesNothingBeforeItIsOnDisk) {
  world w{{}, true};
  auto told = 0;
  w.store().fail_next_commits(3);
  caf::anon_send(w.get().writer, of(w, "a", "1", [&] { ++told; }));
  w.pass(500ms);
  EXPECT_EQ(told, 0);
  EXPECT_FALSE(w.get().writable);
  w.pass(1s);
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(w.get().writable);
  EXPECT_EQ(setting(w, "a"), "1");
}

TEST(StoreActor, LeavesOutAUnitThatTheStoreRefusesAndWritesTheOthers) {
  world w{{}, true};
  w.store().refuse_setting("bad");
  std::vector<int> told;
  std::vector<bool> answers;
  auto refused = of(w, "bad", "1", [&] { told.push_back(-1); });
  refused.answers.push_back([&](bool written) { answers.push_back(written); });
  for (int i = 0; i < 9; ++i) {
    if (i == 3 || i == 7)
      caf::anon_send(w.get().writer, i == 3 ? refused : of("bad", "2"));
    caf::anon_send(w.get().writer, of(w, "a" + std::to_string(i), "x", [&told, i] { told.push_back(i); }));
  }
  w.settle();
  EXPECT_EQ(told, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(answers, std::vector<bool>{false});
  EXPECT_TRUE(w.get().writable);
  EXPECT_EQ(setting(w, "a8"), "x");
  EXPECT_EQ(setting(w, "bad"), "");
  EXPECT_NE(w.get().metrics.text().find(R"(belfry_alarms_total{channel="STORE",reason="unit_refused"} 2)"),
            std::string::npos);
}

TEST(StoreActor, KeepsTheRestWhenTheDiskFailsWhileItLooksForARefusedUnit) {
  world w{{}, true};
  w.store().refuse_setting("bad");
  std::vector<int> told;
  caf::anon_send(w.get().writer, of(w, "a", "1", [&] { told.push_back(1); }));
  caf::anon_send(w.get().writer, of("bad", "1"));
  caf::anon_send(w.get().writer, of(w, "a", "2", [&] { told.push_back(2); }));
  w.store().fail_next_commits(1);
  w.settle();
  EXPECT_TRUE(told.empty());
  w.pass(1s);
  EXPECT_EQ(told, (std::vector<int>{1, 2}));
  EXPECT_EQ(setting(w, "a"), "2");
  EXPECT_TRUE(w.get().writable);
}

TEST(StoreActor, KeepsTheOrderOverAFailure) {
  world w{{}, true};
  std::vector<int> told;
  w.store().fail_next_commits(1);
  caf::anon_send(w.get().writer, of(w, "a", "1", [&] { told.push_back(1); }));
  w.settle();
  caf::anon_send(w.get().writer, of(w, "a", "2", [&] { told.push_back(2); }));
  w.pass(1s);
  EXPECT_EQ(told, (std::vector{1, 2}));
  EXPECT_EQ(setting(w, "a"), "2");
}

namespace {

/// A row as a person hands it over while its notification is open, or when it is over. `who`: any actor, for the
/// person.
commit deferred(const caf::actor& who, std::uint64_t seq, const std::string& blob,
                trace_state state = trace_state::queued) {
  io::notification_row row;
  row.seq = seq;
  row.id.bytes.fill(static_cast<unsigned char>(seq));
  row.person = "anna";
  row.state = state;
  row.blob = blob;
  commit c;
  c.unit.changes.emplace_back(std::move(row));
  c.deferred = true;
  c.after.push_back({who, caf::make_message(retry_now{})});
  return c;
}

/// Two who hear of what they wrote.
caf::actor one_of(world& w) {
  return caf::actor_cast<caf::actor>(w.get().channel(channel_kind::email));
}
caf::actor another_of(world& w) {
  return caf::actor_cast<caf::actor>(w.get().channel(channel_kind::mobile));
}

std::string blob_of(world& w, std::uint64_t seq) {
  notification_id id;
  id.bytes.fill(static_cast<unsigned char>(seq));
  auto row = w.store().find_notification(id);
  return row && *row ? (*row)->blob : std::string{};
}

} // namespace

TEST(StoreActor, WritesAtLeisureOnlyTheNewestRowOfANotification) {
  world w{{}, true};
  const auto before = w.store().commits();
  auto told = 0;
  for (const auto* blob : {"one", "two", "three"}) {
    auto c = deferred(one_of(w), 7, blob);
    c.answers.emplace_back([&](bool written) { told += written ? 1 : 0; });
    caf::anon_send(w.get().writer, std::move(c));
  }
  caf::anon_send(w.get().writer, deferred(another_of(w), 8, "other"));
  w.settle();
  w.pass(200ms);
  EXPECT_EQ(w.store().commits(), before);
  w.pass(100ms);
  EXPECT_EQ(w.store().commits(), before + 1);
  EXPECT_EQ(blob_of(w, 7), "three");
  EXPECT_EQ(blob_of(w, 8), "other");
  EXPECT_EQ(told, 3) << "whoever waits is told, also of what a newer row replaced";
}

TEST(StoreActor, ShowsWhatIsOverAtOnceButNotMoreThanTenTimesASecond) {
  world w{{}, true};
  w.pass(1s);
  caf::anon_send(w.get().writer, deferred(one_of(w), 7, "first", trace_state::done));
  w.settle();
  EXPECT_EQ(blob_of(w, 7), "first");
  caf::anon_send(w.get().writer, deferred(another_of(w), 8, "second", trace_state::done));
  w.settle();
  EXPECT_EQ(blob_of(w, 8), "");
  w.pass(100ms);
  EXPECT_EQ(blob_of(w, 8), "second");
}

TEST(StoreActor, LetsWhatIsNotOverWaitForItsEnd) {
  world w{{}, true};
  w.pass(1s);
  const auto before = w.store().commits();
  caf::anon_send(w.get().writer, deferred(one_of(w), 7, "open"));
  caf::anon_send(w.get().writer, deferred(another_of(w), 8, "other", trace_state::done));
  w.settle();
  EXPECT_EQ(blob_of(w, 8), "other");
  EXPECT_EQ(blob_of(w, 7), "") << "what is over does not take it along";
  w.pass(50ms);
  caf::anon_send(w.get().writer, deferred(one_of(w), 7, "over", trace_state::done));
  w.pass(50ms);
  EXPECT_EQ(blob_of(w, 7), "over");
  EXPECT_EQ(w.store().commits(), before + 2);
  caf::anon_send(w.get().writer, deferred(one_of(w), 9, "open"));
  w.pass(300ms);
  EXPECT_EQ(blob_of(w, 9), "open") << "an end that does not come soon is not waited for";
}

TEST(StoreActor, NeverPartsWhatOneEntityDecidedStepByStep) {
  world w{{}, true};
  w.pass(1s);
  // The row of a notification and what its person knows besides go to the disk together, though the row came anew.
  auto first = deferred(one_of(w), 7, "told");
  first.unit.changes.emplace_back(io::setting{"shown", "taken"});
  caf::anon_send(w.get().writer, std::move(first));
  w.pass(250ms);
  auto second = deferred(one_of(w), 7, "tried");
  second.unit.changes.emplace_back(io::setting{"shown", "left"});
  caf::anon_send(w.get().writer, std::move(second));
  w.pass(40ms);
  EXPECT_EQ(setting(w, "shown"), "");
  w.pass(20ms);
  EXPECT_EQ(setting(w, "shown"), "left");
  EXPECT_EQ(blob_of(w, 7), "tried");
}

TEST(StoreActor, WritesWhatIsBehindLeisureAfterIt) {
  world w{{}, true};
  caf::anon_send(w.get().writer, deferred(one_of(w), 7, "older"));
  auto c = deferred(one_of(w), 7, "newer");
  c.deferred = false;
  c.after_deferred = true;
  caf::anon_send(w.get().writer, std::move(c));
  w.settle();
  EXPECT_EQ(blob_of(w, 7), "newer");
  w.pass(1s);
  EXPECT_EQ(blob_of(w, 7), "newer") << "the older one came first";
}

TEST(StoreActor, WritesBeforeItDrains) {
  world w{{}, true};
  std::string seen;
  caf::anon_send(w.get().writer, of("a", "1"));
  caf::anon_send(w.get().writer, deferred(one_of(w), 7, "leisure"));
  caf::anon_send(w.get().writer, drain{[&] { seen = setting(w, "a") + blob_of(w, 7); }});
  w.settle();
  EXPECT_EQ(seen, "1leisure");
}

TEST(StoreActor, DrainsOnceThoughTheDiskFails) {
  world w{{}, true};
  auto drained = 0;
  w.store().fail_next_commits(2);
  caf::anon_send(w.get().writer, of("a", "1"));
  caf::anon_send(w.get().writer, drain{[&] { ++drained; }});
  w.settle();
  EXPECT_EQ(drained, 1);
}

TEST(StoreActor, ErasesOldTraces) {
  options o;
  o.retention.trace = 1h;
  world w{o};
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  ASSERT_EQ(w.trace().size(), 1U);
  w.jump(61min);
  w.pass(5s);
  EXPECT_TRUE(w.trace().empty());
}

TEST(StoreActor, ErasesOldEndedConversations) {
  options o;
  o.retention.ended = 1h;
  world w{o, true};
  w.publish({started("c1"), in("c1", conversation_ended{})});
  w.pass(60s);
  EXPECT_TRUE(w.view("c1").ended);
  w.jump(61min);
  w.pass(60s);
  EXPECT_TRUE(w.view("c1").id.empty());
}
