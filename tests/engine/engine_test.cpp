#include "belfry/engine.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr auto limit = 10s;

/// An engine on a temporary SQLite file, with one registration at a sink.
class engine_fixture : public testing::Test {
protected:
  engine_fixture() {
    char name[] = "/tmp/belfry_engine_XXXXXX";
    dir_ = mkdtemp(name);
    opts_.store.path = (dir_ / "belfry.db").string();
    opts_.push.debounce_delay = 50ms;
    opts_.push.debounce_delay_when_in_conversation = 300ms;
    opts_.outbound.allow_plain_http = true;
    opts_.outbound.allowed_networks = {"127.0.0.0/8"};
    start();
  }

  ~engine_fixture() override {
    engine_.reset();
    std::filesystem::remove_all(dir_);
  }

  void start() {
    auto e = engine::start(opts_);
    ASSERT_TRUE(e) << e.error().detail;
    engine_ = std::move(*e);
  }

  void restart() {
    engine_.reset();
    start();
  }

  template <class T, class F>
  result<T> ask(F&& f) {
    std::promise<result<T>> p;
    f([&](result<T> r) { p.set_value(std::move(r)); });
    return p.get_future().get();
  }

  void register_webhook() {
    webhook_input in;
    in.name = "sink";
    in.endpoint = sink_.url();
    for (int k = 0; k < kind_count; ++k)
      in.events.push_back("push_notification." + std::string{to_string(static_cast<kind>(k))});
    auto w = ask<webhook>([&](auto done) { engine_->create_webhook(in, done); });
    ASSERT_TRUE(w) << w.error().detail;
  }

  admission publish(std::vector<event> events) {
    auto a = engine_->publish(std::move(events)).get();
    EXPECT_TRUE(a) << (a ? "" : a.error().detail);
    return a ? *a : admission{};
  }

  static event in(const conversation_id& c, event_body body, std::string id = {}) {
    event e;
    e.id = std::move(id);
    e.conversation = c;
    e.body = std::move(body);
    return e;
  }

  static message_sent message(const message_id& id, const person_id& sender, std::string text = "hello") {
    message_sent m;
    m.message = id;
    m.sender = sender;
    m.text = std::move(text);
    return m;
  }

  void start_conversation(const conversation_id& c) {
    conversation_started s;
    s.participants = {{"anna", role::assigned_agent, false, false}, {"ben", role::context_person, false, false}};
    EXPECT_EQ(publish({in(c, s)}).accepted, 1U);
  }

  count_view count(const person_id& p) {
    auto c = ask<count_view>([&](auto done) { engine_->notification_count(p, done); });
    return c ? *c : count_view{};
  }

  std::filesystem::path dir_;
  options opts_;
  test::webhook_sink sink_;
  std::unique_ptr<engine> engine_;
};

bool has(const std::vector<test::received_request>& log, const std::string& text) {
  return std::any_of(log.begin(), log.end(), [&](const auto& r) { return r.body.find(text) != std::string::npos; });
}

} // namespace

TEST_F(engine_fixture, TellsOfTheLastMessageOfABurstOnce) {
  register_webhook();
  start_conversation("c1");
  EXPECT_EQ(publish({in("c1", message("m1", "anna")), in("c1", message("m2", "anna")), in("c1", message("m3", "anna"))})
                .accepted,
            3U);
  ASSERT_TRUE(sink_.wait_for(1, limit));
  auto log = sink_.requests();
  ASSERT_EQ(log.size(), 1U);
  EXPECT_NE(log[0].body.find("\"messageId\":\"m3\""), std::string::npos) << log[0].body;
  EXPECT_NE(log[0].body.find("\"notificationCount\":3"), std::string::npos) << log[0].body;
  EXPECT_EQ(count("ben").total, 3U);
}

TEST_F(engine_fixture, TakesBackWhatWasToldWhenEverythingIsRead) {
  register_webhook();
  start_conversation("c1");
  publish({in("c1", message("m1", "anna"))});
  ASSERT_TRUE(sink_.wait_for(1, limit));
  publish({in("c1", message_read{"ben", {}})});
  ASSERT_TRUE(sink_.wait_for(2, limit));
  EXPECT_TRUE(has(sink_.requests(), "ReadMessagePushNotificationEvent"));
  EXPECT_EQ(count("ben").total, 0U);
}

TEST_F(engine_fixture, KeepsCountsAndWaitsOverARestart) {
  register_webhook();
  start_conversation("c1");
  publish({in("c1", message("m1", "anna"), "e1")});
  restart();
  ASSERT_TRUE(sink_.wait_for(1, limit));
  EXPECT_EQ(count("ben").total, 1U);
  EXPECT_EQ(publish({in("c1", message("m1", "anna"), "e1")}).duplicates, 1U);
  EXPECT_EQ(publish({in("c1", message("m1", "anna"), "e2")}).duplicates, 1U);
}

