// SPEC 8, "Registration" and "Event names".
#include "belfry/io/webhook/registration.hpp"

#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::io::webhooks;

namespace {

constexpr millis now = 1'700'000'000'000;
constexpr millis hour = 3'600'000;

webhook_input input() {
  webhook_input in;
  in.name = "crm";
  in.endpoint = "https://host.example/hook";
  in.events = {"push_notification.new_message"};
  return in;
}

webhook_input input(std::uint64_t version) {
  auto in = input();
  in.version = version;
  return in;
}

webhook created(const webhook_input& in = input()) {
  auto w = create(in, "w1", {}, options{}, now);
  EXPECT_TRUE(w);
  return *w;
}

webhook replaced(const webhook& old, const webhook_input& in, millis at = now + 1) {
  auto w = replace(old, in, std::vector<webhook>{old}, options{}, at);
  EXPECT_TRUE(w) << w.error().detail;
  return *w;
}

/// The pointers of what is wrong.
std::vector<std::string> wrong(const webhook_input& in) {
  auto w = create(in, "w1", {}, options{}, now);
  std::vector<std::string> out;
  if (w)
    return out;
  EXPECT_EQ(w.error().code, ec::bad_input);
  for (auto& p : w.error().problems) {
    EXPECT_FALSE(p.detail.empty());
    out.push_back(p.pointer);
  }
  return out;
}

using pointers = std::vector<std::string>;

std::string umlauts(std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += "\xc3\xa4";
  return out;
}

} // namespace

TEST(Registration, StartsAtVersionOneActiveAndV4) {
  auto w = created();
  EXPECT_EQ(w.id, "w1");
  EXPECT_EQ(w.version, 1u);
  EXPECT_EQ(w.status, webhook_status::active);
  EXPECT_EQ(w.api_version, "V4");
  EXPECT_EQ(w.created_at, now);
  EXPECT_EQ(w.modified_at, now);
  EXPECT_FALSE(w.secret);
}

TEST(Registration, HasANameOf1To250Characters) {
  auto in = input();
  in.name = "";
  EXPECT_EQ(wrong(in), pointers{"/name"});
  in.name = umlauts(250);
  EXPECT_EQ(wrong(in), pointers{});
  in.name = umlauts(251);
  EXPECT_EQ(wrong(in), pointers{"/name"});
}

TEST(Registration, HasADescriptionOfAtMost500Characters) {
  auto in = input();
  in.description = umlauts(500);
  EXPECT_EQ(wrong(in), pointers{});
  in.description = umlauts(501);
  EXPECT_EQ(wrong(in), pointers{"/description"});
}

TEST(Registration, HasAnEndpointOfAtMost4000Characters) {
  auto in = input();
  in.endpoint = "https://host.example/";
  in.endpoint += std::string(4000 - in.endpoint.size(), 'a');
  EXPECT_EQ(wrong(in), pointers{});
  in.endpoint += 'a';
  EXPECT_EQ(wrong(in), pointers{"/endpoint"});
  in.endpoint = "";
  EXPECT_EQ(wrong(in), pointers{"/endpoint"});
}

TEST(Registration, HasNoEndpointThatIsRefused) {
  auto in = input();
  for (auto url :
       {"http://host.example/", "https://10.0.0.1/", "https://host.example:22/", "https://a:b@host.example/"}) {
    in.endpoint = url;
    EXPECT_EQ(wrong(in), pointers{"/endpoint"}) << url;
  }
}

TEST(Registration, HasASecretOfAtMost4000Characters) {
  auto in = input();
  in.secret = umlauts(4000);
  EXPECT_EQ(wrong(in), pointers{});
  in.secret = umlauts(4001);
  EXPECT_EQ(wrong(in), pointers{"/secret"});
  in.secret = "";
  EXPECT_EQ(wrong(in), pointers{"/secret"});
}

TEST(Registration, HasTheApiVersionV4) {
  auto in = input();
  in.api_version = "V3";
  EXPECT_EQ(wrong(in), pointers{"/apiVersion"});
}

TEST(Registration, NamesAtLeastOneKnownEvent) {
  auto in = input();
  in.events = {};
  EXPECT_EQ(wrong(in), pointers{"/events"});
  in.events = {"ping", "push_notification.", "new_message", "PING", "push_notification.read"};
  EXPECT_EQ(wrong(in), (pointers{"/events/1", "/events/2", "/events/3", "/events/4"}));
  in.events = {"ping"};
  for (int k = 0; k < kind_count; ++k)
    in.events.push_back("push_notification." + std::string{to_string(static_cast<kind>(k))});
  EXPECT_EQ(wrong(in), pointers{});
}

TEST(Registration, TakesTheSeedsNameButNotBothNamesOfOneEvent) {
  auto in = input();
  in.events = {"push_notification.revoked_call"};
  EXPECT_EQ(wrong(in), pointers{});
  in.events.push_back("push_notification.revoke_call");
  EXPECT_EQ(wrong(in), pointers{"/events"});
}

