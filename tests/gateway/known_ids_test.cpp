#include "belfry/actors/gateway/known_ids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

namespace belfry {

namespace {

TEST(KnownIds, ForgetTheOldestBeyondTheirNumber) {
  known_ids ids{3};
  for (std::uint64_t i = 1; i <= 4; ++i)
    ids.insert(i, 0);
  EXPECT_FALSE(ids.contains(1));
  for (std::uint64_t i = 2; i <= 4; ++i)
    EXPECT_TRUE(ids.contains(i));
  EXPECT_EQ(ids.size(), 3U);
}

TEST(KnownIds, ForgetWhatIsOlderThanTheHorizon) {
  known_ids ids{10};
  ids.insert(1, 100);
  ids.insert(2, 200);
  ids.forget_before(200);
  EXPECT_FALSE(ids.contains(1));
  EXPECT_TRUE(ids.contains(2));
}

TEST(KnownIds, DoNotGrowYoungerByBeingSaidAgain) {
  known_ids ids{2};
  ids.insert(1, 0);
  ids.insert(2, 0);
  ids.insert(1, 0);
  ids.insert(3, 0);
  EXPECT_FALSE(ids.contains(1));
  EXPECT_TRUE(ids.contains(2));
}

TEST(KnownIds, KeepAtLeastOne) {
  known_ids ids{0};
  ids.insert(1, 0);
  EXPECT_TRUE(ids.contains(1));
}

// Many ids share their low bits, so that probe chains are long, wrap around and are cut by removals.
TEST(KnownIds, BehaveAsAPlainListInRandomHistories) {
  const auto* text = std::getenv("BELFRY_SEED");
  auto seed = text ? std::strtoull(text, nullptr, 10) : std::random_device{}();
  std::printf("BELFRY_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 dice{seed};
  for (int walk = 0; walk < 20; ++walk) {
    std::size_t size_max = 1 + dice() % 600;
    known_ids ids{size_max};
    std::vector<std::pair<std::uint64_t, millis>> plain;
    auto knows = [&](std::uint64_t id) {
      return std::any_of(plain.begin(), plain.end(), [&](const auto& x) { return x.first == id; });
    };
    for (millis now = 0; now < 2000; ++now) {
      // Homes at the end and the beginning of the table of 1024 places.
      auto id = (dice() % 64 << 10 | (1016 + dice() % 16) % 1024) + (dice() % 4 == 0 ? 1 : 0);
      id += id == 0 ? 1 : 0;
      ASSERT_EQ(ids.contains(id), knows(id));
      if (!knows(id)) {
        if (plain.size() == size_max)
          plain.erase(plain.begin());
        plain.emplace_back(id, now);
      }
      ids.insert(id, now);
      if (dice() % 50 == 0) {
        auto horizon = now - static_cast<millis>(dice() % 500);
        std::erase_if(plain, [&](const auto& x) { return x.second < horizon; });
        ids.forget_before(horizon);
      }
      ASSERT_EQ(ids.size(), plain.size());
    }
    for (const auto& [id, at] : plain)
      ASSERT_TRUE(ids.contains(id));
  }
}

event of(event_body body, const conversation_id& c = "conv") {
  event e;
  e.conversation = c;
  e.body = std::move(body);
  return e;
}

TEST(SubjectFingerprint, IsOfTheMessageCallOrInvitationWithinItsConversation) {
  auto message = fingerprint_of_subject(of(message_sent{"x", "a", message_kind::text, "", false, {}, {}}));
  auto call = fingerprint_of_subject(of(call_started{"x", call_type::audio, "a"}));
  ASSERT_TRUE(message && call);
  EXPECT_NE(*message, *call);
  EXPECT_NE(message,
            fingerprint_of_subject(of(message_sent{"x", "a", message_kind::text, "", false, {}, {}}, "other")));
  EXPECT_EQ(message, fingerprint_of_subject(of(message_sent{"x", "b", message_kind::system, "y", true, {}, {}})));
  EXPECT_FALSE(fingerprint_of_subject(of(message_deleted{"x"})));
}

TEST(SubjectFingerprint, LetsADelegationReuseTheIdOfARequest) {
  request_offered r;
  r.invitation = "i1";
  deputy_delegated d;
  d.invitation = "i1";
  EXPECT_NE(fingerprint_of_subject(of(r)), fingerprint_of_subject(of(d)));
}

TEST(Fingerprint, IsNeverZeroAndStaysAsItIsOnDisk) {
  EXPECT_NE(fingerprint(""), 0U);
  EXPECT_EQ(fingerprint("belfry"), fingerprint("belfry"));
  EXPECT_NE(fingerprint("belfry"), fingerprint("belfrz"));
}

} // namespace

} // namespace belfry