TEST_F(engine_fixture, RefusesWhatTheStateForbids) {
  EXPECT_EQ(publish({in("nowhere", message("m1", "anna"))}).refused.at(0).reason, refusal::unknown_conversation);
  start_conversation("c1");
  EXPECT_EQ(publish({in("c1", message("m1", "carl"))}).refused.at(0).reason, refusal::not_in_conversation);
}

TEST_F(engine_fixture, RingsAndTakesTheRingBack) {
  register_webhook();
  start_conversation("c1");
  publish({in("c1", call_started{"k1", call_type::audio, "anna"})});
  ASSERT_TRUE(sink_.wait_for(1, limit));
  publish({in("c1", call_ended{"k1", {}})});
  ASSERT_TRUE(sink_.wait_for(3, limit));
  auto log = sink_.requests();
  EXPECT_NE(log[0].body.find("IncomingCall"), std::string::npos);
  EXPECT_NE(log[1].body.find("RevokeCall"), std::string::npos);
  EXPECT_NE(log[2].body.find("MissedCall"), std::string::npos);
}

TEST_F(engine_fixture, ExplainsWhySomebodyWasNotTold) {
  register_webhook();
  start_conversation("c1");
  publish({in("c1", message("m1", "anna"))});
  trace_query q;
  q.conversation = "c1";
  q.message = "m1";
  q.person = "anna";
  auto page = ask<trace_page>([&](auto done) { engine_->query_notifications(q, done); });
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 1U);
  EXPECT_EQ(page->items[0].reason, reason::own_message);
}

TEST_F(engine_fixture, CountsRightWhateverThreadsTellAndAskAtOnce) {
  register_webhook();
  constexpr int hosts = 4;
  constexpr int conversations = 10;
  constexpr int messages = 5;
  std::atomic<int> reports{0};
  auto stream = engine_->subscribe([&](const report&) { ++reports; });
  {
    std::vector<std::jthread> threads;
    for (int h = 0; h < hosts; ++h) {
      threads.emplace_back([&, h] {
        for (int c = 0; c < conversations; ++c) {
          auto name = "c" + std::to_string(h) + "_" + std::to_string(c);
          start_conversation(name);
          for (int m = 0; m < messages; ++m)
            EXPECT_EQ(publish({in(name, message("m" + std::to_string(m), "anna"))}).accepted, 1U);
        }
      });
    }
    threads.emplace_back([&] {
      for (int i = 0; i < conversations; ++i) {
        EXPECT_LE(count("ben").total, static_cast<std::size_t>(hosts * conversations * messages));
        EXPECT_TRUE(ask<std::vector<webhook>>([&](auto done) { engine_->get_webhooks(done); }));
        EXPECT_TRUE(ask<trace_page>([&](auto done) { engine_->query_notifications({}, done); }));
      }
    });
  }
  EXPECT_EQ(count("ben").total, static_cast<std::size_t>(hosts * conversations * messages));
  ASSERT_TRUE(sink_.wait_for(hosts * conversations, limit));
  stream.reset();
  EXPECT_GT(reports.load(), 0);
  restart();
  EXPECT_EQ(count("ben").total, static_cast<std::size_t>(hosts * conversations * messages));
}

// -- stopping -----------------------------------------------------------------

namespace {

/// Calls every function of the API once; `told` hears how each was answered.
void ask_everything(engine& e, const std::function<void(ec)>& told) {
  auto hear = [told](const auto& r) { told(r ? ec{} : r.error().code); };
  const person_id p = "ben";
  e.publish({}, hear);
  e.publish({event{}}, hear);
  e.put_person(p, {}, hear);
  e.get_person(p, hear);
  e.notification_count(p, hear);
  device d;
  d.id = "d";
  d.push_token = "t";
  e.put_device(p, d, hear);
  e.get_devices(p, hear);
  e.delete_device(p, "d", hear);
  e.put_pause(p, pause_mode::on, {}, hear);
  e.get_pause(p, hear);
  e.put_pause_reason(p, "s", "name", 10, hear);
  e.delete_pause_reason(p, "s", hear);
  e.get_email_suppression(p, hear);
  e.delete_email_suppression(p, hear);
  e.unsubscribe("x", true, hear);
  e.create_subscription(p, {}, hear);
  e.get_subscriptions(p, hear);
  e.delete_subscription(p, "s", hear);
  e.report_health_check(p, "s", "check", hear);
  e.create_webhook({}, hear);
  e.put_webhook("w", {}, hear);
  e.get_webhook("w", hear);
  e.get_webhooks(hear);
  e.delete_webhook("w", hear);
  e.ping_webhook("w", hear);
  e.get_conversation("c", hear);
  e.query_notifications({}, hear);
  e.get_notification({}, hear);
  e.delete_person(p, hear);
}

constexpr int questions = 29;

} // namespace

