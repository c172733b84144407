// What every store promises (io/ports.hpp), for each kind of store.
#include "store_fixture.hpp"

#include <thread>

namespace belfry::test {

using namespace io;

class Store : public ::testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    if (GetParam() == "memory")
      store_ = make_memory_store();
    else
      store_ = open_store(folder_.file());
    ASSERT_NE(store_, nullptr);
  }

  store& s() { return *store_; }

  stored_conversation conversation(const std::string& id) {
    auto r = s().load_conversation(id);
    EXPECT_TRUE(r && *r) << id;
    return r && *r ? **r : stored_conversation{};
  }

  std::vector<std::uint64_t> seqs(const trace_query& q) {
    std::vector<std::uint64_t> out;
    const auto r = s().query(q);
    EXPECT_TRUE(r);
    for (const auto& n : r->rows)
      out.push_back(n.seq);
    return out;
  }

  std::vector<std::uint64_t> unfinished(std::uint64_t after = 0, std::size_t limit = 100) {
    std::vector<std::uint64_t> out;
    const auto r = s().unfinished(after, limit);
    EXPECT_TRUE(r);
    for (const auto& n : *r)
      out.push_back(n.seq);
    return out;
  }

  std::vector<std::uint64_t> parked(std::string_view lane, millis now, std::size_t limit = 100) {
    std::vector<std::uint64_t> out;
    const auto r = s().parked(lane, now, limit);
    EXPECT_TRUE(r);
    for (const auto& p : *r)
      out.push_back(p.notification_seq);
    return out;
  }

  /// "<person>:<number> " of everybody who claims it.
  std::string claimed(std::string_view token) {
    std::string out;
    const auto r = s().claimants(token);
    EXPECT_TRUE(r);
    for (const auto& c : *r)
      out += c.person + ":" + std::to_string(c.number) + " ";
    return out;
  }

  /// "<conversation>:<unread> " of each, "?" where only the conversation knows.
  std::string memberships(std::string_view person) {
    std::string out;
    const auto p = s().load_person(std::string(person));
    EXPECT_TRUE(p);
    for (const auto& c : p->conversations)
      out += c.id + ":" + (c.unread ? std::to_string(*c.unread) : "?") + " ";
    return out;
  }

  std::vector<std::string> journaled() {
    std::vector<std::string> out;
    EXPECT_TRUE(s().each_journaled([&](stored_conversation&& c) { out.push_back(c.id); }));
    return out;
  }

  std::vector<std::uint64_t> known() {
    std::vector<std::uint64_t> out;
    EXPECT_TRUE(s().each_known_id(SIZE_MAX, [&](const known_id& k, millis) { out.push_back(k.fingerprint); }));
    return out;
  }

  temp_folder folder_;
  std::unique_ptr<store> store_;
};

INSTANTIATE_TEST_SUITE_P(Every, Store, ::testing::Values("sqlite", "memory"), [](const auto& x) { return x.param; });

using seq_list = std::vector<std::uint64_t>;

TEST_P(Store, KnowsNothingAtFirst) {
  EXPECT_FALSE(*s().load_conversation("c"));
  const auto p = *s().load_person("p");
  EXPECT_EQ(*s().load_profile("p"), "");
  EXPECT_TRUE(p.blob.empty() && p.conversations.empty() && p.shown.empty() && p.unfinished.empty());
  EXPECT_TRUE(seqs({}).empty());
  EXPECT_FALSE(*s().find_notification(id_of(1)));
  EXPECT_TRUE(parked("lane", 1000).empty());
  EXPECT_FALSE(*s().parked_due("lane"));
  EXPECT_TRUE(s().due_conversations()->empty());
  EXPECT_TRUE(journaled().empty());
  EXPECT_TRUE(known().empty());
  EXPECT_TRUE(s().presence()->empty() && s().webhooks()->empty() && s().bots()->empty() && s().parked_lanes()->empty());
  EXPECT_FALSE(*s().setting("x"));
  EXPECT_TRUE(s().claimants("x")->empty());
  EXPECT_TRUE(unfinished().empty());
}

