// What a conversation writes: how much, and in which format.
#include "golden.hpp"

#include "belfry/actors/conversation/core.hpp"
#include "belfry/tests/support/hex.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace belfry::test {

namespace {

/// A conversation without actors that keeps what it writes.
class scribe {
public:
  options opts;
  engine_time now = 1'000'000;
  encoded_state row;
  std::vector<std::string> entries;

  scribe() {
    lookups_.online = [](const person_id&) { return false; };
    lookups_.takes_kind = [](kind) { return true; };
    core_ = std::make_unique<conversation_core>(opts, lookups_);
    core_->name(7, "conv");
  }

  conversation_core& core() { return *core_; }
  bool loads() {
    core_ = std::make_unique<conversation_core>(opts, lookups_);
    return core_->load(7, "conv", row.head, entries, row.parts);
  }
  /// Bytes of the entry.
  std::size_t happens(event_body body) {
    event e;
    e.conversation = "conv";
    e.body = std::move(body);
    effects fx;
    core_->on_event(e, {now, now + 5}, fx);
    refused = fx.refused;
    updates = fx.updates;
    return keep(fx);
  }
  void announces(slot who, position message) {
    effects fx;
    core_->on_announce(who, message, {now, now + 5}, fx);
    keep(fx);
  }
  void owes(slot who) {
    effects fx;
    core_->on_owed(who, {now, now + 5}, fx);
    keep(fx);
  }
  void writes_row() {
    core_->state().trim(core_->waits());
    row = core_->state().encode();
    entries.clear();
  }
  /// Of the last event.
  std::optional<refused_event> refused;
  std::vector<addressed_update> updates;

private:
  std::size_t keep(effects& fx) {
    auto size = fx.journal.size();
    if (fx.snapshot)
      writes_row();
    else if (size > 0)
      entries.push_back(fx.journal.take());
    return size;
  }

