// How soon is an engine back? 1,000,000 conversations sleep in its store, 50,000 of them with a wait that fell due
// while it was down. Then every event hits a conversation that sleeps.
#include "belfry/actors/conversation/core.hpp"
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/sink.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"

#include <stdexcept>

using namespace belfry;
using namespace belfry::bench;

namespace {

struct size {
  std::size_t conversations = 1'000'000;
  std::size_t waiting = 50'000;
  std::size_t events = 80'000;
  std::size_t window = 5'000;
};

size size_of(const settings& o) {
  return o.smoke ? size{5'000, 250, 1'000, 500} : size{};
}

/// A conversation of two as the engine would leave it; with a message that waits since an hour, or with nothing.
io::unit sleeping(io::store& store, const options& o, const conversation_lookups& lookups, std::size_t i, bool waits,
                  millis long_ago) {
  conversation_core core{o, lookups};
  core.name(store.new_conversation_key(), conversation_name(i));
  const moment then{long_ago, long_ago};
  effects fx;
  core.on_event(start_of(i, 2), then, fx);
  if (waits)
    core.on_event(message_in(i, 0, i), then, fx);
  auto& state = core.state();
  state.trim(core.waits());
  io::unit u;
  for (auto& [person, member] : fx.members)
    u.changes.emplace_back(io::membership{person, state.key, member});
  u.changes.emplace_back(io::conversation_row{state.key, state.id, core.wake_time().value_or(0), 0, state.encode().head,
                                              std::vector<io::unread_messages>{}});
  return u;
}

void build(const std::filesystem::path& file, const size& s) {
  constexpr std::size_t batch = 5'000;
  const options o;
  const conversation_lookups lookups{[](const person_id&) { return false; }, [](kind) { return true; }};
  const auto now = wall_now();
  auto store = open_store(file);
  for (std::size_t i = 0; i < s.conversations;) {
    std::vector<io::unit> units;
    for (; i < s.conversations && units.size() < batch; ++i)
      units.push_back(sleeping(*store, o, lookups, i, i % (s.conversations / s.waiting) == 0, now - 3'600'000));
    std::vector<const io::unit*> all;
    all.reserve(units.size());
    for (const auto& u : units)
      all.push_back(&u);
    if (auto ok = store->commit(all, now); !ok)
      throw std::runtime_error("the store cannot be written: " + ok.error().detail);
  }
  store->idle();
}

/// A store with so many sleeping conversations, made once and copied for every repetition.
void copy_of_template(const std::filesystem::path& made, const std::filesystem::path& to, const size& s) {
  if (!std::filesystem::exists(made)) {
    build(made.string() + ".new", s);
    std::filesystem::rename(made.string() + ".new", made);
  }
  std::filesystem::copy_file(made, to);
}

void wake_all(engine& e, const size& s, figures& out) {
  publisher p{e, s.window};
  usage u;
  std::size_t sent = 0;
  for (std::size_t i = 1; sent < s.events; ++i) {
    if (i % (s.conversations / s.waiting) == 0)
      continue;
    p.send(message_in(i, 0, s.conversations + i));
    ++sent;
  }
  p.drain();
  out.add("restart: rate at sleeping conversations", static_cast<double>(sent) / u.seconds(), "events/s",
          bound::at_least, 8'000);
  out.add("restart: CPU of an event at one", 1e6 * u.cpu() / static_cast<double>(sent), "us/event");
  add_latencies(out, "restart: answer", p.latencies());
  if (p.refused() > 0)
    out.failure("restart: " + std::to_string(p.refused()) + " events were not accepted");
}

void restart(const settings& o, figures& out, const std::filesystem::path& made) {
  const auto s = size_of(o);
  helper sink{[](board& b) { serve_sink(b); }};
  scratch folder;
  copy_of_template(made, folder.store(), s);
  sink.wait_ready(10);
  const auto opts = options_in(folder);
  std::string id;
  {
    // The endpoint is another one in every repetition.
    auto e = start_engine([&] {
      auto other = opts;
      other.store.path = (folder.path() / "endpoint.db").string();
      return other;
    }());
    id = register_webhook(*e, sink_url(sink.shared()), bench_secret);
  }
  {
    auto from = open_store(folder.path() / "endpoint.db");
    auto to = open_store(folder.store());
    auto rows = from->webhooks();
    io::unit u;
    for (const auto& row : *rows)
      u.changes.emplace_back(row);
    to->commit({&u}, 1);
  }
  usage u{{sink.pid()}};
  auto e = start_engine(opts);
  if (!wait_until(60, [&] { return e->ready(); }))
    return out.failure("restart: it does not become ready");
  out.add("restart: until ready", u.seconds(), "s", bound::at_most, 2);
  usage after{{sink.pid()}};
  if (!wait_until(60, [&] { return queued_messages(*e) >= s.waiting; }))
    return out.failure("restart: only " + std::to_string(queued_messages(*e)) + " were announced");
  out.add("restart: until everything due is announced", after.seconds(), "s", bound::at_most, 5);
  out.add("restart: load of others", u.others(), "cores");
  if (!wait_until(120, [&] { return sink.shared().count >= s.waiting; }))
    out.failure("restart: only " + std::to_string(sink.shared().count) + " requests came");
  out.add("restart: until all of it is delivered", after.seconds(), "s");
  std::promise<void> gone;
  e->delete_webhook(id, [&](auto) { gone.set_value(); });
  gone.get_future().wait();
  wake_all(*e, s, out);
}

} // namespace

int main(int argc, char** argv) {
  scratch folder;
  const auto made = folder.path() / "template.db";
  return run_all(argc, argv, {{"restart", [&](const settings& o, figures& r) { restart(o, r, made); }}});
}
