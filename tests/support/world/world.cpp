#include "belfry/tests/support/world/world.hpp"

#include "belfry/actors/clock_anchor.hpp"
#include "belfry/actors/node.hpp"
#include "belfry/actors/person/record_row.hpp"
#include "belfry/actors/recovery.hpp"
#include "belfry/actors/webhooks/webhooks.hpp"
#include "belfry/io/store/memory.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace belfry::test {

namespace {

struct test_config : caf::actor_system_config {
  test_config() { set("scheduler.policy", caf::atom("testing")); }
};

class fake_wall final : public io::wall_clock {
public:
  explicit fake_wall(io::clock_reading at) : clocks(std::move(at)) {}
  millis now() const override { return clocks.wall; }
  io::clock_reading read() const override { return clocks; }

  io::clock_reading clocks;
};

class fake_transport final : public io::http_transport {
public:
  explicit fake_transport(world& w) : world_(w) {}

  void send(io::http_request request, std::function<void(io::http_answer)> done) override {
    world_.requests.push_back(request);
    auto a = world_.answer ? world_.answer(request) : std::optional{io::http_answer{{}, 200, {}, {}, {}}};
    if (a)
      done(std::move(*a));
    else
      world_.open.push_back({std::move(request), std::move(done)});
  }

private:
  world& world_;
};

engine_time resumed(io::store& s, const io::wall_clock& w) {
  auto last = s.setting(clock_anchor_name);
  return resume_engine_time(last && *last ? decode_clock_anchor(**last) : std::nullopt, w.read());
}

options adapted(options o) {
  o.outbound.allow_plain_http = true;
  o.outbound.allowed_networks = {"127.0.0.0/8"};
  return o;
}

} // namespace

struct world::impl {
  impl(world& w, options o, disk left)
      : store(left.store ? std::move(left.store) : std::make_shared<io::memory_store>()),
        transport(w),
        wall(left.clocks),
        system(config),
        sched(dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())),
        metrics(io::metric_owner::engine),
        node(adapted(std::move(o)), *store, transport, wall, metrics,
             timeline{resumed(*store, wall), timeline::steady{system.clock().now().time_since_epoch()}}) {
    system.await_actors_before_shutdown(false);
  }

  std::shared_ptr<io::memory_store> store;
  fake_transport transport;
  fake_wall wall;
  test_config config;
  caf::actor_system system;
  caf::scheduler::test_coordinator& sched;
  io::telemetry metrics;
  belfry::node node;
  /// Each with the reference that a thread would have given back.
  std::vector<caf::resumable*> silenced;
};

world::world(options o, bool silent, disk left, std::shared_ptr<io::channel> extra)
    : impl_(std::make_unique<impl>(*this, std::move(o), std::move(left))) {
  auto known = recover(impl_->node);
  std::vector<std::shared_ptr<io::channel>> channels{make_webhook_channel(impl_->node)};
  if (extra)
    channels.push_back(std::move(extra));
  spawn_actors(impl_->system, impl_->node, *known, channels, disk_threads::shared);
  settle();
  rearm(impl_->node, *known);
  settle();
  if (!silent)
    create_webhook("all");
}

world::~world() {
  auto& n = impl_->node;
  for (auto& s : n.shards)
    caf::anon_send(s, shard_stop{});
  settle();
  auto end = [&](auto& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actor = nullptr;
  };
  n.shards.clear();
  end(n.gateway);
  for (auto& c : n.channel_actors)
    end(c);
  n.channels = {};
  end(n.registrations);
  end(n.outcomes);
  end(n.reader);
  end(n.traces);
  end(n.writer);
  end(n.callbacks);
  settle();
  for (auto* job : impl_->silenced)
    job->intrusive_ptr_release_impl();
}

node& world::get() {
  return impl_->node;
}

io::memory_store& world::store() {
  return *impl_->store;
}

disk world::on_disk() {
  return {impl_->store, impl_->wall.clocks};
}

void world::jump(std::chrono::milliseconds by) {
  impl_->wall.clocks.wall += by.count();
}

void world::settle() {
  while (step()) {
    // nop
  }
}

bool world::step() {
  return impl_->sched.try_run_once();
}

bool world::step_newest() {
  return impl_->sched.try_run_once_lifo();
}