TEST_P(Store, AcceptsACommitOfNothing) {
  EXPECT_TRUE(s().commit({}, 1));
}

TEST_P(Store, KeepsARowAndTheEntriesAfterIt) {
  put(s(), conversation_row{7, "c", 0, 0, "row"});
  put(s(), journal_entry{7, "one"}, journal_entry{7, "two"});
  put(s(), journal_entry{7, "three"});
  const auto c = conversation("c");
  EXPECT_EQ(c.key, 7);
  EXPECT_EQ(c.id, "c");
  EXPECT_EQ(c.blob, "row");
  EXPECT_EQ(c.entries, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(journaled(), std::vector<std::string>{"c"});
}

TEST_P(Store, SupersedesEntriesByANewerRow) {
  put(s(), conversation_row{7, "c", 0, 0, "row"}, conversation_row{8, "d", 0, 0, "other"});
  put(s(), journal_entry{7, "one"}, journal_entry{8, "kept"});
  put(s(), journal_entry{7, "two"}, conversation_row{7, "c", 0, 0, "newer"}, journal_entry{7, "three"});
  EXPECT_EQ(conversation("c").blob, "newer");
  EXPECT_EQ(conversation("c").entries, std::vector<std::string>{"three"});
  EXPECT_EQ(conversation("d").entries, std::vector<std::string>{"kept"});
  put(s(), conversation_row{7, "c", 0, 0, "newest"});
  EXPECT_TRUE(conversation("c").entries.empty());
  EXPECT_EQ(journaled(), std::vector<std::string>{"d"});
}

TEST_P(Store, TakesTheLastOfSeveralRowsInOneCommit) {
  const auto a = unit_of(conversation_row{7, "c", 5, 0, "first"}, journal_entry{7, "x"});
  const auto b = unit_of(conversation_row{7, "c", 9, 0, "second"}, journal_entry{7, "y"});
  ASSERT_TRUE(s().commit({&a, &b}, 1));
  EXPECT_EQ(conversation("c").blob, "second");
  EXPECT_EQ(conversation("c").entries, std::vector<std::string>{"y"});
}

TEST_P(Store, WritesAUnitAgainWithTheSameEffect) {
  const auto u = unit_of(conversation_row{7, "c", 5, 0, "row"}, membership{"p", 7, true},
                         notification(3, "p", trace_state::queued), person_row{"p", true, "who"});
  ASSERT_TRUE(commit(s(), u));
  ASSERT_TRUE(commit(s(), u));
  EXPECT_EQ(memberships("p"), "c:? ");
  EXPECT_EQ(seqs({}), seq_list{3});
  EXPECT_EQ(*s().bots(), std::vector<std::string>{"p"});
}

TEST_P(Store, KnowsWhoMustBeLoadedAfterARestart) {
  put(s(), person_row{"p", false, "who", {}, true}, person_row{"q", false, "who", {}, true},
      person_row{"r", false, "who"});
  EXPECT_EQ(*s().timed_persons(), (std::vector<std::string>{"p", "q"}));
  put(s(), person_row{"p", false, "who", {}, false}, person_removed{"q"});
  EXPECT_TRUE(s().timed_persons()->empty());
}

TEST_P(Store, KeepsBinaryBlobsAndIdsExactly) {
  const std::string blob("\0\xff\x80 x\0", 6);
  const std::string id = "ünï 'quoted\" %_id";
  put(s(), conversation_row{1, id, 0, 0, blob}, person_row{id, false, blob}, setting{id, blob});
  put(s(), journal_entry{1, blob});
  EXPECT_EQ(conversation(id).blob, blob);
  EXPECT_EQ(conversation(id).entries.at(0), blob);
  EXPECT_EQ(s().load_person(id)->blob, blob);
  EXPECT_EQ(*s().load_profile(id), blob);
  EXPECT_EQ(**s().setting(id), blob);
}

TEST_P(Store, ListsDueConversationsWithoutEntries) {
  put(s(), conversation_row{1, "a", 30, 0, "x"}, conversation_row{2, "b", 10, 0, "x"},
      conversation_row{3, "never", 0, 0, "x"}, conversation_row{4, "awake", 20, 0, "x"});
  put(s(), journal_entry{4, "entry"});
  const auto due = *s().due_conversations();
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[0].id, "b");
  EXPECT_EQ(due[0].due, 10);
  EXPECT_EQ(due[1].id, "a");
}

