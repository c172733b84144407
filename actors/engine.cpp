#include "belfry/actors/engine.hpp"

#include "belfry/actors/clock_anchor.hpp"
#include "belfry/actors/explain.hpp"
#include "belfry/actors/host_calls.hpp"
#include "belfry/actors/node.hpp"
#include "belfry/actors/person/record_row.hpp"
#include "belfry/actors/recovery.hpp"
#include "belfry/actors/system_clock.hpp"
#include "belfry/actors/webhooks/webhooks.hpp"
#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/email/channel.hpp"
#include "belfry/io/email/unsubscribe.hpp"
#include "belfry/io/http2_client/http2_client.hpp"
#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/io/mobile/channel.hpp"
#include "belfry/io/store/store.hpp"
#include "belfry/io/telemetry/telemetry.hpp"
#include "belfry/io/web_push/channel.hpp"
#include "belfry/messages/validate.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <thread>

namespace belfry {

namespace {

struct system_config : caf::actor_system_config {
  system_config() {
    // DESIGN 1: stealing can fall to a twentieth with many small actors.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::max<std::size_t>(2, std::thread::hardware_concurrency()));
  }
};

result<std::unique_ptr<io::store>> open_store(const store_options& o) {
  if (o.kind == store_kind::memory)
    return io::make_memory_store();
  if (o.kind != store_kind::sqlite)
    return error{ec::bad_input, "this build has no PostgreSQL store", {}};
  auto opened = io::open_sqlite(o.path);
  if (!opened.value)
    return error{ec::store_unavailable, opened.error ? opened.error->detail : "the store cannot be opened", {}};
  return std::move(opened.value);
}

/// A secret of this store, made when it is asked for first: 32 random bytes.
result<std::string> secret_of(io::store& store, const std::string& name, millis now) {
  auto known = store.setting(name);
  if (!known)
    return known.error();
  if (*known)
    return **known;
  io::unit made{{io::setting{name, io::crypto::random_bytes(32)}}};
  if (auto ok = store.commit({&made}, now); !ok)
    return error{ec::store_unavailable, ok.error().detail, {}};
  return std::get<io::setting>(made.changes.front()).value;
}

constexpr auto unsubscribe_key = "unsubscribe_key";
constexpr auto collapse_key = "collapse_key";
constexpr auto topic_key = "topic_key";

/// Every channel of this configuration. Adding one is adding a line here.
result<std::vector<std::shared_ptr<io::channel>>> make_channels(node& n) {
  std::vector<std::shared_ptr<io::channel>> out{make_webhook_channel(n)};
  if (n.opts.email.enabled) {
    auto key = secret_of(n.store, unsubscribe_key, n.wall.now());
    auto mail = key ? io::email::make_channel(n.opts, *key) : key.error();
    if (!mail)
      return mail.error();
    out.push_back(std::move(*mail));
  }
  if (n.opts.mobile.enabled) {
    auto key = secret_of(n.store, collapse_key, n.wall.now());
    if (!key)
      return key.error();
    auto client = io::make_http2_client(n.opts.outbound);
    if (!client)
      return client.error();
    auto phones = io::mobile::make_channel(n.opts, std::move(*client), *key, [&n] { return n.wall.now(); });
    if (!phones)
      return phones.error();
    out.push_back(std::move(*phones));
  }
  if (n.opts.web_push.enabled) {
    auto key = secret_of(n.store, topic_key, n.wall.now());
    if (!key)
      return key.error();
    auto client = io::make_http2_client(n.opts.outbound);
    if (!client)
      return client.error();
    auto browsers =
        io::web_push::make_channel(n.opts, std::move(*client), n.transport, *key, [&n] { return n.wall.now(); });
    if (!browsers)
      return browsers.error();
    n.subscriptions = *browsers;
    out.push_back(std::move(*browsers));
  }
  return out;
}

result<timeline> start_of_time(const io::wall_clock& wall, io::store& store) {
  auto last = store.setting(clock_anchor_name);
  if (!last)
    return last.error();
  // Two clocks at one moment.
  const auto steady = std::chrono::steady_clock::now();
  return timeline{resume_engine_time(*last ? decode_clock_anchor(**last) : std::nullopt, wall.read()), steady};
}

error stopped() {
  return {ec::stopping, "the engine is stopped", {}};
}

/// Answers when nobody did: the question was dropped with an actor that ended.
template <class T>
struct last_word {
  last_word(host_calls& c, io::reply<T> d) : calls(c), done(std::move(d)) {}
  ~last_word() { say(stopped()); }

