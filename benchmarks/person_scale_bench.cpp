// Does a notification cost the same for everybody? One person with everything against many with a little, agents in 10
// to 10,000 sleeping conversations, groups of 10 to 5,000, and a restart with everybody's waits overdue.
#include "belfry/actors/conversation/core.hpp"
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/sink.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"
#include "belfry/tests/support/providers/webhook_sink.hpp"

#include <algorithm>
#include <future>
#include <stdexcept>
#include <thread>

using namespace belfry;
using namespace belfry::bench;

namespace {

using namespace std::chrono_literals;

event started_by(const conversation_id& c, const person_id& agent, const person_id& visitor) {
  conversation_started s;
  s.participants = {{agent, role::assigned_agent, false, false}, {visitor, role::context_person, false, false}};
  event e;
  e.conversation = c;
  e.body = std::move(s);
  return e;
}

event said_in(const conversation_id& c, const message_id& id, const person_id& sender) {
  message_sent m;
  m.message = id;
  m.sender = sender;
  m.text = "A message of a usual length, as people write them to each other all day long.";
  event e;
  e.conversation = c;
  e.body = std::move(m);
  return e;
}

std::string numbered(const char* name, std::size_t i) {
  return name + std::to_string(i);
}

void publish_all(engine& e, std::size_t count, const std::function<event(std::size_t)>& make, figures& out) {
  publisher p{e, 1'000};
  for (std::size_t i = 0; i < count;) {
    std::vector<event> batch;
    for (; i < count && batch.size() < 100; ++i)
      batch.push_back(make(i));
    p.send(std::move(batch));
  }
  p.drain();
  if (p.refused() > 0)
    out.failure("person_scale: " + std::to_string(p.refused()) + " events were not accepted");
}

/// Milliseconds from publishing call.started to its request.
double ring(engine& e, test::webhook_sink& phone, const conversation_id& c, const call_id& id, const person_id& caller,
            figures& out) {
  phone.clear();
  event call;
  call.conversation = c;
  call.body = call_started{id, call_type::audio, caller};
  const auto began = bench_clock::now();
  e.publish(std::move(call)).wait();
  if (!phone.wait_for(1, 30s)) {
    out.failure("person_scale: a call never rang");
    return 30'000;
  }
  return std::chrono::duration<double, std::milli>(phone.requests().at(0).at - began).count();
}

// -- all to one person --------------------------------------------------------

/// CPU seconds until everybody was told; how much later a call to `hub` in the middle of
/// it rings than one before it.
double flood(const settings& o, figures& out, bool one_person, double& later) {
  const std::size_t n = o.smoke ? 200 : 20'000;
  helper sink{[](board& b) { serve_sink(b); }};
  scratch folder;
  sink.wait_ready(10);
  test::webhook_sink phone;
  auto e = start_engine(options_in(folder));
  register_webhook(*e, sink_url(sink.shared()), bench_secret);
  webhook_input calls;
  calls.name = "calls";
  calls.endpoint = phone.url();
  calls.events = {"push_notification.incoming_call"};
  std::promise<void> made;
  e->create_webhook(calls, [&](auto) { made.set_value(); });
  made.get_future().wait();
  auto agent = [&](std::size_t i) { return one_person ? person_id{"hub"} : numbered("agent", i); };
  publish_all(
      *e, n, [&](std::size_t i) { return started_by(numbered("c", i), agent(i), numbered("v", i)); }, out);
  publish_all(
      *e, 2, [&](std::size_t i) { return started_by(numbered("call", i), "hub", "caller"); }, out);
  const auto alone = ring(*e, phone, "call0", "k0", "caller", out);
  usage u{{sink.pid()}};
  publish_all(
      *e, n, [&](std::size_t i) { return said_in(numbered("c", i), numbered("m", i), numbered("v", i)); }, out);
  // The first waits end about now.
  std::this_thread::sleep_for(700ms);
  later = ring(*e, phone, "call1", "k1", "caller", out) - alone;
  if (!wait_until(180, [&] { return sink.shared().count >= n; }))
    out.failure("person_scale: only " + std::to_string(sink.shared().count) + " were told");
  return u.cpu();
}

void one_against_many(const settings& o, figures& out) {
  double later_one = 0, later_many = 0;
  const auto one = flood(o, out, true, later_one);
  const auto many = flood(o, out, false, later_many);
  out.add("person_scale: CPU of 20,000 to one person / to 20,000", one / many, "ratio", bound::at_most, 1.5);
  out.add("person_scale: a call to that person rings later by", later_one, "ms", bound::at_most, 50);
  out.add("person_scale: a call among 20,000 to others, by", later_many, "ms");
}

// -- agents in many sleeping conversations ------------------------------------

/// A sleeping conversation of an agent and a visitor, with one unread message of each kind of state.
io::unit sleeping(io::store& store, const options& o, const conversation_lookups& lookups, const conversation_id& c,
                  const person_id& agent, bool waits, millis then) {
  conversation_core core{o, lookups};
  core.name(store.new_conversation_key(), c);
  const moment m{then, then};
  effects fx;
  core.on_event(started_by(c, agent, c + "-v"), m, fx);
  if (waits)
    core.on_event(said_in(c, c + "-m", c + "-v"), m, fx);
  auto& state = core.state();
  state.trim(core.waits());
  io::unit u;
  for (auto& [person, member] : fx.members)
    u.changes.emplace_back(io::membership{person, state.key, member});
  u.changes.emplace_back(io::conversation_row{state.key, state.id, core.wake_time().value_or(0), 0, state.encode().head,
                                              std::vector<io::unread_messages>(waits ? 1 : 0, {agent, 1})});
  return u;
}

void build(io::store& store, std::size_t count, const std::function<io::unit(std::size_t)>& make) {
  constexpr std::size_t batch = 5'000;
  for (std::size_t i = 0; i < count;) {
    std::vector<io::unit> units;
    for (; i < count && units.size() < batch; ++i)
      units.push_back(make(i));
    std::vector<const io::unit*> all;
    for (const auto& u : units)
      all.push_back(&u);
    if (auto ok = store.commit(all, wall_now()); !ok)
      throw std::runtime_error("the store cannot be written: " + ok.error().detail);
  }
  store.idle();
}

struct cost {
  double cpu = 0;
  double p50 = 0;
};

/// Microseconds of CPU, and milliseconds to the request, of a notification to an agent in so many conversations; ten of
/// them are where it happens.
cost told_in(const settings& o, figures& out, std::size_t conversations) {
  const std::size_t messages = o.smoke ? 20 : 1'000;
  scratch folder;
  auto opts = options_in(folder);
  opts.push.debounce_delay = 0ms;
  const conversation_lookups lookups{[](const person_id&) { return false; }, [](kind) { return true; }};
  {
    auto store = open_store(folder.store());
    build(*store, conversations, [&](std::size_t i) {
      return sleeping(*store, opts, lookups, numbered("c", i), "agent", false, wall_now() - 3'600'000);
    });
  }
  test::webhook_sink sink;
  auto e = start_engine(opts);
  register_webhook(*e, sink.url(), bench_secret);
  // The first one wakes the agent.
  publish_all(
      *e, 10, [](std::size_t i) { return said_in(numbered("c", i), numbered("w", i), numbered("c", i) + "-v"); }, out);
  sink.wait_for(10, 20s);
  std::vector<double> took;
  usage u;
  for (std::size_t i = 0; i < messages; ++i) {
    sink.clear();
    const auto c = numbered("c", i % 10);
    const auto began = bench_clock::now();
    e->publish(said_in(c, numbered("m", i), c + "-v")).wait();
    if (!sink.wait_for(1, 20s)) {
      out.failure("person_scale: a message was not told");
      break;
    }
    took.push_back(std::chrono::duration<double, std::milli>(sink.requests().at(0).at - began).count());
  }
  const auto cpu = 1e6 * u.cpu() / static_cast<double>(messages);
  std::vector<double> counts;
  for (int i = 0; i < 20; ++i) {
    const auto began = bench_clock::now();
    std::promise<void> done;
    e->notification_count("agent", [&](auto) { done.set_value(); });
    done.get_future().wait();
    counts.push_back(std::chrono::duration<double, std::milli>(bench_clock::now() - began).count());
  }
  if (conversations >= 10'000)
    out.add("person_scale: notification-count in 10,000", quantile(counts, 0.5), "ms", bound::at_most, 10);
  return {cpu, quantile(took, 0.5)};
}

void in_many(const settings& o, figures& out) {
  const auto few = told_in(o, out, 10);
  out.add("person_scale: CPU of a notification in 10", few.cpu, "us");
  for (std::size_t n : {std::size_t{1'000}, std::size_t{10'000}}) {
    const auto many = told_in(o, out, n);
    const auto label = std::to_string(n) + " / in 10";
    out.add("person_scale: CPU of a notification in " + label, many.cpu / few.cpu, "ratio", bound::at_most, 1.3);
    out.add("person_scale: p50 of a notification in " + label, many.p50 / few.p50, "ratio", bound::at_most, 1.3);
  }
}

// -- groups -------------------------------------------------------------------

/// Microseconds of CPU for each person told in groups of that size.
double told_in_group(const settings& o, figures& out, std::size_t size) {
  const std::size_t people = o.smoke ? 2 * size : std::max<std::size_t>(20'000, 4 * size);
  helper sink{[](board& b) { serve_sink(b); }};
  scratch folder;
  sink.wait_ready(10);
  auto e = start_engine(options_in(folder));
  register_webhook(*e, sink_url(sink.shared()), bench_secret);
  const auto groups = people / size;
  for (std::size_t g = 0; g < groups; ++g)
    start_conversations(*e, g, 1, size);
  usage u{{sink.pid()}};
  publish_all(
      *e, groups, [](std::size_t g) { return message_in(g, 0, g); }, out);
  const auto told = groups * (size - 1);
  if (!wait_until(120, [&] { return sink.shared().count >= told; }))
    out.failure("person_scale: only " + std::to_string(sink.shared().count) + " of a group were told");
  return 1e6 * u.cpu() / static_cast<double>(told);
}

void in_groups(const settings& o, figures& out) {
  const auto small = told_in_group(o, out, 10);
  out.add("person_scale: CPU of one told in a group of 10", small, "us");
  for (std::size_t n : {std::size_t{1'000}, std::size_t{5'000}}) {
    const auto size = o.smoke ? n / 50 : n;
    out.add("person_scale: CPU of one told in " + std::to_string(n) + " / in 10", told_in_group(o, out, size) / small,
            "ratio", bound::at_most, 1);
  }
}

// -- restart ------------------------------------------------------------------

void overdue(const settings& o, figures& out) {
  const std::size_t conversations = o.smoke ? 2'000 : 400'000;
  const std::size_t agents = o.smoke ? 20 : 2'000;
  const std::size_t waiting = o.smoke ? 200 : 20'000;
  helper sink{[](board& b) { serve_sink(b); }};
  scratch folder;
  sink.wait_ready(10);
  const auto opts = options_in(folder);
  const conversation_lookups lookups{[](const person_id&) { return false; }, [](kind) { return true; }};
  {
    auto e = start_engine(opts);
    register_webhook(*e, sink_url(sink.shared()), bench_secret);
  }
  {
    auto store = open_store(folder.store());
    const auto every = conversations / waiting;
    build(*store, conversations, [&](std::size_t i) {
      return sleeping(*store, opts, lookups, numbered("c", i), numbered("agent", i % agents), i % every == 0,
                      wall_now() - 3'600'000);
    });
  }
  usage u{{sink.pid()}};
  auto e = start_engine(opts);
  if (!wait_until(60, [&] { return e->ready(); }))
    return out.failure("person_scale: it does not become ready");
  usage after{{sink.pid()}};
  wait_until(120, [&] { return sink.shared().count >= waiting; });
  if (sink.shared().count < waiting)
    out.failure("person_scale: after the restart only " + std::to_string(sink.shared().count) + " were told");
  out.add("person_scale: 20,000 overdue waits of 2,000 agents told", after.seconds(), "s", bound::at_most, 5);
  usage stopping;
  e->stop();
  e.reset();
  out.add("person_scale: then an orderly stop", stopping.seconds(), "s", bound::at_most, 2);
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv,
                 {{"one", one_against_many}, {"many", in_many}, {"groups", in_groups}, {"restart", overdue}});
}