TEST_P(Store, KnowsWhatIsUnreadUnlessTheRowIsOlderThanWhatHappened) {
  using unread = std::vector<unread_messages>;
  put(s(), conversation_row{1, "a", 0, 0, "x"}, conversation_row{2, "b", 0, 0, "x", unread{}}, membership{"p", 1, true},
      membership{"p", 2, true}, membership{"q", 1, true});
  EXPECT_EQ(memberships("p"), "a:? b:0 ");
  put(s(), conversation_row{1, "a", 0, 0, "y", unread{{"o", 300}, {"p", 7}, {"nobody", 3}}});
  EXPECT_EQ(memberships("p"), "a:7 b:0 ");
  EXPECT_EQ(memberships("q"), "a:0 ");
  EXPECT_EQ(memberships("nobody"), "");
  put(s(), journal_entry{1, "more"}, membership{"p", 1, true});
  EXPECT_EQ(memberships("p"), "a:? b:0 ");
  put(s(), conversation_row{1, "a", 0, 0, "z", unread{}});
  EXPECT_EQ(memberships("p"), "a:0 b:0 ");
}

TEST_P(Store, KeepsThePartsOfAConversationThatARowDoesNotName) {
  const auto parts = [this] {
    std::string out;
    for (const auto& [number, blob] : conversation("a").parts)
      out += std::to_string(number) + ":" + blob + " ";
    return out;
  };
  put(s(), conversation_row{1, "a", 0, 0, "x", {}, {{0, "zero"}, {7, "seven"}, {3, "three"}}},
      conversation_row{2, "b", 0, 0, "x", {}, {{7, "other"}}});
  EXPECT_EQ(parts(), "0:zero 3:three 7:seven ");
  // Two rows in one commit: of the first only its parts remain.
  put(s(), conversation_row{1, "a", 0, 0, "y", {}, {{3, "third"}}}, conversation_row{1, "a", 0, 0, "z", {}, {{7, ""}}});
  EXPECT_EQ(parts(), "0:zero 3:third ");
  EXPECT_EQ(conversation("a").blob, "z");
  put(s(), conversation_row{3, "a", 0, 0, "anew"});
  EXPECT_EQ(parts(), "");
}

TEST_P(Store, KeepsWhatBelongsToAPerson) {
  put(s(), conversation_row{1, "a", 0, 0, "x"}, conversation_row{2, "b", 0, 0, "x"}, person_row{"p", false, "profile"},
      membership{"p", 1, true}, membership{"p", 2, true}, membership{"q", 1, true});
  put(s(), shown_row{"p", "a", group::call, "call"}, shown_row{"p", "a", group::messages, "old"},
      notification(4, "p", trace_state::waiting), notification(2, "p", trace_state::queued),
      notification(3, "p", trace_state::done), notification(5, "q", trace_state::queued));
  put(s(), shown_row{"p", "a", group::messages, "new"}, membership{"p", 2, false});
  const auto p = *s().load_person("p");
  EXPECT_EQ(p.blob, "profile");
  EXPECT_EQ(memberships("p"), "a:? ");
  ASSERT_EQ(p.shown.size(), 2u);
  EXPECT_EQ(p.shown[0].blob, "new");
  EXPECT_EQ(p.shown[1].group, group::call);
  ASSERT_EQ(p.unfinished.size(), 2u);
  EXPECT_EQ(p.unfinished[0].seq, 2u);
  EXPECT_EQ(p.unfinished[1].seq, 4u);
  put(s(), shown_row{"p", "a", group::call, ""});
  EXPECT_EQ(s().load_person("p")->shown.size(), 1u);
}