  void say(result<T> r) {
    if (auto f = std::exchange(done, nullptr))
      calls.answer(std::move(f), std::move(r));
  }

  host_calls& calls;
  io::reply<T> done;
};

template <class T>
io::reply<T> answered_for_sure(host_calls& calls, io::reply<T> done) {
  auto word = std::make_shared<last_word<T>>(calls, std::move(done));
  return [word](result<T> r) { word->say(std::move(r)); };
}

} // namespace

engine_parts::engine_parts() = default;
engine_parts::engine_parts(engine_parts&&) noexcept = default;
engine_parts::~engine_parts() = default;

/// Order matters: what is declared first is destroyed last.
struct engine::impl {
  impl(options o, engine_parts p, timeline begin)
      : parts(std::move(p)),
        metrics(io::metric_owner::engine),
        calls(metrics, parts.callbacks_never_block),
        system(config),
        node(std::move(o), *parts.store, *parts.transport, *parts.wall, metrics, begin) {}

  engine_parts parts;
  io::telemetry metrics;
  host_calls calls;
  system_config config;
  caf::actor_system system;
  belfry::node node;
  std::atomic<std::uint64_t> subscriptions{0};
  /// Held by whoever asks the node something; `stop` waits for them, and lets nobody in afterwards.
  std::shared_mutex gate;
  std::atomic<bool> running{false};

  /// Holds nothing when the engine is stopping, or the host does not return from its callbacks; `done` is told so. Else
  /// `done` is sure to be called once from here on.
  template <class T>
  std::shared_lock<std::shared_mutex> enter(io::reply<T>& done) {
    std::shared_lock open{gate};
    if (running && !calls.crowded()) {
      done = answered_for_sure(calls, std::move(done));
      return open;
    }
    const bool crowded = running;
    open.unlock();
    done(crowded ? error{ec::overloaded, "callbacks of the host wait for one that has not returned", {}} : stopped());
    return {};
  }

  /// Lets an actor finish what it has; false: it did not within the time.
  template <class Handle>
  bool drain_within(const Handle& actor, std::chrono::steady_clock::time_point until) {
    auto done = std::make_shared<std::promise<void>>();
    auto drained = done->get_future();
    // Nothing but the message holds the promise: an actor that has ended keeps nobody.
    caf::anon_send(actor, drain{[done = std::move(done)] { done->set_value(); }});
    return drained.wait_until(until) == std::future_status::ready;
  }

  void stop(std::chrono::milliseconds limit) {
    {
      std::unique_lock closing{gate};
      if (!running.exchange(false))
        return;
    }
    auto until = std::chrono::steady_clock::now() + limit;
    drain_within(node.gateway, until);
    for (const auto& c : node.channel_actors)
      drain_within(c, until);
    caf::scoped_actor self{system};
    auto end = [&](auto& actor) {
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
      self->wait_for(actor);
    };
    for (auto& s : node.shards)
      caf::anon_send(s, shard_stop{});
    for (auto& s : node.shards)
      self->wait_for(s);
    wait_for_entities();
    // What they sent before is written; a store that cannot be written keeps nobody.
    drain_within(node.writer, std::chrono::steady_clock::now() + std::chrono::seconds{5});
    drain_within(node.callbacks, std::chrono::steady_clock::now() + std::chrono::seconds{5});
    for (auto& c : node.channel_actors)
      end(c);
    end(node.registrations);
    end(node.gateway);
    end(node.reader);
    end(node.traces);
    end(node.writer);
    end(node.outcomes);
    end(node.callbacks);
    // Nobody hears them any more: what is in flight is repeated after the next start.
    node.channels = {};
    node.subscriptions = nullptr;
    parts.transport.reset();
    calls.finish(until);
  }

