#include "belfry/io/mobile/channel.hpp"

#include "belfry/io/crypto/p256.hpp"
#include "belfry/tests/http2_client/client_fixture.hpp"
#include "belfry/tests/support/providers/apns_simulator.hpp"
#include "belfry/tests/support/providers/fcm_simulator.hpp"

#include "belfry/tests/support/providers/key_pem.hpp"

#include "fixture.hpp"
#include <atomic>
#include <set>

namespace belfry::io::mobile {

namespace {

using nlohmann::json;
using how = attempt_result::verdict;
using verdict = outcome::verdict;

millis wall_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// As Apple says no.
test::http2_reply refusal(int status, const std::string& why) {
  test::http2_reply out;
  out.status = status;
  out.body = json{{"reason", why}}.dump();
  return out;
}

/// Both strict ends, and the channel between them and one app of each provider.
class MobileChannel : public Http2 {
protected:
  MobileChannel() {
    o_.outbound = options_;
    o_.mobile.enabled = true;
    o_.mobile.apns = {"TEAMID1234", "KEYID12345", "com.example.chat", {}};
    o_.mobile.apns.key.value = apple_key;
    o_.mobile.fcm.project_id = "belfry-demo";
  }
  ~MobileChannel() override { channel_.reset(); }

  void start() {
    if (!apple_)
      start_apple();
    if (!google_)
      start_google();
    auto made = make_channel(o_, make_client(), std::string(32, 'k'), wall_now);
    ASSERT_TRUE(made) << made.error().detail;
    channel_ = std::move(*made);
  }
  void start_apple(std::function<std::optional<test::http2_reply>(const test::http2_request&)> faults = {}) {
    test::apns_settings s;
    s.tls = certificate_;
    s.keys = {{"KEYID12345", crypto::p256_key::from_text(apple_key)->point()}};
    s.faults = std::move(faults);
    apple_.emplace(std::move(s));
    o_.mobile.apns_production = o_.mobile.apns_sandbox = apple_->url();
  }
  void start_google(std::function<std::optional<test::http2_reply>(const test::http2_request&)> faults = {}) {
    test::fcm_settings s;
    s.tls = certificate_;
    s.faults = std::move(faults);
    google_.emplace(std::move(s));
    o_.mobile.fcm_endpoint = google_->url();
    o_.mobile.fcm.service_account_key.value = json{
        {"project_id", "belfry-demo"},
        {"private_key_id", "k1"},
        {"private_key", test::rsa_pem()},
        {"client_email", "push@belfry-demo.iam.gserviceaccount.com"},
        {"token_uri", google_->url() + "/token"}}.dump();
  }

  /// As a lane does: what follows at once is asked for again.
  attempt_result push(const notification& n, const device& d) {
    auto r = ask(n, d);
    std::vector<belfry::attempt> earlier = r.earlier;
    while (r.how == how::postponed && r.wait == 0) {
      r = ask(n, d);
      earlier.insert(earlier.end(), r.earlier.begin(), r.earlier.end());
    }
    r.earlier = std::move(earlier);
    return r;
  }
  attempt_result ask(const notification& n, const device& d) {
    attempt_input in;
    in.what = n;
    in.what.created_at = wall_now();
    in.what.expires_at = wall_now() + 60'000;
    in.which.id = id_of(0xd1);
    in.which.channel = channel_kind::mobile;
    in.which.target = d.id;
    in.which.attempts = before_;
    in.which.tries = static_cast<std::uint32_t>(before_.size());
    in.recipient.id = "ben";
    in.devices = {d};
    in.notes = notes_;
    auto p = std::make_shared<std::promise<attempt_result>>();
    channel_->attempt(std::move(in), [p](attempt_result r) { p->set_value(std::move(r)); });
    return p->get_future().get();
  }
  std::vector<endpoint> endpoints(const device& d, kind k = kind::new_message) const {
    std::vector<device> devices{d};
    return channel_->endpoints({id_, nullptr, devices, notes_, wall_now()}, k);
  }
  static device with_token(device d, const std::string& begin) {
    d.push_token = begin + std::string(60, '0');
    return d;
  }