TEST_P(Store, KeepsMailUntilItIsApplied) {
  put(s(), update_row{3, "p", "third"}, update_row{1, "p", "first"}, update_row{2, "q", "second"});
  auto p = *s().load_person("p");
  ASSERT_EQ(p.updates.size(), 2u);
  EXPECT_EQ(p.updates[0].seq, 1u);
  EXPECT_EQ(p.updates[0].person, "p");
  EXPECT_EQ(p.updates[0].blob, "first");
  EXPECT_EQ(p.updates[1].blob, "third");
  EXPECT_EQ(*s().timed_persons(), (std::vector<std::string>{"p", "q"})) << "a restart wakes them";
  put(s(), update_row{1, "p", ""}, update_row{2, "q", ""}, update_row{3, "p", "again"});
  p = *s().load_person("p");
  ASSERT_EQ(p.updates.size(), 1u);
  EXPECT_EQ(p.updates[0].blob, "again");
  EXPECT_TRUE(s().load_person("q")->updates.empty());
}

TEST_P(Store, ErasesAllOfAPersonAndNothingElse) {
  put(s(), conversation_row{1, "a", 0, 0, "x"});
  for (const std::string who : {"p", "q"}) {
    const std::uint64_t n = who == "p" ? 1 : 2;
    put(s(), person_row{who, true, "profile"}, membership{who, 1, true}, shown_row{who, "a", group::call, "s"},
        presence_row{who, "client", "x"}, notification(n, who, trace_state::queued),
        parked_delivery{id_of(n), "lane", who, n, 0, false}, update_row{n + 10, who, "m"});
  }
  put(s(), person_removed{"p"});
  const auto p = *s().load_person("p");
  EXPECT_TRUE(p.blob.empty() && p.updates.empty() && p.shown.empty() && p.unfinished.empty());
  EXPECT_EQ(p.conversations.size(), 1u) << "each conversation ends its own membership";
  EXPECT_FALSE(*s().find_notification(id_of(1)));
  EXPECT_EQ(parked("lane", 1), seq_list{2});
  EXPECT_EQ(s().presence()->size(), 1u);
  EXPECT_EQ(*s().bots(), std::vector<std::string>{"q"});
  const auto q = *s().load_person("q");
  EXPECT_EQ(q.blob, "profile");
  EXPECT_EQ(q.conversations.size() + q.shown.size() + q.unfinished.size() + q.updates.size(), 4u);
  EXPECT_TRUE(*s().load_conversation("a"));
}

TEST_P(Store, GivesATokenToWhoeverClaimsItWithTheHighestNumber) {
  using claims = std::vector<token_claim>;
  const std::string token("\0\xff t", 4);
  put(s(), person_row{"p", false, "one", claims{{token, 7}, {"only", 7}}});
  EXPECT_EQ(claimed(token), "p:7 ");
  EXPECT_TRUE(s().load_person("p")->lost_tokens.empty());
  // In whatever order they are written.
  put(s(), person_row{"q", false, "two", claims{{token, 9}}}, person_row{"r", false, "three", claims{{token, 8}}});
  EXPECT_EQ(claimed(token), "q:9 r:8 p:7 ");
  EXPECT_EQ(claimed("only"), "p:7 ");
  EXPECT_EQ(claimed("other"), "");
  EXPECT_EQ(s().load_person("p")->lost_tokens, std::vector<std::string>{token});
  EXPECT_EQ(s().load_person("r")->lost_tokens, std::vector<std::string>{token});
  EXPECT_TRUE(s().load_person("q")->lost_tokens.empty());
}

