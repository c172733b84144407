#pragma once

#include "belfry/io/service.hpp"

#include <any>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace belfry::test {

/// A service that does what a test scripted and nothing else: each call needs an `on_<function>`, answers on a thread
/// of its own (as the engine does), and is written down in `calls`. A call without script answers ec::stopping and is
/// written down as "unexpected ...".
class fake_service final : public io::service {
public:
  ~fake_service() override { settle(); }

  /// Waits until all answers are given.
  void settle() {
    std::vector<std::thread> all;
    {
      auto guard = std::lock_guard{mutex_};
      all.swap(threads_);
    }
    for (auto& t : all)
      t.join();
  }

  std::vector<std::string> calls() const {
    auto guard = std::lock_guard{mutex_};
    return calls_;
  }

  std::function<result<admission>(std::vector<event>)> on_publish;
  std::function<result<io::stored<person>>(person_id, person_profile)> on_put_person;
  std::function<result<person>(person_id)> on_get_person;
  std::function<result<success>(person_id)> on_delete_person;
  std::function<result<count_view>(person_id)> on_notification_count;
  std::function<result<io::stored<device>>(person_id, device)> on_put_device;
  std::function<result<std::vector<device>>(person_id)> on_get_devices;
  std::function<result<success>(person_id, device_id)> on_delete_device;
  std::function<result<pause_view>(person_id, pause_mode, std::optional<millis>)> on_put_pause;
  std::function<result<pause_view>(person_id)> on_get_pause;
  std::function<result<io::stored<pause_reason>>(person_id, std::string, std::string, std::int64_t)>
      on_put_pause_reason;
  std::function<result<success>(person_id, std::string)> on_delete_pause_reason;
  std::function<result<suppression_view>(person_id)> on_get_email_suppression;
  std::function<result<success>(person_id)> on_delete_email_suppression;
  std::function<result<kind>(std::string, bool)> on_unsubscribe;
  std::function<result<new_subscription>(person_id, subscription_input)> on_create_subscription;
  std::function<result<std::vector<subscription_view>>(person_id)> on_get_subscriptions;
  std::function<result<success>(person_id, subscription_id)> on_delete_subscription;
  std::function<result<success>(person_id, subscription_id, std::string)> on_report_health_check;
  std::function<result<webhook>(webhook_input)> on_create_webhook;
  std::function<result<webhook>(webhook_id, webhook_input)> on_put_webhook;
  std::function<result<webhook>(webhook_id)> on_get_webhook;
  std::function<result<std::vector<webhook>>()> on_get_webhooks;
  std::function<result<success>(webhook_id)> on_delete_webhook;
  std::function<result<success>(webhook_id)> on_ping_webhook;
  std::function<result<conversation_view>(conversation_id)> on_get_conversation;
  std::function<result<trace_page>(trace_query)> on_query_notifications;
  std::function<result<trace_item>(notification_id)> on_get_notification;
  std::atomic<bool> is_ready{true};
  /// Calls whose answer is held back until the test calls `release`.
  std::atomic<bool> hold{false};

  void release() {
    std::vector<std::function<void()>> all;
    {
      auto guard = std::lock_guard{mutex_};
      all.swap(held_);
    }
    for (auto& answer : all)
      answer();
  }
  std::size_t held() const {
    auto guard = std::lock_guard{mutex_};
    return held_.size();
  }

  void report_all(const report& what) {
    auto guard = std::lock_guard{mutex_};
    for (auto& [key, hear] : listeners_)
      hear(what);
  }
  std::size_t listeners() const {
    auto guard = std::lock_guard{mutex_};
    return listeners_.size();
  }

