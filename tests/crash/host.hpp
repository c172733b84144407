#pragma once

#include "belfry/tests/support/providers/webhook_sink.hpp"
#include "child_process.hpp"
#include "model.hpp"

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <random>
#include <tuple>

namespace belfry::test {

using moment = std::chrono::steady_clock::time_point;

/// How long the engine may take to answer or to end.
inline constexpr std::chrono::seconds answer_limit{20};

/// A webhook as the sink took it.
struct arrival {
  /// "new_message", ...
  std::string kind;
  std::string person, conversation;
  /// Message or invitation; empty for calls, whose bodies do not name them.
  std::string subject;
  std::string event_id;
  /// Which child sent it.
  int generation = 0;
  moment at;
};

/// When something was acknowledged, and by which child.
struct acknowledged {
  int generation = 0;
  moment at;
  /// The event that did it.
  std::string event;
};

/// What the host knows of a call it started.
struct known_call {
  std::string conversation;
  std::vector<std::string> callees;
  moment planned;
  bool started = false;
  bool answered = false;
  bool declined = false;
  /// Somebody left, or the conversation ended, while it may have been ringing.
  bool disturbed = false;
};

/// What the host knows of a request to an agent.
struct known_invitation {
  std::string conversation, agent;
  bool offered = false;
  std::optional<moment> close_sent;
  bool closed = false;
};

/// The answer of one event: accepted, a duplicate, or refused.
struct planned_event {
  /// JSON.
  std::string body;
  /// Absent: the engine's to decide.
  std::optional<bool> refused;
  consequence effect;
  /// What else an accepted event means.
  std::function<void()> accepted;
};

struct planned_request {
  std::vector<planned_event> events;
  std::optional<moment> sent;
  int times_sent = 0;
};

/// A chat host with many conversations, a receiver of webhooks, and an engine that dies under it again and again. It
/// repeats what was not acknowledged with the same ids, keeps a model of what was, and compares.
class host {
public:
  /// `faults`: the receiver fails now and then.
  explicit host(std::uint64_t seed, bool faults = true);
  ~host();

  /// One life of the engine under load: killed after so long (also before it is ready).
  void live_until_killed(std::chrono::milliseconds life);
  /// One life of the engine under load: its power goes after that many writes and syncs.
  void live_until_power_cut(int operations);
  /// One life that ends by an orderly stop under load.
  void live_until_stopped(std::chrono::milliseconds life);
  /// One life in which everything comes to rest, then everything is compared.
  void settle();

  std::mt19937_64& random() { return random_; }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  /// Events acknowledged and webhooks received so far.
  std::string summary() const;

private:
  using key = std::tuple<std::string, std::string, std::string>;

  // Talk with the child
  void start(int power);
  void end(const std::vector<int>& allowed);
  /// Hears, repeats, and sends new requests if `load`.
  void go_on(bool load, bool may_fail);
  void heard(const std::string& line, bool may_fail);
  void heard_answer(planned_request& r, const std::string& words);
  void send(std::uint64_t n, planned_request& r);
  /// A question; empty: no answer came in time.
  std::string ask(const std::string& question);
  bool quiet_within(std::chrono::milliseconds limit);

  // The workload
  planned_request plan_request();
  planned_event plan_event(model_conversation& c);
  planned_event plan_message(model_conversation& c);
  planned_event plan_read(model_conversation& c);
  planned_event plan_removal(model_conversation& c);
  planned_event plan_call(model_conversation& c);
  planned_event plan_presence(model_conversation& c);
  planned_event plan_invitation(model_conversation& c);
  planned_event plan_roster(model_conversation& c);
  planned_event plan_end(model_conversation& c);
  planned_event start_conversation();
  void plan_profile();
  std::vector<planned_event> ends_of_everything();
  void disturb_calls(const std::string& conversation);
  std::string next(const std::string& prefix) { return prefix + std::to_string(++number_); }
  std::string somebody(const model_conversation& c);
  model_conversation* some_conversation();

  // Comparison
  void absorb();
  void each_trace(const std::string& kind, const std::function<void(const nlohmann::json&)>& visit);
  void load_traces();
  /// What is still missing; empty: nothing.
  std::string missing() const;
  std::string missing_messages() const;
  std::string missing_invitations() const;
  std::string missing_calls() const;
  bool arrived(const std::string& kind, const key& what, std::optional<moment> before = {}) const;
  void compare_counts();
  void compare_profiles();
  void check_messages();
  std::string told_of(const std::string& kind, const key& what);
  void check_calls() const;
  void check_conversations();
  void check_ids() const;
  std::string story_of(const key& call) const;

  std::mt19937_64 random_;
  std::filesystem::path folder_;
  webhook_sink sink_;
  std::unique_ptr<child_process> child_;
  int generation_ = 0;
  bool ready_ = false;

  std::uint64_t number_ = 0;
  /// Not acknowledged, in the order sent.
  std::map<std::uint64_t, planned_request> open_;
  std::map<std::uint64_t, std::pair<std::string, int>> open_profiles_;
  std::map<std::string, std::string> answers_;
  std::uint64_t accepted_ = 0, duplicates_ = 0, refused_ = 0;

  std::map<std::string, model_conversation> conversations_;
  std::vector<std::string> living_;
  std::map<std::string, known_call> calls_;
  std::map<std::string, std::string> last_call_;
  std::map<std::string, known_invitation> invitations_;
  std::map<std::string, int> profiles_;
  std::map<key, acknowledged> gone_;
  struct owed {
    emptied what;
    moment sent;
  };
  std::vector<owed> owed_;

  std::vector<arrival> arrivals_;
  /// What was said to the engine, and its answers.
  std::vector<std::string> history_;
  std::size_t absorbed_ = 0;
  /// Kind, then conversation, person, subject -> places in `arrivals_`.
  std::map<std::string, std::map<key, std::vector<std::size_t>>> by_subject_;
  /// Notification ids of calls out of the trace: kind, conversation, person, call.
  std::map<std::string, std::pair<std::string, key>> call_ids_;
  std::map<std::string, std::map<key, std::vector<std::string>>> call_traces_;
  /// The trace of a notification, for those who look for the cause of a failure.
  std::map<std::string, std::string> trace_texts_;
};

} // namespace belfry::test
