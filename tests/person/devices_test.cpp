#include "belfry/actors/person/devices.hpp"
#include "belfry/actors/person/person_row.hpp"

#include <gtest/gtest.h>

namespace belfry::test {

namespace {

device make(const device_id& id, std::optional<std::string> push, std::optional<std::string> kit, std::uint64_t claim) {
  device d;
  d.id = id;
  d.push_token = std::move(push);
  d.push_kit_token = std::move(kit);
  d.claim = claim;
  return d;
}

/// "<id>:<push token>:<push kit token> " of each.
std::string text(const std::vector<device>& devices) {
  std::string out;
  for (const auto& d : devices)
    out += d.id + ":" + d.push_token.value_or("") + ":" + d.push_kit_token.value_or("") + " ";
  return out;
}

} // namespace

TEST(Devices, AreReplacedById) {
  std::vector<device> devices;
  EXPECT_TRUE(store_device(devices, make("d1", "a", "b", 1)));
  EXPECT_TRUE(store_device(devices, make("d2", "c", {}, 2)));
  EXPECT_FALSE(store_device(devices, make("d1", "a2", {}, 3)));
  EXPECT_EQ(text(devices), "d1:a2: d2:c: ");
  EXPECT_FALSE(store_device(devices, make("d1", {}, {}, 4)));
  EXPECT_EQ(text(devices), "d2:c: ");
}

TEST(Devices, KeepATokenThatWasStoredSinceItWasCalledDead) {
  std::vector<device> devices;
  for (millis at : {9, 10, 11}) {
    auto d = make("d" + std::to_string(at), "t" + std::to_string(at), {}, static_cast<std::uint64_t>(at));
    d.registered_at = at;
    store_device(devices, std::move(d));
  }
  for (millis at : {9, 10, 11}) {
    const auto n = std::to_string(at);
    EXPECT_EQ(drop_dead_token(devices, "d" + n, derive_token_key("push", "t" + n), 10), at == 9) << at;
  }
  EXPECT_EQ(text(devices), "d10:t10: d11:t11: ");
}

TEST(Devices, LoseATokenToTheNewestOfThePerson) {
  std::vector<device> devices;
  store_device(devices, make("d1", "a", "b", 1));
  store_device(devices, make("d2", "c", {}, 2));
  store_device(devices, make("d3", "c", "b", 3));
  EXPECT_EQ(text(devices), "d1:a: d3:c:b ");
  // One kind is not the other.
  store_device(devices, make("d4", "b", "a", 4));
  EXPECT_EQ(text(devices), "d1:a: d3:c:b d4:b:a ");
}

TEST(Devices, LoseATokenToALaterClaimOnly) {
  std::vector<device> devices{make("d1", "a", "b", 5)};
  const auto a = derive_token_key("push", "a");
  EXPECT_FALSE(take_token(devices, a, 4));
  EXPECT_FALSE(take_token(devices, a, 5));
  EXPECT_FALSE(take_token(devices, derive_token_key("pushKit", "a"), 6));
  EXPECT_TRUE(take_token(devices, a, 6));
  EXPECT_EQ(text(devices), "d1::b ");
  EXPECT_FALSE(take_token(devices, a, 7));
  EXPECT_TRUE(take_token(devices, derive_token_key("pushKit", "b"), 6));
  EXPECT_TRUE(devices.empty());
}

TEST(Devices, ClaimEveryTokenByItsDevice) {
  auto claims = claims_of({make("d1", "a", "b", 5), make("d2", {}, "c", 7)});
  ASSERT_EQ(claims.size(), 3U);
  EXPECT_EQ(claims[0].token, derive_token_key("push", "a"));
  EXPECT_EQ(claims[1].token, derive_token_key("pushKit", "b"));
  EXPECT_EQ(claims[2].token, derive_token_key("pushKit", "c"));
  EXPECT_EQ(claims[0].number + claims[1].number + claims[2].number, 17U);
  EXPECT_EQ(claims[0].token.size(), 16U);
}

TEST(Devices, KeepTheirClaimsOnDisk) {
  person_data d;
  d.devices = {make("d1", "a", "b", 5), make("d2", {}, "c", 1ULL << 40U)};
  person_data copy;
  ASSERT_TRUE(decode(encode(d), copy));
  EXPECT_EQ(copy.devices, d.devices);
}

TEST(Devices, OfRowsBeforeThereWereClaimsAreRead) {
  person_data d;
  d.devices = {make("d1", "a", {}, 0)};
  // The first version is the same without the claim, which is here the one byte after the time stamp, and without the
  // numbers of notes and of subscriptions at the end.
  auto row = encode(d);
  const person_data nobody;
  auto rest = encode(nobody).size() - 3;
  ASSERT_EQ(row[0], 5);
  row[0] = 1;
  row.erase(row.size() - rest - 1, 1);
  row.pop_back();
  row.pop_back();
  person_data copy;
  ASSERT_TRUE(decode(row, copy));
  EXPECT_EQ(copy.devices, d.devices);
  row[0] = 4;
  EXPECT_FALSE(decode(row, copy));
}

} // namespace belfry::test