  static constexpr auto google_lane = "fcm/belfry-demo/push@belfry-demo.iam.gserviceaccount.com";
  static constexpr auto apple_key = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";

  options o_;
  std::optional<test::apns_simulator> apple_;
  std::optional<test::fcm_simulator> google_;
  std::shared_ptr<channel> channel_;
  person_id id_ = "ben";
  std::vector<address_note> notes_;
  /// Attempts of what is pushed that were made before.
  std::vector<attempt> before_;
};

TEST_F(MobileChannel, PushesByBothProvidersAndProvesTokens) {
  start();
  for (const auto& d : {iphone(), android()}) {
    auto r = push(message("hello"), d);
    EXPECT_EQ(r.answer.what, verdict::accepted) << r.answer.answer;
    EXPECT_EQ(r.address.what, address_news::verdict::proven);
    EXPECT_EQ(r.address.value, derive_token_key("push", *d.push_token));
    EXPECT_FALSE(r.message_id.empty()) << "the provider's id of the message";
    EXPECT_TRUE(r.earlier.empty());
  }
  EXPECT_EQ(apple_->count(), 1U);
  EXPECT_EQ(google_->count(), 1U);
}

TEST_F(MobileChannel, SharesOneAccessTokenAndRenewsARevokedOneAtOnce) {
  start();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(push(message("hello"), android()).answer.what, verdict::accepted);
  EXPECT_EQ(google_->access_tokens(), 1U);
  google_->revoke_access();
  auto r = push(message("hello"), android());
  EXPECT_EQ(r.how, how::made);
  EXPECT_EQ(r.answer.what, verdict::accepted);
  EXPECT_EQ(google_->access_tokens(), 2U);
  ASSERT_EQ(r.earlier.size(), 1U) << "both requests are in the trace";
  EXPECT_EQ(r.earlier[0].status, 401);
}

TEST_F(MobileChannel, IndexesOnlyWhatComesAgain) {
  std::vector<std::string> once;
  start_apple([&](const test::http2_request& r) -> std::optional<test::http2_reply> {
    once = r.not_indexed;
    return {};
  });
  start();
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted);
  std::sort(once.begin(), once.end());
  // A-12; the last by the library itself.
  EXPECT_EQ(once, (std::vector<std::string>{"apns-collapse-id", "apns-expiration", "apns-id", "authorization"}));
}

TEST_F(MobileChannel, ReadsEveryAnswerOfApns) {
  start();
  struct row {
    const char* token;
    how made;
    verdict what;
    reason why;
    address_news::verdict news;
  };
  using news = address_news::verdict;
  const row rows[] = {{"e410", how::made, verdict::gone, reason::address_dead, news::gone},
                      {"e400", how::made, verdict::refused, reason::provider_refused, news::nothing},
                      {"e413", how::made, verdict::refused, reason::provider_refused, news::nothing},
                      {"e429", how::made, verdict::again, reason::provider_refused, news::nothing},
                      {"e500", how::made, verdict::again, reason::provider_refused, news::nothing},
                      {"e503", how::made, verdict::again, reason::provider_refused, news::nothing}};
  for (const auto& x : rows) {
    auto r = push(message("hello"), with_token(iphone(), x.token));
    EXPECT_EQ(r.how, x.made) << x.token;
    EXPECT_EQ(r.answer.what, x.what) << x.token;
    EXPECT_EQ(r.answer.why, x.why) << x.token;
    EXPECT_EQ(r.address.what, x.news) << x.token;
  }
}

TEST_F(MobileChannel, BelievesApplesTimeOfAnUnregistrationAndItsOwnOfAnExpiry) {
  json body;
  start_apple([&](const test::http2_request&) -> std::optional<test::http2_reply> {
    test::http2_reply out;
    out.status = 410;
    out.body = body.dump();
    return out;
  });
  start();
  body = {{"reason", "Unregistered"}, {"timestamp", 1'700'000'000'123}};
  auto r = push(message("hello"), iphone());
  EXPECT_EQ(r.address.what, address_news::verdict::gone);
  EXPECT_EQ(r.address.since, 1'700'000'000'123) << "a token that was stored after that stays (A-6)";
  for (const char* why : {"Unregistered", "ExpiredToken"}) {
    body = {{"reason", why}};
    const auto sent = wall_now();
    r = push(message("hello"), iphone());
    EXPECT_EQ(r.address.what, address_news::verdict::gone) << why;
    EXPECT_GE(r.address.since, sent) << why;
    EXPECT_LE(r.address.since, wall_now()) << why;
  }
}

TEST_F(MobileChannel, ReadsWhatApnsSaysOfOneselfAndOfThePush) {
  std::pair<int, std::string> answer;
  int seen = 0;
  start_apple([&](const test::http2_request&) -> std::optional<test::http2_reply> {
    ++seen;
    return refusal(answer.first, answer.second);
  });
  start();
  struct row {
    int status;
    const char* why;
    how made;
    verdict what;
    const char* alarm;
    millis hold;
    int requests;
  };
  const row rows[] = {
      {400, "BadCollapseId", how::made, verdict::refused, "bad_request", 0, 1},
      {400, "PayloadEmpty", how::made, verdict::refused, "bad_request", 0, 1},
      {403, "Forbidden", how::made, verdict::refused, "", 0, 1},
      {429, "TooManyProviderTokenUpdates", how::made, verdict::again, "", 0, 1},
      {429, "TooManyProviderTokenUpdates", how::made, verdict::again, "", 0, 1},
      {403, "ExpiredProviderToken", how::made, verdict::again, "", 0, 1},
      {403, "InvalidProviderToken", how::postponed, verdict::again, "credentials_refused", probe_interval, 1},
  };
  for (const auto& x : rows) {
    answer = {x.status, x.why};
    seen = 0;
    auto r = push(message("hello"), iphone());
    EXPECT_EQ(r.how, x.made) << x.why;
    EXPECT_EQ(r.alarm, x.alarm) << x.why;
    EXPECT_EQ(r.hold, x.hold) << x.why;
    EXPECT_EQ(seen, x.requests) << x.why;
    EXPECT_EQ(r.address.what, address_news::verdict::nothing) << x.why << ": no token is deleted for it";
    if (r.how == how::made) {
      EXPECT_EQ(r.answer.what, x.what) << x.why;
    }
  }
}

TEST_F(MobileChannel, LeavesADeviceAloneThatGetsTooMuchButRingsIt) {
  start();
  const auto busy = with_token(iphone(), "e429");
  auto r = push(message("hello"), busy);
  EXPECT_EQ(r.answer.retry_after, 60'000);
  EXPECT_TRUE(r.answer.endpoint_healthy) << "it is about the device, not about Apple";
  const auto seen = apple_->count();
  r = push(message("of another conversation"), busy);
  EXPECT_EQ(r.how, how::postponed);
  EXPECT_GT(r.wait, 50'000);
  EXPECT_EQ(apple_->count(), seen) << "Apple is not asked";
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted) << "others are told";
  auto ringing = busy;
  ringing.push_kit_token = busy.push_token;
  EXPECT_EQ(push(mobile::call(kind::incoming_call), ringing).how, how::made) << "calls are tried";
}

TEST_F(MobileChannel, ReadsEveryAnswerOfFcm) {
  start();
  struct row {
    const char* token;
    verdict what;
    address_news::verdict news;
  };
  using news = address_news::verdict;
  const row rows[] = {{"e404", verdict::gone, news::gone},       {"e403", verdict::gone, news::gone},
                      {"e400", verdict::refused, news::nothing}, {"e429", verdict::again, news::nothing},
                      {"e500", verdict::again, news::nothing},   {"e503", verdict::again, news::nothing}};
  for (const auto& x : rows) {
    auto r = push(message("hello"), with_token(android(), x.token));
    EXPECT_EQ(r.how, how::made) << x.token << " " << r.alarm;
    EXPECT_EQ(r.answer.what, x.what) << x.token;
    EXPECT_EQ(r.address.what, x.news) << x.token;
  }
}

TEST_F(MobileChannel, HoldsTheWholeProjectWhoseQuotaIsUsedUp) {
  start();
  auto r = push(message("hello"), with_token(android(), "e429"));
  EXPECT_EQ(r.hold, 60'000) << "a minute where FCM names no time (F-3)";
  std::string wait = "7";
  google_.reset();
  start_google([&](const test::http2_request& q) -> std::optional<test::http2_reply> {
    if (q.path == "/token")
      return std::nullopt;
    test::http2_reply out;
    out.status = 429;
    out.headers = {{"retry-after", wait}};
    out.body = R"({"error":{"status":"RESOURCE_EXHAUSTED","details":[{"@type":)"
               R"("type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"QUOTA_EXCEEDED"}]}})";
    return out;
  });
  start();
  EXPECT_EQ(push(message("hello"), android()).hold, 7'000);
  wait = "80000";
  EXPECT_EQ(push(message("hello"), android()).hold, 60 * 60'000) << "an hour at most: calls wait too";
}

TEST_F(MobileChannel, DeletesForeignTokensButNotAllOfThem) {
  start();
  auto foreign = [&](int i) {
    auto d = android();
    d.push_token = "e403" + std::to_string(i);
    auto r = push(message("hello"), d);
    EXPECT_EQ(r.alarm, "sender_id_mismatch");
    return r.address.what == address_news::verdict::gone;
  };
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(foreign(i)) << i;
  EXPECT_FALSE(foreign(5)) << "the account may be another project's";
  EXPECT_EQ(push(message("hello"), android()).answer.what, verdict::accepted);
  EXPECT_TRUE(foreign(6)) << "it is not";
}

TEST_F(MobileChannel, WaitsForAnAuthorityThatIsBusyOrNotReached) {
  std::pair<int, const char*> answer;
  start_google([&](const test::http2_request& r) -> std::optional<test::http2_reply> {
    if (r.path != "/token")
      return std::nullopt;
    test::http2_reply out;
    out.status = answer.first;
    out.body = answer.second;
    return out;
  });
  for (auto x : {std::pair{429, ""}, {408, ""}, {404, "<html>"}, {500, "{}"}}) {
    answer = x;
    start();
    auto r = push(message("hello"), android());
    EXPECT_EQ(r.how, how::postponed) << x.first;
    EXPECT_EQ(r.hold, 0) << x.first << ": the credentials are not wrong";
    EXPECT_EQ(r.alarm, "") << x.first;
    EXPECT_GT(r.wait, 0) << x.first;
  }
}

TEST_F(MobileChannel, StopsAProjectWhoseFreshAccessTokenIsRefused) {
  start_google([](const test::http2_request& r) -> std::optional<test::http2_reply> {
    if (r.path == "/token")
      return std::nullopt;
    test::http2_reply out;
    out.status = 401;
    out.body = R"({"error":{"status":"UNAUTHENTICATED"}})";
    return out;
  });
  start();
  auto r = push(message("hello"), android());
  EXPECT_EQ(r.how, how::postponed);
  EXPECT_EQ(r.alarm, "credentials_refused");
  EXPECT_EQ(r.hold, probe_interval);
  EXPECT_EQ(google_->access_tokens(), 2U) << "renewed once";
  EXPECT_EQ(r.earlier.size(), 2U);
}

TEST_F(MobileChannel, WaitsTenSecondsBeforeItTriesAgain) {
  start();
  EXPECT_EQ(channel_->policy().retry.first, 10'000);
}

TEST_F(MobileChannel, TakesNoOtherTeamOrProjectWithoutARestart) {
  start();
  auto other = o_;
  other.mobile.apns.team_id = "OTHERTEAM1";
  auto r = channel_->reload(other);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ec::bad_input);
  EXPECT_EQ(r.error().detail.find("mobile: the team"), 0U) << r.error().detail;
  other = o_;
  other.mobile.fcm.project_id = "other";
  EXPECT_FALSE(channel_->reload(other));
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted) << "what was goes on";
}

