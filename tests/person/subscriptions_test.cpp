#include "belfry/actors/person/person_row.hpp"
#include "belfry/actors/person/subscriptions.hpp"

#include <gtest/gtest.h>

namespace belfry {

namespace {

subscription_input input(const std::string& endpoint, const std::string& install, const std::string& keys = "k") {
  return {endpoint, "p-" + keys, "a-" + keys, install, {}};
}

web_push_subscription fresh(const std::string& id, millis at = 1) {
  web_push_subscription s;
  s.id = id;
  s.secret = "secret of " + id;
  s.vapid_key = "vapid";
  s.created_at = at;
  s.claim = static_cast<std::uint64_t>(at);
  return s;
}

std::string ids(const std::vector<web_push_subscription>& list) {
  std::string out;
  for (const auto& s : list)
    out += s.id + " ";
  return out;
}

TEST(Subscriptions, AreKnownByTheirEndpoint) {
  std::vector<web_push_subscription> list;
  auto first = store_subscription(list, input("e1", "i1"), fresh("1"));
  EXPECT_EQ(first.id, "1");
  list[0].proven_at = 77;
  auto again = store_subscription(list, input("e1", "i1"), fresh("2", 5));
  EXPECT_EQ(again.id, "1") << "the page makes sure of what it has";
  EXPECT_EQ(again.secret, "secret of 1");
  EXPECT_EQ(again.proven_at, 77);
  auto rekeyed = store_subscription(list, input("e1", "i1", "new"), fresh("3", 6));
  EXPECT_EQ(rekeyed.id, "1");
  EXPECT_EQ(rekeyed.secret, "secret of 3");
  EXPECT_EQ(rekeyed.proven_at, 0);
  EXPECT_EQ(list.size(), 1U);
}

TEST(Subscriptions, OfOneBrowserReplaceEachOther) {
  std::vector<web_push_subscription> list;
  store_subscription(list, input("e1", "i1"), fresh("1"));
  store_subscription(list, input("e2", "i2"), fresh("2"));
  store_subscription(list, input("e3", "i1"), fresh("3"));
  EXPECT_EQ(ids(list), "2 3 ");
  auto replacing = input("e4", "i4");
  replacing.replaces = "2";
  store_subscription(list, replacing, fresh("4"));
  EXPECT_EQ(ids(list), "3 4 ");
}

TEST(Subscriptions, GetWhatWaitsForThoseWhosePlaceTheyTook) {
  std::vector<web_push_subscription> list;
  store_subscription(list, input("e0", "i1"), fresh("0"));
  EXPECT_TRUE(list.back().former.empty());
  for (auto n : {"1", "2", "3", "4", "5"})
    store_subscription(list, input(std::string{"e"} + n, "i1"), fresh(n));
  EXPECT_EQ(list.back().former, (std::vector<subscription_id>{"1", "2", "3", "4"})) << "the newest few";
  ASSERT_NE(find_subscription(list, "3"), nullptr);
  EXPECT_EQ(find_subscription(list, "3")->id, "5");
  EXPECT_EQ(find_subscription(list, "0"), nullptr);
  EXPECT_FALSE(drop_dead_subscription(list, "4", "the key of the old one"));
}

TEST(Subscriptions, GoWhenThereAreTooManyTheLongestUnprovenFirst) {
  std::vector<web_push_subscription> list;
  for (std::size_t i = 0; i < subscriptions_max; ++i) {
    auto n = std::to_string(i);
    store_subscription(list, input("e" + n, "i" + n), fresh(n, static_cast<millis>(100 + i)));
  }
  list[0].proven_at = 1'000;
  store_subscription(list, input("new", "new"), fresh("new", 2'000));
  EXPECT_EQ(list.size(), subscriptions_max);
  EXPECT_NE(find_subscription(list, "0"), nullptr);
  EXPECT_EQ(find_subscription(list, "1"), nullptr);
}

TEST(Subscriptions, AreDroppedOnlyAsTheyWere) {
  std::vector<web_push_subscription> list;
  store_subscription(list, input("e1", "i1"), fresh("1"));
  auto key = derive_subscription_key(list[0]);
  store_subscription(list, input("e1", "i1", "new"), fresh("2"));
  EXPECT_FALSE(drop_dead_subscription(list, "1", key)) << "the answer was to the old keys";
  EXPECT_TRUE(drop_dead_subscription(list, "1", derive_subscription_key(list[0])));
  EXPECT_TRUE(list.empty());
}

TEST(Subscriptions, BelongToWhomeverClaimsTheEndpointLast) {
  std::vector<web_push_subscription> list;
  store_subscription(list, input("e1", "i1"), fresh("1", 5));
  ASSERT_EQ(endpoint_claims(list).size(), 1U);
  EXPECT_FALSE(take_endpoint(list, endpoint_token("e1"), 5));
  EXPECT_FALSE(take_endpoint(list, endpoint_token("e2"), 6));
  EXPECT_TRUE(take_endpoint(list, endpoint_token("e1"), 6));
  EXPECT_TRUE(list.empty());
}

TEST(Subscriptions, AreInThePersonsRow) {
  person_data d;
  store_subscription(d.subscriptions, input("e1", "i1"), fresh("1", 9));
  d.subscriptions[0].state = subscription_state::missed;
  d.subscriptions[0].check = "c";
  d.subscriptions[0].next_at = 44;
  d.subscriptions[0].proven_at = 33;
  person_data read;
  ASSERT_TRUE(decode(encode(d), read));
  EXPECT_EQ(read.subscriptions, d.subscriptions);
}

} // namespace

} // namespace belfry
