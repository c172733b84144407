// A host that gives what no JSON could hold: everything is answered, nothing of it is kept, and the engine goes on.
#include "belfry/engine.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/io/store/store.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <future>

#include <unistd.h>

namespace belfry::hostile_host {

namespace {

/// A value that an enumeration does not have.
template <class Enum>
constexpr Enum beyond = static_cast<Enum>(99);

const std::string broken = "\xff\xfe";
const std::string endless(2'000'000, 'x');

/// An engine on a temporary SQLite file.
class HostileHost : public testing::Test {
protected:
  HostileHost() {
    char name[] = "/tmp/belfry_hostile_XXXXXX";
    folder_ = mkdtemp(name);
    opts_.store.path = (folder_ / "belfry.db").string();
    opts_.outbound.allow_plain_http = true;
    opts_.outbound.allowed_networks = {"127.0.0.0/8"};
    start();
  }

  ~HostileHost() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    engine_.reset();
    auto e = engine::start(opts_);
    ASSERT_TRUE(e) << e.error().detail;
    engine_ = std::move(*e);
  }

  /// What one function answers to arguments of which only the one at the pointer is wrong.
  template <class T>
  void refused(std::future<result<T>> answer, const std::string& pointer) {
    ASSERT_EQ(answer.wait_for(std::chrono::seconds{20}), std::future_status::ready) << pointer;
    auto r = answer.get();
    ASSERT_FALSE(r) << pointer;
    EXPECT_EQ(r.error().code, ec::bad_input) << pointer << ": " << r.error().detail;
    ASSERT_FALSE(r.error().problems.empty()) << pointer;
    EXPECT_EQ(r.error().problems.front().pointer, pointer) << r.error().problems.front().detail;
  }

  static event in(event_body body) {
    event e;
    e.conversation = "c";
    e.body = std::move(body);
    return e;
  }

  /// It still works, and so does the next one on its store.
  void goes_on() {
    EXPECT_TRUE(engine_->ready());
    start();
    EXPECT_TRUE(engine_->ready());
    EXPECT_TRUE(engine_->get_person("ada").get());
  }

  void introduce() {
    person_profile agent;
    agent.type = person_type::agent;
    ASSERT_TRUE(engine_->put_person("ada", agent).get());
    conversation_started c;
    c.participants = {{"ada", role::assigned_agent, false, false}, {"ben", role::context_person, false, false}};
    auto a = engine_->publish(in(c)).get();
    ASSERT_TRUE(a);
    ASSERT_EQ(a->accepted, 1U);
  }

  static webhook_input registration() {
    webhook_input w;
    w.name = "crm";
    w.endpoint = "http://127.0.0.1:9999/";
    w.events = {"push_notification.new_message"};
    return w;
  }

  std::filesystem::path folder_;
  options opts_;
  std::unique_ptr<engine> engine_;
};

/// The pointers of what `start` says is wrong; nothing: it starts.
std::vector<std::string> wrong_options(const std::function<void(options&)>& change) {
  options o;
  o.store.kind = store_kind::memory;
  change(o);
  auto e = engine::start(o);
  std::vector<std::string> out;
  if (e)
    return out;
  EXPECT_EQ(e.error().code, ec::bad_input);
  EXPECT_FALSE(e.error().detail.empty());
  for (const auto& p : e.error().problems)
    out.push_back(p.pointer);
  return out;
}

using pointers = std::vector<std::string>;

} // namespace

TEST_F(HostileHost, PagesOfTheTraceHave1To500Entries) {
  introduce();
  message_sent m;
  m.message = "m";
  m.sender = "ben";
  ASSERT_TRUE(engine_->publish(in(m)).get());
  for (std::size_t limit : {std::size_t{0}, std::size_t{501}, std::numeric_limits<std::size_t>::max()}) {
    trace_query q;
    q.limit = limit;
    refused(engine_->query_notifications(q), "/limit");
  }
  trace_query q;
  q.limit = 500;
  q.before = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(engine_->query_notifications(q).get());
  q = {};
  q.kind = beyond<kind>;
  refused(engine_->query_notifications(q), "/kind");
  q = {};
  q.state = beyond<trace_state>;
  refused(engine_->query_notifications(q), "/state");
  q = {};
  q.person = broken;
  refused(engine_->query_notifications(q), "/person");
  goes_on();
}