TEST_F(MobileChannel, GivesUpAtFcmWhatWouldBeTriedAfterAnHour) {
  start();
  const auto minutes_ago = [](int n) { return attempt{wall_now() - n * 60'000, 503, "UNAVAILABLE", 5}; };
  const auto broken = with_token(android(), "e503");
  // The eighth wait is of 10 s * 2^7, 21 min.
  before_ = std::vector<attempt>(7, minutes_ago(37));
  EXPECT_EQ(push(message("hello"), broken).answer.what, verdict::again);
  before_ = std::vector<attempt>(7, minutes_ago(42));
  auto r = push(message("hello"), broken);
  EXPECT_EQ(r.answer.what, verdict::given_up);
  EXPECT_EQ(r.answer.why, reason::provider_refused);
  EXPECT_EQ(push(message("hello"), android()).answer.what, verdict::accepted) << "what can be sent is";
  EXPECT_EQ(push(message("hello"), with_token(iphone(), "e503")).answer.what, verdict::again)
      << "Apple has no such rule";
  google_.reset();
  EXPECT_EQ(push(message("hello"), android()).answer.what, verdict::given_up) << "nobody answers";
}

TEST_F(MobileChannel, TriesACallOnceMoreOnAnotherConnectionWhenAppleIsInTrouble) {
  std::atomic<int> troubles{1};
  std::set<std::uint64_t> connections;
  start_apple([&](const test::http2_request& r) -> std::optional<test::http2_reply> {
    connections.insert(r.connection);
    if (troubles-- <= 0)
      return {};
    const auto bad = refusal(503, "ServiceUnavailable");
    return bad;
  });
  start();
  EXPECT_EQ(push(mobile::call(kind::incoming_call), iphone()).answer.what, verdict::accepted);
  EXPECT_EQ(connections.size(), 2U);
  troubles = 2;
  EXPECT_EQ(push(mobile::call(kind::incoming_call), iphone()).answer.what, verdict::given_up)
      << "no phone rings so late";
  EXPECT_EQ(troubles, 0);
  troubles = 2;
  EXPECT_EQ(push(mobile::call(kind::missed_call), iphone()).answer.what, verdict::again) << "what does not ring waits";
  EXPECT_EQ(troubles, 0);
  troubles = 1;
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::again) << "messages can wait";
}

TEST_F(MobileChannel, TakesAnotherConnectionWhenAppleCallsOneIdle) {
  std::atomic<int> idle{1};
  std::set<std::uint64_t> connections;
  start_apple([&](const test::http2_request& r) -> std::optional<test::http2_reply> {
    connections.insert(r.connection);
    const auto bad = refusal(400, "IdleTimeout");
    return idle-- > 0 ? std::optional{bad} : std::nullopt;
  });
  start();
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted);
  EXPECT_EQ(connections.size(), 2U);
  idle = 2;
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::again) << "then it waits as others do";
}

