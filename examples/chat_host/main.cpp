// A chat host that embeds Belfry: it starts an engine, makes two persons known, listens to what becomes of their
// notifications, reports what happens in a conversation, asks for counts, and stops in an orderly way.
#include <belfry/engine.hpp>

#include <condition_variable>
#include <filesystem>
#include <future>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>

namespace {

using namespace std::chrono_literals;

/// Waits for the answer of one of the engine's functions.
template <class T>
T get(std::future<belfry::result<T>> answer) {
  auto r = answer.get();
  if (!r)
    throw std::runtime_error(r.error().detail);
  return std::move(*r);
}

/// An event of the conversation "c1".
belfry::event in_conversation(belfry::event_body what) {
  belfry::event e;
  e.conversation = "c1";
  e.body = std::move(what);
  return e;
}

/// Everything the engine reports about notifications; the callback runs on a thread for callbacks.
class outcomes {
public:
  void operator()(const belfry::report& r) {
    const auto* n = std::get_if<belfry::trace_item>(&r);
    if (!n)
      return;
    std::lock_guard guard{mutex_};
    std::cout << n->recipient + ": " + std::string{to_string(n->kind)} + " is " + std::string{to_string(n->state)} + " "
                     + std::string{to_string(n->reason)} + "\n";
    ++reports_;
    changed_.notify_all();
  }

  bool wait(std::size_t count, std::chrono::seconds limit) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, limit, [&] { return reports_ >= count; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t reports_ = 0;
};

void make_known(belfry::engine& e, const std::string& id, belfry::person_type type, const std::string& name) {
  belfry::person_profile p;
  p.type = type;
  p.display_name = name;
  get(e.put_person(id, p));
}

/// Notifications go to a receiver on this machine, whether it is there or not.
void register_webhook(belfry::engine& e) {
  belfry::webhook_input w;
  w.name = "chat_host " + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
  w.endpoint = "http://127.0.0.1:9000/";
  w.events = {"push_notification.new_message"};
  get(e.create_webhook(w));
}

/// Ben writes to Ada, who has 1 unread message until she reads.
void talk(belfry::engine& e) {
  belfry::conversation_started started;
  started.participants = {{"ada", belfry::role::assigned_agent, false, false},
                          {"ben", belfry::role::context_person, false, false}};
  belfry::message_sent hello;
  hello.message = "m1";
  hello.sender = "ben";
  hello.text = "Hello!";
  // All of a batch is on disk when the future is ready; ec::overloaded says: try again a little later.
  auto answer = get(e.publish({in_conversation(started), in_conversation(hello)}));
  std::cout << "accepted " << answer.accepted << " events\n";
}

void show_unread(belfry::engine& e, const std::string& person) {
  auto count = get(e.notification_count(person));
  std::cout << person + " has " + std::to_string(count.total) + " unread\n";
}

int run(const std::string& store) {
  belfry::options o;
  o.store.path = store;
  o.push.debounce_delay = 200ms;
  o.outbound.allow_plain_http = true;
  o.outbound.allowed_networks = {"127.0.0.0/8"};
  auto started = belfry::engine::start(o);
  if (!started) {
    std::cerr << started.error().detail << "\n";
    return 1;
  }
  auto& engine = **started;
  register_webhook(engine);
  make_known(engine, "ada", belfry::person_type::agent, "Ada");
  make_known(engine, "ben", belfry::person_type::visitor, "Ben");

  auto seen = std::make_shared<outcomes>();
  auto subscription = engine.subscribe([seen](const belfry::report& r) { (*seen)(r); });
  talk(engine);
  show_unread(engine, "ada");
  // QUEUED after the wait, then DONE: sent if the receiver took it; else Belfry would try again until Ada reads.
  if (!seen->wait(1, 10s))
    return 1;
  get(engine.publish(in_conversation(belfry::message_read{"ada", std::nullopt})));
  show_unread(engine, "ada");
  subscription.reset();
  engine.stop(10s);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  std::string store = argc > 1 ? argv[1] : (std::filesystem::temp_directory_path() / "chat_host.db").string();
  try {
    return run(store);
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