TEST_P(Store, KeepsClaimsUntilTheyAreReplacedOrThePersonGoes) {
  using claims = std::vector<token_claim>;
  put(s(), person_row{"p", false, "one", claims{{"s", 1}, {"t", 1}}}, person_row{"q", false, "one", claims{{"t", 2}}});
  put(s(), person_row{"p", false, "two"});
  EXPECT_EQ(claimed("s"), "p:1 ");
  EXPECT_EQ(claimed("t"), "q:2 p:1 ");
  put(s(), person_row{"p", false, "three", claims{{"s", 3}}});
  EXPECT_EQ(claimed("s"), "p:3 ");
  EXPECT_EQ(claimed("t"), "q:2 ");
  EXPECT_TRUE(s().load_person("p")->lost_tokens.empty());
  put(s(), person_removed{"q"});
  EXPECT_EQ(claimed("t"), "");
  EXPECT_EQ(claimed("s"), "p:3 ");
  put(s(), person_row{"p", false, "four", claims{}});
  EXPECT_EQ(claimed("s"), "");
}

TEST_P(Store, KeepsPresenceUntilItIsRemovedOrCleared) {
  put(s(), presence_row{"p", "1", "x"}, presence_row{"p", "2", "y"}, presence_row{"q", "1", "z"});
  put(s(), presence_row{"p", "1", ""}, presence_row{"q", "1", "zz"});
  const auto rows = *s().presence();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].client, "2");
  EXPECT_EQ(rows[1].blob, "zz");
  put(s(), presence_cleared{});
  EXPECT_TRUE(s().presence()->empty());
}

TEST_P(Store, FindsNotificationsNewestFirstByEveryFilter) {
  put(s(), notification(1, "p", trace_state::done, "a", "m1"), notification(2, "p", trace_state::queued, "b", "m2"),
      notification(3, "q", trace_state::not_sent, "a", "m1"), notification(4, "p", trace_state::done, "a", "m1"));
  auto read = notification(5, "p", trace_state::done, "a", "m1");
  read.kind = kind::read_message;
  auto call = notification(6, "p", trace_state::done, "a", "m1");
  call.kind = kind::incoming_call;
  put(s(), read, call);
  trace_query q;
  EXPECT_EQ(seqs(q), (seq_list{6, 5, 4, 3, 2, 1}));
  q.limit = 2;
  EXPECT_EQ(seqs(q), (seq_list{6, 5}));
  q.before = 5;
  EXPECT_EQ(seqs(q), (seq_list{4, 3}));
  q = {};
  q.person = "p";
  EXPECT_EQ(seqs(q), (seq_list{6, 5, 4, 2, 1}));
  q.conversation = "a";
  EXPECT_EQ(seqs(q), (seq_list{6, 5, 4, 1}));
  q.message = "m1";
  EXPECT_EQ(seqs(q), (seq_list{5, 4, 1})) << "the call has a subject that looks like the message's id";
  q.kind = kind::new_message;
  EXPECT_EQ(seqs(q), (seq_list{4, 1}));
  q.state = trace_state::queued;
  EXPECT_TRUE(seqs(q).empty());
  q = {};
  q.state = trace_state::not_sent;
  EXPECT_EQ(seqs(q), seq_list{3});
  q = {};
  q.message = "m2";
  EXPECT_EQ(seqs(q), seq_list{2});
}

TEST_P(Store, UpdatesANotificationInPlace) {
  auto n = notification(9, "p", trace_state::waiting);
  n.open_deliveries = 2;
  put(s(), n);
  n.state = trace_state::done;
  n.blob = "after";
  n.open_deliveries = 0;
  put(s(), n);
  const auto found = **s().find_notification(n.id);
  EXPECT_EQ(found.seq, 9u);
  EXPECT_EQ(found.state, trace_state::done);
  EXPECT_EQ(found.blob, "after");
  EXPECT_EQ(found.person, "p");
  EXPECT_EQ(found.created_at, 9);
  EXPECT_EQ(found.open_deliveries, 0u);
  EXPECT_TRUE(unfinished().empty());
}

