// How long from an accepted message to the request at APNs, at half the rate that the engine reaches on this machine?
// Nothing is debounced; one iPhone a conversation; APNs' end is in this process.
#include "belfry/benchmarks/support/beside.hpp"
#include "belfry/benchmarks/support/usage.hpp"
#include "belfry/benchmarks/support/workload.hpp"
#include "belfry/tests/support/providers/http2_server.hpp"
#include "belfry/tests/support/providers/key_pem.hpp"

#include <charconv>
#include <fstream>

using namespace belfry;
using namespace belfry::bench;

namespace {

struct size {
  /// To find the rate, and then at half of it.
  std::size_t quick = 10'000;
  std::size_t paced = 20'000;
};

size size_of(const settings& o) {
  return o.smoke ? size{100, 200} : size{};
}

/// Hex digits whose last ten are the number of the conversation.
std::string token_of(std::size_t i) {
  auto digits = std::to_string(i);
  return std::string(54, 'a') + std::string(10 - digits.size(), '0') + digits;
}

/// Nothing that counts when the path names no such token.
std::size_t number_in(std::string_view path) {
  std::size_t out = SIZE_MAX;
  if (path.size() > 10)
    std::from_chars(path.data() + path.size() - 10, path.data() + path.size(), out);
  return out;
}

/// APNs' end, which notes when the push of each conversation came.
class apple {
public:
  explicit apple(std::size_t conversations) : tls(test::make_certificate({"127.0.0.1"})), came(conversations) {
    test::http2_server_settings s;
    s.tls = tls;
    s.handle = [this](const test::http2_request& r) {
      if (const auto i = number_in(r.path); i < came.size())
        came[i] = bench_clock::now();
      ++arrivals.count;
      return test::http2_reply{};
    };
    server.emplace(std::move(s));
  }
  ~apple() { server.reset(); }
  apple(const apple&) = delete;
  apple& operator=(const apple&) = delete;

  test::certificate tls;
  board arrivals;
  /// Written by the server's thread until `arrivals` counts them.
  std::vector<bench_clock::time_point> came;
  std::optional<test::http2_server> server;
};

options options_for(const apple& a, const scratch& folder) {
  const auto ca = (folder.path() / "ca.pem").string();
  std::ofstream{ca} << a.tls.chain;
  auto o = options_in(folder);
  o.push.debounce_delay = std::chrono::milliseconds{0};
  o.outbound.ca_file = ca;
  o.webhooks.enabled = false;
  o.mobile.enabled = true;
  o.mobile.apns = {"TEAMID1234", "KEYID12345", "com.example.chat", {}};
  o.mobile.apns.key.value = test::ec_pem();
  o.mobile.apns_production = a.server->url("");
  return o;
}

void give_phones(engine& e, std::size_t conversations) {
  std::vector<std::future<result<io::stored<device>>>> stored;
  for (std::size_t i = 0; i < conversations; ++i) {
    device d;
    d.id = "phone";
    d.platform = device_platform::ios;
    d.push_token = token_of(i);
    stored.push_back(e.put_device(person_name(i, 0), d));
  }
  for (auto& x : stored)
    value_of(x.get());
}

void latency(const settings& o, figures& out) {
  const std::string who = "push latency";
  const auto s = size_of(o);
  const auto all = s.quick + s.paced;
  scratch folder;
  apple a{all};
  auto e = start_engine(options_for(a, folder));
  start_conversations(*e, 0, all, 2);
  give_phones(*e, all);
  const auto rate = by_publishing(*e, one_message_each(s.quick, 1), a.arrivals, who, out).rate();
  out.add(who + ": rate of the engine", rate, "deliveries/s");

  std::vector<bench_clock::time_point> sent(all), accepted(all);
  std::atomic<std::size_t> answers{0};
  usage u;
  const auto began = bench_clock::now();
  for (std::size_t i = s.quick; i < all; ++i) {
    const std::chrono::duration<double> at{static_cast<double>(i - s.quick) / (rate / 2)};
    sleep_until(began + std::chrono::duration_cast<bench_clock::duration>(at));
    sent[i] = bench_clock::now();
    std::vector<event> one;
    one.push_back(message_in(i, 1, i));
    e->publish(std::move(one), [&, i](const result<admission>&) {
      accepted[i] = bench_clock::now();
      ++answers;
    });
  }
  const auto there = [&] { return answers == s.paced && a.arrivals.count >= all; };
  if (!wait_until(30, there))
    out.failure(who + ": only " + std::to_string(a.arrivals.count.load()) + " of " + std::to_string(all) + " came");
  out.add(who + ": load of others", u.others(), "cores");
  std::vector<double> from_sent, from_accepted;
  for (std::size_t i = s.quick; i < all; ++i) {
    from_sent.push_back(std::chrono::duration<double, std::milli>(a.came[i] - sent[i]).count());
    from_accepted.push_back(std::chrono::duration<double, std::milli>(a.came[i] - accepted[i]).count());
  }
  add_latencies(out, who + ": accepted to request", from_accepted, 0, 20);
  add_latencies(out, who + ": published to request", from_sent);
  e.reset();
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv, {{"push latency", latency}});
}
