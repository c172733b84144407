#pragma once

#include "belfry/messages/admission.hpp"
#include "belfry/messages/error.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/views.hpp"
#include "belfry/messages/web_push.hpp"
#include "belfry/messages/webhook.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::io {

/// Called exactly once. `belfry::engine` says on which thread.
template <class T>
using reply = std::function<void(result<T>)>;

/// PUT's answer: what is stored now, and whether it is new (201) or replaced (200).
template <class T>
struct stored {
  T value;
  bool created = false;
};

/// What the HTTP server serves: everything of SPEC 13 that concerns the engine. Implemented by the engine; the server
/// knows nothing else of it. All functions may be called from any thread.
class service {
public:
  virtual ~service() = default;

  /// ec::bad_input, overloaded, store_unavailable, stopping: none of it took effect (store: unknown).
  virtual void publish(std::vector<event> events, reply<admission> done) = 0;

  virtual void put_person(person_id id, person_profile profile, reply<stored<person>> done) = 0;
  virtual void get_person(person_id id, reply<person> done) = 0;
  virtual void delete_person(person_id id, reply<success> done) = 0;
  virtual void notification_count(person_id id, reply<count_view> done) = 0;

  virtual void put_device(person_id id, device d, reply<stored<device>> done) = 0;
  virtual void get_devices(person_id id, reply<std::vector<device>> done) = 0;
  virtual void delete_device(person_id id, device_id device, reply<success> done) = 0;

  /// ec::not_found: unknown person; bad_input: not an agent.
  virtual void put_pause(person_id id, pause_mode mode, std::optional<millis> until, reply<pause_view> done) = 0;
  virtual void get_pause(person_id id, reply<pause_view> done) = 0;
  virtual void put_pause_reason(person_id id, std::string source, std::string display_name,
                                std::int64_t timeout_seconds, reply<stored<pause_reason>> done) = 0;
  virtual void delete_pause_reason(person_id id, std::string source, reply<success> done) = 0;

  /// Why no mail goes to the person's present address. ec::not_found: it is not suppressed.
  virtual void get_email_suppression(person_id id, reply<suppression_view> done) = 0;
  virtual void delete_email_suppression(person_id id, reply<success> done) = 0;
  /// From the List-Unsubscribe of a mail: which kind of mail it ends. With `act` it is ended. ec::not_found: no token
  /// of ours, or nobody is there any more.
  virtual void unsubscribe(std::string token, bool act, reply<kind> done) = 0;

  /// What pages subscribe with, base64url. ec::not_found: web push is switched off.
  virtual result<std::string> web_push_key() const = 0;
  /// ec::not_found: unknown person, or web push is switched off; bad_input: not an agent, or no push could be sent
  /// there.
  virtual void create_subscription(person_id id, subscription_input input, reply<new_subscription> done) = 0;
  virtual void get_subscriptions(person_id id, reply<std::vector<subscription_view>> done) = 0;
  virtual void delete_subscription(person_id id, subscription_id subscription, reply<success> done) = 0;
  /// ec::not_found: nobody asked for this check.
  virtual void report_health_check(person_id id, subscription_id subscription, std::string check,
                                   reply<success> done) = 0;
  /// A page of the person is open until the returned handle is dropped. `on_message` is called as a reply
  /// is; nullptr when the engine is stopping.
  virtual std::shared_ptr<void> open_page(person_id id, std::function<void(const page_message&)> on_message) = 0;

  virtual void create_webhook(webhook_input input, reply<webhook> done) = 0;
  /// ec::conflict: old version or a taken name.
  virtual void put_webhook(webhook_id id, webhook_input input, reply<webhook> done) = 0;
  virtual void get_webhook(webhook_id id, reply<webhook> done) = 0;
  virtual void get_webhooks(reply<std::vector<webhook>> done) = 0;
  virtual void delete_webhook(webhook_id id, reply<success> done) = 0;
  /// Answers when the attempt is under way.
  virtual void ping_webhook(webhook_id id, reply<success> done) = 0;

  virtual void get_conversation(conversation_id id, reply<conversation_view> done) = 0;
  virtual void query_notifications(trace_query q, reply<trace_page> done) = 0;
  virtual void get_notification(notification_id id, reply<trace_item> done) = 0;

  /// Every change of state of notifications, call time-outs, pauses and dead addresses, until the returned handle is
  /// dropped. `on_report` is called as a reply is.
  virtual std::shared_ptr<void> subscribe(std::function<void(const report&)> on_report) = 0;

  /// Store writable, all waits and deliveries armed.
  virtual bool ready() const = 0;
  /// Prometheus text.
  virtual std::string metrics() const = 0;
};

} // namespace belfry::io
