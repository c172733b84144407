// A lane with the disk behind it, against what a lane without bounds would do.
#include "belfry/actors/channel/overflow.hpp"

#include "belfry/tests/channel/lane_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>

using namespace belfry;
using namespace belfry::test;

namespace {

/// Plays channel, persons, store and endpoint around one small lane, and checks each start: nothing of its chain may be
/// unfinished before it, wherever it is.
class OverflowModel : public testing::Test {
protected:
  static lane_options small() {
    auto o = no_jitter();
    o.queue_max = 12;
    o.call_queue_max = 8;
    o.in_flight_max = 6;
    o.retries_max = 2;
    o.delayed_max = 3;
    o.retry = {50, 2, 400, 0};
    o.park_after = 100;
    return o;
  }

  std::uint64_t roll(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random); }

  void submit_new() {
    static constexpr kind kinds[] = {kind::read_message, kind::revoke_call, kind::missed_call, kind::inbound_request};
    auto q = item(++last, "p" + std::to_string(roll(30)), kinds[roll(4)]);
    unfinished[chain_of(q)].push_back(last);
    ++moves_allowed[last];
    submit(std::move(q), false);
  }

  void submit(queued q, bool from_disk) {
    disk.returned(q.delivery);
    auto due = disk.behind(q);
    if (due) {
      q.due = std::max(q.due, *due);
      return park(q, true);
    }
    auto r = subject.submit(std::move(q), now, from_disk ? lane::origin::disk : lane::origin::live, disk.may_guard());
    if (r.parked)
      park(*r.parked, true);
    if (r.what == said::refused)
      park(*r.declined, from_disk || r.declined->tries > 0);
    else
      ASSERT_EQ(r.what, said::accepted);
  }

  void park(const queued& q, bool guarded) {
    disk.leaves(q, guarded);
    leaving.push_back(q);
    ++moves[number_of(q.delivery)];
  }

  void commit() {
    for (; !leaving.empty(); leaving.pop_front()) {
      rows.emplace(leaving.front().seq, leaving.front());
      disk.arrived();
    }
  }

  void pump() {
    for (auto& q : subject.next(now)) {
      auto n = number_of(q.delivery);
      ASSERT_EQ(unfinished[chain_of(q)].front(), n) << "passed by " << n;
      in_flight.push_back(n);
    }
    auto room = free_capacity{subject.free_capacity(false), subject.free_capacity(true)};
    if (auto q = disk.ask(now, room, {12, 8}, false))
      asked.push_back({*q, subject.counters().refused, read(*q)});
  }

  struct reading {
    overflow::question what;
    std::uint64_t refused = 0;
    std::pair<std::vector<io::parked_delivery>, std::optional<millis>> rows;
  };

  /// As the store reads: what is due, calls first, then oldest first.
  std::pair<std::vector<io::parked_delivery>, std::optional<millis>> read(const overflow::question& q) const {
    std::vector<io::parked_delivery> out;
    std::optional<millis> next;
    for (auto calls : {true, false})
      for (const auto& [seq, row] : rows) {
        if (is_call(row.kind) != calls)
          continue;
        next = std::min(next.value_or(row.due), row.due);
        if (row.due <= q.until && out.size() < q.limit)
          out.push_back({row.delivery, "lane", row.person, seq, row.due, calls});
      }
    return {out, next};
  }

  void answer_disk() {
    for (auto& a : std::exchange(asked, {})) {
      auto room = free_capacity{subject.free_capacity(false), subject.free_capacity(true)};
      auto found = disk.answered(a.rows.first, a.what.complete, room, false);
      for (auto& p : found.back)
        returning.push_back(p.notification_seq);
      if (!found.drained)
        continue;
      for (auto calls : {false, true})
        subject.drained(calls, a.refused);
      disk.idle_until(a.rows.second, subject.counters().refused != a.refused, now);
    }
  }

  /// Persons hand back what was asked for, in order.
  void bring_back() {
    for (auto i = roll(4) + 1; i > 0 && !returning.empty(); --i) {
      auto n = returning.front();
      returning.pop_front();
      // A question that was under way while it came back found it again: its person knows better.
      if (auto row = rows.extract(n); row.empty())
        disk.no_longer_parked(id_of(n));
      else
        submit(row.mapped(), true);
    }
  }

