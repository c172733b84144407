// The process that is killed: an engine on a SQLite file. It reads one order per line from standard input and answers
// each with one line on standard output, when the engine has answered:
//   <n> events <JSON array>     <n> ok <accepted> <duplicates> <index of a refused event> ...
//   <n> person <id> <JSON>      <n> ok
//   <n> profile <id>            <n> ok <JSON>
//   <n> counts <id>             <n> ok <JSON>
//   <n> conversation <id>       <n> ok <JSON>
//   <n> trace <kind> <before>   <n> ok <JSON>
//   <n> stop                    <n> ok, after an orderly stop; then it ends
// or with `<n> error <code>`. `ready` comes first. In the power-cut mode it ends with status 3 when the power goes, and
// leaves in the store's files what a power cut would have left.
#include "belfry/engine.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/io/store/store.hpp"
#include "belfry/messages/json.hpp"
#include "belfry/tests/support/vfs/fault_vfs.hpp"

#include <cstdlib>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>
#include <unistd.h>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr int power_cut_status = 3;
constexpr int refused_status = 4;

std::mutex output;

void say(std::string line) {
  line += '\n';
  std::lock_guard guard(output);
  for (std::size_t at = 0; at < line.size();) {
    auto n = ::write(STDOUT_FILENO, line.data() + at, line.size() - at);
    if (n <= 0)
      return;
    at += static_cast<std::size_t>(n);
  }
}

struct settings {
  std::string path;
  std::string endpoint;
  std::string generation;
  int ring_millis = 0;
  /// Writes and syncs until the power goes; negative: it stays.
  int power = -1;
  std::uint64_t seed = 0;
};

options make_options(const settings& s) {
  options o;
  o.store.path = s.path;
  o.push.debounce_delay = 40ms;
  o.push.debounce_delay_when_in_conversation = 120ms;
  o.calls.not_answered_timeout = std::chrono::milliseconds{s.ring_millis};
  o.webhooks.retry_first = 40ms;
  o.webhooks.retry_factor = 1.5;
  o.webhooks.retry_max = 300ms;
  o.webhooks.timeout = 2s;
  o.webhooks.user_agent = "generation/" + s.generation;
  o.limits.idle_conversation = 150ms;
  o.limits.idle_person = 150ms;
  // The host sends on after a refusal, so that what it repeats would come out of order.
  o.limits.admission_wait = 1h;
  o.outbound.allow_plain_http = true;
  o.outbound.allowed_networks = {"127.0.0.0/8"};
  return o;
}

/// The shape of all answers but those of events.
template <class T, class F>
io::reply<T> answer(const std::string& n, F&& text) {
  return [n, text](result<T> r) {
    say(r ? n + " ok " + text(*r) : n + " error " + std::string{to_string(r.error().code)});
  };
}

std::string counted(const admission& a) {
  auto out = std::to_string(a.accepted) + " " + std::to_string(a.duplicates);
  for (const auto& r : a.refused)
    out += " " + std::to_string(r.index) + " " + std::string{to_string(r.reason)};
  return out;
}

/// False: the process is to end.
bool obey(engine& e, const std::string& line) {
  std::istringstream in(line);
  std::string n, verb, subject, rest;
  in >> n >> verb;
  if (verb == "stop") {
    e.stop();
    say(n + " ok");
    return false;
  }
  if (verb == "events") {
    std::getline(in >> std::ws, rest);
    auto parsed = parse_events(rest, body_form::json);
    if (parsed)
      e.publish(std::move(parsed->events), answer<admission>(n, counted));
    else
      say(n + " error bad_input");
    return true;
  }
  in >> subject;
  std::getline(in >> std::ws, rest);
  auto json = [](const auto& x) { return to_json(x); };
  if (verb == "person") {
    if (auto profile = parse_profile(rest, subject))
      e.put_person(subject, *profile, answer<io::stored<person>>(n, [](const auto&) { return std::string{}; }));
    else
      say(n + " error bad_input");
  } else if (verb == "profile") {
    e.get_person(subject, answer<person>(n, json));
  } else if (verb == "counts") {
    e.notification_count(subject, answer<count_view>(n, json));
  } else if (verb == "conversation") {
    e.get_conversation(subject, answer<conversation_view>(n, json));
  } else if (verb == "trace") {
    trace_query q;
    q.kind.emplace();
    from_string(subject, *q.kind);
    q.limit = 100;
    q.before = std::stoull(rest);
    e.query_notifications(q, answer<trace_page>(n, json));
  } else {
    say(n + " error bad_input");
  }
  return true;
}

/// Ends the process as a power cut would.
void watch_power(test::fault_vfs& vfs) {
  std::thread([&vfs] {
    while (!vfs.power_is_off())
      std::this_thread::sleep_for(1ms);
    vfs.leave_what_was_synced();
    ::_exit(power_cut_status);
  }).detach();
}

/// One registration for all kinds, made when the store is new.
bool register_sink(engine& e, const std::string& endpoint) {
  std::promise<bool> there;
  e.get_webhooks([&](auto r) { there.set_value(r && !r->empty()); });
  if (there.get_future().get())
    return true;
  webhook_input w;
  w.name = "sink";
  w.endpoint = endpoint;
  for (int k = 0; k < kind_count; ++k)
    w.events.push_back("push_notification." + std::string{to_string(static_cast<kind>(k))});
  std::promise<bool> made;
  e.create_webhook(w, [&](auto r) { made.set_value(static_cast<bool>(r)); });
  return made.get_future().get();
}

int serve(const settings& s) {
  static test::fault_vfs vfs(s.seed);
  engine_parts parts;
  if (s.power >= 0) {
    vfs.cut_power_after(s.power + 1);
    watch_power(vfs);
    auto opened = io::open_sqlite(s.path, {vfs.name(), 2, 65536});
    while (!opened.value && vfs.power_is_off())
      std::this_thread::sleep_for(1s);
    if (!opened.value) {
      std::cerr << opened.error->detail << std::endl;
      return refused_status;
    }
    parts.store = std::move(opened.value);
  }
  auto e = engine::start(make_options(s), std::move(parts));
  while (!e && vfs.power_is_off())
    std::this_thread::sleep_for(1s);
  if (!e) {
    std::cerr << e.error().detail << std::endl;
    return refused_status;
  }
  if (!register_sink(**e, s.endpoint) && !vfs.power_is_off())
    return refused_status;
  say("ready");
  for (std::string line; std::getline(std::cin, line);) {
    if (!obey(**e, line))
      return 0;
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::cerr << "crash_child STORE ENDPOINT GENERATION RING_MILLIS POWER SEED" << std::endl;
    return 2;
  }
  return serve({argv[1], argv[2], argv[3], std::atoi(argv[4]), std::atoi(argv[5]), std::stoull(argv[6])});
}
