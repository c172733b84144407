#include "belfry/tests/support/server/serve_fixture.hpp"

#include <csignal>
#include <cstdlib>
#include <thread>

namespace belfry::test {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view sentinel = "sentinel";
constexpr auto poll_every = 10ms;

told look_at(const received_request& r) {
  constexpr std::string_view prefix = "push_notification.";
  told t;
  t.request = r;
  t.body = json::parse(r.body, nullptr, false);
  t.kind = r.header("X-Unblu-Event").value_or("");
  if (t.kind.rfind(prefix, 0) == 0)
    t.kind.erase(0, prefix.size());
  if (t.body.is_object()) {
    t.conversation = t.body.value("conversationId", "");
    t.person = t.body.value("recipient", json::object()).value("id", "");
  }
  return t;
}

std::vector<told> look_at(const std::vector<received_request>& log) {
  std::vector<told> all;
  for (const auto& r : log)
    if (auto t = look_at(r); t.conversation.rfind(sentinel, 0) != 0)
      all.push_back(std::move(t));
  return all;
}

sink_settings careful(const char* secret) {
  sink_settings s;
  s.verify_secret = secret;
  return s;
}

} // namespace

serve_fixture::serve_fixture() : sink_(careful(secret)) {
  char name[] = "/tmp/belfry_serve_XXXXXX";
  dir_ = mkdtemp(name);
  settings_ = {{"http.listen", "127.0.0.1:0"},
               {"store.path", store_path()},
               {"push.debounceDelay", std::to_string(debounce.count()) + "ms"},
               {"push.debounceDelayWhenInConversation", "600ms"},
               {"webhooks.retry.first", "100ms"},
               {"webhooks.retry.jitter", "0"},
               {"outbound.allowPlainHttp", "true"},
               {"outbound.allowedNetworks", "127.0.0.0/8"}};
}

serve_fixture::~serve_fixture() {
  if (HasFailure() && process_)
    std::cerr << process_->standard_error();
  EXPECT_EQ(sink_.violations(), 0U) << json(sink_.violation_texts());
  process_.reset();
  std::filesystem::remove_all(dir_);
}

void serve_fixture::set(const std::string& key, const std::string& value) {
  settings_[key] = value;
}

std::vector<std::string> serve_fixture::arguments() const {
  std::vector<std::string> all{"serve"};
  for (const auto& [key, value] : settings_) {
    all.emplace_back("--set");
    all.push_back(key + "=" + value);
  }
  return all;
}

void serve_fixture::serve() {
  process_ = std::make_unique<process>(arguments(), (dir_ / ("serve" + std::to_string(++starts_))).string());
  auto url = process_->wait_for_url(limit);
  ASSERT_TRUE(url) << process_->standard_error();
  api_ = std::make_unique<http_client>(*url);
}

int serve_fixture::stop() {
  process_->signal(SIGTERM);
  return process_->wait(limit).value_or(-1000);
}

void serve_fixture::kill() {
  process_->signal(SIGKILL);
  process_->wait(limit);
}

http_answer serve_fixture::post(const json& events) {
  return api_->post("/v1/events", events);
}

void serve_fixture::accept(const json& events) {
  auto a = post(events);
  ASSERT_EQ(a.status, 202) << a.body << "\n" << events;
  auto n = events.is_array() ? events.size() : 1;
  EXPECT_EQ(a.value(), (json{{"accepted", n}, {"duplicates", 0}})) << events;
}

void serve_fixture::refuse(const json& e, const std::string& pointer, const std::string& reason) {
  auto a = post(e);
  EXPECT_EQ(a.status, 409) << a.body << "\n" << e;
  EXPECT_EQ(a.header("content-type"), "application/problem+json");
  auto v = a.value();
  ASSERT_EQ(v.value("errors", json::array()).size(), 1U) << a.body << "\n" << e;
  EXPECT_EQ(v["errors"][0].value("pointer", ""), pointer) << e;
  EXPECT_EQ(v["errors"][0].value("reason", ""), reason) << e;
  EXPECT_TRUE(v["errors"][0].contains("detail"));
}