TEST_F(engine_fixture, AnswersStoppingToEverythingAfterStop) {
  auto watching = engine_->subscribe([](const report&) {});
  engine_->stop();
  int stopping = 0;
  ask_everything(*engine_, [&](ec code) { stopping += code == ec::stopping ? 1 : 0; });
  EXPECT_EQ(stopping, questions);
  EXPECT_EQ(engine_->subscribe([](const report&) {}), nullptr);
  EXPECT_EQ(engine_->open_page("ben", [](const page_message&) {}), nullptr);
  auto again = engine_->reload(opts_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ec::stopping);
  EXPECT_FALSE(engine_->ready());
  engine_->stop();
}

TEST_F(engine_fixture, IsOutlivedByWhatItsHostHolds) {
  auto watching = engine_->subscribe([](const report&) {});
  auto page = engine_->open_page("ben", [](const page_message&) {});
  ASSERT_TRUE(watching && page);
  engine_.reset();
  watching.reset();
  page.reset();
}

TEST_F(engine_fixture, AnswersEverythingOnceWhenItIsStoppedMeanwhile) {
  std::atomic<int> asked{0}, answered{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> hosts;
  for (int i = 0; i < 3; ++i)
    hosts.emplace_back([&] {
      while (!over) {
        asked += questions;
        ask_everything(*engine_, [&](ec) { ++answered; });
      }
    });
  while (answered < 20 * questions)
    std::this_thread::yield();
  engine_->stop();
  over = true;
  for (auto& t : hosts)
    t.join();
  engine_.reset();
  EXPECT_EQ(answered, asked);
}

TEST_F(engine_fixture, LivesBesideAnotherEngine) {
  auto other = opts_;
  other.store.path = (dir_ / "other.db").string();
  auto second = engine::start(other);
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_TRUE(ask<std::vector<webhook>>([&](auto done) { (*second)->get_webhooks(done); }));
  engine_->stop();
  EXPECT_TRUE((*second)->ready());
  EXPECT_TRUE(ask<io::stored<person>>([&](auto done) { (*second)->put_person("ben", {}, done); }));
}

// -- failure ------------------------------------------------------------------

TEST_F(engine_fixture, IsNotHarmedByCallbacksThatThrow) {
  auto watching = engine_->subscribe([](const report&) { throw std::runtime_error{"watching"}; });
  ask_everything(*engine_, [](ec) { throw std::runtime_error{"asking"}; });
  // All of it goes on, and so do those that come behind it.
  register_webhook();
  EXPECT_TRUE(ask<io::stored<person>>([&](auto done) { engine_->put_person("ben", {}, done); }));
  EXPECT_TRUE(ask<trace_page>([&](auto done) { engine_->query_notifications({}, done); }));
  EXPECT_TRUE(engine_->ready());
  auto text = engine_->metrics();
  EXPECT_EQ(text.find("callback_threw\"} 0"), std::string::npos);
}

TEST_F(engine_fixture, AnswersFuturesAndTellsWhileACallbackBlocks) {
  std::promise<void> returns;
  auto blocked = returns.get_future().share();
  auto watching = engine_->subscribe([blocked](const report&) { blocked.wait(); });
  std::promise<void> begun;
  engine_->get_webhooks([&, blocked](const auto&) {
    begun.set_value();
    blocked.wait();
  });
  begun.get_future().wait();
  std::atomic<bool> behind{false};
  engine_->get_webhooks([&](const auto&) { behind = true; });
  webhook_input hook;
  hook.name = "sink";
  hook.endpoint = sink_.url();
  hook.events = {"push_notification.new_message"};
  ASSERT_TRUE(engine_->create_webhook(hook).get());
  start_conversation("c1");
  publish({in("c1", message("m1", "anna"))});
  EXPECT_TRUE(sink_.wait_for(1, limit));
  EXPECT_EQ(engine_->notification_count("ben").get()->total, 1U);
  EXPECT_FALSE(behind);
  returns.set_value();
  engine_->stop();
  EXPECT_TRUE(behind) << "callbacks that wait are called before stop returns";
}

TEST_F(engine_fixture, RefusesQuestionsWhileTooManyCallbacksWait) {
  constexpr int callbacks_max = 65'536;
  std::promise<void> returns;
  auto blocked = returns.get_future().share();
  std::atomic<int> answered{0}, overloaded{0};
  for (int i = 0; i < callbacks_max + 100; ++i)
    engine_->get_webhooks([&, blocked](const result<std::vector<webhook>>& r) {
      r ? blocked.wait() : void(overloaded += r.error().code == ec::overloaded ? 1 : 0);
      ++answered;
    });
  EXPECT_EQ(overloaded, 100);
  EXPECT_EQ(engine_->get_webhooks().get().error().code, ec::overloaded);
  returns.set_value();
  engine_.reset();
  EXPECT_EQ(answered, callbacks_max + 100);
}

TEST_F(engine_fixture, HasAFutureForEveryQuestion) {
  webhook_input hook;
  hook.name = "sink";
  hook.endpoint = sink_.url();
  hook.events = {"push_notification.new_message"};
  auto w = engine_->create_webhook(hook).get();
  ASSERT_TRUE(w);
  EXPECT_EQ(engine_->get_webhook(w->id).get()->name, "sink");
  hook.name = "other";
  hook.version = w->version;
  EXPECT_EQ(engine_->put_webhook(w->id, hook).get()->name, "other");
  EXPECT_EQ(engine_->get_webhooks().get()->size(), 1U);
  EXPECT_TRUE(engine_->ping_webhook(w->id).get());
  EXPECT_TRUE(engine_->delete_webhook(w->id).get());

  person_profile agent;
  agent.type = person_type::agent;
  EXPECT_TRUE(engine_->put_person("anna", agent).get()->created);
  EXPECT_EQ(engine_->get_person("anna").get()->id, "anna");
  device d;
  d.id = "phone";
  d.push_token = "t";
  EXPECT_TRUE(engine_->put_device("anna", d).get()->created);
  EXPECT_EQ(engine_->get_devices("anna").get()->size(), 1U);
  EXPECT_TRUE(engine_->delete_device("anna", "phone").get());
  EXPECT_TRUE(engine_->put_pause("anna", pause_mode::on).get());
  EXPECT_TRUE(engine_->get_pause("anna").get());
  EXPECT_TRUE(engine_->put_pause_reason("anna", "calendar", "Meeting", 60).get()->created);
  EXPECT_TRUE(engine_->delete_pause_reason("anna", "calendar").get());
  EXPECT_EQ(engine_->get_email_suppression("anna").get().error().code, ec::not_found);
  EXPECT_TRUE(engine_->delete_email_suppression("anna").get());
  EXPECT_EQ(engine_->unsubscribe("no token", true).get().error().code, ec::not_found);
  const subscription_input browser{"https://push.example/x", "AAAA", "AAAA", "browser", {}};
  EXPECT_EQ(engine_->create_subscription("anna", browser).get().error().code, ec::not_found);
  EXPECT_TRUE(engine_->get_subscriptions("anna").get());
  EXPECT_TRUE(engine_->delete_subscription("anna", "none").get());
  EXPECT_EQ(engine_->report_health_check("anna", "none", "x").get().error().code, ec::not_found);

  start_conversation("c1");
  EXPECT_EQ(engine_->get_conversation("c1").get()->participants.size(), 2U);
  EXPECT_TRUE(engine_->query_notifications({}).get());
  EXPECT_EQ(engine_->get_notification({}).get().error().code, ec::not_found);
  EXPECT_EQ(engine_->notification_count("anna").get()->total, 0U);
  EXPECT_TRUE(engine_->delete_person("anna").get());
}

namespace {

/// A clock that throws when told to.
class moody_clock final : public io::wall_clock {
public:
  explicit moody_clock(std::shared_ptr<std::atomic<bool>> bad) : bad_(std::move(bad)) {}

  millis now() const override {
    if (*bad_)
      throw std::runtime_error{"no time"};
    return 1'700'000'000'000;
  }

private:
  std::shared_ptr<std::atomic<bool>> bad_;
};

} // namespace

TEST_F(engine_fixture, SaysSoWhenAPartOfItEnds) {
  auto bad = std::make_shared<std::atomic<bool>>(false);
  std::promise<void> failed;
  engine_parts parts;
  parts.wall = std::make_unique<moody_clock>(bad);
  parts.on_failure = [&] { failed.set_value(); };
  auto o = opts_;
  o.store.path = (dir_ / "other.db").string();
  auto e = engine::start(o, std::move(parts));
  ASSERT_TRUE(e) << e.error().detail;
  EXPECT_TRUE((*e)->ready());
  *bad = true;
  device d;
  d.id = "d";
  d.push_token = "t";
  auto answer = ask<io::stored<device>>([&](auto done) { (*e)->put_device("ben", d, done); });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ec::stopping);
  failed.get_future().get();
  EXPECT_FALSE((*e)->ready());
  EXPECT_EQ((*e)->metrics().find(R"(belfry_alarms_total{channel="ENGINE",reason="part_ended"} 0)"), std::string::npos);
  *bad = false;
  (*e)->stop();
}