  conversation_lookups lookups_;
  std::unique_ptr<conversation_core> core_;
};

message_sent message(const std::string& id, const person_id& sender) {
  return {id, sender, message_kind::text, "hello", false, {}, {}};
}

conversation_started crowd(int agents) {
  conversation_started e;
  e.participants.push_back({"anna", role::context_person, false, false});
  for (int i = 0; i < agents; ++i)
    e.participants.push_back({"p" + std::to_string(i), role::secondary_agent, false, false});
  return e;
}

request_offered request(const std::string& id) {
  request_offered e;
  e.invitation = id;
  e.agent = "ben";
  return e;
}

/// Everything that can stand in an entry, and a row with something of everything.
scribe everything() {
  scribe s;
  s.opts.limits.unread_messages = 3;
  s.happens(conversation_started{"loans",
                                 false,
                                 {{"anna", role::context_person, false, false},
                                  {"ben", role::assigned_agent, false, false},
                                  {"cleo", role::secondary_agent, true, true}}});
  s.happens(session_started{"ben", "s1", "cobrowsing"});
  s.happens(message("m1", "anna"));
  s.happens(request("i1"));
  s.writes_row();
  s.happens(conversation_opened{"ben", "desk"});
  s.happens(message_edited{"m1", "hello again"});
  s.now += 20'000;
  s.announces(1, 1);
  s.happens(message_read{"ben", {}});
  s.owes(1);
  for (const auto* id : {"m2", "m3", "m4"})
    s.happens(message(id, "anna"));
  s.happens(message_deleted{"m4"});
  s.happens(call_started{"c1", call_type::video, "anna"});
  s.happens(call_accepted{"c1", "ben"});
  s.happens(request_closed{"i1", {}, {}});
  s.happens(session_ended{"ben", "s1", "cobrowsing"});
  s.happens(participant_left{"cleo"});
  return s;
}

TEST(Journal, GrowsByADeclineAsMuchAmongThousandsAsAmongFew) {
  scribe s;
  s.happens(crowd(4000));
  s.happens(call_started{"c1", call_type::audio, "anna"});
  EXPECT_LE(s.happens(call_declined{"c1", "p7"}), 64U);
  EXPECT_LE(s.happens(call_declined{"c1", "p3999"}), 64U);
  s.writes_row();
  s.happens(call_declined{"c1", "p8"});
  ASSERT_TRUE(s.loads());
  EXPECT_EQ(s.core().state().call.ring_of(9), ring_state::none);
  EXPECT_EQ(s.core().state().call.ring_of(10), ring_state::ringing);
}

/// To whom the last event took an announcement back.
std::vector<person_id> withdrawn(const scribe& s) {
  std::vector<person_id> out;
  for (const auto& x : s.updates) {
    if (std::holds_alternative<withdraw>(x.update))
      out.push_back(x.to);
  }
  return out;
}

TEST(Journal, HasWhatAReadingTakesBackInTheUnitOfTheReading) {
  scribe s;
  s.happens(crowd(2));
  s.happens(message("m1", "anna"));
  s.now += 20'000;
  s.announces(1, 1);
  s.happens(message("m2", "anna"));
  s.happens(message_read{"p1", {}});
  EXPECT_EQ(withdrawn(s), std::vector<person_id>{}) << "it had not been announced to them";
  s.happens(message_read{"p0", "m1"});
  EXPECT_EQ(withdrawn(s), std::vector<person_id>{"p0"}) << "something is left to read";
  s.happens(message_read{"p0", "m2"});
  EXPECT_EQ(withdrawn(s), std::vector<person_id>{}) << "m2 had not been announced";
  s.owes(1);
  s.happens(message("m3", "anna"));
  s.now += 20'000;
  s.announces(1, s.core().state().newest_message()->at);
  s.happens(message_read{"p0", {}});
  EXPECT_EQ(withdrawn(s), std::vector<person_id>{"p0"}) << "everything is read: the read_message comes a unit later";
}

TEST(Journal, GrowsByARequestAsMuchAmongThousandsAsAmongFew) {
  scribe s;
  s.happens(crowd(1));
  for (int i = 0; i < 2000; ++i)
    ASSERT_LE(s.happens(request("i" + std::to_string(i))), 64U);
  EXPECT_LE(s.happens(request_closed{"i5", {}, {}}), 32U);
  ASSERT_TRUE(s.loads());
  EXPECT_EQ(s.core().state().requests.size(), 1999U);
}

TEST(Journal, GrowsByAMessageAsMuchBehindThousandsAsBehindFew) {
  scribe s;
  s.happens(crowd(1));
  for (int i = 0; i < 10'100; ++i)
    ASSERT_LE(s.happens(message("m" + std::to_string(i), "anna")), 96U);
  EXPECT_EQ(s.core().unread("p0"), 10'000U);
}

/// Bytes of those parts that differ, and of the head.
std::size_t rewritten(const encoded_state& before, const encoded_state& after) {
  auto n = after.head.size();
  for (const auto& [number, blob] : after.parts) {
    auto then = before.parts.find(number);
    if (then == before.parts.end() || then->second != blob)
      n += blob.size();
  }
  return n;
}

TEST(Journal, OfALargeConversationIsFoldedIntoThePartsThatChanged) {
  scribe s;
  s.happens(crowd(1000));
  for (int i = 0; i < 2100; ++i)
    s.happens(message("m" + std::to_string(i), "anna"));
  s.core().state().catch_up_all(s.core().waits());
  for (auto& somebody : s.core().state().roster)
    somebody.box.pending = 0;
  s.writes_row();
  const auto before = s.row;
  EXPECT_GT(before.size(), 60'000U);
  s.happens(message_read{"p7", {}});
  s.writes_row();
  EXPECT_LE(rewritten(before, s.row), 8'000U);
  const auto unread = s.core().unread("p7");
  const auto others = s.core().unread("p8");
  ASSERT_TRUE(s.loads());
  EXPECT_EQ(s.core().unread("p7"), unread);
  EXPECT_EQ(s.core().unread("p8"), others);
  EXPECT_EQ(s.core().state().encode(), s.row);
}

TEST(Journal, OfALargeConversationIsRefusedWithoutOneOfItsParts) {
  scribe s;
  s.happens(crowd(300));
  for (int i = 0; i < 300; ++i)
    s.happens(message("m" + std::to_string(i), "anna"));
  s.writes_row();
  const auto whole = s.row;
  ASSERT_GT(whole.parts.size(), 5U);
  for (const auto& [number, blob] : whole.parts) {
    s.row = whole;
    s.row.parts.erase(number);
    EXPECT_FALSE(s.loads()) << number;
    s.row.parts[number] = blob.substr(0, blob.size() - 1);
    EXPECT_FALSE(s.loads()) << number;
  }
  s.row = whole;
  EXPECT_TRUE(s.loads());
}

TEST(Journal, OfThisReleaseIsReadForEver) {
  auto now = everything();
  std::vector<std::string> lines;
  for (const auto& e : now.entries)
    lines.push_back(hex(e));
  EXPECT_EQ(hex(now.row.head), golden_row) << "the row's format is frozen: give it a new version";
  EXPECT_EQ(lines, golden_entries) << "the entries' format is frozen: give it a new version";
  scribe then;
  then.opts = now.opts;
  then.row.head = unhex(golden_row);
  for (const auto& line : golden_entries)
    then.entries.push_back(unhex(line));
  ASSERT_TRUE(then.loads());
  then.writes_row();
  now.writes_row();
  EXPECT_EQ(hex(then.row.head), hex(now.row.head));
}

TEST(Journal, OfTheFirstFormatIsReadWithoutAVersion) {
  scribe s;
  s.happens(crowd(2));
  s.writes_row();
  auto blank = s.row;
  s.happens(call_started{"c1", call_type::audio, "anna"});
  s.happens(message("m1", "anna"));
  s.writes_row();
  auto wanted = std::exchange(s.row, blank);
  // An entry was its steps, and that of a call the whole of it.
  binary_writer call, entry;
  s.core().state().call.encode(call);
  encode(entry, call_step{call.take()});
  const auto& m = *s.core().state().newest_message();
  encode(entry, message_step{m.at,
                             s.now,
                             m.id,
                             m.sender,
                             m.sender_slot,
                             m.kind,
                             false,
                             true,
                             {},
                             m.text,
                             m.sent_at,
                             m.server_at,
                             m.recipients,
                             {}});
  s.entries = {entry.take()};
  ASSERT_TRUE(s.loads());
  s.writes_row();
  EXPECT_EQ(hex(s.row.head), hex(wanted.head));
}

TEST(Journal, ThatIsDamagedIsRefusedOrCanBeWorkedWith) {
  const auto* given = std::getenv("BELFRY_SEED");
  auto seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("BELFRY_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 dice{seed};
  for (int round = 0; round < 3000; ++round) {
    auto s = everything();
    auto n = dice() % (s.entries.size() + 1);
    auto& bytes = n == 0 ? s.row.head : s.entries[n - 1];
    bytes[dice() % bytes.size()] = static_cast<char>(dice());
    auto sound = s.loads();
    ASSERT_EQ(s.core().damaged(), !sound);
    auto written = s.happens(message("m9", "anna"));
    if (sound)
      continue;
    ASSERT_EQ(written, 0U);
    ASSERT_EQ(s.refused.value().reason, refusal::conversation_damaged);
  }
}

// -- stored numbers: none of these ever changes ---------------------------------

template <class Enum>
constexpr int number(Enum x) {
  return static_cast<int>(x);
}

static_assert(number(role::none) == 0 && number(role::assigned_agent) == 1 && number(role::context_person) == 2
              && number(role::secondary_agent) == 3 && number(role::secondary_visitor) == 4);
static_assert(number(message_kind::text) == 0 && number(message_kind::system) == 1);
static_assert(number(call_type::audio) == 0 && number(call_type::video) == 1);
static_assert(number(call_state::idle) == 0 && number(call_state::calling) == 1 && number(call_state::forwarding) == 2
              && number(call_state::active) == 3);
static_assert(number(ring_state::none) == 0 && number(ring_state::ringing) == 1 && number(ring_state::active) == 2);
static_assert(number(reason::sent) == 1 && number(reason::read_before_due) == 12 && number(reason::left) == 15
              && number(reason::person_erased) == 20 && number(reason::proxy_failed) == 31);
static_assert(
    std::is_same_v<step, std::variant<message_step, read_step, gone_step, edited_step, announced_step,
                                      read_message_told_step, roster_step, open_step, session_step, ended_step,
                                      call_step, requests_step, call_change_step, requests_change_step>>,
    "new steps go to the end");

} // namespace

} // namespace belfry::test