TEST(Registration, KeepsARepeatedEventOnce) {
  auto in = input();
  in.events = {"ping", "push_notification.new_message", "ping"};
  EXPECT_EQ(created(in).events, (std::vector<std::string>{"ping", "push_notification.new_message"}));
}

TEST(Registration, WithEverythingWrongNamesEverything) {
  webhook_input in;
  in.api_version = "";
  in.secret = "";
  in.description = std::string(501, 'x');
  EXPECT_EQ(wrong(in), (pointers{"/name", "/description", "/endpoint", "/apiVersion", "/secret", "/events"}));
}

TEST(Registration, OfANameThatIsTakenIsAConflict) {
  auto other = created();
  auto second = create(input(), "w2", std::vector<webhook>{other}, options{}, now);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ec::conflict);
  EXPECT_EQ(second.error().problems.at(0).pointer, "/name");
  auto in = input();
  in.name = "erp";
  auto third = create(in, "w2", std::vector<webhook>{other}, options{}, now);
  ASSERT_TRUE(third);
  auto renamed = replace(*third, input(1), std::vector<webhook>{other, *third}, options{}, now);
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().code, ec::conflict);
}

TEST(Registration, BeyondTheLimitIsAConflict) {
  options o;
  o.limits.webhooks = 1;
  auto other = created();
  auto in = input();
  in.name = "erp";
  auto second = create(in, "w2", std::vector<webhook>{other}, o, now);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ec::conflict);
  EXPECT_NE(second.error().detail.find("limits.webhooks"), std::string::npos);
}

TEST(Registration, PutReplacesAndGrowsTheVersion) {
  auto in = input();
  in.description = "old";
  in.status = webhook_status::inactive;
  auto w = replaced(created(in), input(1));
  EXPECT_EQ(w.version, 2u);
  EXPECT_FALSE(w.description);
  EXPECT_EQ(w.status, webhook_status::active);
  EXPECT_EQ(w.created_at, now);
  EXPECT_EQ(w.modified_at, now + 1);
  EXPECT_EQ(w.id, "w1");
}

TEST(Registration, PutNeedsTheVersion) {
  auto w = replace(created(), input(), {}, options{}, now);
  ASSERT_FALSE(w);
  EXPECT_EQ(w.error().code, ec::bad_input);
  EXPECT_EQ(w.error().problems.at(0).pointer, "/version");
}

TEST(Registration, PutOfAnOldVersionIsAConflict) {
  auto w = replaced(created(), input(1));
  for (std::uint64_t version : {0, 1, 3}) {
    auto again = replace(w, input(version), {}, options{}, now);
    ASSERT_FALSE(again) << version;
    EXPECT_EQ(again.error().code, ec::conflict);
  }
}

TEST(Registration, PutWithoutASecretKeepsTheOldOne) {
  auto in = input();
  in.secret = "first";
  auto w = replaced(created(in), input(1));
  EXPECT_EQ(w.secret, "first");
  EXPECT_FALSE(w.previous_secret);
}

TEST(Registration, ANewSecretLetsTheOldOneSignForTheOverlap) {
  auto in = input();
  in.secret = "first";
  auto next = input(1);
  next.secret = "second";
  auto w = replaced(created(in), next, now);
  EXPECT_EQ(w.secret, "second");
  EXPECT_EQ(w.previous_secret, "first");
  EXPECT_EQ(w.previous_secret_until, now + 24 * hour);
  // Another PUT within the overlap leaves it alone, one after it forgets the old secret.
  EXPECT_EQ(replaced(w, input(2), now + 1).previous_secret, "first");
  EXPECT_EQ(replaced(w, input(2), now + 1).previous_secret_until, now + 24 * hour);
  EXPECT_FALSE(replaced(w, input(2), now + 24 * hour).previous_secret);
}

TEST(Registration, TheSameSecretOrAFirstOneStartsNoOverlap) {
  auto first = input(1);
  first.secret = "first";
  auto w = replaced(created(), first);
  EXPECT_EQ(w.secret, "first");
  EXPECT_FALSE(w.previous_secret);
  first.version = 2;
  EXPECT_FALSE(replaced(w, first).previous_secret);
}

TEST(Registration, WithoutAnOverlapTheOldSecretGoesAtOnce) {
  auto in = input();
  in.secret = "first";
  auto next = input(1);
  next.secret = "second";
  options o;
  o.webhooks.secret_overlap = std::chrono::seconds{0};
  auto w = replace(created(in), next, {}, o, now);
  ASSERT_TRUE(w);
  EXPECT_EQ(w->secret, "second");
  EXPECT_FALSE(w->previous_secret);
}