  void answer_one(bool good) {
    if (in_flight.empty())
      return;
    auto at = in_flight.begin() + static_cast<std::ptrdiff_t>(roll(in_flight.size()));
    auto n = *at;
    in_flight.erase(at);
    auto chain = chain_of(*subject.find(id_of(n)));
    auto d = subject.answered(id_of(n), good ? accepted() : failed(), now, even);
    ASSERT_TRUE(d);
    ++moves_allowed[n];
    if (is_final(d->state)) {
      unfinished[chain].pop_front();
      ++ended;
    }
    if (d->parked)
      park(*d->parked, true);
  }

  void step(bool bad_times) {
    switch (roll(9)) {
    case 0:
    case 1:
      submit_new();
      break;
    case 2:
      commit();
      break;
    case 3:
      answer_disk();
      break;
    case 4:
      bring_back();
      break;
    case 5:
      now += static_cast<engine_time>(roll(40));
      break;
    default:
      answer_one(!bad_times || roll(4) == 0);
    }
    pump();
  }

  std::mt19937_64 random;
  engine_time now = 1;
  std::uint64_t last = 0, ended = 0;
  lane subject{small()};
  overflow disk;
  std::map<std::uint64_t, queued> rows;
  std::deque<queued> leaving;
  std::vector<reading> asked;
  std::deque<std::uint64_t> returning;
  std::vector<std::uint64_t> in_flight;
  std::map<std::string, std::deque<std::uint64_t>> unfinished;
  std::map<std::uint64_t, std::size_t> moves, moves_allowed;
};

TEST_F(OverflowModel, KeepsTheOrderOfEveryChainAndLosesNothing) {
  const auto* given = std::getenv("BELFRY_SEED");
  auto seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("BELFRY_SEED=" + std::to_string(seed));
  random.seed(seed);
  for (int i = 0; i < 30'000; ++i)
    ASSERT_NO_FATAL_FAILURE(step(i / 3'000 % 2 == 1)) << "step " << i;
  EXPECT_GT(subject.counters().parked, 0U);
  EXPECT_GT(subject.counters().refused, 0U);
  // Good times: all of it goes out.
  for (int i = 0; i < 200'000 && ended < last; ++i) {
    now += 5;
    commit();
    answer_disk();
    ASSERT_NO_FATAL_FAILURE(bring_back());
    ASSERT_NO_FATAL_FAILURE(pump());
    ASSERT_NO_FATAL_FAILURE(answer_one(true));
  }
  EXPECT_EQ(ended, last);
  std::size_t moved = 0, allowed = 0;
  for (const auto& [n, count] : moves)
    moved += count;
  for (const auto& [n, count] : moves_allowed)
    allowed += count;
  EXPECT_LE(moved, allowed) << "a delivery goes to disk once per attempt at the most";
}

TEST(Overflow, AsksWhenAQuarterIsFree) {
  overflow o;
  EXPECT_FALSE(o.ask(0, {12, 12}, {12, 12}, false)) << "nothing is on disk";
  o.mark_nonempty();
  EXPECT_FALSE(o.ask(0, {2, 2}, {12, 12}, false));
  auto q = o.ask(0, {3, 0}, {12, 12}, false);
  ASSERT_TRUE(q);
  EXPECT_EQ(q->limit, 3U);
  EXPECT_FALSE(o.ask(0, {12, 12}, {12, 12}, false)) << "one question after the other";
}

TEST(Overflow, BringsBackNoMoreThanThereIsRoomFor) {
  overflow o;
  o.mark_nonempty();
  auto q = o.ask(0, {4, 1}, {12, 12}, false);
  std::vector<io::parked_delivery> rows;
  for (std::uint64_t i = 0; i < 5; ++i)
    rows.push_back({id_of(i), "lane", "p", i, 0, i < 3});
  auto found = o.answered(rows, q->complete, {4, 1}, false);
  EXPECT_EQ(found.back.size(), 3U) << "one call and two messages";
  EXPECT_FALSE(found.drained);
}

TEST(Overflow, SendsWhatFollowsARetryToDiskBehindIt) {
  overflow o;
  auto retry = item(1, "a", kind::read_message);
  retry.due = 70'000;
  o.leaves(retry, true);
  EXPECT_EQ(o.behind(item(2, "a", kind::new_message)), 70'000);
  EXPECT_EQ(o.behind(item(2, "a", kind::incoming_call)), std::nullopt) << "another group";
  EXPECT_EQ(o.behind(item(2, "b", kind::new_message)), std::nullopt);
  o.returned(retry.delivery);
  EXPECT_EQ(o.behind(item(2, "a", kind::new_message)), std::nullopt);
}

} // namespace