TEST(HostileHostStore, AnEmptyPageIsAPage) {
  const auto file = std::filesystem::temp_directory_path() / ("belfry_page_" + std::to_string(getpid()) + ".db");
  std::vector<std::unique_ptr<io::store>> stores;
  stores.push_back(io::make_memory_store());
  stores.push_back(io::open_sqlite(file.string()).value);
  for (auto& s : stores) {
    ASSERT_TRUE(s);
    trace_query q;
    q.limit = 0;
    auto page = s->query(q);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->rows.empty());
    EXPECT_EQ(page->next, 0U);
  }
  stores.clear();
  for (auto end : {"", "-wal", "-shm", "-lock"})
    std::filesystem::remove(file.string() + end);
}

TEST_F(HostileHost, EventsHaveKnownValuesOnly) {
  introduce();
  refused(engine_->publish(in(call_started{"k", beyond<call_type>, "ada"})), "/call/type");
  request_offered offer;
  offer.invitation = "i";
  offer.agent = "ada";
  offer.kind = beyond<request_kind>;
  refused(engine_->publish(in(offer)), "/invitation/kind");
  refused(engine_->publish(in(request_closed{"i", beyond<close_reason>, {}})), "/reason");
  refused(engine_->publish(in(deputy_closed{"i", beyond<close_reason>, {}})), "/reason");
  refused(engine_->publish(in(participant_joined{{"zed", beyond<role>, false, false}})), "/role");
  refused(engine_->publish(in(participant_changed{"ada", beyond<role>, {}, {}})), "/role");
  conversation_started other;
  other.participants = {{"ada", role::assigned_agent, false, false}, {"zed", beyond<role>, false, false}};
  refused(engine_->publish(in(other)), "/participants/1/role");
  message_sent m;
  m.message = "m";
  m.sender = "ben";
  m.kind = beyond<message_kind>;
  refused(engine_->publish(in(m)), "/message/kind");
  goes_on();
}

TEST_F(HostileHost, PersonsAreAsTheirJsonCouldBe) {
  introduce();
  person_profile p;
  p.type = beyond<person_type>;
  refused(engine_->put_person("ada", p), "/type");
  p = {};
  p.display_name = endless;
  refused(engine_->put_person("ada", p), "/displayName");
  p = {};
  p.email = "no\r\nBcc: x@y.example";
  refused(engine_->put_person("ada", p), "/email");
  p = {};
  p.locale = broken;
  refused(engine_->put_person("ada", p), "/locale");
  p = {};
  p.labels = std::vector<std::string>{"a", ""};
  refused(engine_->put_person("ada", p), "/labels/1");
  p.labels = std::vector<std::string>(10'000, std::string(500, 'l'));
  refused(engine_->put_person("ada", p), "");
  p = {};
  p.metadata = std::map<std::string, std::string>{{"k", broken}};
  refused(engine_->put_person("ada", p), "/metadata/k");
  goes_on();
}

TEST_F(HostileHost, DevicesAreAsTheirJsonCouldBe) {
  introduce();
  device phone;
  phone.id = "phone";
  phone.push_token = "t";
  auto d = phone;
  d.platform = beyond<device_platform>;
  refused(engine_->put_device("ada", d), "/platform");
  d = phone;
  d.environment = beyond<device_environment>;
  refused(engine_->put_device("ada", d), "/environment");
  d = phone;
  d.version = beyond<message_version>;
  refused(engine_->put_device("ada", d), "/messageVersion");
  d = phone;
  d.push_token.reset();
  refused(engine_->put_device("ada", d), "/pushToken");
  d = phone;
  d.id = "";
  refused(engine_->put_device("ada", d), "/id");
  d = phone;
  d.version = message_version::encrypted;
  d.encryption_key = "short";
  refused(engine_->put_device("ada", d), "/encryptionKey");
  EXPECT_TRUE(engine_->get_devices("ada").get()->empty());
  EXPECT_TRUE(engine_->put_device("ada", phone).get());
  goes_on();
}

TEST_F(HostileHost, PausesAreAsTheirJsonCouldBe) {
  introduce();
  refused(engine_->put_pause("ada", beyond<pause_mode>), "/mode");
  refused(engine_->put_pause("ada", pause_mode::on, std::numeric_limits<millis>::max()), "/until");
  refused(engine_->put_pause("ada", pause_mode::on, std::numeric_limits<millis>::min()), "/until");
  refused(engine_->put_pause("ada", pause_mode::off, 5), "/until");
  for (auto seconds : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()})
    refused(engine_->put_pause_reason("ada", "crm", "x", seconds), "/timeoutSeconds");
  for (const auto& source : {std::string{}, endless, broken, std::string{"session:1"}})
    refused(engine_->put_pause_reason("ada", source, "x", 5), "/sourceId");
  refused(engine_->put_pause_reason("ada", "crm", broken, 5), "/displayName");
  refused(engine_->delete_pause_reason("ada", broken), "/sourceId");
  EXPECT_TRUE(engine_->put_pause("ada", pause_mode::automatic).get());
  goes_on();
}