  /// Shards tell their entities to end; what one of them is at still uses the node.
  void wait_for_entities() const {
    const auto& c = node.counters;
    while (c.awake_persons != 0 || c.awake_conversations != 0 || c.live_participants != 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
};

engine::engine(std::unique_ptr<impl> parts) : impl_(std::move(parts)) {
  // nop
}

result<std::unique_ptr<engine>> engine::start(options o, engine_parts parts) {
  if (!parts.wall)
    parts.wall = make_system_clock();
  if (!parts.store) {
    auto store = open_store(o.store);
    if (!store)
      return store.error();
    parts.store = std::move(*store);
  }
  if (!parts.transport) {
    auto client = io::make_http_client(o.outbound);
    if (!client)
      return client.error();
    parts.transport = std::move(*client);
  }
  auto begin = start_of_time(*parts.wall, *parts.store);
  if (!begin)
    return begin.error();
  auto made = std::make_unique<impl>(std::move(o), std::move(parts), *begin);
  auto known = recover(made->node);
  if (!known)
    return known.error();
  auto channels = make_channels(made->node);
  if (!channels)
    return channels.error();
  spawn_actors(made->system, made->node, *known, *channels, disk_threads::own);
  made->node.on_failure = std::move(made->parts.on_failure);
  made->running = true;
  std::unique_ptr<engine> e{new engine{std::move(made)}};
  if (auto ok = rearm(e->impl_->node, *known); !ok)
    return ok.error();
  return e;
}

engine::~engine() {
  impl_->stop(std::chrono::milliseconds{0});
}

void engine::stop(std::chrono::milliseconds limit) {
  impl_->stop(limit);
}

result<success> engine::reload(const options& o) {
  std::shared_lock open{impl_->gate};
  if (!impl_->running)
    return stopped();
  auto& n = impl_->node;
  std::vector<std::string> wrong;
  if (auto trusted = n.transport.reload_trust(); !trusted)
    wrong.push_back(trusted.error().detail);
  for (std::size_t i = 0; i < n.channels.size(); ++i) {
    auto changed = n.channels[i]->reload(o);
    if (!changed)
      wrong.push_back(changed.error().detail);
    else if (*changed)
      caf::anon_send(n.channel_actors[i], retry_now{});
  }
  if (wrong.empty())
    return success{};
  std::sort(wrong.begin(), wrong.end());
  wrong.erase(std::unique(wrong.begin(), wrong.end()), wrong.end());
  std::string all;
  for (const auto& x : wrong)
    all += (all.empty() ? "" : "; ") + x;
  return error{ec::bad_input, all, {}};
}

// -- events -------------------------------------------------------------------

void engine::publish(std::vector<event> events, io::reply<admission> done) {
  std::vector<problem> problems;
  for (std::size_t i = 0; i < events.size(); ++i) {
    auto found = validate(events[i], i, events.size() > 1);
    std::move(found.begin(), found.end(), std::back_inserter(problems));
  }
  if (!problems.empty())
    return done(error{ec::bad_input, "the events have the wrong shape", std::move(problems)});
  auto open = impl_->enter(done);
  if (!open)
    return;
  caf::anon_send(impl_->node.gateway, belfry::publish{std::move(events), std::move(done)});
}

// -- persons ------------------------------------------------------------------

void engine::put_person(person_id id, person_profile profile, io::reply<io::stored<person>> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, put_profile{std::move(profile), impl_->node.ask(std::move(done))});
}

void engine::get_person(person_id id, io::reply<person> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, get_profile{impl_->node.ask(std::move(done))});
}

void engine::delete_person(person_id id, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, erase_person{impl_->node.ask(std::move(done))});
}

void engine::notification_count(person_id id, io::reply<count_view> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, get_count{impl_->node.ask(std::move(done))});
}

void engine::put_device(person_id id, device d, io::reply<io::stored<device>> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, belfry::put_device{std::move(d), impl_->node.ask(std::move(done))});
}

void engine::get_devices(person_id id, io::reply<std::vector<device>> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, belfry::get_devices{impl_->node.ask(std::move(done))});
}

void engine::delete_device(person_id id, device_id device, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, belfry::delete_device{std::move(device), impl_->node.ask(std::move(done))});
}

