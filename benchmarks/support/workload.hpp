#pragma once

#include "belfry/engine.hpp"
#include "belfry/io/channel.hpp"
#include "belfry/io/ports.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Chats as a host would report them, and somebody who reports them as quickly as is allowed.
namespace belfry::bench {

using bench_clock = std::chrono::steady_clock;

/// A folder that goes with it, below $BELFRY_BENCH_DIR or /tmp: on the disk that is to be measured.
class scratch {
public:
  scratch();
  ~scratch();
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path store() const { return path_ / "belfry.db"; }

private:
  std::filesystem::path path_;
};

/// Defaults, with the store in that folder and loopback allowed.
options options_in(const scratch& folder);

/// Starts an engine; throws std::runtime_error with its reason.
/// The store in this file, to be filled before an engine has it.
std::unique_ptr<io::store> open_store(const std::filesystem::path& file);

std::unique_ptr<engine> start_engine(const options& o);

conversation_id conversation_name(std::size_t conversation);
person_id person_name(std::size_t conversation, std::size_t person);

/// conversation.started with so many participants: an agent, a visitor, then secondary ones in turn.
event start_of(std::size_t conversation, std::size_t participants);
/// message.sent of about 100 characters; the serial number makes event and message ids.
event message_in(std::size_t conversation, std::size_t sender, std::uint64_t serial);
/// message.read up to the newest.
event read_in(std::size_t conversation, std::size_t person, std::uint64_t serial);

/// One message in each of so many conversations, from this participant.
std::vector<event> one_message_each(std::size_t conversations, std::size_t sender, std::uint64_t first_serial = 0);
/// What the agent (0) or the visitor (1) of a conversation is told of `message_in` of the other, within an hour.
notification new_message_for(std::size_t conversation, std::size_t recipient);
/// That as a delivery that is attempted for the first time, to somebody with this profile.
io::attempt_input first_attempt(std::size_t conversation, std::size_t recipient, person_profile profile,
                                channel_kind channel, std::string_view target);
/// Gives this participant of each of so many conversations a profile.
void store_persons(engine& e, std::size_t conversations, std::size_t participant,
                   const std::function<person_profile(std::size_t)>& profile_of);

/// The wall clock.
millis wall_now();

/// The value; throws std::runtime_error with the error's detail.
template <class T>
T value_of(result<T> r) {
  if (!r)
    throw std::runtime_error(r.error().detail);
  return std::move(*r);
}

/// Publishes with a bounded number of events that are not answered yet, and keeps how long each request took.
class publisher {
public:
  publisher(engine& e, std::size_t window);
  /// Waits for all answers.
  ~publisher();

  /// `due` is when the request should have gone out: its latency counts from there.
  void send(std::vector<event> events, bench_clock::time_point due = bench_clock::now());
  void send(event e, bench_clock::time_point due = bench_clock::now());
  /// Waits until everything is answered.
  void drain();

  /// Milliseconds from `due` to the answer, one per request. Drain first.
  std::vector<double> latencies() const;
  /// Events that were not accepted.
  std::uint64_t refused() const { return refused_; }
  std::uint64_t accepted() const { return accepted_; }

private:
  engine& engine_;
  const std::size_t window_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::size_t open_ = 0;
  std::vector<double> latencies_;
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> accepted_{0};
};

/// Starts conversations [first, first + count) in batches.
void start_conversations(engine& e, std::size_t first, std::size_t count, std::size_t participants);

/// Registers a webhook for new messages and calls; signed with "whsec_..." unless `secret` is empty.
webhook_id register_webhook(engine& e, const std::string& endpoint, const std::string& secret,
                            std::vector<std::string> events = {"push_notification.new_message"});

/// How many new_message notifications have become deliveries so far (from the metrics).
std::uint64_t queued_messages(const engine& e);

/// The secret the drivers sign with.
extern const char* const bench_secret;

/// Sleeps until a moment.
void sleep_until(bench_clock::time_point t);

} // namespace belfry::bench