TEST_F(MobileChannel, MakesWhatIsTooBigSmallerOnceHoweverShortItIs) {
  for (const auto& text : {std::string(2'000, 'x'), std::string("hello")}) {
    std::vector<std::string> bodies;
    apple_.reset();
    start_apple([&](const test::http2_request& r) -> std::optional<test::http2_reply> {
      bodies.push_back(r.body);
      const auto bad = refusal(413, "PayloadTooLarge");
      return bodies.size() == 1 ? std::optional{bad} : std::nullopt;
    });
    start();
    EXPECT_EQ(push(message(text), iphone()).answer.what, verdict::accepted);
    ASSERT_EQ(bodies.size(), 2U);
    EXPECT_LT(bodies[1].size(), bodies[0].size());
    EXPECT_EQ(json::parse(bodies[1]).at("aps").at("alert").at("title"), "Anna");
  }
}

TEST_F(MobileChannel, TellsADeviceNoMoreOftenThanFcmTakes) {
  start();
  for (int i = 0; i < 240; ++i)
    ASSERT_EQ(push(message("hello"), android()).answer.what, verdict::accepted) << i;
  attempt_result r;
  // Some of the budget came back meanwhile.
  for (int i = 0; i < 60 && r.how != how::postponed; ++i)
    r = push(message("hello"), android());
  EXPECT_EQ(r.how, how::postponed);
  EXPECT_GT(r.wait, 0);
  EXPECT_EQ(push(mobile::call(kind::incoming_call), android()).answer.what, verdict::accepted) << "calls are exempt";
  EXPECT_EQ(push(message("hello"), with_token(android(), "other")).answer.what, verdict::accepted);
}

TEST_F(MobileChannel, GivesASuspectedTokenUpOnceOthersAreAccepted) {
  start();
  auto bad = with_token(iphone(), "e400");
  EXPECT_EQ(push(message("hello"), bad).answer.what, verdict::refused);
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted);
  auto r = push(message("hello"), bad);
  EXPECT_EQ(r.answer.what, verdict::gone);
  EXPECT_EQ(r.address.value, derive_token_key("push", *bad.push_token));
}

TEST_F(MobileChannel, SuspectsTheConfigurationWhenAllTokensSeemBad) {
  start();
  int alarms = 0;
  for (int i = 0; i < 8; ++i) {
    auto d = iphone();
    d.push_token = "e400" + std::string(59, '0') + std::to_string(i);
    auto r = push(message("hello"), d);
    EXPECT_EQ(r.answer.what, verdict::refused);
    alarms += r.alarm == "configuration_suspected" ? 1 : 0;
  }
  EXPECT_EQ(alarms, 1);
}

TEST_F(MobileChannel, HoldsTheLaneOfAnAppWhoseCredentialsAreRefused) {
  start_google([](const test::http2_request& r) -> std::optional<test::http2_reply> {
    if (r.path != "/token")
      return std::nullopt;
    test::http2_reply out;
    out.status = 400;
    out.body = R"({"error":"invalid_grant"})";
    return out;
  });
  start();
  auto r = push(message("hello"), android());
  EXPECT_EQ(r.how, how::postponed);
  EXPECT_EQ(r.hold, probe_interval);
  EXPECT_EQ(r.alarm, "credentials_refused");
  EXPECT_EQ(r.subject, "default");
  ASSERT_EQ(r.earlier.size(), 1U) << "the trace shows why nothing goes";
  EXPECT_EQ(r.earlier[0].status, 400);
  EXPECT_EQ(r.earlier[0].answer, "no_access_token");
  // Reading the same configuration again lets all go, once: what was wrong may have been the provider's side.
  auto again = channel_->reload(o_);
  ASSERT_TRUE(again);
  EXPECT_TRUE(*again);
  EXPECT_FALSE(*channel_->reload(o_));
}

TEST_F(MobileChannel, LetsTheProjectGoOnWhenOnlyApplesKeyIsMissingInIt) {
  start();
  auto r = push(message("hello"), with_token(android(), "e401"));
  EXPECT_EQ(r.how, how::made);
  EXPECT_EQ(r.answer.what, verdict::refused);
  EXPECT_EQ(r.answer.answer, "THIRD_PARTY_AUTH_ERROR");
  EXPECT_EQ(r.alarm, "credentials_refused");
  EXPECT_EQ(r.hold, 0) << "others wait for nothing";
  EXPECT_EQ(r.address.what, address_news::verdict::nothing) << "the token stays";
}

TEST_F(MobileChannel, CountsNoAttemptForWhatWasNotProcessed) {
  auto seen = std::make_shared<std::atomic<int>>(0);
  start_apple([seen](const test::http2_request&) -> std::optional<test::http2_reply> {
    if (++*seen > 5)
      return std::nullopt;
    return test::http2_reply{.kind = what::refuse};
  });
  start();
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted);
  EXPECT_EQ(*seen, 6);
}