TEST_F(HostileHost, SubscriptionsAreAsTheirJsonCouldBe) {
  subscription_input good;
  good.endpoint = "https://push.example/x";
  good.p256dh = good.auth = "AAAA";
  good.install_id = "browser";
  // Web push is switched off.
  EXPECT_EQ(engine_->create_subscription("ada", good).get().error().code, ec::not_found);
  auto s = good;
  s.endpoint = endless;
  refused(engine_->create_subscription("ada", s), "/endpoint");
  s = good;
  s.p256dh = broken;
  refused(engine_->create_subscription("ada", s), "/keys/p256dh");
  s = good;
  s.auth.clear();
  refused(engine_->create_subscription("ada", s), "/keys/auth");
  s = good;
  s.install_id = broken;
  refused(engine_->create_subscription("ada", s), "/installId");
  s = good;
  s.replaces = "";
  refused(engine_->create_subscription("ada", s), "/replaces");
}

TEST_F(HostileHost, RegistrationsThatCouldNotBeReadAgainAreNotStored) {
  introduce();
  auto w = registration();
  w.status = beyond<webhook_status>;
  refused(engine_->create_webhook(w), "/status");
  w = registration();
  auto made = engine_->create_webhook(w).get();
  ASSERT_TRUE(made) << made.error().detail;
  w.version = made->version;
  w.status = beyond<webhook_status>;
  refused(engine_->put_webhook(made->id, w), "/status");
  goes_on();
  EXPECT_EQ(engine_->get_webhooks().get()->size(), 1U);
}

TEST_F(HostileHost, IdsAreIdsEverywhere) {
  introduce();
  device phone;
  phone.id = "phone";
  phone.push_token = "t";
  subscription_input browser{"https://push.example/x", "AAAA", "AAAA", "browser", {}};
  for (const auto& id : {std::string{}, std::string{"a\0b", 3}, broken, endless}) {
    refused(engine_->put_person(id, {}), "/person");
    refused(engine_->get_person(id), "/person");
    refused(engine_->delete_person(id), "/person");
    refused(engine_->notification_count(id), "/person");
    refused(engine_->put_device(id, phone), "/person");
    refused(engine_->get_devices(id), "/person");
    refused(engine_->delete_device(id, "phone"), "/person");
    refused(engine_->delete_device("ada", id), "/device");
    refused(engine_->put_pause(id, pause_mode::on), "/person");
    refused(engine_->get_pause(id), "/person");
    refused(engine_->put_pause_reason(id, "crm", "x", 5), "/person");
    refused(engine_->delete_pause_reason(id, "crm"), "/person");
    refused(engine_->get_email_suppression(id), "/person");
    refused(engine_->delete_email_suppression(id), "/person");
    refused(engine_->create_subscription(id, browser), "/person");
    refused(engine_->get_subscriptions(id), "/person");
    refused(engine_->delete_subscription(id, "s"), "/person");
    refused(engine_->delete_subscription("ada", id), "/subscription");
    refused(engine_->report_health_check("ada", "s", id), "/check");
    refused(engine_->put_webhook(id, registration()), "/webhook");
    refused(engine_->get_webhook(id), "/webhook");
    refused(engine_->delete_webhook(id), "/webhook");
    refused(engine_->ping_webhook(id), "/webhook");
    refused(engine_->get_conversation(id), "/conversation");
    EXPECT_EQ(engine_->open_page(id, [](const page_message&) {}), nullptr);
  }
  goes_on();
}

