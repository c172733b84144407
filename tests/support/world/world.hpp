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
#include <string>
#include <vector>

namespace belfry {
struct node;
} // namespace belfry

namespace belfry::io {
class memory_store;
} // namespace belfry::io

/// A whole node in one thread, in fake time: what the actors do to each other can be watched step by step.
namespace belfry::test {

/// One request that the node sent, waiting for its answer.
struct sent_request {
  io::http_request request;
  std::function<void(io::http_answer)> done;
};

class world {
public:
  /// With one registration of all kinds unless `silent`.
  explicit world(options o = {}, bool silent = false);
  ~world();

  node& get();
  io::memory_store& store();

  /// Lets everything happen that needs no time.
  void settle();
  /// Lets time pass, in steps of at most 10 ms.
  void pass(std::chrono::milliseconds time);

  /// Publishes and settles; fails the test when it is not answered.
  result<admission> publish(std::vector<event> events);
  /// Runs a question to the node and returns its answer.
  template <class T>
  result<T> ask(const std::function<void(std::function<void(result<T>)>)>& question) {
    std::optional<result<T>> out;
    question([&](result<T> r) { out = std::move(r); });
    settle();
    return out ? std::move(*out) : result<T>{error{ec::stopping, "no answer", {}}};
  }
  conversation_view view(const conversation_id& c);
  webhook create_webhook(const std::string& name, const std::vector<std::string>& events = {});

  /// What was sent, answered or not; `answer` decides (default: 200 at once). Return nothing to leave it open.
  std::vector<io::http_request> requests;
  std::function<std::optional<io::http_answer>(const io::http_request&)> answer;
  std::deque<sent_request> open;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// An event of a conversation.
event in(const conversation_id& c, event_body body, std::string id = {});
message_sent message(const message_id& id, const person_id& sender, std::string text = "hello");
/// Started with an ASSIGNED_AGENT, a CONTEXT_PERSON and `more`.
event started(const conversation_id& c, std::vector<participant_spec> more = {});

} // namespace belfry::test