TEST_F(MobileChannel, TriesAgainWhatGotNoAnswer) {
  start_apple([](const test::http2_request&) { return test::http2_reply{.kind = what::cut}; });
  start();
  auto r = push(message("hello"), iphone());
  EXPECT_EQ(r.how, how::made);
  EXPECT_EQ(r.answer.what, verdict::again);
  EXPECT_EQ(r.answer.why, reason::connection_failed);
  EXPECT_EQ(r.answer.status, 0);
}

TEST_F(MobileChannel, SendsACallAgainAtOnceWhenItsConnectionBreaks) {
  std::atomic<int> cuts{1};
  start_apple([&](const test::http2_request&) -> std::optional<test::http2_reply> {
    return cuts-- > 0 ? std::optional{test::http2_reply{.kind = what::cut}} : std::nullopt;
  });
  start();
  auto r = push(mobile::call(kind::incoming_call), iphone());
  EXPECT_EQ(r.answer.what, verdict::accepted);
  ASSERT_EQ(r.earlier.size(), 1U);
  EXPECT_EQ(r.earlier[0].status, 0);
  EXPECT_EQ(r.earlier[0].answer, "connection_failed");
  cuts = 2;
  EXPECT_EQ(push(mobile::call(kind::incoming_call), iphone()).answer.what, verdict::again) << "once more only";
}