std::string serve_fixture::register_sink(const std::string& path, std::vector<std::string> kinds,
                                         const std::string& name) {
  if (kinds.empty())
    kinds = {"new_message",
             "read_message",
             "incoming_call",
             "revoke_call",
             "missed_call",
             "inbound_request",
             "revoke_inbound_request",
             "deputy_delegation",
             "revoke_deputy_delegation"};
  for (auto& k : kinds)
    k = "push_notification." + k;
  auto a = api_->post("/v1/webhooks",
                      {{"name", name}, {"endpoint", sink_.url(path)}, {"secret", secret}, {"events", kinds}});
  EXPECT_EQ(a.status, 201) << a.body;
  return a.value().value("id", "");
}

void serve_fixture::start_pair(const std::string& c) {
  accept(
      event::started(c, {event::participant("anna", "ASSIGNED_AGENT"), event::participant("ben", "CONTEXT_PERSON")}));
}

std::vector<told> serve_fixture::deliveries() const {
  return look_at(sink_.requests());
}

std::vector<told> serve_fixture::deliveries_to(const std::string& person) const {
  auto all = deliveries();
  std::erase_if(all, [&](const told& t) { return t.person != person; });
  return all;
}

std::vector<std::string> serve_fixture::kinds_to(const std::string& person) const {
  std::vector<std::string> kinds;
  for (const auto& t : deliveries_to(person))
    kinds.push_back(t.kind);
  return kinds;
}

bool serve_fixture::wait_deliveries(std::size_t n, std::chrono::milliseconds limit) const {
  return sink_.wait_until([&](const auto& log) { return look_at(log).size() >= n; }, limit);
}

bool serve_fixture::wait_kind(const std::string& kind, const std::string& person) const {
  return sink_.wait_until(
      [&](const auto& log) {
        auto all = look_at(log);
        return std::any_of(all.begin(), all.end(), [&](const told& t) { return t.kind == kind && t.person == person; });
      },
      limit);
}

void serve_fixture::settle() {
  // Conversations and persons work side by side: what was announced before the first sentinel has left before the
  // second one, whose wait begins when the first was told.
  for (int i = 0; i < 2; ++i) {
    auto c = std::string{sentinel} + std::to_string(++settled_);
    accept({event::started(c, {event::participant("s1", "ASSIGNED_AGENT"), event::participant("s2", "CONTEXT_PERSON")}),
            event::sent(c, "m", "s1")});
    ASSERT_TRUE(sink_.wait_until(
        [&](const auto& log) {
          return std::any_of(log.begin(), log.end(),
                             [&](const auto& r) { return r.body.find('"' + c + '"') != r.body.npos; });
        },
        limit));
  }
}

bool serve_fixture::wait_answer(const std::string& path, const std::function<bool(const json&)>& wanted,
                                std::chrono::milliseconds limit) {
  auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    auto v = api_->get(path).value();
    if (wanted(v))
      return true;
    if (std::chrono::steady_clock::now() >= until) {
      ADD_FAILURE() << path << " stays at " << v;
      return false;
    }
    std::this_thread::sleep_for(poll_every);
  }
}

json serve_fixture::conversation(const std::string& id) {
  return api_->get("/v1/conversations/" + id).value();
}

json serve_fixture::member(const std::string& person, const std::string& id) {
  for (const auto& p : conversation(id).value("participants", json::array()))
    if (p.value("person", "") == person)
      return p;
  return nullptr;
}

json serve_fixture::traces(const std::string& query) {
  auto a = api_->get("/v1/notifications?" + query);
  EXPECT_EQ(a.status, 200) << a.body;
  return a.value().value("items", json::array());
}

std::string serve_fixture::reason_of(const std::string& query) {
  auto items = traces(query);
  if (items.size() != 1)
    return "not one: " + items.dump();
  return items[0].value("reason", "none in " + items[0].dump());
}

json serve_fixture::counts(const std::string& person) {
  return api_->get("/v1/persons/" + person + "/notification-count").value();
}

} // namespace belfry::test
