#include "belfry/actors/engine.hpp"
#include "belfry/actors/host_calls.hpp"

/// The API as futures: each form asks its counterpart with a callback.
namespace belfry {

template <class T, class... Params, class... Args>
std::future<result<T>> engine::ask(void (io::service::*what)(Params...), Args&&... args) {
  fulfil<T> done;
  (this->*what)(std::forward<Args>(args)..., done);
  return done.promise->get_future();
}

std::future<result<admission>> engine::publish(std::vector<event> events) {
  return ask<admission>(&io::service::publish, std::move(events));
}

std::future<result<admission>> engine::publish(event e) {
  std::vector<event> events;
  events.push_back(std::move(e));
  return publish(std::move(events));
}

std::future<result<io::stored<person>>> engine::put_person(person_id id, person_profile profile) {
  return ask<io::stored<person>>(&io::service::put_person, std::move(id), std::move(profile));
}

std::future<result<person>> engine::get_person(person_id id) {
  return ask<person>(&io::service::get_person, std::move(id));
}

std::future<result<success>> engine::delete_person(person_id id) {
  return ask<success>(&io::service::delete_person, std::move(id));
}

std::future<result<count_view>> engine::notification_count(person_id id) {
  return ask<count_view>(&io::service::notification_count, std::move(id));
}

std::future<result<io::stored<device>>> engine::put_device(person_id id, device d) {
  return ask<io::stored<device>>(&io::service::put_device, std::move(id), std::move(d));
}

std::future<result<std::vector<device>>> engine::get_devices(person_id id) {
  return ask<std::vector<device>>(&io::service::get_devices, std::move(id));
}

std::future<result<success>> engine::delete_device(person_id id, device_id device) {
  return ask<success>(&io::service::delete_device, std::move(id), std::move(device));
}

std::future<result<pause_view>> engine::put_pause(person_id id, pause_mode mode, std::optional<millis> until) {
  return ask<pause_view>(&io::service::put_pause, std::move(id), mode, until);
}

std::future<result<pause_view>> engine::get_pause(person_id id) {
  return ask<pause_view>(&io::service::get_pause, std::move(id));
}

std::future<result<io::stored<pause_reason>>>
engine::put_pause_reason(person_id id, std::string source, std::string display_name, std::int64_t timeout_seconds) {
  return ask<io::stored<pause_reason>>(&io::service::put_pause_reason, std::move(id), std::move(source),
                                       std::move(display_name), timeout_seconds);
}

std::future<result<success>> engine::delete_pause_reason(person_id id, std::string source) {
  return ask<success>(&io::service::delete_pause_reason, std::move(id), std::move(source));
}

std::future<result<suppression_view>> engine::get_email_suppression(person_id id) {
  return ask<suppression_view>(&io::service::get_email_suppression, std::move(id));
}

std::future<result<success>> engine::delete_email_suppression(person_id id) {
  return ask<success>(&io::service::delete_email_suppression, std::move(id));
}

std::future<result<kind>> engine::unsubscribe(std::string token, bool act) {
  return ask<kind>(&io::service::unsubscribe, std::move(token), act);
}

std::future<result<new_subscription>> engine::create_subscription(person_id id, subscription_input input) {
  return ask<new_subscription>(&io::service::create_subscription, std::move(id), std::move(input));
}

std::future<result<std::vector<subscription_view>>> engine::get_subscriptions(person_id id) {
  return ask<std::vector<subscription_view>>(&io::service::get_subscriptions, std::move(id));
}

std::future<result<success>> engine::delete_subscription(person_id id, subscription_id subscription) {
  return ask<success>(&io::service::delete_subscription, std::move(id), std::move(subscription));
}

std::future<result<success>> engine::report_health_check(person_id id, subscription_id subscription,
                                                         std::string check) {
  return ask<success>(&io::service::report_health_check, std::move(id), std::move(subscription), std::move(check));
}

std::future<result<webhook>> engine::create_webhook(webhook_input input) {
  return ask<webhook>(&io::service::create_webhook, std::move(input));
}

std::future<result<webhook>> engine::put_webhook(webhook_id id, webhook_input input) {
  return ask<webhook>(&io::service::put_webhook, std::move(id), std::move(input));
}

std::future<result<webhook>> engine::get_webhook(webhook_id id) {
  return ask<webhook>(&io::service::get_webhook, std::move(id));
}

std::future<result<std::vector<webhook>>> engine::get_webhooks() {
  return ask<std::vector<webhook>>(&io::service::get_webhooks);
}

std::future<result<success>> engine::delete_webhook(webhook_id id) {
  return ask<success>(&io::service::delete_webhook, std::move(id));
}

std::future<result<success>> engine::ping_webhook(webhook_id id) {
  return ask<success>(&io::service::ping_webhook, std::move(id));
}

std::future<result<conversation_view>> engine::get_conversation(conversation_id id) {
  return ask<conversation_view>(&io::service::get_conversation, std::move(id));
}

std::future<result<trace_page>> engine::query_notifications(trace_query q) {
  return ask<trace_page>(&io::service::query_notifications, std::move(q));
}

std::future<result<trace_item>> engine::get_notification(notification_id id) {
  return ask<trace_item>(&io::service::get_notification, id);
}

} // namespace belfry