  void publish(std::vector<event> events, io::reply<admission> done) override {
    answer("publish", on_publish, std::move(done), std::move(events));
  }
  void put_person(person_id id, person_profile profile, io::reply<io::stored<person>> done) override {
    answer("put_person " + id, on_put_person, std::move(done), id, std::move(profile));
  }
  void get_person(person_id id, io::reply<person> done) override {
    answer("get_person " + id, on_get_person, std::move(done), id);
  }
  void delete_person(person_id id, io::reply<success> done) override {
    answer("delete_person " + id, on_delete_person, std::move(done), id);
  }
  void notification_count(person_id id, io::reply<count_view> done) override {
    answer("notification_count " + id, on_notification_count, std::move(done), id);
  }
  void put_device(person_id id, device d, io::reply<io::stored<device>> done) override {
    answer("put_device " + id + " " + d.id, on_put_device, std::move(done), id, d);
  }
  void get_devices(person_id id, io::reply<std::vector<device>> done) override {
    answer("get_devices " + id, on_get_devices, std::move(done), id);
  }
  void delete_device(person_id id, device_id device, io::reply<success> done) override {
    answer("delete_device " + id + " " + device, on_delete_device, std::move(done), id, device);
  }
  void put_pause(person_id id, pause_mode mode, std::optional<millis> until, io::reply<pause_view> done) override {
    answer("put_pause " + id, on_put_pause, std::move(done), id, mode, until);
  }
  void get_pause(person_id id, io::reply<pause_view> done) override {
    answer("get_pause " + id, on_get_pause, std::move(done), id);
  }
  void put_pause_reason(person_id id, std::string source, std::string display_name, std::int64_t seconds,
                        io::reply<io::stored<pause_reason>> done) override {
    answer("put_pause_reason " + id + " " + source, on_put_pause_reason, std::move(done), id, source, display_name,
           seconds);
  }
  void delete_pause_reason(person_id id, std::string source, io::reply<success> done) override {
    answer("delete_pause_reason " + id + " " + source, on_delete_pause_reason, std::move(done), id, source);
  }
  void get_email_suppression(person_id id, io::reply<suppression_view> done) override {
    answer("get_email_suppression " + id, on_get_email_suppression, std::move(done), id);
  }
  void delete_email_suppression(person_id id, io::reply<success> done) override {
    answer("delete_email_suppression " + id, on_delete_email_suppression, std::move(done), id);
  }
  void unsubscribe(std::string token, bool act, io::reply<kind> done) override {
    answer("unsubscribe " + token + (act ? " act" : ""), on_unsubscribe, std::move(done), token, act);
  }
  result<std::string> web_push_key() const override { return std::string{"the-public-key"}; }
  void create_subscription(person_id id, subscription_input input, io::reply<new_subscription> done) override {
    answer("create_subscription " + id, on_create_subscription, std::move(done), id, std::move(input));
  }
  void get_subscriptions(person_id id, io::reply<std::vector<subscription_view>> done) override {
    answer("get_subscriptions " + id, on_get_subscriptions, std::move(done), id);
  }
  void delete_subscription(person_id id, subscription_id sub, io::reply<success> done) override {
    answer("delete_subscription " + id + " " + sub, on_delete_subscription, std::move(done), id, sub);
  }
  void report_health_check(person_id id, subscription_id sub, std::string check, io::reply<success> done) override {
    answer("report_health_check " + id + " " + sub + " " + check, on_report_health_check, std::move(done), id, sub,
           check);
  }
  std::shared_ptr<void> open_page(person_id id, std::function<void(const page_message&)> on_message) override {
    auto guard = std::lock_guard{mutex_};
    auto number = ++pages_made_;
    pages_.emplace(number, std::pair{id, std::move(on_message)});
    return {nullptr, [this, number](void*) {
              auto closing = std::lock_guard{mutex_};
              pages_.erase(number);
            }};
  }
  /// Tells all open pages of a person.
  void tell_pages(const person_id& id, const page_message& m) {
    auto guard = std::lock_guard{mutex_};
    for (auto& [number, page] : pages_) {
      if (page.first == id)
        page.second(m);
    }
  }
  std::size_t pages() const {
    auto guard = std::lock_guard{mutex_};
    return pages_.size();
  }
  void create_webhook(webhook_input input, io::reply<webhook> done) override {
    answer("create_webhook " + input.name, on_create_webhook, std::move(done), input);
  }
  void put_webhook(webhook_id id, webhook_input input, io::reply<webhook> done) override {
    answer("put_webhook " + id, on_put_webhook, std::move(done), id, input);
  }
  void get_webhook(webhook_id id, io::reply<webhook> done) override {
    answer("get_webhook " + id, on_get_webhook, std::move(done), id);
  }
  void get_webhooks(io::reply<std::vector<webhook>> done) override {
    answer("get_webhooks", on_get_webhooks, std::move(done));
  }
  void delete_webhook(webhook_id id, io::reply<success> done) override {
    answer("delete_webhook " + id, on_delete_webhook, std::move(done), id);
  }
  void ping_webhook(webhook_id id, io::reply<success> done) override {
    answer("ping_webhook " + id, on_ping_webhook, std::move(done), id);
  }
  void get_conversation(conversation_id id, io::reply<conversation_view> done) override {
    answer("get_conversation " + id, on_get_conversation, std::move(done), id);
  }
  void query_notifications(trace_query q, io::reply<trace_page> done) override {
    answer("query_notifications", on_query_notifications, std::move(done), q);
  }
  void get_notification(notification_id id, io::reply<trace_item> done) override {
    answer("get_notification " + to_string(id), on_get_notification, std::move(done), id);
  }

  std::shared_ptr<void> subscribe(std::function<void(const report&)> on_report) override {
    auto guard = std::lock_guard{mutex_};
    auto key = ++last_listener_;
    listeners_.emplace(key, std::move(on_report));
    return {nullptr, [this, key](void*) {
              auto inner = std::lock_guard{mutex_};
              listeners_.erase(key);
            }};
  }

  bool ready() const override { return is_ready; }
  std::string metrics() const override { return "engine_metric 1\n"; }

private:
  template <class T, class Script, class... Args>
  void answer(std::string call, Script& script, io::reply<T> done, Args... args) {
    auto guard = std::lock_guard{mutex_};
    calls_.push_back(script ? call : "unexpected " + call);
    auto work = [script, done = std::move(done), args...] {
      if (script)
        done(script(args...));
      else
        done(belfry::error{ec::stopping, "not scripted", {}});
    };
    if (hold)
      held_.push_back(std::move(work));
    else
      threads_.emplace_back(std::move(work));
  }

  mutable std::mutex mutex_;
  std::vector<std::string> calls_;
  std::vector<std::thread> threads_;
  std::vector<std::function<void()>> held_;
  std::map<int, std::function<void(const report&)>> listeners_;
  int last_listener_ = 0;
  std::map<int, std::pair<person_id, std::function<void(const page_message&)>>> pages_;
  int pages_made_ = 0;
};

} // namespace belfry::test