TEST(Subscription, IsByTheNameRegistered) {
  auto w = created();
  EXPECT_EQ(event_name_for(w, kind::new_message), "push_notification.new_message");
  EXPECT_EQ(event_name_for(w, kind::read_message), std::nullopt);
  EXPECT_EQ(event_name_for(w, kind::revoke_call), std::nullopt);
  w.events = {"push_notification.revoke_call"};
  EXPECT_EQ(event_name_for(w, kind::revoke_call), "push_notification.revoke_call");
  w.events = {"push_notification.revoked_call"};
  EXPECT_EQ(event_name_for(w, kind::revoke_call), "push_notification.revoked_call");
  EXPECT_EQ(event_name_for(w, kind::missed_call), std::nullopt);
  w.events = {"ping"};
  for (int k = 0; k < kind_count; ++k)
    EXPECT_EQ(event_name_for(w, static_cast<kind>(k)), std::nullopt);
}

/// After so many failures, the last at `last`, the others at `now`.
webhook failed(std::uint32_t times, millis last) {
  webhook_options o;
  auto w = created();
  for (std::uint32_t i = 1; i < times; ++i)
    w = after_failure(w, o, now, now).value_or(w);
  return after_failure(w, o, last, last).value_or(w);
}

TEST(FailureClock, StartsAtTheFirstFailureAndCountsToFive) {
  webhook_options o;
  auto w = after_failure(created(), o, now, now);
  ASSERT_TRUE(w);
  EXPECT_EQ(w->failing_since, now);
  EXPECT_EQ(w->failures, 1U);
  EXPECT_EQ(w->status, webhook_status::active);
  EXPECT_EQ(w->version, 1u);
  auto five = failed(5, now);
  EXPECT_EQ(five.failures, 5U);
  EXPECT_EQ(five.failing_since, now);
  EXPECT_FALSE(after_failure(five, o, now + 1, now + 1)) << "nothing to write";
}

TEST(FailureClock, SwitchesOffAfterFiveFailuresOver120Hours) {
  webhook_options o;
  EXPECT_EQ(failed(5, now + 120 * hour - 1).status, webhook_status::active);
  auto w = failed(5, now + 120 * hour);
  EXPECT_EQ(w.status, webhook_status::inactive_unavailable);
  EXPECT_EQ(w.version, 2u);
  EXPECT_EQ(w.modified_at, now + 120 * hour);
  EXPECT_FALSE(after_failure(w, o, now + 240 * hour, now + 240 * hour));
}

TEST(FailureClock, TakesFewFailuresForNoPatternHoweverFarApart) {
  EXPECT_EQ(failed(4, now + 1'000 * hour).status, webhook_status::active);
}

TEST(FailureClock, StampsTheChangeWithTheWallClock) {
  webhook_options o;
  auto w = after_failure(failed(4, now), o, now + 120 * hour, 77);
  ASSERT_TRUE(w);
  EXPECT_EQ(w->modified_at, 77);
}

TEST(FailureClock, IsStoppedByOneSuccess) {
  webhook_options o;
  auto failing = *after_failure(created(), o, now, now);
  auto w = after_success(failing);
  ASSERT_TRUE(w);
  EXPECT_EQ(*w, created());
  EXPECT_FALSE(after_success(*w));
  EXPECT_EQ(after_failure(*w, o, now + 200 * hour, now + 200 * hour)->status, webhook_status::active);
}

TEST(FailureClock, NeverSwitchesOffWhenTheOptionIsZero) {
  webhook_options o;
  o.disable_after = std::chrono::seconds{0};
  EXPECT_FALSE(after_failure(failed(5, now), o, now + 10'000 * hour, now + 10'000 * hour));
}

TEST(FailureClock, IsResetByPutActiveOnly) {
  webhook_options o;
  auto failing = *after_failure(created(), o, now, now);
  EXPECT_EQ(replaced(failing, input(1)).failing_since, 0);
  auto off = input(1);
  off.status = webhook_status::inactive;
  EXPECT_EQ(replaced(failing, off).failing_since, now);
}

TEST(FailureClock, PutActiveBringsBackWhatWasSwitchedOff) {
  auto off = failed(5, now + 120 * hour);
  auto w = replaced(off, input(2), now + 121 * hour);
  EXPECT_EQ(w.status, webhook_status::active);
  EXPECT_EQ(w.failing_since, 0);
  EXPECT_EQ(w.version, 3u);
}

TEST(Gone, SwitchesOffAtOnce) {
  auto w = after_gone(created(), now + 5);
  ASSERT_TRUE(w);
  EXPECT_EQ(w->status, webhook_status::inactive_unavailable);
  EXPECT_EQ(w->version, 2u);
  EXPECT_EQ(w->modified_at, now + 5);
}

TEST(Gone, LeavesWhatIsNotActiveAsItIs) {
  auto in = input();
  in.status = webhook_status::inactive;
  EXPECT_FALSE(after_gone(created(in), now));
  EXPECT_FALSE(after_failure(created(in), webhook_options{}, now, now));
}
