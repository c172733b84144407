#include "belfry/io/web_push/channel.hpp"

#include "belfry/io/crypto/encoding.hpp"
#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/tests/http2_client/client_fixture.hpp"
#include "belfry/tests/support/providers/push_service.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <nlohmann/json.hpp>

#include <future>

namespace belfry::io::web_push {

namespace {

using nlohmann::json;
using how = attempt_result::verdict;
using verdict = outcome::verdict;

constexpr auto own_key = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
constexpr auto old_key = "AgIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";

millis wall_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// A strict push service, a browser, and the channel between them.
class WebPushChannel : public Http2 {
protected:
  WebPushChannel() {
    o_.outbound = options_;
    o_.outbound.allowed_networks = {"127.0.0.0/8"};
    o_.web_push.enabled = true;
    o_.web_push.subject = "mailto:ops@example.com";
    o_.web_push.private_key.value = own_key;
    o_.web_push.allowed_hosts = {"127.0.0.1"};
    profile_.type = person_type::agent;
  }
  ~WebPushChannel() override { channel_.reset(); }

  void start(std::function<std::optional<test::http2_reply>(const test::http2_request&)> faults = {}) {
    service_.emplace(test::push_service_settings{certificate_, {}, std::move(faults)});
    auto http1 = make_http_client(o_.outbound);
    ASSERT_TRUE(http1);
    http1_ = std::move(*http1);
    restart();
    subscribe("t1");
  }
  /// With the options of now.
  void restart() {
    auto made = make_channel(o_, make_client(), *http1_, std::string(32, 't'), wall_now);
    ASSERT_TRUE(made) << made.error().detail;
    channel_ = std::move(*made);
  }
  void subscribe(const std::string& token) { subscribe_at(service_->endpoint(token)); }
  void subscribe_at(const std::string& endpoint) {
    sub_ = {};
    sub_.id = channel_->new_id();
    sub_.secret = channel_->new_secret();
    sub_.endpoint = endpoint;
    sub_.p256dh = browser_.p256dh();
    sub_.auth = browser_.auth();
    sub_.vapid_key = channel_->public_key();
  }

  static notification message(const std::string& text, const conversation_id& c = "c1") {
    notification n;
    n.kind = kind::new_message;
    n.recipient = "anna";
    n.conversation = c;
    n.created_at = wall_now();
    n.expires_at = wall_now() + 60'000;
    n.message.emplace();
    n.message->message = "m1";
    n.message->text = text;
    n.message->sender = "ben";
    n.message->count = 2;
    n.total_count = 5;
    person ben{"ben", {}};
    ben.profile.display_name = "Ben";
    n.people = {ben};
    return n;
  }

  static notification call() {
    auto n = message("");
    n.kind = kind::incoming_call;
    n.message.reset();
    n.call.emplace();
    n.call->call = "k1";
    n.call->caller = "ben";
    n.call->ring_deadline = n.expires_at;
    return n;
  }
  static notification request(const std::string& start_url) {
    auto n = message("");
    n.kind = kind::inbound_request;
    n.message.reset();
    n.request.emplace();
    n.request->start_url = start_url;
    return n;
  }