bool world::silence(const std::string& name) {
  auto& jobs = impl_->sched.jobs;
  auto i = std::find_if(jobs.begin(), jobs.end(), [&](caf::resumable* job) {
    const auto* a = dynamic_cast<caf::scheduled_actor*>(job);
    return a != nullptr && name == a->name();
  });
  if (i == jobs.end())
    return false;
  impl_->silenced.push_back(*i);
  jobs.erase(i);
  return true;
}

void world::advance(std::chrono::milliseconds time) {
  impl_->wall.clocks.wall += time.count();
  impl_->wall.clocks.since_boot += time.count();
  impl_->sched.advance_time(time);
}

void world::pass(std::chrono::milliseconds time) {
  settle();
  while (time.count() > 0) {
    auto step = std::min(time, std::chrono::milliseconds{10});
    advance(step);
    settle();
    time -= step;
  }
}

result<admission> world::publish(std::vector<event> events) {
  return ask<admission>([&](auto done) {
    caf::anon_send(impl_->node.gateway, belfry::publish{std::move(events), done});
  });
}

conversation_view world::view(const conversation_id& c) {
  auto out =
      ask<conversation_view>([&](auto done) { impl_->node.to_conversation_of(c, ask_view{impl_->node.ask(done)}); });
  return out ? std::move(*out) : conversation_view{};
}

std::uint32_t world::unread(const conversation_id& c, const person_id& p) {
  for (const auto& x : view(c).participants) {
    if (x.person == p)
      return x.unread_count;
  }
  return 0;
}

std::vector<trace_item> world::trace(trace_query q) {
  q.limit = 500;
  std::vector<trace_item> out;
  auto rows = impl_->store->query(q);
  for (std::size_t i = 0; rows && i < rows->rows.size(); ++i) {
    if (auto r = from_row(rows->rows[i]))
      out.push_back(to_trace(*r));
  }
  return out;
}

void world::put_profile(const person_id& p, person_type type, const std::string& name) {
  person_profile profile;
  profile.type = type;
  if (!name.empty())
    profile.display_name = name;
  ask<io::stored<person>>([&](auto done) {
    impl_->node.to_person_of(p, belfry::put_profile{profile, impl_->node.ask(done)});
  });
}

std::vector<std::string> world::said() const {
  std::vector<std::string> out;
  for (const auto& r : requests) {
    auto& line = out.emplace_back(header(r, "X-Unblu-Event"));
    line.erase(0, line.find('.') + 1);
    auto j = nlohmann::json::parse(r.body);
    line += " " + j["recipient"].value("id", "") + " " + j.value("conversationId", "");
    if (auto m = j.value("messageId", ""); !m.empty())
      line += " " + m;
  }
  return out;
}

void world::answer_next(int code) {
  auto next = std::move(open.front());
  open.pop_front();
  next.done(status(code));
  settle();
}

webhook world::create_webhook(const std::string& name, const std::vector<std::string>& events) {
  webhook_input in;
  in.name = name;
  in.endpoint = "http://127.0.0.1:9999/" + name;
  in.events = events;
  for (int k = 0; events.empty() && k < kind_count; ++k)
    in.events.push_back("push_notification." + std::string{to_string(static_cast<kind>(k))});
  auto w = ask<webhook>([&](auto done) {
    caf::anon_send(impl_->node.registrations, belfry::create_webhook{in, impl_->node.ask(done)});
  });
  return w ? *w : webhook{};
}

std::string field(const std::string& body, const std::string& name) {
  auto j = nlohmann::json::parse(body);
  auto i = j.find(name);
  if (i == j.end())
    return {};
  return i->is_string() ? i->get<std::string>() : i->dump();
}

std::string header(const io::http_request& r, const std::string& name) {
  for (const auto& [key, value] : r.headers) {
    if (key == name)
      return value;
  }
  return {};
}

io::http_answer status(int code, std::optional<std::string> retry_after) {
  io::http_answer a;
  a.status = code;
  a.retry_after = std::move(retry_after);
  return a;
}

event in(const conversation_id& c, event_body body, std::string id) {
  event e;
  e.id = std::move(id);
  e.conversation = c;
  e.body = std::move(body);
  return e;
}

message_sent message(const message_id& id, const person_id& sender, std::string text) {
  message_sent m;
  m.message = id;
  m.sender = sender;
  m.text = std::move(text);
  return m;
}

event started(const conversation_id& c, std::vector<participant_spec> more) {
  conversation_started s;
  s.participants = {{"anna", role::assigned_agent, false, false}, {"ben", role::context_person, false, false}};
  s.participants.insert(s.participants.end(), more.begin(), more.end());
  return in(c, s);
}

} // namespace belfry::test