TEST_F(MobileChannel, RingsThePushKitTokenOnly) {
  start();
  ASSERT_EQ(push(mobile::call(kind::incoming_call), iphone()).answer.what, verdict::accepted);
  ASSERT_EQ(apple_->pushes().size(), 1U);
  EXPECT_EQ(apple_->pushes()[0].type, "voip");
  EXPECT_EQ(apple_->pushes()[0].token, std::string(64, 'b'));
  auto silent = iphone();
  silent.push_kit_token.reset();
  EXPECT_TRUE(endpoints(silent, kind::incoming_call).empty());
}

TEST_F(MobileChannel, GivesUnprovenTokensALaneOfTheirOwn) {
  start();
  EXPECT_EQ(endpoints(iphone()), (std::vector<endpoint>{{"phone", "apns/default/production/unproven"}}));
  address_note n{channel_kind::mobile, "phone", address_note::mark::proven};
  n.value = derive_token_key("push", *iphone().push_token);
  notes_ = {n};
  EXPECT_EQ(endpoints(iphone()), (std::vector<endpoint>{{"phone", "apns/default/production"}}));
  auto sandbox = iphone();
  sandbox.environment = device_environment::sandbox;
  EXPECT_EQ(endpoints(sandbox), (std::vector<endpoint>{{"phone", "apns/default/sandbox"}}));
  EXPECT_EQ(endpoints(android()), (std::vector<endpoint>{{"pixel", google_lane}}));
}