TEST_P(Store, KeepsOneNotificationPerId) {
  put(s(), notification(1, "p", trace_state::queued));
  auto again = notification(2, "p", trace_state::done);
  again.id = id_of(1);
  put(s(), again);
  EXPECT_EQ(seqs({}), seq_list{2});
  EXPECT_EQ((**s().find_notification(id_of(1))).seq, 2u);
}

TEST_P(Store, HandsOutParkedDeliveriesCallsFirstThenOldest) {
  put(s(), parked_delivery{id_of(1), "a", "p", 1, 500, false}, parked_delivery{id_of(2), "a", "p", 2, 0, false},
      parked_delivery{id_of(3), "a", "p", 3, 400, true}, parked_delivery{id_of(4), "a", "p", 4, 0, true},
      parked_delivery{id_of(5), "b", "p", 5, 0, false}, parked_delivery{id_of(6), "a", "p", 6, 900, true});
  EXPECT_EQ(parked("a", 399), (seq_list{4, 2}));
  EXPECT_EQ(parked("a", 500), (seq_list{3, 4, 1, 2}));
  EXPECT_EQ(parked("a", 500, 3), (seq_list{3, 4, 1}));
  EXPECT_EQ(parked("a", 500, 1), seq_list{3});
  EXPECT_TRUE(parked("a", 500, 0).empty());
  EXPECT_EQ(*s().parked_lanes(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(**s().parked_due("a"), 0);
  put(s(), parked_removed{id_of(2)}, parked_removed{id_of(4)}, parked_removed{id_of(99)});
  EXPECT_EQ(**s().parked_due("a"), 400);
  put(s(), parked_delivery{id_of(3), "b", "p", 3, 700, false});
  EXPECT_EQ(**s().parked_due("a"), 500);
  const auto row = s().parked("b", 700, 10)->at(0);
  EXPECT_EQ(row.delivery, id_of(3));
  EXPECT_EQ(row.lane, "b");
  EXPECT_EQ(row.person, "p");
  EXPECT_EQ(row.due, 700);
  EXPECT_FALSE(row.call);
}

TEST_P(Store, ListsUnfinishedNotificationsThatAreNotWhollyParked) {
  auto half = notification(1, "p", trace_state::queued);
  half.open_deliveries = 2;
  auto whole = notification(2, "p", trace_state::queued);
  whole.open_deliveries = 1;
  put(s(), half, whole, notification(3, "q", trace_state::waiting), notification(4, "q", trace_state::done),
      notification(5, "r", trace_state::queued), parked_delivery{id_of(11), "a", "p", 1, 0, false},
      parked_delivery{id_of(12), "a", "p", 2, 0, false});
  EXPECT_EQ(unfinished(), (seq_list{1, 3, 5}));
  EXPECT_EQ(unfinished(1), (seq_list{3, 5}));
  EXPECT_EQ(unfinished(0, 2), (seq_list{1, 3}));
  EXPECT_EQ(s().unfinished(3, 1)->at(0).person, "r");
  put(s(), parked_delivery{id_of(13), "a", "p", 1, 0, false}, parked_removed{id_of(12)});
  EXPECT_EQ(unfinished(), (seq_list{2, 3, 5}));
}

TEST_P(Store, KeepsWebhooksAndSettings) {
  put(s(), webhook_row{"b", "1"}, webhook_row{"a", "2"}, webhook_row{"c", "3"}, setting{"k", "v"},
      setting{"empty", ""});
  put(s(), webhook_row{"b", ""}, webhook_row{"a", "22"}, setting{"k", "w"});
  const auto rows = *s().webhooks();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].id, "a");
  EXPECT_EQ(rows[0].blob, "22");
  EXPECT_EQ(rows[1].id, "c");
  EXPECT_EQ(**s().setting("k"), "w");
  EXPECT_EQ(**s().setting("empty"), "");
}

