#pragma once

#include "belfry/config/options.hpp"
#include "belfry/io/service.hpp"
#include "belfry/messages/admission.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/views.hpp"
#include "belfry/messages/webhook.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <vector>

namespace belfry {

namespace io {
class store;
class http_transport;
class wall_clock;
} // namespace io

/// Parts that an embedder or a test brings along; what is null the engine makes from its options.
struct engine_parts {
  std::unique_ptr<io::store> store;
  std::unique_ptr<io::http_transport> transport;
  std::unique_ptr<io::wall_clock> wall;
  /// Called once when a part of the engine ended by an exception, on its thread: the engine is not ready any more and
  /// should be stopped and started anew. Must not block.
  std::function<void()> on_failure;
  /// Callbacks of the API are called on threads of the engine, without a hop to a thread of their own. One that blocks
  /// then holds up notifications.
  bool callbacks_never_block = false;

  engine_parts();
  engine_parts(engine_parts&&) noexcept;
  ~engine_parts();
};

/// What `engine::inspect` looks at.
enum class row_kind : std::uint8_t { conversation, person, notification, webhook };

/// What the pieces of an engine have done so far; for tests and benchmarks.
struct engine_statistics {
  std::uint64_t participant_messages = 0;
  std::uint64_t live_participants = 0;
  std::uint64_t awake_conversations = 0;
  std::uint64_t awake_persons = 0;
  std::uint64_t commits = 0;
  std::uint64_t units = 0;
};

/// A notification engine within this process (SPEC 14). Everything of the API is asynchronous, with callbacks
/// (`io::service`) or futures. Callbacks run one after the other on a thread of their own: what they throw is an alarm,
/// and one that blocks keeps only the callbacks behind it waiting. While 65,536 of them wait, or as many
/// questions wait for their answer, more questions are answered ec::overloaded, and reports are left out (an alarm).
/// Futures need no callback thread. Several engines may live in one process, each on its own store. No header of the
/// actor framework is needed to use it.
class engine final : public io::service {
public:
  /// Opens the store, takes up what was unfinished, and is ready when it returns.
  /// ec::bad_input: an option is wrong; ec::store_unavailable: the store is taken, damaged, foreign, newer or cannot be
  /// read (the detail names it); ec::overloaded: its disk has no room.
  static result<std::unique_ptr<engine>> start(options o, engine_parts parts = {});

  /// Stops at once what `stop` was not given time for, and returns when every callback has: not to be destroyed by one
  /// of its own callbacks.
  ~engine() override;

  /// Takes no more questions, waits at most `limit` for what is in flight, keeps the rest on disk. Whatever is asked
  /// from here on, by any thread, is answered ec::stopping; so is what was asked before and got no answer. May be
  /// called on any thread, also in a callback; while another thread's call goes on, a second one waits for it, at most
  /// `limit`.
  void stop(std::chrono::milliseconds limit = std::chrono::seconds{10});

  /// Takes the secrets and certificates of a configuration that was read again (all else stays as it was at the start),
  /// and tries at once what was stopped for the old ones. ec::bad_input names what cannot be used; the channel that it
  /// belongs to goes on as it was, and the others take theirs.
  result<success> reload(const options& o);

  // The forms with callbacks (`io::service`) as futures, which are always fulfilled, with ec::stopping at the latest.
  /// Ready when all of it is on disk.
  std::future<result<admission>> publish(std::vector<event> events);
  std::future<result<admission>> publish(event e);
  std::future<result<io::stored<person>>> put_person(person_id id, person_profile profile);
  std::future<result<person>> get_person(person_id id);
  std::future<result<success>> delete_person(person_id id);
  std::future<result<count_view>> notification_count(person_id id);
  std::future<result<io::stored<device>>> put_device(person_id id, device d);
  std::future<result<std::vector<device>>> get_devices(person_id id);
  std::future<result<success>> delete_device(person_id id, device_id device);
  std::future<result<pause_view>> put_pause(person_id id, pause_mode mode, std::optional<millis> until = std::nullopt);
  std::future<result<pause_view>> get_pause(person_id id);
  std::future<result<io::stored<pause_reason>>>
  put_pause_reason(person_id id, std::string source, std::string display_name, std::int64_t timeout_seconds);
  std::future<result<success>> delete_pause_reason(person_id id, std::string source);
  std::future<result<suppression_view>> get_email_suppression(person_id id);
  std::future<result<success>> delete_email_suppression(person_id id);
  std::future<result<kind>> unsubscribe(std::string token, bool act);
  std::future<result<new_subscription>> create_subscription(person_id id, subscription_input input);
  std::future<result<std::vector<subscription_view>>> get_subscriptions(person_id id);
  std::future<result<success>> delete_subscription(person_id id, subscription_id subscription);
  std::future<result<success>> report_health_check(person_id id, subscription_id subscription, std::string check);
  std::future<result<webhook>> create_webhook(webhook_input input);
  std::future<result<webhook>> put_webhook(webhook_id id, webhook_input input);
  std::future<result<webhook>> get_webhook(webhook_id id);
  std::future<result<std::vector<webhook>>> get_webhooks();
  std::future<result<success>> delete_webhook(webhook_id id);
  std::future<result<success>> ping_webhook(webhook_id id);
  std::future<result<conversation_view>> get_conversation(conversation_id id);
  std::future<result<trace_page>> query_notifications(trace_query q);
  std::future<result<trace_item>> get_notification(notification_id id);

