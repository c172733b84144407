// How many signed webhook requests a second, and what does one cost, beside Node's undici doing the same work at the
// same sink? Once only codec and HTTP client, once the whole channel with its lane, once the engine from publish to
// sink.
#include "belfry/benchmarks/support/beside.hpp"
#include "belfry/benchmarks/support/channel_desk.hpp"
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/sink.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"
#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/io/webhook/codec.hpp"

#include <condition_variable>
#include <stdexcept>

using namespace belfry;
using namespace belfry::bench;

namespace {

/// Requests in flight, in all three: what a lane has by default besides the two slots kept for calls.
constexpr std::size_t in_flight = 30;

std::size_t deliveries_of(const settings& o) {
  return o.smoke ? 500 : 20'000;
}

int rounds_of(const settings& o) {
  return o.smoke ? 1 : 4;
}

webhook registration(const std::string& url) {
  webhook w;
  w.id = "bench";
  w.name = "bench";
  w.endpoint = url;
  w.secret = bench_secret;
  w.events = {"push_notification.new_message"};
  return w;
}

/// Codec and client alone, with so many requests in flight.
cost by_client(const std::string& url, std::size_t count, figures& out) {
  options o;
  o.outbound.allow_plain_http = true;
  o.outbound.allowed_networks = {"127.0.0.0/8"};
  auto list = std::make_shared<const std::vector<webhook>>(std::vector<webhook>{registration(url)});
  io::webhooks::codec codec{o, [list] { return list; }};
  auto client = io::make_http_client(o.outbound);
  if (!client)
    throw std::runtime_error(client.error().detail);
  std::vector<notification> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(new_message_for(i, 1));
  std::mutex lock;
  std::condition_variable changed;
  std::size_t open = 0, bad = 0;
  usage u;
  for (const auto& n : all) {
    delivery d;
    d.id = derive_delivery_id(n.id, channel_kind::webhook, "bench");
    d.target = "bench";
    auto request = codec.make(n, d, person{n.recipient, {}}, {}, wall_now());
    if (!request)
      throw std::runtime_error("the codec makes no request");
    {
      std::unique_lock guard{lock};
      changed.wait(guard, [&] { return open < in_flight; });
      ++open;
    }
    (*client)->send(std::move(request->request), [&](const io::http_answer& a) {
      std::lock_guard guard{lock};
      bad += a.status == 200 ? 0 : 1;
      if (--open == 0 || open < in_flight)
        changed.notify_one();
    });
  }
  {
    std::unique_lock guard{lock};
    changed.wait(guard, [&] { return open == 0; });
  }
  const cost c{static_cast<double>(count), u.seconds(), u.cpu()};
  if (bad > 0)
    out.failure("webhooks: " + std::to_string(bad) + " requests of the client were not answered 200");
  return c;
}

/// The webhook channel, from the order to deliver to the word what became of it.
cost by_channel_actor(const std::string& url, std::size_t count, figures& out) {
  constexpr std::size_t under_way_max = 800;
  options o;
  o.outbound.allow_plain_http = true;
  o.outbound.allowed_networks = {"127.0.0.0/8"};
  std::vector<notification> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(new_message_for(i, 1));
  channel_desk desk{o, registration(url), std::move(all)};
  usage u;
  for (std::size_t i = 0; i < count; ++i) {
    if (!wait_until(20, [&] { return i < desk.ended() + under_way_max; }))
      break;
    desk.submit_next();
  }
  wait_until(20, [&] { return desk.ended() >= count; });
  const cost c{static_cast<double>(count), u.seconds(), u.cpu()};
  if (desk.ended() < count || desk.failed() > 0)
    out.failure("webhooks: of the channel's deliveries " + std::to_string(desk.ended()) + " ended and "
                + std::to_string(desk.failed()) + " failed");
  return c;
}

/// publish to sink.
cost by_engine(const std::string& url, board& sink, std::size_t count, const std::string& who, figures& out) {
  scratch folder;
  auto o = options_in(folder);
  o.push.debounce_delay = std::chrono::milliseconds{0};
  auto e = start_engine(o);
  start_conversations(*e, 0, count, 2);
  register_webhook(*e, url, bench_secret);
  return by_publishing(*e, one_message_each(count, 0), sink, who, out);
}

/// One sender and undici take turns at one sink.
std::optional<ratios> beside_undici(const std::string& who, const settings& o, figures& out,
                                    const std::function<cost(const std::string& url, board& sink, std::size_t)>& send) {
  // Checking costs the sink more than the request: a short run checks, a long one measures.
  helper sink{[&](board& b) { serve_sink(b, o.smoke ? bench_secret : ""); }};
  sink.wait_ready(10);
  const auto url = sink_url(sink.shared());
  const auto count = deliveries_of(o);
  double others = 0;
  auto own = [&] {
    usage turn{{sink.pid()}};
    const auto spent = send(url, sink.shared(), count);
    others += turn.others();
    return spent;
  };
  const auto words = url + " " + std::to_string(count) + " " + std::to_string(in_flight) + " " + bench_secret;
  const auto r = in_turns(
      who, "undici", rounds_of(o), own, [&] { return by_node("undici.mjs", words, count, who, out); }, out);
  out.add(who + ": load of others", others / rounds_of(o), "cores");
  if (sink.shared().extra[0] > 0)
    out.failure(who + ": the sink found " + std::to_string(sink.shared().extra[0]) + " requests wrong");
  return r;
}

void judge(const std::string& who, const ratios& r, figures& out) {
  out.add(who + ": rate beside undici", r.rate, "ratio", bound::at_least, 1.2);
  out.add(who + ": work per CPU beside undici", r.cpu, "ratio", bound::at_least, 1.2);
}

void client(const settings& o, figures& out) {
  const std::string who = "webhooks client";
  if (const auto r =
          beside_undici(who, o, out, [&](const auto& url, board&, auto count) { return by_client(url, count, out); }))
    judge(who, *r, out);
}

void channel_alone(const settings& o, figures& out) {
  const std::string who = "webhooks channel";
  if (const auto r = beside_undici(
          who, o, out, [&](const auto& url, board&, auto count) { return by_channel_actor(url, count, out); }))
    judge(who, *r, out);
}

void whole_engine(const settings& o, figures& out) {
  const std::string who = "webhooks engine";
  const auto r = beside_undici(
      who, o, out, [&](const auto& url, board& sink, auto count) { return by_engine(url, sink, count, who, out); });
  if (!r)
    return;
  out.add(who + ": rate beside undici", r->rate, "ratio");
  out.add(who + ": work per CPU beside undici", r->cpu, "ratio");
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv,
                 {{"webhooks client", client}, {"webhooks channel", channel_alone}, {"webhooks engine", whole_engine}});
}