TEST(HostileOptions, AreNamed) {
  EXPECT_EQ(wrong_options([](options&) {}), pointers{});
  EXPECT_EQ(wrong_options([](options& o) { o.push.debounce_delay = -1s; }), pointers{"/push/debounceDelay"});
  EXPECT_EQ(wrong_options([](options& o) { o.push.debounce_delay = duration::max(); }),
            pointers{"/push/debounceDelay"});
  EXPECT_EQ(wrong_options([](options& o) { o.push.debounce_delay = duration::min(); }),
            pointers{"/push/debounceDelay"});
  EXPECT_EQ(wrong_options([](options& o) { o.retention.trace = duration::max(); }), pointers{"/retention/trace"});
  EXPECT_EQ(wrong_options([](options& o) { o.webhooks.retry_factor = NAN; }), pointers{"/webhooks/retry/factor"});
  EXPECT_EQ(wrong_options([](options& o) { o.limits.events_in_flight = 0; }), pointers{"/limits/eventsInFlight"});
  EXPECT_EQ(wrong_options([](options& o) { o.limits.webhooks = ~0ULL; }), pointers{"/limits/webhooks"});
  EXPECT_EQ(wrong_options([](options& o) { o.webhooks.user_agent = "a\r\nInjected: yes"; }),
            pointers{"/webhooks/userAgent"});
  EXPECT_EQ(wrong_options([](options& o) { o.webhooks.header_prefix = "X-\r\nEvil: 1\r\nX-"; }),
            pointers{"/webhooks/headerPrefix"});
  EXPECT_EQ(wrong_options([](options& o) { o.account.id = broken; }), pointers{"/account/id"});
  EXPECT_EQ(wrong_options([](options& o) { o.account.id = ""; }), pointers{"/account/id"});
  EXPECT_EQ(wrong_options([](options& o) { o.account.id = endless; }), pointers{"/account/id"});
  EXPECT_EQ(wrong_options([](options& o) { o.push.default_locale = broken; }), pointers{"/push/defaultLocale"});
  EXPECT_EQ(wrong_options([](options& o) { o.web_push.enabled = true; }),
            (pointers{"/webPush/subject", "/webPush/privateKey"}));
  EXPECT_EQ(wrong_options([](options& o) { o.cluster_enabled = true; }), pointers{"/cluster/enabled"});
}

TEST(HostileOptions, HaveKnownValuesOnly) {
  EXPECT_EQ(wrong_options([](options& o) { o.store.kind = beyond<store_kind>; }), pointers{"/store/kind"});
  EXPECT_EQ(wrong_options([](options& o) { o.pause_initial_mode = beyond<pause_mode>; }),
            pointers{"/pause/initialMode"});
  EXPECT_EQ(wrong_options([](options& o) { o.push.secondary_agent_rule = beyond<secondary_rule>; }),
            pointers{"/push/secondaryAgentRule"});
  EXPECT_EQ(wrong_options([](options& o) {
              o.push.participants = {beyond<role>, beyond<role>};
            }),
            pointers{"/push/participants"});
  EXPECT_EQ(wrong_options([](options& o) {
              o.http.tokens = {{"t", beyond<token_role>, std::string(64, 'a')}};
            }),
            pointers{"/http/tokens"});
}

} // namespace belfry::hostile_host