  /// As a lane does: what follows at once is asked for again.
  attempt_result push(const notification& n) {
    auto r = ask(n);
    auto earlier = r.earlier;
    while (r.how == how::postponed && r.wait == 0) {
      r = ask(n);
      earlier.insert(earlier.end(), r.earlier.begin(), r.earlier.end());
    }
    r.earlier = std::move(earlier);
    return r;
  }
  attempt_result ask(notification n) {
    attempt_input in;
    in.what = std::move(n);
    in.which.channel = channel_kind::web_push;
    in.which.target = sub_.id;
    in.recipient.id = "anna";
    in.subscriptions = {sub_};
    auto p = std::make_shared<std::promise<attempt_result>>();
    channel_->attempt(std::move(in), [p](attempt_result r) { p->set_value(std::move(r)); });
    return p->get_future().get();
  }
  attempt_result check() {
    auto p = std::make_shared<std::promise<attempt_result>>();
    channel_->send_check(sub_, "check-1", 30'000, [p](attempt_result r) { p->set_value(std::move(r)); });
    return p->get_future().get();
  }
  reason usable(kind k) const {
    std::vector<web_push_subscription> list{sub_};
    return channel_->usable(sub_.id, {id_, &profile_, {}, {}, wall_now(), list}, k);
  }
  std::vector<endpoint> endpoints(kind k) const {
    std::vector<web_push_subscription> list{sub_};
    return channel_->endpoints({id_, &profile_, {}, {}, wall_now(), list}, k);
  }
  json opened(std::size_t i = 0) const {
    auto text = browser_.open_both(service_->pushes().at(i).body, sub_.id, sub_.secret);
    return text ? json::parse(*text) : json{};
  }

  options o_;
  std::optional<test::push_service> service_;
  std::unique_ptr<http_transport> http1_;
  std::shared_ptr<web_push_channel> channel_;
  test::browser browser_;
  web_push_subscription sub_;
  person_id id_ = "anna";
  person_profile profile_;
};

TEST_F(WebPushChannel, SendsWhatOnlyTheWorkerCanRead) {
  start();
  auto r = push(message("hello"));
  EXPECT_EQ(r.answer.what, verdict::accepted) << r.answer.status << r.answer.answer;
  EXPECT_EQ(r.answer.status, 201);
  auto p = service_->pushes().at(0);
  EXPECT_EQ(p.urgency, "normal");
  EXPECT_EQ(p.topic.size(), 32U);
  EXPECT_GE(std::stoi(p.ttl), 58);
  EXPECT_LE(std::stoi(p.ttl), 60);
  EXPECT_EQ(p.key, channel_->public_key());
  auto m = opened();
  EXPECT_EQ(m["kind"], "new_message");
  EXPECT_EQ(m["title"], "Ben (2)");
  EXPECT_EQ(m["body"], "hello");
  EXPECT_EQ(m["tag"], "messages:c1");
  EXPECT_EQ(m["conversationId"], "c1");
  EXPECT_EQ(m["notificationCount"], 2);
  EXPECT_EQ(m["recipientNotificationCount"], 5);
  EXPECT_EQ(m["url"], "/desk/?conversation=c1");
  EXPECT_FALSE(browser_.open_both(p.body, sub_.id, channel_->new_secret())) << "another secret opens nothing";
}

TEST_F(WebPushChannel, RingsUrgentlyWithItsDeadline) {
  start();
  auto n = call();
  EXPECT_EQ(push(n).answer.what, verdict::accepted);
  EXPECT_EQ(service_->pushes().at(0).urgency, "high");
  auto m = opened();
  EXPECT_EQ(m["kind"], "incoming_call");
  EXPECT_EQ(m["callId"], "k1");
  EXPECT_EQ(m["callType"], "AUDIO");
  EXPECT_EQ(m["ringDeadline"], n.expires_at);
  EXPECT_EQ(m["tag"], "call:c1");
}

TEST_F(WebPushChannel, AsksOneTokenForOneOriginAndNeverUsesASaltTwice) {
  start();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(push(message("same")).answer.what, verdict::accepted);
  EXPECT_EQ(service_->vapid_tokens(), 1U);
  std::set<std::string> starts;
  for (const auto& p : service_->pushes())
    starts.insert(p.body.substr(0, 86));
  EXPECT_EQ(starts.size(), 5U);
}

TEST_F(WebPushChannel, ShortensWhatIsTooBig) {
  start();
  EXPECT_EQ(push(message(std::string(20'000, 'x'))).answer.what, verdict::accepted);
  auto outer = browser_.open(service_->pushes().at(0).body);
  ASSERT_TRUE(outer);
  EXPECT_LE(outer->size(), 2'048U) << "the service is unknown";
  EXPECT_GE(opened()["body"].get<std::string>().size(), 1'000U);
}

TEST_F(WebPushChannel, SendsSomethingHoweverLongAddressesAndIdsAre) {
  start();
  EXPECT_EQ(push(request("https://bank.test/" + std::string(5'000, 'x'))).answer.what, verdict::accepted);
  EXPECT_EQ(opened()["url"], "/desk/?conversation=c1");
  std::string id;
  for (int i = 0; i < 128; ++i)
    id += "\xF0\x9F\x98\x80";
  auto ring = call();
  ring.conversation = ring.call->call = id;
  EXPECT_EQ(push(ring).answer.what, verdict::accepted) << "although the least is more than is taken for safe";
  EXPECT_EQ(opened(1)["tag"], "call:" + id);
}

TEST_F(WebPushChannel, CallsNoHostThatIsNotAllowedAnyMore) {
  start();
  ASSERT_TRUE(channel_->may_send_check(sub_));
  o_.web_push.allowed_hosts = {"push.test"};
  restart();
  for (const auto& r : {push(message("hello")), check()}) {
    EXPECT_EQ(r.how, how::made);
    EXPECT_EQ(r.answer.what, verdict::refused);
    EXPECT_EQ(r.answer.why, reason::refused_address);
  }
  EXPECT_FALSE(channel_->may_send_check(sub_));
  EXPECT_EQ(service_->count(), 0U);
}

TEST_F(WebPushChannel, TellsWhatBecameOfTheSubscription) {
  start();
  for (const auto& [token, what] : std::vector<std::pair<std::string, verdict>>{
           {"e410", verdict::gone}, {"e404", verdict::gone}, {"e400", verdict::refused}, {"e503", verdict::again}}) {
    subscribe(token);
    auto r = push(message("hello"));
    EXPECT_EQ(r.answer.what, what) << token;
    EXPECT_EQ(r.address.what, what == verdict::gone ? address_news::verdict::gone : address_news::verdict::nothing);
    EXPECT_EQ(r.hold, 0);
  }
  subscribe("e410");
  EXPECT_EQ(push(message("hello")).address.value, derive_subscription_key(sub_));
}

TEST_F(WebPushChannel, HoldsOnlyTheSubscriptionThatGetsTooMuch) {
  start();
  subscribe("e429");
  auto r = push(message("hello"));
  EXPECT_EQ(r.answer.what, verdict::again);
  EXPECT_TRUE(r.answer.endpoint_healthy);
  EXPECT_EQ(r.answer.retry_after, 30'000);
  EXPECT_EQ(r.hold, 0);
  auto other = push(message("of another conversation", "c2"));
  EXPECT_EQ(other.how, how::postponed);
  EXPECT_GT(other.wait, 25'000);
  EXPECT_LE(other.wait, 30'000);
  EXPECT_EQ(service_->count(), 1U);
  EXPECT_EQ(push(call()).how, how::made) << "a call does not wait";
  subscribe("t2");
  EXPECT_EQ(push(message("hello")).answer.what, verdict::accepted);
}

TEST_F(WebPushChannel, HoldsTheSubscriptionAsLongAsItsServiceAsks) {
  start([](const test::http2_request&) {
    return test::http2_reply{.status = 429, .headers = {{"retry-after", "300"}}};
  });
  EXPECT_EQ(push(message("hello")).answer.retry_after, 300'000);
  EXPECT_GT(push(message("hello")).wait, 290'000);
}

TEST_F(WebPushChannel, AsksBeforeASecondRequestWhetherItIsStillWanted) {
  std::atomic<int> seen{0};
  test::http2_reply first;
  start([&](const test::http2_request&) -> std::optional<test::http2_reply> {
    return seen++ == 0 ? std::optional{first} : std::nullopt;
  });
  for (const auto& reply : std::vector<test::http2_reply>{
           {.status = 403}, {.status = 413}, {.status = 400, .body = R"({"reason":"BadWebPushTopic"})"}}) {
    first = reply;
    seen = 0;
    auto r = ask(message(std::string(5'000, 'x')));
    EXPECT_EQ(r.how, how::postponed) << reply.status;
    EXPECT_EQ(r.wait, 0);
    ASSERT_EQ(r.earlier.size(), 1U) << reply.status;
    EXPECT_EQ(r.earlier[0].status, reply.status);
    EXPECT_EQ(seen, 1) << reply.status;
    EXPECT_EQ(ask(message(std::string(5'000, 'x'))).answer.what, verdict::accepted);
    EXPECT_EQ(seen, 2) << reply.status;
  }
  EXPECT_LE(browser_.open(service_->pushes().at(1).body)->size(), 1'200U) << "what is known of it stays known";
  EXPECT_EQ(service_->pushes().at(2).topic, "");
}

TEST_F(WebPushChannel, SendsAShortPushOnceMoreWithTheLeast) {
  std::atomic<std::size_t> first{0};
  start([&](const test::http2_request& r) -> std::optional<test::http2_reply> {
    if (first != 0)
      return std::nullopt;
    first = r.body.size();
    return test::http2_reply{.status = 413};
  });
  EXPECT_EQ(push(message("hi")).answer.what, verdict::accepted);
  EXPECT_LT(service_->pushes().at(0).body.size(), first);
  EXPECT_EQ(opened()["body"], "");
  EXPECT_EQ(opened()["title"], "");
  EXPECT_EQ(opened()["tag"], "messages:c1");
}

TEST_F(WebPushChannel, GivesUpWhatIsTooBigTwiceOrCannotBeSmaller) {
  std::atomic<int> seen{0};
  start([&](const test::http2_request&) {
    ++seen;
    return test::http2_reply{.status = 413};
  });
  auto r = push(message("hi"));
  EXPECT_EQ(r.answer.what, verdict::refused);
  EXPECT_EQ(r.answer.why, reason::provider_refused);
  EXPECT_EQ(r.answer.status, 413);
  EXPECT_EQ(r.earlier.size(), 1U);
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(check().answer.status, 413);
  EXPECT_EQ(seen, 3) << "a check has nothing to leave out";
}

TEST_F(WebPushChannel, RefusesWithoutAnAlarmWhatIsRedirected) {
  start([](const test::http2_request&) {
    return test::http2_reply{.status = 301, .headers = {{"location", "https://evil.test/"}}};
  });
  auto r = push(message("hello"));
  EXPECT_EQ(r.answer.what, verdict::refused);
  EXPECT_EQ(r.answer.status, 301);
  EXPECT_EQ(r.alarm, "");
}

TEST_F(WebPushChannel, TriesOnceMoreWithLessAndWithoutATopic) {
  std::atomic<int> seen{0};
  start([&](const test::http2_request& r) -> std::optional<test::http2_reply> {
    ++seen;
    if (r.body.size() > 1'400)
      return test::http2_reply{.status = 413};
    return std::nullopt;
  });
  auto r = push(message(std::string(5'000, 'x')));
  EXPECT_EQ(r.answer.what, verdict::accepted);
  EXPECT_EQ(seen, 2);
  ASSERT_EQ(r.earlier.size(), 1U) << "both requests are in the trace";
  EXPECT_EQ(r.earlier[0].status, 413);
}

TEST_F(WebPushChannel, LeavesOutATopicThatIsRefused) {
  start([](const test::http2_request& r) -> std::optional<test::http2_reply> {
    if (!r.header("topic").empty())
      return test::http2_reply{.status = 400, .body = R"({"reason":"BadWebPushTopic"})"};
    return std::nullopt;
  });
  EXPECT_EQ(push(message("hello")).answer.what, verdict::accepted);
  EXPECT_EQ(service_->pushes().at(0).topic, "");
}

TEST_F(WebPushChannel, StopsTheLaneWhenItsIdentityIsRefused) {
  std::atomic<int> seen{0};
  start([&](const test::http2_request&) -> std::optional<test::http2_reply> {
    ++seen;
    return test::http2_reply{.status = 403};
  });
  auto r = push(message("hello"));
  EXPECT_EQ(r.answer.what, verdict::again);
  EXPECT_EQ(r.hold, probe_interval);
  EXPECT_EQ(r.alarm, "credentials_refused");
  EXPECT_EQ(seen, 2) << "once more with a new token";
}

TEST_F(WebPushChannel, AMismatchOfKeysIsTheSubscriptionsAlone) {
  start([](const test::http2_request&) -> std::optional<test::http2_reply> {
    return test::http2_reply{.status = 403, .body = R"({"reason":"VapidPkHashMismatch"})"};
  });
  auto r = push(message("hello"));
  EXPECT_EQ(r.address.what, address_news::verdict::renewing);
  EXPECT_EQ(r.hold, 0);
  EXPECT_EQ(r.answer.answer, "VapidPkHashMismatch");
}

TEST_F(WebPushChannel, SignsWithTheKeyThatTheSubscriptionWasMadeFor) {
  o_.web_push.previous_keys = {{old_key}};
  start();
  auto old = crypto::p256_key::from_text(old_key)->point();
  sub_.vapid_key = "not ours";
  EXPECT_TRUE(endpoints(kind::new_message).empty());
  EXPECT_FALSE(channel_->made_for_us(sub_));
  sub_.vapid_key = crypto::base64url_encode(old);
  EXPECT_TRUE(channel_->made_for_us(sub_));
  EXPECT_EQ(push(message("hello")).answer.what, verdict::accepted);
  EXPECT_EQ(service_->pushes().at(0).key, sub_.vapid_key);
}

TEST_F(WebPushChannel, SpeaksHttp1WhereTheServiceKnowsNothingElse) {
  start();
  test::sink_settings plain;
  plain.tls = certificate_;
  test::webhook_sink old_service{plain};
  subscribe_at(old_service.url("/ok"));
  EXPECT_EQ(push(message("hello")).answer.what, verdict::accepted);
  EXPECT_EQ(push(message("hello")).answer.what, verdict::accepted);
  EXPECT_EQ(old_service.count(), 2U);
}

TEST_F(WebPushChannel, IsForAgentsAndForWhatIsShown) {
  start();
  EXPECT_EQ(endpoints(kind::new_message).size(), 1U);
  EXPECT_EQ(endpoints(kind::incoming_call).size(), 1U);
  for (auto k : {kind::read_message, kind::revoke_call, kind::revoke_inbound_request, kind::revoke_deputy_delegation})
    EXPECT_TRUE(endpoints(k).empty()) << to_string(k);
  EXPECT_EQ(usable(kind::new_message), reason::none);
  profile_.type = person_type::visitor;
  EXPECT_TRUE(endpoints(kind::new_message).empty());
  EXPECT_EQ(usable(kind::new_message), reason::no_address) << "nor what waited when the agent became a visitor";
  profile_.type = person_type::agent;
  sub_.state = subscription_state::renewing;
  EXPECT_TRUE(endpoints(kind::new_message).empty());
}

TEST_F(WebPushChannel, SaysAtRegistrationWhatItCouldNotSendTo) {
  start();
  subscription_input good{service_->endpoint("t"), browser_.p256dh(), browser_.auth(), "i1", {}};
  EXPECT_TRUE(channel_->check(good));
  auto pointer = [&](const subscription_input& x) {
    auto r = channel_->check(x);
    return r ? std::string{} : r.error().problems.at(0).pointer;
  };
  auto bad = good;
  bad.p256dh = crypto::base64url_encode(std::string(65, '\4'));
  EXPECT_EQ(pointer(bad), "/keys/p256dh");
  bad = good;
  bad.auth = "c2hvcnQ";
  EXPECT_EQ(pointer(bad), "/keys/auth");
  for (const auto* endpoint : {"http://127.0.0.1/x", "https://10.0.0.1/x", "https://evil.test/x", "nonsense",
                               "https://user:pw@127.0.0.1/x", "https://127.0.0.1:22/x"}) {
    bad = good;
    bad.endpoint = endpoint;
    EXPECT_EQ(pointer(bad), "/endpoint") << endpoint;
  }
}

TEST_F(WebPushChannel, SendsHealthChecks) {
  start();
  EXPECT_EQ(check().answer.what, verdict::accepted);
  EXPECT_EQ(opened()["kind"], "health_check");
  EXPECT_EQ(opened()["check"], "check-1");
  auto apple = sub_;
  apple.endpoint = "https://web.push.apple.com/x";
  EXPECT_FALSE(channel_->may_send_check(apple)) << "a push that shows nothing is punished there";
}

} // namespace

} // namespace belfry::io::web_push
