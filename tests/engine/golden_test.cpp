// A store as this release left it, in the middle of everything, must be understood by every later release. The file is
// written once a release, by BELFRY_WRITE_GOLDEN=FILE.sql engine_test --gtest_filter='Golden.*'; it is never changed.
#include "belfry/engine.hpp"
#include "belfry/io/ports.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr int crowd = 300;

/// The clocks of the machine on which the store was written.
class clock_of_then final : public io::wall_clock {
public:
  explicit clock_of_then(millis later) : later_(later) {}

  millis now() const override { return 1'700'000'000'000 + later_; }
  io::clock_reading read() const override { return {"golden", 1'000 + later_, now()}; }

private:
  millis later_;
};

event in(const conversation_id& c, event_body body, std::string id) {
  event e;
  e.id = std::move(id);
  e.conversation = c;
  e.body = std::move(body);
  return e;
}

message_sent message(const message_id& id, const person_id& sender) {
  message_sent m;
  m.message = id;
  m.sender = sender;
  m.text = "hello";
  return m;
}

std::string nth(const char* prefix, int i) {
  return prefix + std::to_string(i);
}

/// All events of the story, each with an id of its own.
std::vector<event> story() {
  std::vector<event> out;
  auto says = [&](const conversation_id& c, event_body body) {
    out.push_back(in(c, std::move(body), nth("e", static_cast<int>(out.size()))));
  };
  conversation_started small;
  small.topic = "Credit";
  small.participants = {{"anna", role::assigned_agent, false, false}, {"ben", role::context_person, false, false}};
  says("small", small);
  says("small", conversation_opened{"anna", "tab"});
  for (int i = 1; i <= 3; ++i)
    says("small", message(nth("m", i), "anna"));
  // More than fits into one row (`conversation_state` in parts).
  conversation_started large;
  large.participants = {{"anna", role::assigned_agent, false, false}};
  for (int i = 0; i < crowd; ++i)
    large.participants.push_back({nth("guest", i), role::secondary_visitor, false, i % 2 == 1});
  says("large", large);
  for (int i = 1; i <= 5; ++i)
    says("large", message(nth("l", i), "anna"));
  says("large", message_read{"guest0", "l4"});
  conversation_started calling;
  calling.participants = {{"carl", role::assigned_agent, false, false}, {"vera", role::context_person, false, false}};
  says("calling", calling);
  says("calling", call_started{"k1", call_type::video, "vera"});
  conversation_started over;
  over.participants = {{"anna", role::assigned_agent, false, false}, {"ben", role::context_person, false, false}};
  says("over", over);
  says("over", message("o1", "anna"));
  says("over", conversation_ended{});
  return out;
}

options options_at(const std::filesystem::path& store) {
  options o;
  o.store.path = store.string();
  o.push.debounce_delay = 10min;
  o.push.debounce_max_wait = 10min;
  o.calls.not_answered_timeout = 10min;
  o.outbound.allow_plain_http = true;
  o.outbound.allowed_networks = {"127.0.0.0/8"};
  return o;
}

std::unique_ptr<engine> start(const options& o, millis later) {
  engine_parts parts;
  parts.wall = std::make_unique<clock_of_then>(later);
  auto e = engine::start(o, std::move(parts));
  EXPECT_TRUE(e) << (e ? "" : e.error().detail);
  return e ? std::move(*e) : nullptr;
}

void live_through(const options& o) {
  auto e = start(o, 0);
  webhook_input hook;
  hook.name = "crm";
  hook.endpoint = "http://127.0.0.1:1099/hook";
  hook.secret = "golden secret";
  hook.events = {"push_notification.incoming_call", "push_notification.new_message"};
  auto made = e->create_webhook(hook).get();
  ASSERT_TRUE(made) << made.error().detail;
  person_profile ben;
  ben.type = person_type::visitor;
  ben.display_name = "Ben";
  ben.email = "ben@x.test";
  ben.locale = "de-CH";
  ben.metadata = std::map<std::string, std::string>{{"tier", "gold"}};
  ASSERT_TRUE(e->put_person("ben", ben).get());
  person_profile anna;
  anna.type = person_type::agent;
  anna.display_name = "Anna";
  ASSERT_TRUE(e->put_person("anna", anna).get());
  device phone;
  phone.id = "pixel";
  phone.push_token = "fcm:token";
  ASSERT_TRUE(e->put_device("ben", phone).get());
  ASSERT_TRUE(e->put_pause("anna", pause_mode::on).get());
  ASSERT_TRUE(e->put_pause_reason("anna", "crm", "in a meeting", 3'600).get());
  for (auto& x : story()) {
    auto answer = e->publish(std::move(x)).get();
    ASSERT_TRUE(answer && answer->accepted == 1);
  }
  // The call was tried, and is to be tried again.
  trace_query call;
  call.kind = kind::incoming_call;
  auto tried = [&] {
    auto page = e->query_notifications(call).get();
    return page && !page->items.empty() && !page->items[0].deliveries.empty()
           && !page->items[0].deliveries[0].attempts.empty();
  };
  for (int i = 0; i < 1'000 && !tried(); ++i)
    std::this_thread::sleep_for(10ms);
  ASSERT_TRUE(tried());
}

class folder {
public:
  folder() {
    char name[] = "/tmp/belfry_golden_XXXXXX";
    path_ = mkdtemp(name);
  }
  ~folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path store() const { return path_ / "belfry.db"; }

private:
  std::filesystem::path path_;
};

void run_sql(const std::filesystem::path& store, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(store.c_str(), &db), SQLITE_OK);
  char* wrong = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &wrong), SQLITE_OK) << (wrong ? wrong : "");
  sqlite3_free(wrong);
  sqlite3_close(db);
}

const participant_view* find(const conversation_view& v, const person_id& p) {
  auto i = std::find_if(v.participants.begin(), v.participants.end(), [&](const auto& x) { return x.person == p; });
  return i == v.participants.end() ? nullptr : &*i;
}

class GoldenStore : public testing::TestWithParam<const char*> {};

} // namespace

TEST(Golden, IsWrittenOnceARelease) {
  const auto* file = std::getenv("BELFRY_WRITE_GOLDEN");
  if (!file)
    GTEST_SKIP() << "only when a release is made";
  folder where;
  live_through(options_at(where.store()));
  const auto command =
      "python3 '" BELFRY_SOURCE_DIR "/tests/engine/dump_store.py' '" + where.store().string() + "' > '" + file + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_P(GoldenStore, IsUnderstoodForEver) {
  std::ostringstream sql;
  sql << std::ifstream{std::string{BELFRY_SOURCE_DIR "/tests/engine/"} + GetParam()}.rdbuf();
  ASSERT_GT(sql.str().size(), 1'000U);
  folder where;
  run_sql(where.store(), sql.str());
  auto e = start(options_at(where.store()), 1'000);
  ASSERT_TRUE(e);
  EXPECT_TRUE(e->ready());

  auto hooks = e->get_webhooks().get();
  ASSERT_TRUE(hooks && hooks->size() == 1);
  EXPECT_EQ(hooks->front().name, "crm");
  EXPECT_EQ(hooks->front().endpoint, "http://127.0.0.1:1099/hook");
  EXPECT_EQ(hooks->front().secret, "golden secret");
  EXPECT_EQ(hooks->front().events.size(), 2U);

  auto ben = e->get_person("ben").get();
  ASSERT_TRUE(ben);
  EXPECT_EQ(ben->profile.display_name, "Ben");
  EXPECT_EQ(ben->profile.email, "ben@x.test");
  EXPECT_EQ(ben->profile.locale, "de-CH");
  EXPECT_EQ(ben->profile.metadata->at("tier"), "gold");
  auto devices = e->get_devices("ben").get();
  ASSERT_TRUE(devices && devices->size() == 1);
  EXPECT_EQ(devices->front().push_token, "fcm:token");
  auto pause = e->get_pause("anna").get();
  ASSERT_TRUE(pause);
  EXPECT_EQ(pause->mode, pause_mode::on);
  ASSERT_EQ(pause->reasons.size(), 1U);
  EXPECT_EQ(pause->reasons[0].display_name, "in a meeting");

  auto small = e->get_conversation("small").get();
  ASSERT_TRUE(small);
  EXPECT_EQ(small->topic, "Credit");
  ASSERT_TRUE(find(*small, "ben"));
  EXPECT_EQ(find(*small, "ben")->unread_count, 3U);
  EXPECT_TRUE(find(*small, "anna")->open) << "what a client has open";
  auto large = e->get_conversation("large").get();
  ASSERT_TRUE(large);
  EXPECT_EQ(large->participants.size(), crowd + 1U);
  EXPECT_EQ(find(*large, "guest0")->unread_count, 1U);
  EXPECT_EQ(find(*large, "guest299")->unread_count, 5U);
  EXPECT_TRUE(find(*large, "guest299")->muted);
  auto calling = e->get_conversation("calling").get();
  ASSERT_TRUE(calling && calling->call);
  EXPECT_EQ(calling->call_state, call_state::calling) << "it rings on";
  auto over = e->get_conversation("over").get();
  ASSERT_TRUE(over);
  EXPECT_TRUE(over->ended);
  EXPECT_EQ(e->notification_count("ben").get()->total, 3U);

  trace_query call;
  call.kind = kind::incoming_call;
  auto page = e->query_notifications(call).get();
  ASSERT_TRUE(page && page->items.size() == 1);
  EXPECT_EQ(page->items[0].recipient, "carl");
  ASSERT_EQ(page->items[0].deliveries.size(), 1U);
  EXPECT_GE(page->items[0].deliveries[0].attempts.size(), 1U);

  // Every id is known, and so are the messages and the call themselves.
  auto again = e->publish(story()).get();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->duplicates, story().size());
  auto same = e->publish(in("small", message("m3", "anna"), "another")).get();
  EXPECT_EQ(same->duplicates, 1U);
  EXPECT_EQ(e->publish(in("small", message("m4", "anna"), "more")).get()->accepted, 1U);
  EXPECT_EQ(e->notification_count("ben").get()->total, 4U);
  EXPECT_EQ(e->metrics().find("reason=\"damaged_conversation\"} 1"), std::string::npos);
  EXPECT_EQ(e->metrics().find("reason=\"damaged_person\"} 1"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Releases, GoldenStore, testing::Values("golden_0_1.sql"));
