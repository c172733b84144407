#include "desk.hpp"

#include <malloc.h>

namespace belfry::test {

namespace {

constexpr std::size_t many = 20'000;

/// One message in each of many conversations, all of them told and none over.
class ManyOpen : public testing::Test, public desk {
protected:
  ManyOpen() {
    has("w1");
    for (std::size_t i = 0; i < many; ++i) {
      auto r = record(kind::new_message, "c" + std::to_string(i), "m");
      r->notification.message = message_content{"m", "hello", {}, "anna", 0, 0, 0, 1};
      records.push_back(r);
      person_effects fx;
      core().tell(r, now, fx);
    }
  }
  notification_id delivery(std::size_t i) const {
    return derive_delivery_id(records[i]->notification.id, channel_kind::webhook, "w1");
  }
  void park(std::size_t i) {
    person_effects fx;
    core().attempted(delivery(i), {}, delivery_state::queued, reason::none, 0, true, fx);
  }

  std::vector<std::shared_ptr<notification_record>> records;
};

TEST_F(ManyOpen, AreEachFoundWithoutTheOthers) {
  // Scans would make this 400 million looks, and more than a minute.
  for (std::size_t i = 0; i < many; ++i) {
    person_effects fx;
    ASSERT_EQ(core().authorize(delivery(i), now, fx).why, reason::none);
    core().apply(rewrite_message{"c" + std::to_string(i), "m", "new"}, fx);
    core().attempted(delivery(i), {{now, 500, "", 1}}, delivery_state::retrying, reason::http_status, now + 1000, false,
                     fx);
    core().apply(belfry::withdraw{"c" + std::to_string(i), reason::left}, fx);
  }
  EXPECT_EQ(core().open(), 0U);
  EXPECT_FALSE(core().busy());
}

TEST_F(ManyOpen, ThatWaitOnDiskLetThePersonSleep) {
  for (std::size_t i = 0; i < many; ++i) {
    EXPECT_TRUE(core().busy());
    park(i);
  }
  EXPECT_FALSE(core().busy());
  EXPECT_EQ(core().open(), many);
}

TEST_F(ManyOpen, AreWholeAgainWhenTheyComeFromDisk) {
  park(7);
  person_effects fx;
  ASSERT_TRUE(core().unpark(delivery(7), fx));
  auto p = core().authorize(delivery(7), now, fx);
  ASSERT_NE(p.record, nullptr);
  EXPECT_EQ(p.record->notification.message->text, "hello");
  EXPECT_EQ(p.record->notification.conversation, "c7");
  EXPECT_EQ(p.record->notification.recipient, "ben");
}

TEST(Pending, TakesLittleMemoryWhileItWaitsOnDisk) {
  if (mallinfo2().uordblks == 0)
    GTEST_SKIP() << "this allocator does not count";
  desk d;
  d.has("w1");
  auto before = mallinfo2().uordblks;
  for (std::size_t i = 0; i < many; ++i) {
    auto r = d.record(kind::new_message, "conversation-" + std::to_string(i), "message-" + std::to_string(i));
    r->notification.message =
        message_content{"message-" + std::to_string(i), std::string(100, 'x'), {}, "anna", 0, 0, 0, 1};
    person_effects fx;
    d.core().tell(r, d.now, fx);
    d.core().attempted(fx.submits.at(0).item.delivery, {}, delivery_state::queued, reason::none, 0, true, fx);
  }
  // Two thirds of the 50 MB that 50,000 pending of one agent may take: the lane and the counts take theirs.
  auto each = (mallinfo2().uordblks - before) / many;
  RecordProperty("bytes", static_cast<int>(each));
  EXPECT_LT(each, 700U);
}

class OpenNotifications : public testing::Test, public desk {
protected:
  std::shared_ptr<notification_record> told(const conversation_id& c, const message_id& m) {
    auto r = record(kind::new_message, c, m);
    r->notification.message = message_content{m, "hello", {}, "anna", 0, 0, 0, 1};
    r->deliveries.emplace_back().id = derive_delivery_id(r->notification.id, channel_kind::webhook, "w1");
    return r;
  }
  void saves(const notification_record& r) { list.saved(r.notification.seq, to_row(r)); }

  open_notifications list{"ben"};
};

TEST_F(OpenNotifications, KeepsOnlyTheRowOfWhatIsWhollyParked) {
  auto r = told("c", "m");
  r->deliveries.emplace_back().id = derive_delivery_id(r->notification.id, channel_kind::webhook, "w2");
  list.add(r);
  r->deliveries[0].parked = true;
  saves(*r);
  EXPECT_EQ(list.packed(), 0U);
  EXPECT_TRUE(list.busy());
  r->deliveries[1].state = delivery_state::accepted;
  saves(*r);
  EXPECT_EQ(list.packed(), 1U);
  EXPECT_FALSE(list.busy());
  EXPECT_EQ(list.open(r->notification.seq).notification.message->text, "hello");
  EXPECT_EQ(list.packed(), 0U);
  list.close(r->notification.seq);
  EXPECT_EQ(list.packed(), 1U);
}

TEST_F(OpenNotifications, FindsThoseOfAThreadOldestFirst) {
  auto a = told("c", "m1");
  auto b = told("c", "m2");
  auto other = told("d", "m3");
  for (const auto& r : {b, other, a})
    list.add(r);
  thread t{"c", kind::new_message, {}};
  EXPECT_EQ(list.of(t), (std::vector{a->notification.seq, b->notification.seq}));
  a->deliveries[0].state = delivery_state::accepted;
  a->state = trace_state::done;
  saves(*a);
  EXPECT_EQ(list.of(t), std::vector{b->notification.seq});
  EXPECT_EQ(list.find(a->deliveries[0].id), 0U);
  EXPECT_EQ(list.find(b->deliveries[0].id), b->notification.seq);
  EXPECT_EQ(list.size(), 2U);
}

} // namespace

} // namespace belfry::test
