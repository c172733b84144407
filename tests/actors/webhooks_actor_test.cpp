#include "belfry/actors/node.hpp"
#include "belfry/io/store/memory.hpp"
#include "belfry/tests/support/world/world.hpp"

#include <caf/send.hpp>
#include <gtest/gtest.h>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

namespace {

webhook_input input(const std::string& name, std::optional<std::uint64_t> version = {}) {
  webhook_input in;
  in.name = name;
  in.endpoint = "http://127.0.0.1:9999/" + name;
  in.events = {"push_notification.new_message"};
  in.version = version;
  return in;
}

result<webhook> create(world& w, const webhook_input& in) {
  return w.ask<webhook>([&](auto done) {
    caf::anon_send(w.get().registrations, belfry::create_webhook{in, w.get().ask(done)});
  });
}

result<webhook> replace(world& w, const webhook_id& id, const webhook_input& in) {
  return w.ask<webhook>([&](auto done) {
    caf::anon_send(w.get().registrations, replace_webhook{id, in, w.get().ask(done)});
  });
}

result<success> remove(world& w, const webhook_id& id) {
  return w.ask<success>([&](auto done) {
    caf::anon_send(w.get().registrations, remove_webhook{id, w.get().ask(done)});
  });
}

result<success> ping(world& w, const webhook_id& id) {
  return w.ask<success>([&](auto done) { caf::anon_send(w.get().registrations, ping_webhook{id, w.get().ask(done)}); });
}

webhook_status status_of(world& w) {
  return w.get().webhooks.get()->front().status;
}

} // namespace

TEST(WebhooksActor, CreatesReplacesAndRemoves) {
  world w{{}, true};
  auto made = create(w, input("a"));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->version, 1U);
  EXPECT_EQ(create(w, input("a")).error().code, ec::conflict);
  auto changed = replace(w, made->id, input("b", 1));
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->version, 2U);
  EXPECT_EQ(replace(w, made->id, input("c", 1)).error().code, ec::conflict);
  EXPECT_EQ(replace(w, "nothing", input("c", 1)).error().code, ec::not_found);
  EXPECT_EQ(w.store().webhooks()->size(), 1U);
  EXPECT_TRUE(remove(w, made->id));
  EXPECT_TRUE(remove(w, made->id));
  EXPECT_TRUE(w.store().webhooks()->empty());
  EXPECT_TRUE(w.get().webhooks.get()->empty());
}

TEST(WebhooksActor, RefusesBadInput) {
  world w{{}, true};
  auto in = input("a");
  in.events = {"push_notification.nonsense"};
  EXPECT_EQ(create(w, in).error().code, ec::bad_input);
  EXPECT_TRUE(w.get().webhooks.get()->empty());
}

TEST(WebhooksActor, SaysWhenTheDiskRefusesAndTakesTheSameRequestAgain) {
  world w{{}, true};
  w.store().fail_next_commits(1);
  std::optional<result<webhook>> made;
  caf::anon_send(w.get().registrations,
                 belfry::create_webhook{input("a"), w.get().ask<webhook>([&](auto r) { made = std::move(r); })});
  w.settle();
  ASSERT_TRUE(made);
  ASSERT_FALSE(*made);
  EXPECT_EQ(made->error().code, ec::store_unavailable);
  EXPECT_TRUE(w.get().webhooks.get()->empty()) << "nothing is in force before it is on disk";
  w.pass(2s);
  EXPECT_TRUE(w.store().webhooks()->empty()) << "what was answered 503 is not written later";
  EXPECT_TRUE(create(w, input("a")));
  EXPECT_EQ(w.store().webhooks()->size(), 1U);
}

TEST(WebhooksActor, KeepsRegistrationsOverACrash) {
  std::optional<world> w;
  w.emplace();
  auto left = w->on_disk();
  w.reset();
  w.emplace(options{}, true, left);
  ASSERT_EQ(w->get().webhooks.get()->size(), 1U);
  w->publish({started("c1"), in("c1", message("m1", "anna"))});
  w->pass(2s);
  EXPECT_EQ(w->requests.size(), 1U);
}

TEST(WebhooksActor, PingsOnceWhateverTheStatus) {
  world w{{}, true};
  auto in = input("a");
  in.status = webhook_status::inactive;
  auto made = create(w, in);
  w.answer = [](const auto&) { return status(500); };
  EXPECT_TRUE(ping(w, made->id));
  w.pass(60s);
  ASSERT_EQ(w.requests.size(), 1U);
  EXPECT_EQ(header(w.requests[0], "X-Unblu-Event"), "ping");
  EXPECT_EQ(header(w.requests[0], "X-Unblu-Retry-No"), "0");
  EXPECT_FALSE(header(w.requests[0], "X-Unblu-Event-ID").empty());
  EXPECT_EQ(ping(w, "nothing").error().code, ec::not_found);
}

TEST(WebhooksActor, SwitchesOffAnEndpointThatFailsTooLong) {
  options o;
  o.webhooks.disable_after = 2min;
  world w{o};
  w.answer = [](const auto&) { return status(500); };
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(100s);
  EXPECT_EQ(status_of(w), webhook_status::active);
  w.pass(8min);
  EXPECT_EQ(status_of(w), webhook_status::inactive_unavailable);
  trace_query q;
  auto t = w.trace(q);
  ASSERT_EQ(t.size(), 1U);
  EXPECT_EQ(t[0].deliveries[0].state, delivery_state::cancelled);
  EXPECT_EQ(t[0].reason, reason::registration_inactive);
}

TEST(WebhooksActor, ForgetsAFailureThatEnded) {
  options o;
  o.webhooks.disable_after = 2min;
  world w{o};
  std::size_t n = 0;
  w.answer = [&](const auto&) { return status(++n % 3 == 0 ? 200 : 500); };
  w.publish({started("c1")});
  for (int i = 0; i < 10; ++i) {
    w.publish({in("c1", message("m" + std::to_string(i), "anna"))});
    w.pass(1min);
  }
  EXPECT_EQ(status_of(w), webhook_status::active);
}

TEST(WebhooksActor, LeavesNoLaneOfARemovedRegistrationBehind) {
  world w;
  w.answer = [](const auto&) { return status(500); };
  w.publish({started("c1"), in("c1", message("m1", "anna"))});
  w.pass(2s);
  remove(w, w.get().webhooks.get()->front().id);
  w.pass(5min);
  EXPECT_EQ(w.requests.size(), 1U);
  auto t = w.trace();
  ASSERT_EQ(t.size(), 1U);
  EXPECT_EQ(t[0].state, trace_state::done);
}