TEST_F(MobileChannel, ReachesIPhonesByFcmButForRingsWhenToldTo) {
  o_.mobile.firebase_for_non_push_kit = true;
  start();
  EXPECT_EQ(endpoints(iphone())[0].lane, google_lane);
  EXPECT_EQ(endpoints(iphone(), kind::incoming_call)[0].lane, "apns/default/production/unproven");
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted);
  EXPECT_EQ(google_->count(), 1U);
}

TEST_F(MobileChannel, KnowsAppsByTheirCredentials) {
  start();
  auto d = android();
  d.app = "other";
  EXPECT_TRUE(endpoints(d).empty());
  std::vector<device> devices{d};
  EXPECT_EQ(channel_->usable(d.id, {id_, nullptr, devices, notes_, 0}, kind::new_message), reason::no_address);
  EXPECT_TRUE(endpoints(android(), kind::inbound_request).empty());
}

TEST_F(MobileChannel, MakesOneProviderTokenForAllAppsOfATeam) {
  o_.mobile.apps.push_back({"other", {}, o_.mobile.apns});
  start();
  auto other = iphone();
  other.app = "other";
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted);
  EXPECT_EQ(push(message("hello"), other).answer.what, verdict::accepted);
  EXPECT_EQ(apple_->provider_tokens(), 1U);
}