void engine::put_pause(person_id id, pause_mode mode, std::optional<millis> until, io::reply<pause_view> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, belfry::put_pause{mode, until, impl_->node.ask(std::move(done))});
}

void engine::get_pause(person_id id, io::reply<pause_view> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, belfry::get_pause{impl_->node.ask(std::move(done))});
}

void engine::put_pause_reason(person_id id, std::string source, std::string display_name, std::int64_t timeout_seconds,
                              io::reply<io::stored<pause_reason>> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, belfry::put_pause_reason{std::move(source), std::move(display_name), timeout_seconds,
                                                        impl_->node.ask(std::move(done))});
}

void engine::delete_pause_reason(person_id id, std::string source, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, belfry::delete_pause_reason{std::move(source), impl_->node.ask(std::move(done))});
}

// -- mail ---------------------------------------------------------------------

void engine::get_email_suppression(person_id id, io::reply<suppression_view> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  auto pick = [n = &impl_->node, done = std::move(done)](const result<known_addresses>& r) {
    if (!r)
      return done(r.error());
    for (const auto& x : r->notes) {
      if (x.what == address_note::mark::suppressed && r->profile && r->profile->email == x.value
          && x.until > n->wall.now())
        return done(suppression_view{x.code, x.since, x.until});
    }
    for (const auto& x : r->notes) {
      if (x.what == address_note::mark::declined)
        return done(suppression_view{"unsubscribed", x.since, 0});
    }
    done(error{ec::not_found, "the person's mailbox is not suppressed", {}});
  };
  impl_->node.to_person_of(id, get_notes{channel_kind::email, impl_->node.ask<known_addresses>(std::move(pick))});
}

void engine::delete_email_suppression(person_id id, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, erase_notes{channel_kind::email, impl_->node.ask(std::move(done))});
}

void engine::unsubscribe(std::string token, bool act, io::reply<kind> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  caf::anon_send(
      impl_->node.reader, ask_store{[n = &impl_->node, token, act, done = std::move(done)](io::store& s) {
        auto key = s.setting(unsubscribe_key);
        if (!key)
          return done(key.error());
        auto what = *key ? io::email::read_unsubscribe_token(**key, token) : std::nullopt;
        if (!what)
          return done(error{ec::not_found, "not an address to unsubscribe at", {}});
        if (!act)
          return done(what->kind);
        address_note note{channel_kind::email, std::string{io::email::mailbox_target}, address_note::mark::declined};
        note.about = what->kind;
        n->to_person_of(what->person, put_note{std::move(note), n->ask<success>([done, what](const auto& r) {
                                                 r ? done(what->kind) : done(r.error());
                                               })});
      }});
}

// -- webhooks -----------------------------------------------------------------

result<std::string> engine::web_push_key() const {
  // Set before the engine is given out, and not changed until it has stopped.
  std::shared_lock open{impl_->gate};
  if (!impl_->running)
    return stopped();
  const auto& service = impl_->node.subscriptions;
  if (!service)
    return error{ec::not_found, "web push is switched off (webPush.enabled)", {}};
  return service->public_key();
}

void engine::create_subscription(person_id id, subscription_input input, io::reply<new_subscription> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, put_subscription{std::move(input), impl_->node.ask(std::move(done))});
}

void engine::get_subscriptions(person_id id, io::reply<std::vector<subscription_view>> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, belfry::get_subscriptions{impl_->node.ask(std::move(done))});
}

void engine::delete_subscription(person_id id, subscription_id subscription, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id, belfry::delete_subscription{std::move(subscription), impl_->node.ask(std::move(done))});
}

void engine::report_health_check(person_id id, subscription_id subscription, std::string check,
                                 io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_person_of(id,
                           report_check{std::move(subscription), std::move(check), impl_->node.ask(std::move(done))});
}

