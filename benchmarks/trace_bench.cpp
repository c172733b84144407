// How long does a question to the trace take when it is long? 5,000,000 notifications, every filter that the API has,
// with and without hits, while events come in.
#include "belfry/actors/person/record_row.hpp"
#include "belfry/benchmarks/support/driver.hpp"
#include "belfry/benchmarks/support/workload.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>
#include <thread>

using namespace belfry;
using namespace belfry::bench;

namespace {

struct size {
  std::size_t rows = 5'000'000;
  std::size_t persons = 20'000;
  std::size_t conversations = 100'000;
  std::size_t events = 30'000;
  int questions = 100;
};

size size_of(const settings& o) {
  return o.smoke ? size{5'000, 20, 100, 500, 5} : size{};
}

notification_record ended(std::size_t i, const size& s, millis now) {
  notification_record r;
  auto& n = r.notification;
  std::mt19937_64 dice{i};
  for (std::size_t at = 0; at < n.id.bytes.size(); at += sizeof(std::uint64_t)) {
    const auto x = dice();
    std::memcpy(n.id.bytes.data() + at, &x, sizeof x);
  }
  n.kind = kind::new_message;
  n.recipient = person_name(i % s.persons, 0);
  n.conversation = conversation_name(i % s.conversations);
  n.created_at = now;
  n.message = message_content{"old-" + std::to_string(i), "", {}, "somebody", now, now, 0, 1};
  r.state = trace_state::done;
  r.reason = reason::sent;
  return r;
}

void build(const std::filesystem::path& file, const size& s) {
  constexpr std::size_t batch = 5'000;
  auto store = open_store(file);
  const auto now = wall_now();
  std::vector<io::unit> units(batch);
  for (std::size_t i = 0; i < s.rows;) {
    std::vector<const io::unit*> list;
    for (std::size_t k = 0; k < batch && i < s.rows; ++k, ++i) {
      auto r = ended(i, s, now);
      r.notification.seq = store->new_notification_seq();
      auto row = to_row(r);
      row.fresh = true;
      units[k].changes = {std::move(row)};
      list.push_back(&units[k]);
    }
    if (auto written = store->commit(list, 0); !written)
      throw std::runtime_error("the rows cannot be written: " + written.error().detail);
  }
}

struct question {
  const char* name;
  std::function<trace_query(std::size_t)> ask;
};

std::vector<question> questions(const size& s) {
  auto with = [](auto set) {
    return [set](std::size_t i) {
      trace_query q;
      q.limit = 100;
      set(q, i);
      return q;
    };
  };
  return {
      {"by person", with([s](auto& q, auto i) { q.person = person_name(i % s.persons, 0); })},
      {"by conversation", with([s](auto& q, auto i) { q.conversation = conversation_name(i % s.conversations); })},
      {"by message", with([s](auto& q, auto i) { q.message = "old-" + std::to_string(i % s.rows); })},
      {"by kind", with([](auto& q, auto) { q.kind = kind::new_message; })},
      {"by kind without hits", with([](auto& q, auto) { q.kind = kind::deputy_delegation; })},
      {"by state", with([](auto& q, auto) { q.state = trace_state::done; })},
      {"by state without hits", with([](auto& q, auto) { q.state = trace_state::not_sent; })},
      {"by kind and state without hits", with([](auto& q, auto) {
         q.kind = kind::new_message;
         q.state = trace_state::not_sent;
       })},
      {"by person and kind without hits", with([s](auto& q, auto i) {
         q.person = person_name(i % s.persons, 0);
         q.kind = kind::missed_call;
       })},
      {"by person and conversation", with([s](auto& q, auto i) {
         q.person = person_name(i % s.persons, 0);
         q.conversation = conversation_name((i + 1) % s.conversations);
       })},
  };
}

void long_trace(const settings& o, figures& out) {
  const auto s = size_of(o);
  scratch folder;
  build(folder.store(), s);
  auto e = start_engine(options_in(folder));
  std::atomic<bool> over{false};
  std::thread ingest{[&] {
    publisher p{*e, 1'000};
    start_conversations(*e, 0, s.events / 10, 2);
    for (std::uint64_t i = 0; !over; ++i) {
      p.send(message_in(i % (s.events / 10), 0, i));
      // 5,000 a second.
      if (i % 10 == 9)
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
  }};
  std::mt19937 dice{7};
  for (const auto& q : questions(s)) {
    std::vector<double> times;
    for (int i = 0; i < s.questions; ++i) {
      const auto began = bench_clock::now();
      value_of(e->query_notifications(q.ask(dice())).get());
      times.push_back(std::chrono::duration<double, std::milli>(bench_clock::now() - began).count());
    }
    std::sort(times.begin(), times.end());
    const std::string who = "trace " + std::string{q.name};
    out.add(who + ": p50", times[times.size() / 2], "ms");
    out.add(who + ": slowest", times.back(), "ms", bound::at_most, 100);
  }
  over = true;
  ingest.join();
}

} // namespace

int main(int argc, char** argv) {
  return run_all(argc, argv, {{"trace", long_trace}});
}