TEST_P(Store, KeepsKnownIdsInOrderWithTheTimeOfTheirCommit) {
  ASSERT_TRUE(commit(s(), unit_of(known_id{0xfedcba9876543210u, 1}, known_id{2, 0}), 100));
  ASSERT_TRUE(commit(s(), unit_of(known_id{3, 0}), 200));
  std::vector<std::tuple<std::uint64_t, int, millis>> seen;
  ASSERT_TRUE(s().each_known_id(SIZE_MAX,
                                [&](const known_id& k, millis at) { seen.emplace_back(k.fingerprint, k.space, at); }));
  EXPECT_EQ(seen, (std::vector<std::tuple<std::uint64_t, int, millis>>{
                      {0xfedcba9876543210u, 1, 100}, {2, 0, 100}, {3, 0, 200}}));
}

TEST_P(Store, SweepsWhatIsBehindTheHorizonOnly) {
  put(s(), conversation_row{1, "old", 0, 50, "x"}, conversation_row{2, "young", 0, 150, "x"},
      conversation_row{3, "going on", 0, 0, "x"}, membership{"p", 1, true}, membership{"p", 2, true},
      membership{"p", 3, true}, shown_row{"p", "old", group::call, "x"});
  put(s(), journal_entry{1, "late"}, notification(50, "p", trace_state::done),
      notification(60, "p", trace_state::queued), notification(150, "p", trace_state::not_sent));
  ASSERT_TRUE(commit(s(), unit_of(known_id{1, 0}), 50));
  ASSERT_TRUE(commit(s(), unit_of(known_id{2, 0}), 150));
  const auto more = s().sweep({100, 100, 100});
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
  EXPECT_FALSE(*s().load_conversation("old"));
  EXPECT_TRUE(*s().load_conversation("young"));
  EXPECT_TRUE(*s().load_conversation("going on"));
  EXPECT_EQ(memberships("p"), "young:? going on:? ");
  EXPECT_TRUE(s().load_person("p")->shown.empty());
  EXPECT_EQ(seqs({}), (seq_list{150, 60}));
  EXPECT_EQ(known(), seq_list{2});
  EXPECT_TRUE(journaled().empty());
}

TEST_P(Store, SweepsInSlicesUntilNothingIsLeft) {
  for (std::uint64_t i = 1; i <= 1200; ++i)
    put(s(), notification(i, "p", trace_state::done));
  int calls = 0;
  for (bool more = true; more; ++calls) {
    const auto r = s().sweep({2000, 0, 0});
    ASSERT_TRUE(r);
    more = *r;
    ASSERT_LT(calls, 10);
  }
  EXPECT_TRUE(seqs({}).empty());
}

TEST_P(Store, GivesOutKeysThatGrow) {
  const auto key = s().new_conversation_key();
  const auto seq = s().new_notification_seq();
  EXPECT_GT(key, 0);
  EXPECT_GT(seq, 0u);
  EXPECT_GT(s().new_conversation_key(), key);
  EXPECT_GT(s().new_notification_seq(), seq);
}

TEST_P(Store, AnswersReadsWhileItCommits) {
  put(s(), conversation_row{1, "c", 0, 0, "0"});
  std::atomic<bool> stop{false};
  std::atomic<int> reads{0};
  std::string wrong;
  std::thread reader([&] {
    while (!stop) {
      const auto r = s().load_conversation("c");
      // Row n is followed by entries n+1, n+2, ...: any other picture mixes two commits.
      if (!r || !*r)
        wrong = "gone";
      else
        for (std::size_t i = 0; i < (**r).entries.size(); ++i)
          if (std::stoul((**r).entries[i]) != std::stoul((**r).blob) + i + 1)
            wrong = (**r).blob + " before " + (**r).entries[i];
      ++reads;
    }
  });
  for (int i = 1; i < 1000 || reads < 100; ++i) {
    if (i % 3 == 0)
      put(s(), conversation_row{1, "c", 0, 0, std::to_string(i)});
    else
      put(s(), journal_entry{1, std::to_string(i)});
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, "");
}

} // namespace belfry::test
