#include "desk.hpp"

#include <random>

namespace belfry::test {

namespace {

TEST(Recipient, HasTheTypeOfItsRoleUntilItIsKnown) {
  desk d;
  EXPECT_EQ(d.core().as_recipient(person_type::agent).profile.type, person_type::agent);
  d.core().data().profile = person_profile{};
  EXPECT_EQ(d.core().as_recipient(person_type::agent).profile.type, person_type::visitor);
}

TEST(Recipient, ListsEveryTokenOnce) {
  desk d;
  for (int i = 0; i < 2; ++i) {
    device x;
    x.push_token = "p";
    x.push_kit_token = "k" + std::to_string(i);
    d.core().data().devices.push_back(x);
  }
  EXPECT_EQ(device_tokens(d.core().data().devices), (lines{"p", "k0", "k1"}));
}

TEST(RecordRow, NamesPeopleByIdOnly) {
  desk d;
  auto r = d.record(kind::new_message, "conv", "m1");
  r->notification.message = message_content{"m1", "hello", {}, "anna", 0, 0, 0, 1};
  person anna{"anna", {}};
  anna.profile.display_name = "Anna A.";
  r->notification.people.push_back(anna);
  EXPECT_EQ(to_row(*r).blob.find("Anna"), std::string::npos);
}

TEST(RecordRow, ReadsWhatTheFirstReleaseWrote) {
  io::notification_row row;
  row.seq = 7;
  row.kind = kind::revoke_call;
  row.person = "ben";
  row.conversation = "conv";
  binary_writer out;
  out.number(1);
  out.number(0);
  out.number(1 + static_cast<std::uint64_t>(person_type::visitor));
  out.optional_text({});
  out.signed_number(60'000);
  out.text("c1");
  for (auto x : {1, 3})
    out.number(static_cast<std::uint64_t>(x));
  out.text("anna");
  out.signed_number(5);
  out.signed_number(0);
  for (auto x : {0, 2})
    out.number(static_cast<std::uint64_t>(x));
  out.flag(false);
  out.number(0);
  out.number(1);
  write_person(out, {"anna", {}});
  out.number(1);
  out.raw(std::string(16, 'd'));
  out.number(static_cast<std::uint64_t>(channel_kind::webhook));
  out.text("w1");
  out.number(static_cast<std::uint64_t>(delivery_state::retrying));
  out.number(0);
  out.number(2);
  out.signed_number(90'000);
  out.flag(true);
  out.flag(false);
  out.number(0);
  row.blob = out.take();
  auto r = from_row(row);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->notification.call->revoke_reason, revoke_reason::answered_elsewhere);
  EXPECT_TRUE(r->notification.people.empty());
  ASSERT_EQ(r->deliveries.size(), 1U);
  EXPECT_TRUE(r->deliveries[0].left) << "it was tried";
  EXPECT_EQ(r->withdrawn, reason::none);
}

TEST(RecordRow, RefusesNumbersThatMeanNothing) {
  desk d;
  d.has("w1");
  d.call(kind::incoming_call);
  auto row = d.rows().begin()->second;
  auto whole = row.blob;
  ASSERT_TRUE(from_row(row));
  auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice{seed};
  for (int i = 0; i < 20'000; ++i) {
    row.blob = whole;
    row.blob[dice() % whole.size()] = static_cast<char>(dice());
    if (auto r = from_row(row)) {
      EXPECT_LE(r->notification.call->state, call_state::active);
      for (const auto& x : r->deliveries) {
        EXPECT_LE(x.state, delivery_state::given_up);
        EXPECT_LE(x.reason, reason_last);
      }
    }
  }
}

TEST(RecordRow, RefusesEveryShortenedRow) {
  desk d;
  d.has("w1");
  d.message("m1");
  d.leaves("w1 new_message m1", delivery_state::retrying);
  auto row = d.rows().begin()->second;
  auto whole = row.blob;
  for (std::size_t n = 0; n < whole.size(); ++n) {
    row.blob = whole.substr(0, n);
    EXPECT_FALSE(from_row(row)) << n;
  }
}

TEST(UpdateRow, BringsBackWhatWasTold) {
  activity a{"c", call_id{"k"}, {{"s", "CO_BROWSING"}}, 4};
  std::vector<person_update> all{withdraw{"c", reason::left, 1}, drop_message{"c", "m", 2},
                                 rewrite_message{"c", "m", "text", 3}, a};
  for (const auto& m : all) {
    auto row = to_row("ben", m);
    EXPECT_EQ(row.person, "ben");
    auto back = from_row(row);
    ASSERT_TRUE(back);
    EXPECT_EQ(row.seq, *seq_of(*back));
    EXPECT_EQ(to_row("ben", *back).blob, row.blob);
    auto whole = row.blob;
    for (std::size_t n = 0; n < whole.size(); ++n) {
      row.blob = whole.substr(0, n);
      EXPECT_FALSE(from_row(row)) << n;
    }
  }
}

TEST(UpdateRow, IsNotNeededWhereAnotherRowSaysTheSame) {
  person_update t = tell{};
  person_update r = roster_change{"c", true};
  EXPECT_EQ(seq_of(t), nullptr);
  EXPECT_EQ(seq_of(r), nullptr);
}

} // namespace

} // namespace belfry::test
