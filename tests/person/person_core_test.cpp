#include "desk.hpp"

namespace belfry::test {

namespace {

class Telling : public testing::Test, public desk {};

TEST_F(Telling, MakesOneDeliveryPerAddressThatTakesTheKind) {
  has("w1");
  has("w2", {kind::incoming_call});
  has("w3", {kind::new_message});
  message("m1");
  EXPECT_EQ(waiting(), (lines{"w1 new_message m1", "w3 new_message m1"}));
  EXPECT_EQ(state(kind::new_message, "m1"), "QUEUED ");
}

TEST_F(Telling, WithoutAnAddressIsNotSent) {
  message("m1");
  EXPECT_EQ(state(kind::new_message, "m1"), "NOT_SENT no_address");
  EXPECT_EQ(core().open(), 0U);
}

TEST_F(Telling, KeepsWhatTheConversationDecidedNotToTell) {
  has("w1");
  auto r = record(kind::incoming_call, "conv", "c1");
  r->notification.call = call_content{};
  r->state = trace_state::not_sent;
  r->reason = reason::role_disabled;
  tell(r);
  EXPECT_EQ(waiting(), lines{});
  ASSERT_EQ(last.traces.size(), 1U);
  EXPECT_EQ(last.traces[0].reason, reason::role_disabled);
}

TEST_F(Telling, StaysBehindWhatIsOnItsWayToTheSameAddress) {
  has_device("phone", all_kinds());
  call(kind::incoming_call);
  ASSERT_EQ(asks("phone incoming_call c1"), reason::none);
  moves("phone", "proven");
  message("m1");
  EXPECT_EQ(lanes(), (lines{"MOBILE/apns", "MOBILE/proven"})) << "messages have no part in it";
  call(kind::revoke_call);
  EXPECT_EQ(lanes().back(), "MOBILE/apns");
  answered("phone incoming_call c1", delivery_state::accepted);
  leaves("phone revoke_call c1");
  call(kind::missed_call);
  EXPECT_EQ(lanes().back(), "MOBILE/proven");
}

TEST_F(Telling, IsDoneWhenAllDeliveriesHaveEnded) {
  has("w1");
  has("w2");
  message("m1");
  leaves("w1 new_message m1");
  EXPECT_EQ(state(kind::new_message, "m1"), "QUEUED ");
  EXPECT_TRUE(core().busy());
  leaves("w2 new_message m1", delivery_state::refused);
  EXPECT_EQ(state(kind::new_message, "m1"), "DONE sent");
  EXPECT_FALSE(core().busy());
  EXPECT_EQ(core().open(), 0U);
}

TEST_F(Telling, TakesTheLastReasonWhenNothingWasSent) {
  has("w1");
  message("m1");
  ends("w1 new_message m1", delivery_state::expired, reason::expired);
  EXPECT_EQ(state(kind::new_message, "m1"), "DONE expired");
}

TEST_F(Telling, WaitsForTheChannelsDelayWithMessagesOnly) {
  has("w1");
  delays[channel_kind::webhook] = 5000;
  call(kind::incoming_call);
  EXPECT_EQ(state(kind::incoming_call, "c1"), "QUEUED ");
  message("m1");
  EXPECT_EQ(state(kind::new_message, "m1"), "WAITING ");
  EXPECT_EQ(last.submits.at(0).item.due, now + 5000);
  now += 5000;
  EXPECT_EQ(asks("w1 new_message m1"), reason::none);
  EXPECT_EQ(last.traces.at(0).state, trace_state::queued);
}

TEST_F(Telling, KeepsNoTextOfWhatIsFinished) {
  has("w1");
  message("m1", "a secret");
  EXPECT_NE(rows().begin()->second.blob.find("a secret"), std::string::npos);
  leaves("w1 new_message m1");
  EXPECT_EQ(rows().begin()->second.blob.find("a secret"), std::string::npos);
}

TEST_F(Telling, CountsTheDeliveriesThatAreOpen) {
  has("w1");
  has("w2");
  message("m1");
  EXPECT_EQ(rows().begin()->second.open_deliveries, 2U);
  leaves("w1 new_message m1");
  EXPECT_EQ(rows().begin()->second.open_deliveries, 1U);
}

class Clearing : public testing::Test, public desk {};

TEST_F(Clearing, IsRefusedPastTheLifeOfTheNotification) {
  has("w1");
  call(kind::incoming_call);
  now += 60'000;
  EXPECT_EQ(asks("w1 incoming_call c1"), reason::expired);
}

TEST_F(Clearing, IsRefusedWhereTheAddressMayNotBeUsed) {
  has("w1");
  message("m1");
  unusable["w1"] = reason::registration_inactive;
  EXPECT_EQ(asks("w1 new_message m1"), reason::registration_inactive);
  unusable.clear();
  EXPECT_EQ(asks("w1 new_message m1"), reason::none);
}

TEST_F(Clearing, IsRefusedForWhatIsUnknownOrOver) {
  has("w1");
  message("m1");
  auto id = last.submits.at(0).item.delivery;
  withdraw(reason::left);
  person_effects fx;
  EXPECT_NE(core().authorize(id, now, fx).why, reason::none);
  EXPECT_EQ(core().authorize({}, now, fx).why, reason::taken_back);
}

TEST_F(Clearing, InAPauseIsRefusedToMobileAndWebPushOnly) {
  has("w1");
  has("mail", all_kinds(), channel_kind::email);
  has("phone", all_kinds(), channel_kind::mobile);
  has("page", all_kinds(), channel_kind::web_push);
  ASSERT_TRUE(core().data().pause.set_mode(pause_mode::on, {}, now));
  message("m1");
  EXPECT_EQ(asks("w1 new_message m1"), reason::none);
  EXPECT_EQ(asks("mail new_message m1"), reason::none);
  EXPECT_EQ(asks("phone new_message m1"), reason::paused);
  EXPECT_EQ(asks("page new_message m1"), reason::paused);
}

TEST_F(Clearing, InAPauseTakesBackWhatHadGoneOutAndNothingElse) {
  has("phone", all_kinds(), channel_kind::mobile);
  has("tablet", all_kinds(), channel_kind::mobile);
  message("m1");
  leaves("phone new_message m1");
  ASSERT_TRUE(core().data().pause.set_mode(pause_mode::on, {}, now));
  ASSERT_EQ(asks("tablet new_message m1"), reason::paused);
  ends("tablet new_message m1", delivery_state::cancelled, reason::paused);
  read();
  EXPECT_EQ(waiting(), (lines{"phone read_message m1"}));
  EXPECT_EQ(asks("phone read_message m1"), reason::none);
}

class TakingBack : public testing::Test, public desk {};

TEST_F(TakingBack, IsSilentWhenNothingHadLeft) {
  has("w1");
  has("w2", {kind::read_message});
  message("m1");
  read();
  EXPECT_EQ(waiting(), lines{});
  EXPECT_EQ(end_of("w1 new_message m1"), "CANCELLED read_before_due");
  EXPECT_EQ(state(kind::read_message, "m1"), "NOT_SENT taken_back");
  EXPECT_TRUE(shows_nothing());
}

TEST_F(TakingBack, GoesToEveryAddressButWhereTheMessageStillWaited) {
  has("w1");
  has("w2");
  has("w3", {kind::read_message});
  has("w4", {kind::new_message});
  message("m1");
  leaves("w1 new_message m1");
  read();
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1", "w3 read_message m1"}));
  EXPECT_EQ(end_of("w2 new_message m1"), "CANCELLED read_before_due");
}

TEST_F(TakingBack, GoesWhereAnEarlierMessageHadLeft) {
  has("w1");
  message("m1");
  leaves("w1 new_message m1");
  message("m2");
  read("m2");
  EXPECT_EQ(waiting(), (lines{"w1 read_message m2"}));
}

TEST_F(TakingBack, GoesWhereTheAttemptFailed) {
  has("w1");
  message("m1");
  leaves("w1 new_message m1", delivery_state::given_up);
  read();
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
}

TEST_F(TakingBack, StopsRetries) {
  has("w1");
  message("m1");
  leaves("w1 new_message m1", delivery_state::retrying);
  EXPECT_EQ(end_of("w1 new_message m1"), "RETRYING http_status");
  read();
  EXPECT_EQ(end_of("w1 new_message m1"), "CANCELLED read_before_due");
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
}

TEST_F(TakingBack, LetsAnAttemptInFlightBeAnswered) {
  has("w1");
  message("m1");
  asks("w1 new_message m1");
  read();
  EXPECT_EQ(end_of("w1 new_message m1"), "QUEUED ");
  EXPECT_EQ(waiting(), (lines{"w1 new_message m1", "w1 read_message m1"}));
  answered("w1 new_message m1", delivery_state::accepted);
  EXPECT_EQ(state(kind::new_message, "m1"), "DONE sent");
}

TEST_F(TakingBack, StartsAnewAfterIt) {
  has("w1");
  message("m1");
  leaves("w1 new_message m1");
  read();
  leaves("w1 read_message m1");
  EXPECT_TRUE(shows_nothing());
  message("m2");
  read("m2");
  EXPECT_EQ(waiting(), lines{});
}

TEST_F(TakingBack, KeepsConversationsApart) {
  has("w1");
  message("m1", "x", "other");
  leaves("w1 new_message m1");
  message("m2");
  read("m2");
  EXPECT_EQ(waiting(), lines{});
  read("m1", "other");
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
}

TEST_F(TakingBack, AfterAWithdrawalGoesWhereItHadLeft) {
  has("w1");
  has("w2");
  message("m1");
  leaves("w1 new_message m1");
  withdraw(reason::left);
  EXPECT_EQ(end_of("w2 new_message m1"), "CANCELLED left");
  read();
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
}

TEST_F(TakingBack, RemembersOverARestartWhereItLeft) {
  has("w1");
  has("w2");
  message("m1");
  leaves("w1 new_message m1");
  ends("w2 new_message m1", delivery_state::cancelled, reason::paused);
  crashes();
  read();
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
}

class CallDelivery : public testing::Test, public desk {};

TEST_F(CallDelivery, ThatLeftIsRevokedOnce) {
  has("w1");
  call(kind::incoming_call);
  leaves("w1 incoming_call c1");
  call(kind::revoke_call);
  EXPECT_EQ(waiting(), (lines{"w1 revoke_call c1"}));
  leaves("w1 revoke_call c1");
  EXPECT_TRUE(shows_nothing());
}

TEST_F(CallDelivery, ThatHadNotLeftIsDroppedTogetherWithItsRevoke) {
  has("w1");
  has("w2");
  call(kind::incoming_call);
  leaves("w1 incoming_call c1");
  call(kind::revoke_call);
  EXPECT_EQ(waiting(), (lines{"w1 revoke_call c1"}));
  EXPECT_EQ(end_of("w2 incoming_call c1"), "CANCELLED taken_back");
}

TEST_F(CallDelivery, IsRevokedWhenTheProviderMayHaveIt) {
  for (int status : {0, 503}) {
    desk d;
    d.has_device("phone", all_kinds());
    d.call(kind::incoming_call);
    ASSERT_EQ(d.asks("phone incoming_call c1"), reason::none);
    d.asked_once("phone incoming_call c1", status);
    d.call(kind::revoke_call);
    EXPECT_EQ(d.waiting(), (lines{"phone revoke_call c1"})) << status;
  }
}

TEST_F(CallDelivery, IsDroppedWithItsRevokeWhenOnlyCredentialsWereRefused) {
  has_device("phone", all_kinds());
  call(kind::incoming_call);
  ASSERT_EQ(asks("phone incoming_call c1"), reason::none);
  asked_once("phone incoming_call c1", 403);
  call(kind::revoke_call);
  EXPECT_EQ(waiting(), lines{});
}

TEST_F(CallDelivery, IsMissedAlsoWhereItNeverLeft) {
  has("w1");
  call(kind::incoming_call);
  call(kind::revoke_call);
  call(kind::missed_call);
  EXPECT_EQ(waiting(), (lines{"w1 missed_call c1"}));
  EXPECT_EQ(state(kind::revoke_call, "c1"), "NOT_SENT taken_back");
}

TEST_F(CallDelivery, IsRevokedWhereOnlyRevokesAreTaken) {
  has("w1", {kind::revoke_call});
  has("w2", {kind::incoming_call});
  call(kind::incoming_call);
  leaves("w2 incoming_call c1");
  call(kind::revoke_call);
  EXPECT_EQ(waiting(), (lines{"w1 revoke_call c1"}));
}

TEST_F(CallDelivery, IsNotRevokedOnADeviceThatCannotRing) {
  has_device("old", {kind::revoke_call, kind::missed_call});
  has("w1");
  call(kind::incoming_call);
  leaves("w1 incoming_call c1");
  call(kind::revoke_call);
  call(kind::missed_call);
  EXPECT_EQ(waiting(), (lines{"w1 revoke_call c1", "old missed_call c1", "w1 missed_call c1"}));
}

TEST_F(CallDelivery, IsNotRevokedWhereItExpiredUnsent) {
  has("w1");
  call(kind::incoming_call);
  ends("w1 incoming_call c1", delivery_state::expired, reason::expired);
  call(kind::revoke_call);
  EXPECT_EQ(waiting(), lines{});
}

TEST_F(CallDelivery, OfAnotherCallStays) {
  has("w1");
  call(kind::incoming_call, "c1");
  leaves("w1 incoming_call c1");
  call(kind::revoke_call, "c1");
  call(kind::incoming_call, "c2");
  EXPECT_EQ(waiting(), (lines{"w1 revoke_call c1", "w1 incoming_call c2"}));
}

TEST_F(CallDelivery, IsNotTakenBackByAReading) {
  has("w1");
  call(kind::incoming_call);
  message("m1");
  read();
  EXPECT_EQ(waiting(), (lines{"w1 incoming_call c1"}));
}

TEST_F(CallDelivery, InFlightAtACrashIsRevoked) {
  has("w1");
  call(kind::incoming_call);
  asks("w1 incoming_call c1");
  crashes();
  EXPECT_EQ(waiting(), (lines{"w1 incoming_call c1"})) << "repeated at once";
  call(kind::revoke_call);
  EXPECT_EQ(waiting(), (lines{"w1 revoke_call c1"}));
}

class RequestDelivery : public testing::Test, public desk {};

TEST_F(RequestDelivery, IsTakenBackByItsOwnRevokeOnly) {
  has("w1");
  request(kind::inbound_request, "i1");
  leaves("w1 inbound_request i1");
  request(kind::inbound_request, "i2");
  request(kind::revoke_inbound_request, "i1");
  EXPECT_EQ(waiting(), (lines{"w1 inbound_request i2", "w1 revoke_inbound_request i1"}));
}

TEST_F(RequestDelivery, OfADelegationWithTheSameIdIsTakenBackWhereEachLeft) {
  has("w1");
  request(kind::inbound_request, "i1");
  request(kind::deputy_delegation, "i1");
  leaves("w1 inbound_request i1");
  leaves("w1 deputy_delegation i1");
  request(kind::revoke_inbound_request, "i1");
  request(kind::revoke_deputy_delegation, "i1");
  EXPECT_EQ(waiting(), (lines{"w1 revoke_inbound_request i1", "w1 revoke_deputy_delegation i1"}));
}

class Parked : public testing::Test, public desk {};

TEST_F(Parked, IsOnDiskAndLetsThePersonSleep) {
  has("w1");
  message("m1");
  parks("w1 new_message m1");
  EXPECT_TRUE(parked("w1 new_message m1"));
  EXPECT_FALSE(core().busy());
  EXPECT_TRUE(unparks("w1 new_message m1"));
  EXPECT_FALSE(parked("w1 new_message m1"));
  EXPECT_EQ(waiting(), (lines{"w1 new_message m1"}));
  EXPECT_FALSE(unparks("w1 new_message m1")) << "once";
}

TEST_F(Parked, IsSupersededByANewerMessageOfItsAddressAndConversation) {
  has("w1");
  message("m1");
  parks("w1 new_message m1");
  message("m2", "x", "other");
  EXPECT_TRUE(parked("w1 new_message m1"));
  message("m3");
  EXPECT_FALSE(parked("w1 new_message m1"));
  EXPECT_EQ(end_of("w1 new_message m1"), "CANCELLED superseded");
}

TEST_F(Parked, HandsItsImposedWaitOn) {
  has("w1");
  message("m1");
  leaves("w1 new_message m1", delivery_state::retrying);
  answered("w1 new_message m1", delivery_state::retrying, now + 90'000, true);
  message("m2");
  EXPECT_EQ(last.submits.at(0).item.due, now + 90'000);
}

TEST_F(Parked, IsCancelledByAReading) {
  has("w1");
  message("m1");
  parks("w1 new_message m1");
  read();
  EXPECT_FALSE(parked("w1 new_message m1"));
  EXPECT_EQ(waiting(), lines{});
}

TEST_F(Parked, IsPassedByNothingOfItsChainAfterACrash) {
  has("w1");
  has("w2");
  request(kind::inbound_request, "i1");
  leaves("w1 inbound_request i1", delivery_state::retrying);
  answered("w1 inbound_request i1", delivery_state::retrying, now + 90'000, true);
  leaves("w2 inbound_request i1");
  crashes();
  request(kind::inbound_request, "i2");
  ASSERT_EQ(last.submits.size(), 2U);
  EXPECT_EQ(last.submits[0].behind, now + 90'000);
  EXPECT_EQ(last.submits[1].behind, 0) << "another address";
  call(kind::incoming_call);
  EXPECT_EQ(last.submits[0].behind, 0) << "calls wait for nothing but calls";
}

TEST_F(Parked, OrNotYetDueDoesNotCountAsLeftAfterACrash) {
  delays[channel_kind::webhook] = 5'000;
  has("w1");
  message("m1");
  crashes();
  rewrite("m1", "new");
  EXPECT_TRUE(delivery_of("w1 new_message m1").edited);
  read();
  EXPECT_EQ(waiting(), lines{});
  EXPECT_EQ(state(kind::read_message, "m1"), "NOT_SENT taken_back");
}

TEST_F(Parked, OrNotYetDueDoesNotCountAsLeftAfterAStopHoweverLongItLasted) {
  delays[channel_kind::webhook] = 5'000;
  has("w1");
  message("m1");
  stopped_at = now;
  now += 60'000;
  crashes();
  read();
  EXPECT_EQ(waiting(), lines{});
}

TEST_F(Parked, ButDueDuringACrashCountsAsLeft) {
  delays[channel_kind::webhook] = 5'000;
  has("w1");
  message("m1");
  now += 60'000;
  crashes();
  read();
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
}

TEST_F(Parked, AndNeverTriedDoesNotCountAsLeftAfterACrash) {
  has("w1");
  message("m1");
  parks("w1 new_message m1");
  crashes();
  EXPECT_EQ(waiting(), lines{});
  read();
  EXPECT_EQ(waiting(), lines{});
  EXPECT_EQ(state(kind::read_message, "m1"), "NOT_SENT taken_back");
}

TEST_F(Parked, AndTriedCountsAsLeftAfterACrash) {
  has("w1");
  message("m1");
  asks("w1 new_message m1");
  answered("w1 new_message m1", delivery_state::retrying, now + 90'000, true);
  crashes();
  read();
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
}

class Crash : public testing::Test, public desk {};

TEST_F(Crash, MakesEverythingUnfinishedCountAsLeft) {
  has("w1");
  message("m1");
  crashes();
  EXPECT_EQ(waiting(), (lines{"w1 new_message m1"}));
  read();
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
}

TEST_F(Crash, KeepsNumberAndTimeOfTheNextRetry) {
  has("w1");
  message("m1");
  asks("w1 new_message m1");
  answered("w1 new_message m1", delivery_state::retrying, now + 5000);
  crashes();
  ASSERT_EQ(last.submits.size(), 1U);
  EXPECT_EQ(last.submits[0].item.due, now + 5000);
  EXPECT_EQ(last.submits[0].item.tries, 1U);
  EXPECT_TRUE(last.submits[0].from_disk);
}

TEST_F(Crash, TellsWhatThePersonHadNotHeardOf) {
  has("w1");
  auto r = record(kind::new_message, "conv", "m1");
  r->notification.message = message_content{"m1", "hello", {}, "anna", 0, 0, 0, 1};
  commits_only(*r);
  crashes();
  EXPECT_EQ(waiting(), (lines{"w1 new_message m1"}));
  leaves("w1 new_message m1");
  EXPECT_EQ(state(kind::new_message, "m1"), "DONE sent");
}

TEST_F(Crash, LetsTheNewestStandForAllThatALaneHeld) {
  has("w1");
  has("w2");
  message("m1");
  leaves("w2 new_message m1");
  message("m2");
  message("m3", "hello", "other");
  crashes();
  EXPECT_EQ(waiting(), (lines{"w1 new_message m2", "w2 new_message m2", "w1 new_message m3", "w2 new_message m3"}));
  EXPECT_EQ(end_of("w1 new_message m1"), "CANCELLED superseded");
  EXPECT_EQ(state(kind::new_message, "m1"), "DONE sent");
}

TEST_F(Crash, LetsWhatNobodyHadHeardOfStandForWhatALaneHeld) {
  has("w1");
  message("m1");
  for (const auto* m : {"m2", "m3"}) {
    auto r = record(kind::new_message, "conv", m);
    r->notification.message = message_content{m, "hello", {}, "anna", 0, 0, 0, 1};
    commits_only(*r);
  }
  crashes();
  EXPECT_EQ(waiting(), (lines{"w1 new_message m3"}));
  EXPECT_EQ(end_of("w1 new_message m1"), "CANCELLED superseded");
  EXPECT_EQ(end_of("w1 new_message m2"), "CANCELLED superseded");
  read();
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"})) << "it may have left before the crash";
}

TEST_F(Crash, TakesBackInTheOrderOfWhatWasCommitted) {
  has("w1");
  auto m = record(kind::new_message, "conv", "m1");
  m->notification.message = message_content{"m1", "hello", {}, "anna", 0, 0, 0, 1};
  auto r = record(kind::read_message, "conv", "m1");
  r->notification.message = message_content{"m1", {}, {}, {}, 0, 0, 0, 0};
  commits_only(*m);
  commits_only(*r);
  crashes();
  EXPECT_EQ(asks("w1 read_message m1"), reason::none);
  EXPECT_EQ(state(kind::new_message, "m1"), "DONE read_before_due");
}

TEST_F(Crash, KeepsProfileDevicesAndPause) {
  core().data().profile = person_profile{};
  core().data().profile->display_name = "Ben";
  core().data().profile->labels = lines{"vip"};
  core().data().profile->metadata.emplace()["k"] = "v";
  device d;
  d.id = "d1";
  d.push_token = "t";
  core().data().devices.push_back(d);
  ASSERT_TRUE(core().data().pause.set_mode(pause_mode::on, {}, now));
  auto profile = *core().data().profile;
  saves_person();
  crashes();
  EXPECT_EQ(core().data().profile, profile);
  EXPECT_EQ(core().data().devices, (std::vector<device>{d}));
  EXPECT_TRUE(core().data().pause.on(now));
}

TEST_F(Crash, OfAMessageInFlightThatWasReadTakesItBackOnce) {
  has("w1");
  message("m1");
  asks("w1 new_message m1");
  read("m1");
  crashes();
  EXPECT_EQ(end_of("w1 new_message m1"), "CANCELLED read_before_due");
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
  leaves("w1 read_message m1");
  message("m2");
  read("m2");
  EXPECT_EQ(waiting(), lines{}) << "m2 never left, and m1 was taken back";
}

TEST_F(Crash, RemembersWhatMayHaveLeftOverTheNextCrash) {
  has("w1");
  message("m1");
  asks("w1 new_message m1");
  crashes();
  drop("m1");
  crashes();
  read("m0");
  EXPECT_EQ(waiting(), (lines{"w1 read_message m0"}));
}

TEST_F(Crash, RemembersWhatMayHaveLeftWhileItIsParkedUntried) {
  has("w1");
  message("m1");
  asks("w1 new_message m1");
  crashes();
  parks("w1 new_message m1");
  crashes();
  read();
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
}

TEST_F(Crash, RemembersWhereNothingHadLeft) {
  has("w1");
  has("w2");
  message("m1");
  leaves("w1 new_message m1");
  withdraw();
  crashes();
  read();
  EXPECT_EQ(waiting(), (lines{"w1 read_message m1"}));
}

TEST_F(Crash, AppliesWhatThePersonHadNotHeardOf) {
  has("w1");
  message("m1", "old");
  commits_only(rewrite_message{"conv", "m1", "new"});
  crashes();
  asks("w1 new_message m1");
  EXPECT_EQ(text, "new") << "it had not left for all that is known";
  answered("w1 new_message m1", delivery_state::retrying);
  commits_only(rewrite_message{"conv", "m1", "newest"});
  crashes();
  asks("w1 new_message m1");
  EXPECT_EQ(text, "new") << "a retry keeps its text";
  answered("w1 new_message m1", delivery_state::retrying);
  commits_only(drop_message{"conv", "m1"});
  crashes();
  EXPECT_EQ(end_of("w1 new_message m1"), "CANCELLED deleted");
  message("m2");
  commits_only(belfry::withdraw{"conv", reason::left});
  crashes();
  EXPECT_EQ(waiting(), lines{});
}

class Declining : public testing::Test, public desk {};

TEST_F(Declining, AfterAllLeavesNothingToTakeBack) {
  has("w1");
  message("m1");
  ASSERT_EQ(asks("w1 new_message m1"), reason::none);
  ends("w1 new_message m1", delivery_state::cancelled, reason::registration_deleted);
  read();
  EXPECT_EQ(waiting(), lines{}) << "the attempt was cleared and never made";
}

class Rewriting : public testing::Test, public desk {};

TEST_F(Rewriting, ReachesWhatHasNotLeftAndLeavesRetriesAlone) {
  has("w1");
  has("w2");
  message("m1", "old");
  leaves("w1 new_message m1", delivery_state::retrying);
  rewrite("m1", "new");
  asks("w1 new_message m1");
  EXPECT_EQ(text, "old");
  asks("w2 new_message m1");
  EXPECT_EQ(text, "new");
}

TEST_F(Rewriting, ReachesWhatWasOnItsWayAndNotTriedAfterAll) {
  has("w1");
  message("m1", "old");
  asks("w1 new_message m1");
  rewrite("m1", "new");
  comes_back_untried("w1 new_message m1");
  asks("w1 new_message m1");
  EXPECT_EQ(text, "new");
}

TEST_F(Rewriting, OfAnotherMessageChangesNothing) {
  has("w1");
  message("m1", "old");
  rewrite("m2", "new");
  asks("w1 new_message m1");
  EXPECT_EQ(text, "old");
}

TEST_F(Rewriting, LastsOverARestart) {
  has("w1");
  message("m1", "old");
  rewrite("m1", "new");
  crashes();
  asks("w1 new_message m1");
  EXPECT_EQ(text, "new");
}

TEST_F(Rewriting, OfTheCountReachesWhatHasLeftNowhere) {
  has("w1");
  has("w2");
  message("m1");
  recounts("w1 new_message m1", 3);
  asks("w1 new_message m1");
  EXPECT_EQ(count, 3U);
  answered("w1 new_message m1", delivery_state::retrying, now);
  recounts("w1 new_message m1", 2);
  recounts("w2 new_message m1", 2);
  asks("w1 new_message m1");
  EXPECT_EQ(count, 3U) << "retries repeat it";
}

class Dropping : public testing::Test, public desk {};

TEST_F(Dropping, CancelsWhatAnnouncesTheMessage) {
  has("w1");
  message("m1");
  drop("other");
  EXPECT_EQ(waiting(), (lines{"w1 new_message m1"}));
  drop("m1");
  EXPECT_EQ(end_of("w1 new_message m1"), "CANCELLED deleted");
  EXPECT_EQ(state(kind::new_message, "m1"), "DONE deleted");
}

class Superseding : public testing::Test, public desk {};

TEST_F(Superseding, DoesNotKeepAReadingFromWhereTheNewerLeft) {
  has("w1");
  message("m1");
  message("m2");
  EXPECT_EQ(end_of("w1 new_message m1"), "CANCELLED superseded");
  leaves("w1 new_message m2");
  read("m2");
  EXPECT_EQ(waiting(), (lines{"w1 read_message m2"}));
}

class Erasing : public testing::Test, public desk {};

TEST_F(Erasing, EndsEverythingAndWritesNothing) {
  has("w1");
  core().data().profile = person_profile{};
  core().data().devices.emplace_back();
  core().conversations().insert("conv");
  message("m1");
  person_effects fx;
  core().erase(fx);
  ASSERT_EQ(fx.cancels.size(), 1U);
  EXPECT_EQ(fx.cancels[0].why, reason::person_erased);
  EXPECT_TRUE(fx.changes.empty());
  EXPECT_FALSE(core().data().profile);
  EXPECT_TRUE(core().data().devices.empty());
  EXPECT_TRUE(core().conversations().empty());
  EXPECT_EQ(core().open(), 0U);
}

} // namespace

} // namespace belfry::test