std::shared_ptr<void> engine::open_page(person_id id, std::function<void(const page_message&)> on_message) {
  std::shared_lock open{impl_->gate};
  if (!impl_->running)
    return nullptr;
  auto number = ++impl_->subscriptions;
  auto on_host = [&calls = impl_->calls, f = std::move(on_message)](const page_message& m) { calls.tell(f, m); };
  caf::anon_send(impl_->node.callbacks, add_page{number, std::move(on_host)});
  impl_->node.to_person_of(id, belfry::open_page{number});
  return {nullptr, [this, id, number](void*) {
            std::shared_lock open{impl_->gate};
            if (!impl_->running)
              return;
            caf::anon_send(impl_->node.callbacks, remove_page{number});
            impl_->node.to_person_of(id, close_page{number});
          }};
}

void engine::create_webhook(webhook_input input, io::reply<webhook> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  caf::anon_send(impl_->node.registrations, belfry::create_webhook{std::move(input), impl_->node.ask(std::move(done))});
}

void engine::put_webhook(webhook_id id, webhook_input input, io::reply<webhook> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  caf::anon_send(impl_->node.registrations,
                 replace_webhook{std::move(id), std::move(input), impl_->node.ask(std::move(done))});
}

void engine::get_webhook(webhook_id id, io::reply<webhook> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  auto list = impl_->node.webhooks.get();
  auto i = std::find_if(list->begin(), list->end(), [&](const webhook& w) { return w.id == id; });
  if (i == list->end())
    return done(error{ec::not_found, "no webhook registration of this id", {}});
  done(*i);
}

void engine::get_webhooks(io::reply<std::vector<webhook>> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  done(*impl_->node.webhooks.get());
}

void engine::delete_webhook(webhook_id id, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  caf::anon_send(impl_->node.registrations, remove_webhook{std::move(id), impl_->node.ask(std::move(done))});
}

void engine::ping_webhook(webhook_id id, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  caf::anon_send(impl_->node.registrations, belfry::ping_webhook{std::move(id), impl_->node.ask(std::move(done))});
}

// -- questions ----------------------------------------------------------------

void engine::get_conversation(conversation_id id, io::reply<conversation_view> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  impl_->node.to_conversation_of(id, ask_view{impl_->node.ask(std::move(done))});
}

void engine::query_notifications(trace_query q, io::reply<trace_page> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  auto& n = impl_->node;
  caf::anon_send(n.traces, ask_store{[q = std::move(q), done = std::move(done), &n](io::store& store) {
                   query_trace(n, store, q, done);
                 }});
}

void engine::get_notification(notification_id id, io::reply<trace_item> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  caf::anon_send(impl_->node.traces, ask_store{[id, done = std::move(done)](io::store& store) {
                   auto row = store.find_notification(id);
                   if (!row)
                     return done(row.error());
                   auto r = *row ? from_row(**row) : std::nullopt;
                   if (!r)
                     return done(error{ec::not_found, "no notification of this id", {}});
                   done(to_trace(*r));
                 }});
}

std::shared_ptr<void> engine::subscribe(std::function<void(const report&)> on_report) {
  std::shared_lock open{impl_->gate};
  if (!impl_->running)
    return nullptr;
  auto id = ++impl_->subscriptions;
  auto on_host = [&calls = impl_->calls, f = std::move(on_report)](const report& r) { calls.tell(f, r); };
  caf::anon_send(impl_->node.outcomes, belfry::subscribe{id, std::move(on_host)});
  return {nullptr, [outcomes = impl_->node.outcomes, id](void*) { caf::anon_send(outcomes, belfry::unsubscribe{id}); }};
}

bool engine::ready() const {
  return impl_->node.armed && impl_->node.writable && impl_->running && !impl_->node.failed;
}

std::string engine::metrics() const {
  auto& n = impl_->node;
  n.metrics.get_gauge(io::metric::conversations_awake).set(static_cast<double>(n.counters.awake_conversations.load()));
  n.metrics.get_gauge(io::metric::persons_awake).set(static_cast<double>(n.counters.awake_persons.load()));
  n.metrics.get_gauge(io::metric::ready).set(ready() ? 1 : 0);
  return n.metrics.text();
}

engine_statistics engine::statistics() const {
  const auto& c = impl_->node.counters;
  return {c.participant_messages, c.live_participants, c.awake_conversations, c.awake_persons, c.commits, c.units};
}

} // namespace belfry