  engine_statistics statistics() const;

  /// A row of the store of these options as JSON, without texts, names and secrets, also while an engine uses the
  /// store. It says whether the row can be read and, if not, what of it is damaged. ec::not_found: there is no such
  /// row; bad_input: no id of a notification; store_unavailable: the store cannot be read.
  static result<std::string> inspect(const options& o, row_kind what, const std::string& id);

  // io::service
  void publish(std::vector<event> events, io::reply<admission> done) override;
  void put_person(person_id id, person_profile profile, io::reply<io::stored<person>> done) override;
  void get_person(person_id id, io::reply<person> done) override;
  void delete_person(person_id id, io::reply<success> done) override;
  void notification_count(person_id id, io::reply<count_view> done) override;
  void put_device(person_id id, device d, io::reply<io::stored<device>> done) override;
  void get_devices(person_id id, io::reply<std::vector<device>> done) override;
  void delete_device(person_id id, device_id device, io::reply<success> done) override;
  void put_pause(person_id id, pause_mode mode, std::optional<millis> until, io::reply<pause_view> done) override;
  void get_pause(person_id id, io::reply<pause_view> done) override;
  void put_pause_reason(person_id id, std::string source, std::string display_name, std::int64_t timeout_seconds,
                        io::reply<io::stored<pause_reason>> done) override;
  void delete_pause_reason(person_id id, std::string source, io::reply<success> done) override;
  void get_email_suppression(person_id id, io::reply<suppression_view> done) override;
  void delete_email_suppression(person_id id, io::reply<success> done) override;
  void unsubscribe(std::string token, bool act, io::reply<kind> done) override;
  result<std::string> web_push_key() const override;
  void create_subscription(person_id id, subscription_input input, io::reply<new_subscription> done) override;
  void get_subscriptions(person_id id, io::reply<std::vector<subscription_view>> done) override;
  void delete_subscription(person_id id, subscription_id subscription, io::reply<success> done) override;
  void report_health_check(person_id id, subscription_id subscription, std::string check,
                           io::reply<success> done) override;
  std::shared_ptr<void> open_page(person_id id, std::function<void(const page_message&)> on_message) override;
  void create_webhook(webhook_input input, io::reply<webhook> done) override;
  void put_webhook(webhook_id id, webhook_input input, io::reply<webhook> done) override;
  void get_webhook(webhook_id id, io::reply<webhook> done) override;
  void get_webhooks(io::reply<std::vector<webhook>> done) override;
  void delete_webhook(webhook_id id, io::reply<success> done) override;
  void ping_webhook(webhook_id id, io::reply<success> done) override;
  void get_conversation(conversation_id id, io::reply<conversation_view> done) override;
  void query_notifications(trace_query q, io::reply<trace_page> done) override;
  void get_notification(notification_id id, io::reply<trace_item> done) override;
  std::shared_ptr<void> subscribe(std::function<void(const report&)> on_report) override;
  bool ready() const override;
  std::string metrics() const override;

private:
  struct impl;
  explicit engine(std::unique_ptr<impl> parts);

  template <class T, class... Params, class... Args>
  std::future<result<T>> ask(void (io::service::*what)(Params...), Args&&... args);

  std::unique_ptr<impl> impl_;
};

} // namespace belfry
