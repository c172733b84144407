#include "belfry/benchmarks/support/channel_desk.hpp"

#include "belfry/actors/channel/channel.hpp"
#include "belfry/actors/node.hpp"
#include "belfry/actors/system_clock.hpp"
#include "belfry/actors/webhooks/webhooks.hpp"
#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/io/store/store.hpp"
#include "belfry/io/telemetry/telemetry.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <unordered_map>

namespace belfry::bench {

namespace {

/// As the engine's.
struct system_config : caf::actor_system_config {
  system_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::max<std::size_t>(2, std::thread::hardware_concurrency()));
  }
};

/// What the one who clears needs to know.
struct book {
  std::vector<notification> notifications;
  std::vector<delivery> deliveries;
  std::unordered_map<notification_id, std::size_t> places;
  std::atomic<std::uint64_t> ended{0}, failed{0};

  permit_answer answer(const request_permit& q) const {
    const auto i = places.at(q.delivery);
    auto c = std::make_shared<attempt_permit>();
    c->granted = true;
    c->input.what = notifications[i];
    c->input.which = deliveries[i];
    c->input.recipient = person{c->input.what.recipient, {}};
    return {q.delivery, q.ticket, std::move(c)};
  }

  void note(const attempted& a) {
    if (!is_final(a.state))
      return;
    failed += a.state == delivery_state::accepted ? 0 : 1;
    ++ended;
  }
};

shard_actor::behavior_type desk(shard_actor::pointer self, book* b, node* shared) {
  return {
      [](route&) {},
      [](to_conversation&) {},
      [=](to_person& x) {
        if (auto* q = std::get_if<request_permit>(&x.command))
          self->send(shared->channel(q->channel), b->answer(*q));
        else if (const auto* a = std::get_if<attempted>(&x.command))
          b->note(*a);
      },
      [](outbox&) {},
      [](count_awake&) {},
      [](want_turn&) {},
      [](turn_done) {},
      [](loaded_conversation&) {},
      [](loaded_person&) {},
      [](const passivate_conversation&) {},
      [](const passivate_person&) {},
      [](arm&) {},
      [](shard_alarm) {},
      [](shard_sweep) {},
      [](shard_stop) {},
  };
}

std::unique_ptr<io::http_transport> client_of(const options& o) {
  auto client = io::make_http_client(o.outbound);
  if (!client)
    throw std::runtime_error(client.error().detail);
  return std::move(*client);
}

} // namespace

struct channel_desk::impl {
  impl(const options& o, const webhook& registration, std::vector<notification> list)
      : transport(client_of(o)),
        metrics(io::metric_owner::engine),
        system(config),
        shared(o, *store, *transport, *clock, metrics,
               timeline{clock->now(), timeline::steady{system.clock().now().time_since_epoch()}}) {
    for (const auto& n : list) {
      auto& d = pages.deliveries.emplace_back();
      d.id = derive_delivery_id(n.id, channel_kind::webhook, registration.id);
      d.target = registration.id;
      pages.places.emplace(d.id, pages.deliveries.size() - 1);
    }
    pages.notifications = std::move(list);
    publish_registrations(shared, {registration});
    shared.shards.push_back(system.spawn(desk, &pages, &shared));
    over() = system.spawn(channel, &shared, make_webhook_channel(shared));
  }

  ~impl() {
    caf::scoped_actor self{system};
    auto end = [&](auto& actor) {
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
      self->wait_for(actor);
      actor = nullptr;
    };
    end(over());
    end(shared.shards.front());
    shared.shards.clear();
    transport.reset();
  }

  channel_actor& over() { return shared.channel_actors[static_cast<std::size_t>(channel_kind::webhook)]; }

  book pages;
  std::size_t next = 0;
  std::unique_ptr<io::wall_clock> clock = make_system_clock();
  std::unique_ptr<io::store> store = io::make_memory_store();
  std::unique_ptr<io::http_transport> transport;
  io::telemetry metrics;
  system_config config;
  caf::actor_system system;
  node shared;
};

channel_desk::channel_desk(const options& o, const webhook& registration, std::vector<notification> notifications)
    : impl_(std::make_unique<impl>(o, registration, std::move(notifications))) {
  // nop
}

channel_desk::~channel_desk() = default;

void channel_desk::submit_next() {
  auto& p = impl_->pages;
  const auto& n = p.notifications[impl_->next];
  const auto& d = p.deliveries[impl_->next++];
  queued q;
  q.delivery = d.id;
  q.notification = n.id;
  q.seq = impl_->next;
  q.key = n.recipient + '\1' + n.conversation;
  q.person = n.recipient;
  q.conversation = n.conversation;
  q.kind = n.kind;
  q.expires = impl_->clock->now() + 3'600'000;
  caf::anon_send(impl_->over(), submit{"webhook/" + d.target, std::move(q), false});
}

std::uint64_t channel_desk::ended() const {
  return impl_->pages.ended;
}

std::uint64_t channel_desk::failed() const {
  return impl_->pages.failed;
}

} // namespace belfry::bench