TEST_F(MobileChannel, KeepsTheTokensOfCredentialsThatDidNotChange) {
  start();
  ASSERT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted);
  ASSERT_EQ(push(message("hello"), android()).answer.what, verdict::accepted);
  auto changed = o_;
  auto account = json::parse(changed.mobile.fcm.service_account_key.value);
  account["private_key_id"] = "k2";
  changed.mobile.fcm.service_account_key.value = account.dump();
  EXPECT_TRUE(*channel_->reload(changed));
  EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted);
  EXPECT_EQ(push(message("hello"), android()).answer.what, verdict::accepted);
  EXPECT_EQ(apple_->provider_tokens(), 1U);
  EXPECT_EQ(google_->access_tokens(), 2U);
}

TEST_F(MobileChannel, IsAskedAgainBeforeAnotherRequestFollows) {
  std::atomic<int> troubles{1};
  start_apple([&](const test::http2_request&) -> std::optional<test::http2_reply> {
    const auto bad = refusal(503, "ServiceUnavailable");
    return troubles-- > 0 ? std::optional{bad} : std::nullopt;
  });
  start();
  auto r = ask(mobile::call(kind::incoming_call), iphone());
  EXPECT_EQ(r.how, how::postponed);
  EXPECT_EQ(r.wait, 0);
  ASSERT_EQ(r.earlier.size(), 1U);
  EXPECT_EQ(r.earlier[0].status, 503);
  EXPECT_EQ(apple_->count(), 0U) << "nothing follows what was taken back meanwhile";
}

TEST_F(MobileChannel, LetsAllWhoWaitForAnAccessTokenGoTogether) {
  std::promise<void> fetched;
  auto go = fetched.get_future().share();
  std::atomic<int> fetches{0};
  start_google([&](const test::http2_request& r) -> std::optional<test::http2_reply> {
    if (r.path != "/token" || fetches++ > 0)
      return std::nullopt;
    go.wait();
    return std::nullopt;
  });
  start();
  std::vector<std::future<attempt_result>> all;
  for (int i = 0; i < 5; ++i)
    all.push_back(std::async(std::launch::async, [&] { return push(message("hello"), android()); }));
  fetched.set_value();
  for (auto& x : all)
    EXPECT_EQ(x.get().answer.what, verdict::accepted);
  EXPECT_EQ(google_->access_tokens(), 1U);
}

TEST_F(MobileChannel, BlamesNoPushKitTokenForATopicThatIsWrong) {
  start_apple([](const test::http2_request& r) -> std::optional<test::http2_reply> {
    if (r.header("apns-push-type") != "voip")
      return std::nullopt;
    const auto bad = refusal(400, "DeviceTokenNotForTopic");
    return bad;
  });
  start();
  int alarms = 0;
  for (int i = 0; i < 8; ++i) {
    auto r = push(mobile::call(kind::incoming_call), iphone());
    EXPECT_EQ(r.answer.what, verdict::refused) << "alerts that are taken say nothing of rings";
    alarms += r.alarm == "configuration_suspected" ? 1 : 0;
    EXPECT_EQ(push(message("hello"), iphone()).answer.what, verdict::accepted);
  }
  EXPECT_EQ(alarms, 1);
}

TEST_F(MobileChannel, IsNotMadeWithCredentialsThatCannotBeUsed) {
  o_.mobile.apns.key.value = "no key";
  auto made = make_channel(o_, make_client(), std::string(32, 'k'), wall_now);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ec::bad_input);
  EXPECT_NE(made.error().detail.find("mobile.apns.key"), std::string::npos);
}

TEST_F(MobileChannel, AnswersWhatIsUnderWayWhenItEnds) {
  start_apple([](const test::http2_request&) { return test::http2_reply{.kind = what::hang}; });
  start();
  attempt_input in;
  in.what = message("hello");
  in.what.expires_at = wall_now() + 60'000;
  in.which.target = "phone";
  in.devices = {iphone()};
  auto p = std::make_shared<std::promise<attempt_result>>();
  channel_->attempt(std::move(in), [p](attempt_result r) { p->set_value(std::move(r)); });
  ASSERT_TRUE(wait_for(connection_event::what::opened));
  channel_.reset();
  EXPECT_EQ(p->get_future().get().how, how::interrupted);
}

} // namespace

} // namespace belfry::io::mobile
