#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/ports.hpp"
#include "belfry/messages/admission.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/views.hpp"
#include "belfry/messages/webhook.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry {
struct node;
} // namespace belfry

namespace belfry::io {
class channel;
class memory_store;
} // namespace belfry::io

/// A whole node in one thread, in fake time: what the actors do to each other can be watched step by step.
namespace belfry::test {

/// One request that the node sent, waiting for its answer.
struct sent_request {
  io::http_request request;
  std::function<void(io::http_answer)> done;
};

/// What survives a crash: the store, and the machine's clocks.
struct disk {
  std::shared_ptr<io::memory_store> store;
  io::clock_reading clocks{"boot-1", 1'000'000, 1'700'000'000'000};

  /// The machine runs on while the node is down.
  void pass(millis time) {
    clocks.wall += time;
    clocks.since_boot += time;
  }
};

class world {
public:
  /// With one registration of all kinds unless `silent`. A node over the `left` disk of another world, which must be
  /// gone, is that node after a crash. `extra`: a channel beside the webhooks.
  explicit world(options o = {}, bool silent = false, disk left = {}, std::shared_ptr<io::channel> extra = nullptr);
  ~world();

  node& get();
  io::memory_store& store();
  disk on_disk();
  /// Moves the clock on the wall, and no other.
  void jump(std::chrono::milliseconds by);

  /// Lets everything happen that needs no time.
  void settle();
  /// Lets one actor handle one message; false: none has any.
  bool step();
  /// As `step`, but it is the turn of the actor that has waited least: what was sent last overtakes the rest.
  bool step_newest();
  /// Takes the next actor of this name out of those that wait for a thread: it never answers; false: there is none.
  bool silence(const std::string& name);
  /// Moves all clocks, and lets nothing happen yet.
  void advance(std::chrono::milliseconds time);
  /// Lets time pass, in steps of at most 10 ms.
  void pass(std::chrono::milliseconds time);

  /// Publishes and settles; ec::stopping when it is not answered without time passing.
  result<admission> publish(std::vector<event> events);
  /// Runs a question to the node and returns its answer.
  template <class T>
  result<T> ask(const std::function<void(std::function<void(result<T>)>)>& question) {
    // Shared, because a late answer finds nobody waiting.
    auto out = std::make_shared<std::optional<result<T>>>();
    question([out](result<T> r) { *out = std::move(r); });
    settle();
    return *out ? std::move(**out) : result<T>{error{ec::stopping, "no answer", {}}};
  }
  conversation_view view(const conversation_id& c);
  /// Unread messages of somebody in a conversation, as its view shows them.
  std::uint32_t unread(const conversation_id& c, const person_id& p);
  /// The trace, newest first, as it is on disk.
  std::vector<trace_item> trace(trace_query q = {});
  /// Stores a profile; only its type and display name.
  void put_profile(const person_id& p, person_type type, const std::string& name = {});
  webhook create_webhook(const std::string& name, const std::vector<std::string>& events = {});

  /// What was sent, answered or not; `answer` decides (default: 200 at once). Return nothing to leave it open.
  std::vector<io::http_request> requests;
  /// Of those, what matters: "<event> <recipient> <conversation>[ <message or call>]", oldest first.
  std::vector<std::string> said() const;
  /// Answers the oldest open request.
  void answer_next(int status);
  std::function<std::optional<io::http_answer>(const io::http_request&)> answer;
  std::deque<sent_request> open;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// One field of a body, "" when it is absent; numbers are printed.
std::string field(const std::string& body, const std::string& name);
/// A header of a request, "" when it is absent.
std::string header(const io::http_request& r, const std::string& name);
io::http_answer status(int code, std::optional<std::string> retry_after = {});

/// An event of a conversation.
event in(const conversation_id& c, event_body body, std::string id = {});
message_sent message(const message_id& id, const person_id& sender, std::string text = "hello");
/// Started with an ASSIGNED_AGENT, a CONTEXT_PERSON and `more`.
event started(const conversation_id& c, std::vector<participant_spec> more = {});

} // namespace belfry::test
