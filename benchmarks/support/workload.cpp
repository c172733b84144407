#include "belfry/benchmarks/support/workload.hpp"

#include "belfry/io/store/store.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <thread>

namespace belfry::bench {

const char* const bench_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

scratch::scratch() {
  const char* base = std::getenv("BELFRY_BENCH_DIR");
  auto name = std::string{base != nullptr ? base : "/tmp"} + "/belfry_bench_XXXXXX";
  if (mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("no folder for the store below " + name);
  path_ = name;
}

scratch::~scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

options options_in(const scratch& folder) {
  options o;
  o.store.path = folder.store().string();
  o.outbound.allow_plain_http = true;
  o.outbound.allowed_networks = {"127.0.0.0/8"};
  return o;
}

std::unique_ptr<io::store> open_store(const std::filesystem::path& file) {
  auto opened = io::open_sqlite(file.string());
  if (!opened.value)
    throw std::runtime_error("the store cannot be opened: " + (opened.error ? opened.error->detail : ""));
  return std::move(opened.value);
}

std::unique_ptr<engine> start_engine(const options& o) {
  auto e = engine::start(o);
  if (!e)
    throw std::runtime_error("the engine does not start: " + e.error().detail);
  return std::move(*e);
}

namespace {

std::string numbered(const char* format, std::size_t a, std::size_t b = 0) {
  char text[64];
  std::snprintf(text, sizeof text, format, a, b);
  return text;
}

const std::string words = " the meeting about the new mandate can be moved to Thursday at ten, does that suit?";

} // namespace

conversation_id conversation_name(std::size_t conversation) {
  return numbered("conversation-%07zu", conversation);
}

person_id person_name(std::size_t conversation, std::size_t person) {
  return numbered("person-%07zu-%zu", conversation, person);
}

event start_of(std::size_t conversation, std::size_t participants) {
  constexpr role roles[] = {role::assigned_agent, role::context_person, role::secondary_agent, role::secondary_visitor};
  conversation_started s;
  for (std::size_t i = 0; i < participants; ++i)
    s.participants.push_back({person_name(conversation, i), roles[i < 2 ? i : 2 + i % 2], false, false});
  event e;
  e.conversation = conversation_name(conversation);
  e.body = std::move(s);
  return e;
}

event message_in(std::size_t conversation, std::size_t sender, std::uint64_t serial) {
  message_sent m;
  m.message = numbered("message-%zu", serial);
  m.sender = person_name(conversation, sender);
  m.text = m.message + words;
  event e;
  e.id = numbered("event-%zu", serial);
  e.conversation = conversation_name(conversation);
  e.body = std::move(m);
  return e;
}

event read_in(std::size_t conversation, std::size_t person, std::uint64_t serial) {
  event e;
  e.id = numbered("event-%zu", serial);
  e.conversation = conversation_name(conversation);
  e.body = message_read{person_name(conversation, person), {}};
  return e;
}

std::vector<event> one_message_each(std::size_t conversations, std::size_t sender, std::uint64_t first_serial) {
  std::vector<event> out;
  for (std::size_t i = 0; i < conversations; ++i)
    out.push_back(message_in(i, sender, first_serial + i));
  return out;
}

notification new_message_for(std::size_t conversation, std::size_t recipient) {
  const auto e = message_in(conversation, 1 - recipient, conversation);
  const auto& m = std::get<message_sent>(e.body);
  notification n;
  n.kind = kind::new_message;
  n.recipient = person_name(conversation, recipient);
  n.recipient_type = recipient == 0 ? person_type::agent : person_type::visitor;
  n.conversation = e.conversation;
  n.id = derive_notification_id(n.kind, n.conversation, n.recipient, m.message);
  n.created_at = wall_now();
  n.expires_at = n.created_at + 3'600'000;
  n.message = message_content{m.message, m.text, {}, m.sender, n.created_at, n.created_at, 0, 1};
  n.total_count = 1;
  return n;
}

io::attempt_input first_attempt(std::size_t conversation, std::size_t recipient, person_profile profile,
                                channel_kind channel, std::string_view target) {
  io::attempt_input in;
  in.what = new_message_for(conversation, recipient);
  in.which.channel = channel;
  in.which.target = target;
  in.which.id = derive_delivery_id(in.what.id, channel, target);
  in.recipient = person{in.what.recipient, std::move(profile)};
  in.now = in.what.created_at;
  return in;
}

void store_persons(engine& e, std::size_t conversations, std::size_t participant,
                   const std::function<person_profile(std::size_t)>& profile_of) {
  std::vector<std::future<result<io::stored<person>>>> stored;
  for (std::size_t i = 0; i < conversations; ++i)
    stored.push_back(e.put_person(person_name(i, participant), profile_of(i)));
  for (auto& x : stored)
    value_of(x.get());
}

millis wall_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

publisher::publisher(engine& e, std::size_t window) : engine_(e), window_(window) {
  // nop
}

publisher::~publisher() {
  drain();
}

void publisher::send(std::vector<event> events, bench_clock::time_point due) {
  const auto n = events.size();
  {
    std::unique_lock guard{lock_};
    changed_.wait(guard, [&] { return open_ == 0 || open_ + n <= window_; });
    open_ += n;
  }
  engine_.publish(std::move(events), [this, due, n](result<admission> a) {
    const auto took = std::chrono::duration<double, std::milli>(bench_clock::now() - due).count();
    const auto good = a ? a->accepted : 0;
    accepted_ += good;
    refused_ += n - good;
    std::lock_guard guard{lock_};
    latencies_.push_back(took);
    open_ -= n;
    // Waking somebody for every answer would be most of the work.
    if (open_ == 0 || open_ <= window_ - window_ / 8)
      changed_.notify_one();
  });
}

void publisher::send(event e, bench_clock::time_point due) {
  std::vector<event> one;
  one.push_back(std::move(e));
  send(std::move(one), due);
}

void publisher::drain() {
  std::unique_lock guard{lock_};
  changed_.wait(guard, [&] { return open_ == 0; });
}

std::vector<double> publisher::latencies() const {
  return latencies_;
}

void start_conversations(engine& e, std::size_t first, std::size_t count, std::size_t participants) {
  constexpr std::size_t batch = 200;
  publisher p{e, 1'000};
  for (std::size_t i = first; i < first + count;) {
    std::vector<event> events;
    for (; i < first + count && events.size() < batch; ++i)
      events.push_back(start_of(i, participants));
    p.send(std::move(events));
  }
  p.drain();
  if (p.accepted() != count)
    throw std::runtime_error("some conversations did not start");
}

webhook_id register_webhook(engine& e, const std::string& endpoint, const std::string& secret,
                            std::vector<std::string> events) {
  webhook_input in;
  in.name = "benchmark";
  in.endpoint = endpoint;
  if (!secret.empty())
    in.secret = secret;
  in.events = std::move(events);
  std::promise<result<webhook>> answer;
  e.create_webhook(in, [&](result<webhook> w) { answer.set_value(std::move(w)); });
  auto w = answer.get_future().get();
  if (!w)
    throw std::runtime_error("no registration: " + w.error().detail);
  return w->id;
}

std::uint64_t queued_messages(const engine& e) {
  const auto text = e.metrics();
  const std::string series = "belfry_notifications_total{kind=\"new_message\",state=\"QUEUED\"} ";
  const auto at = text.find(series);
  return at == text.npos ? 0 : static_cast<std::uint64_t>(std::strtod(text.c_str() + at + series.size(), nullptr));
}

void sleep_until(bench_clock::time_point t) {
  std::this_thread::sleep_until(t);
}

} // namespace belfry::bench
