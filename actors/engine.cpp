#include "belfry/actors/engine_impl.hpp"

#include "belfry/actors/clock_anchor.hpp"
#include "belfry/actors/recovery.hpp"
#include "belfry/actors/system_clock.hpp"
#include "belfry/actors/webhooks/webhooks.hpp"
#include "belfry/config/validate.hpp"
#include "belfry/io/crypto/digest.hpp"
#include "belfry/io/email/channel.hpp"
#include "belfry/io/http2_client/http2_client.hpp"
#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/io/mobile/channel.hpp"
#include "belfry/io/store/store.hpp"
#include "belfry/io/telemetry/log.hpp"
#include "belfry/io/web_push/channel.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace belfry {

namespace {

result<std::unique_ptr<io::store>> open_store(const store_options& o) {
  if (o.kind == store_kind::memory)
    return io::make_memory_store();
  if (o.kind != store_kind::sqlite)
    return error{ec::bad_input, "this build has no PostgreSQL store", {}};
  auto opened = io::open_sqlite(o.path);
  if (opened.error && opened.error->what == io::open_error::why::full)
    return error{ec::overloaded, opened.error->detail, {}};
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

/// What providers do with their connections is in the log: most often it is the first sign of trouble.
void log_connection(const io::connection_event& e) {
  using what = io::connection_event::what;
  if (e.kind == what::leaving)
    io::log(io::log_level::info, "a provider ends a connection (GOAWAY)",
            {{"server", e.server}, {"code", std::to_string(e.code)}, {"text", e.text}});
  else if (e.kind == what::failed || e.kind == what::lost)
    io::log(io::log_level::warning,
            e.kind == what::failed ? "no connection to a provider" : "a connection to a provider broke",
            {{"server", e.server}, {"error", to_string(e.error)}});
}

result<std::unique_ptr<io::http2_client>> make_client(const node& n) {
  io::http2_settings settings;
  settings.on_event = log_connection;
  return io::make_http2_client(n.opts.outbound, std::move(settings));
}

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
    auto client = make_client(n);
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
    auto client = make_client(n);
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

} // namespace

engine_parts::engine_parts() = default;
engine_parts::engine_parts(engine_parts&&) noexcept = default;
engine_parts::~engine_parts() = default;

engine::engine(std::unique_ptr<impl> parts) : impl_(std::move(parts)) {
  // nop
}

result<std::unique_ptr<engine>> engine::start(options o, engine_parts parts) {
  if (auto good = check_options(o); !good)
    return good.error();
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
  const leaves_no_trace logger;
  auto made = std::make_unique<impl>(std::move(o), std::move(parts), *begin);
  auto known = recover(made->node);
  if (!known)
    return known.error();
  auto channels = make_channels(made->node);
  if (!channels)
    return channels.error();
  made->node.on_failure = std::move(made->parts.on_failure);
  spawn_actors(made->system, made->node, *known, *channels, disk_threads::own);
  made->gate->running = true;
  std::unique_ptr<engine> e{new engine{std::move(made)}};
  if (auto ok = rearm(e->impl_->node, *known); !ok)
    return ok.error();
  return e;
}

engine::~engine() {
  impl_->stop(std::chrono::milliseconds{0});
  impl_->stop_done.wait();
}

void engine::stop(std::chrono::milliseconds limit) {
  impl_->stop(limit);
}

result<success> engine::reload(const options& o) {
  std::shared_lock open{impl_->gate->mutex};
  if (!impl_->gate->running)
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

bool engine::ready() const {
  return impl_->node.armed && impl_->node.writable && impl_->gate->running && !impl_->node.failed;
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
