// How many signed webhook requests a second, and what does one cost, beside Node's undici doing the same work at the
// same sink? Once only codec and HTTP client, once the whole channel with its lane, once the engine from publish to
// sink.
#include "belfry/benchmarks/support/channel_desk.hpp"
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/sink.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"
#include "belfry/io/http_client/curl_client.hpp"
#include "belfry/io/webhook/codec.hpp"

#include <condition_variable>
#include <cstdlib>
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

millis now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

notification new_message(std::size_t i) {
  const auto e = message_in(i, 0, i);
  const auto& m = std::get<message_sent>(e.body);
  notification n;
  n.recipient = person_name(i, 1);
  n.recipient_type = person_type::visitor;
  n.conversation = e.conversation;
  n.id = derive_notification_id(n.kind, n.conversation, n.recipient, m.message);
  n.created_at = now();
  n.message = message_content{m.message, m.text, {}, m.sender, n.created_at, n.created_at, 0, 1};
  n.total_count = 1;
  return n;
}

/// What so many deliveries took.
struct cost {
  double count = 0;
  double seconds = 0;
  double cpu_seconds = 0;

  double rate() const { return count / seconds; }
  /// Microseconds per delivery.
  double cpu() const { return 1e6 * cpu_seconds / count; }
  cost& operator+=(const cost& x) {
    count += x.count;
    seconds += x.seconds;
    cpu_seconds += x.cpu_seconds;
    return *this;
  }
};

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
    all.push_back(new_message(i));
  std::mutex lock;
  std::condition_variable changed;
  std::size_t open = 0, bad = 0;
  usage u;
  for (const auto& n : all) {
    delivery d;
    d.id = derive_delivery_id(n.id, channel_kind::webhook, "bench");
    d.target = "bench";
    auto request = codec.make(n, d, person{n.recipient, {}}, {}, now());
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
cost by_channel(const std::string& url, std::size_t count, figures& out) {
  constexpr std::size_t under_way_max = 800;
  options o;
  o.outbound.allow_plain_http = true;
  o.outbound.allowed_networks = {"127.0.0.0/8"};
  std::vector<notification> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(new_message(i));
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

/// publish to sink. So many messages are under way at once that the lane's memory holds them.
cost by_engine(const std::string& url, board& sink, std::size_t count, figures& out) {
  constexpr std::size_t under_way_max = 800;
  scratch folder;
  auto o = options_in(folder);
  o.push.debounce_delay = std::chrono::milliseconds{0};
  auto e = start_engine(o);
  start_conversations(*e, 0, count, 2);
  register_webhook(*e, url, bench_secret);
  std::vector<event> events;
  for (std::size_t i = 0; i < count; ++i)
    events.push_back(message_in(i, 0, i));
  const std::uint64_t before = sink.count;
  publisher p{*e, under_way_max};
  usage u;
  for (std::size_t i = 0; i < count; ++i) {
    if (!wait_until(20, [&] { return i < sink.count - before + under_way_max; }))
      break;
    p.send(std::move(events[i]));
  }
  if (!wait_until(20, [&] { return sink.count - before >= count; }))
    out.failure("webhooks: only " + std::to_string(sink.count - before) + " requests of the engine came");
  return {static_cast<double>(count), u.seconds(), u.cpu()};
}

/// `node undici.mjs`, which prints "<seconds> <CPU seconds>"; nothing when $BELFRY_PEERS names no folder with undici.
std::optional<cost> by_undici(const std::string& url, std::size_t count, figures& out) {
  const char* peers = std::getenv("BELFRY_PEERS");
  if (peers == nullptr)
    return {};
  const auto command = "node " BELFRY_PEER_SCRIPT " " + url + " " + std::to_string(count) + " "
                       + std::to_string(in_flight) + " " + bench_secret;
  auto* pipe = popen(command.c_str(), "r");
  double seconds = 0, cpu = 0;
  const auto read = pipe == nullptr ? 0 : fscanf(pipe, "%lf %lf", &seconds, &cpu);
  if (pipe != nullptr)
    pclose(pipe);
  if (read != 2) {
    out.failure("webhooks: undici did not run");
    return {};
  }
  return cost{static_cast<double>(count), seconds, cpu};
}

/// One sender and undici take turns at one sink, so that what else the machine does meets both alike.
void beside_undici(const std::string& who, const settings& o, figures& out,
                   const std::function<cost(const std::string& url, board& sink, std::size_t count)>& send,
                   const std::function<void(double rate, double cpu)>& judge) {
  // Checking costs the sink more than the request: a short run checks, a long one measures.
  helper sink{[&](board& b) { serve_sink(b, o.smoke ? bench_secret : ""); }};
  sink.wait_ready(10);
  const auto url = sink_url(sink.shared());
  const auto count = deliveries_of(o);
  cost own, undici;
  double others = 0;
  for (int round = 0; round < rounds_of(o); ++round) {
    usage turn{{sink.pid()}};
    own += send(url, sink.shared(), count);
    others += turn.others();
    if (const auto c = by_undici(url, count, out))
      undici += *c;
  }
  out.add(who + ": load of others", others / rounds_of(o), "cores");
  out.add(who + ": rate", own.rate(), "deliveries/s");
  out.add(who + ": CPU", own.cpu(), "us/delivery");
  if (undici.count > 0) {
    out.add(who + ": rate of undici", undici.rate(), "deliveries/s");
    out.add(who + ": CPU of undici", undici.cpu(), "us/delivery");
    judge(own.rate() / undici.rate(), undici.cpu() / own.cpu());
  }
  if (sink.shared().extra[0] > 0)
    out.failure(who + ": the sink found " + std::to_string(sink.shared().extra[0]) + " requests wrong");
}

void judged(figures& out, const std::string& who, double rate, double cpu) {
  out.add(who + ": rate beside undici", rate, "ratio", bound::at_least, 1.2);
  out.add(who + ": work per CPU beside undici", cpu, "ratio", bound::at_least, 1.2);
}

void client(const settings& o, figures& out) {
  const std::string who = "webhooks client";
  beside_undici(
      who, o, out, [&](const auto& url, board&, auto count) { return by_client(url, count, out); },
      [&](double rate, double cpu) { judged(out, who, rate, cpu); });
}

void channel_alone(const settings& o, figures& out) {
  const std::string who = "webhooks channel";
  beside_undici(
      who, o, out, [&](const auto& url, board&, auto count) { return by_channel(url, count, out); },
      [&](double rate, double cpu) { judged(out, who, rate, cpu); });
}

void whole_engine(const settings& o, figures& out) {
  const std::string who = "webhooks engine";
  beside_undici(
      who, o, out, [&](const auto& url, board& sink, auto count) { return by_engine(url, sink, count, out); },
      [&](double rate, double cpu) {
        out.add(who + ": rate beside undici", rate, "ratio");
        out.add(who + ": work per CPU beside undici", cpu, "ratio");
      });
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv,
                 {{"webhooks client", client}, {"webhooks channel", channel_alone}, {"webhooks engine", whole_engine}});
}
