#include "belfry/actors/engine_impl.hpp"

#include "belfry/actors/explain.hpp"
#include "belfry/actors/person/record_row.hpp"
#include "belfry/io/email/channel.hpp"
#include "belfry/io/email/unsubscribe.hpp"
#include "belfry/io/subscriptions.hpp"
#include "belfry/messages/json.hpp"
#include "belfry/messages/validate.hpp"

#include <caf/send.hpp>

#include <algorithm>

/// The functions of the API: each is one command to one actor.
namespace belfry {

namespace {

/// Answers that an argument is wrong, if one is.
template <class T>
bool refused(const io::reply<T>& done, std::vector<problem> problems) {
  if (problems.empty())
    return false;
  auto detail = problems.front().pointer + " " + problems.front().detail;
  done(error{ec::bad_input, std::move(detail), std::move(problems)});
  return true;
}

std::vector<problem> also(std::vector<problem> before, std::vector<problem> more) {
  std::move(more.begin(), more.end(), std::back_inserter(before));
  return before;
}

std::vector<problem> wrong_person(const person_id& id) {
  return validate_ids({{"/person", id}});
}

} // namespace

// -- events -------------------------------------------------------------------

void engine::publish(std::vector<event> events, io::reply<admission> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  std::vector<problem> problems;
  for (std::size_t i = 0; i < events.size() && problems.size() < problems_max; ++i) {
    auto found = validate(events[i], i, events.size() > 1);
    std::move(found.begin(), found.end(), std::back_inserter(problems));
  }
  if (!problems.empty())
    return done(error{ec::bad_input, "the events have the wrong shape", std::move(problems)});
  caf::anon_send(impl_->node.gateway, belfry::publish{std::move(events), std::move(done)});
}

// -- persons ------------------------------------------------------------------

void engine::put_person(person_id id, person_profile profile, io::reply<io::stored<person>> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, also(wrong_person(id), validate(profile))))
    return;
  impl_->node.to_person_of(id, put_profile{std::move(profile), impl_->node.ask(std::move(done))});
}

void engine::get_person(person_id id, io::reply<person> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, wrong_person(id)))
    return;
  impl_->node.to_person_of(id, get_profile{impl_->node.ask(std::move(done))});
}

void engine::delete_person(person_id id, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, wrong_person(id)))
    return;
  impl_->node.to_person_of(id, erase_person{impl_->node.ask(std::move(done))});
}

void engine::notification_count(person_id id, io::reply<count_view> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, wrong_person(id)))
    return;
  impl_->node.to_person_of(id, get_count{impl_->node.ask(std::move(done))});
}

void engine::put_device(person_id id, device d, io::reply<io::stored<device>> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, also(wrong_person(id), validate(d))))
    return;
  impl_->node.to_person_of(id, belfry::put_device{std::move(d), impl_->node.ask(std::move(done))});
}

void engine::get_devices(person_id id, io::reply<std::vector<device>> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, wrong_person(id)))
    return;
  impl_->node.to_person_of(id, belfry::get_devices{impl_->node.ask(std::move(done))});
}

void engine::delete_device(person_id id, device_id device, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, validate_ids({{"/person", id}, {"/device", device}})))
    return;
  impl_->node.to_person_of(id, belfry::delete_device{std::move(device), impl_->node.ask(std::move(done))});
}

void engine::put_pause(person_id id, pause_mode mode, std::optional<millis> until, io::reply<pause_view> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, also(wrong_person(id), validate_pause(mode, until))))
    return;
  impl_->node.to_person_of(id, belfry::put_pause{mode, until, impl_->node.ask(std::move(done))});
}

void engine::get_pause(person_id id, io::reply<pause_view> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, wrong_person(id)))
    return;
  impl_->node.to_person_of(id, belfry::get_pause{impl_->node.ask(std::move(done))});
}

void engine::put_pause_reason(person_id id, std::string source, std::string display_name, std::int64_t timeout_seconds,
                              io::reply<io::stored<pause_reason>> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, also(wrong_person(id), validate_pause_reason(source, display_name, timeout_seconds))))
    return;
  impl_->node.to_person_of(id, belfry::put_pause_reason{std::move(source), std::move(display_name), timeout_seconds,
                                                        impl_->node.ask(std::move(done))});
}

void engine::delete_pause_reason(person_id id, std::string source, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, validate_ids({{"/person", id}, {"/sourceId", source}})))
    return;
  impl_->node.to_person_of(id, belfry::delete_pause_reason{std::move(source), impl_->node.ask(std::move(done))});
}

// -- mail ---------------------------------------------------------------------

void engine::get_email_suppression(person_id id, io::reply<suppression_view> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, wrong_person(id)))
    return;
  auto pick = [n = &impl_->node, done = std::move(done)](const result<known_addresses>& r) {
    if (!r)
      return done(r.error());
    for (const auto& x : r->notes) {
      if (x.what == address_note::mark::suppressed && r->profile && r->profile->email == x.value
          && x.until > n->wall.now())
        return done(suppression_view{x.code, x.since, x.until});
    }
    for (const auto& x : r->notes) {
      if (x.what == address_note::mark::declined)
        return done(suppression_view{"unsubscribed", x.since, 0});
    }
    done(error{ec::not_found, "the person's mailbox is not suppressed", {}});
  };
  impl_->node.to_person_of(id, get_notes{channel_kind::email, impl_->node.ask<known_addresses>(std::move(pick))});
}

void engine::delete_email_suppression(person_id id, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, wrong_person(id)))
    return;
  impl_->node.to_person_of(id, erase_notes{channel_kind::email, impl_->node.ask(std::move(done))});
}

void engine::unsubscribe(std::string token, bool act, io::reply<kind> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  caf::anon_send(
      impl_->node.reader, ask_store{[n = &impl_->node, token, act, done = std::move(done)](io::store& s) {
        auto key = s.setting(unsubscribe_key);
        if (!key)
          return done(key.error());
        auto what = *key ? io::email::read_unsubscribe_token(**key, token) : std::nullopt;
        if (!what)
          return done(error{ec::not_found, "this unsubscribe link is not valid", {}});
        if (!act)
          return done(what->kind);
        address_note note{channel_kind::email, std::string{io::email::mailbox_target}, address_note::mark::declined};
        note.about = what->kind;
        n->to_person_of(what->person, put_note{std::move(note), n->ask<success>([done, what](const auto& r) {
                                                 r ? done(what->kind) : done(r.error());
                                               })});
      }});
}

// -- webhooks -----------------------------------------------------------------

result<std::string> engine::web_push_key() const {
  // Set before the engine is given out, and not changed until it has stopped.
  std::shared_lock open{impl_->gate->mutex};
  if (!impl_->gate->running)
    return stopped();
  const auto& service = impl_->node.subscriptions;
  if (!service)
    return error{ec::not_found, "web push is switched off (webPush.enabled)", {}};
  return service->public_key();
}

void engine::create_subscription(person_id id, subscription_input input, io::reply<new_subscription> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, also(wrong_person(id), validate(input))))
    return;
  impl_->node.to_person_of(id, put_subscription{std::move(input), impl_->node.ask(std::move(done))});
}

void engine::get_subscriptions(person_id id, io::reply<std::vector<subscription_view>> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, wrong_person(id)))
    return;
  impl_->node.to_person_of(id, belfry::get_subscriptions{impl_->node.ask(std::move(done))});
}

void engine::delete_subscription(person_id id, subscription_id subscription, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, validate_ids({{"/person", id}, {"/subscription", subscription}})))
    return;
  impl_->node.to_person_of(id, belfry::delete_subscription{std::move(subscription), impl_->node.ask(std::move(done))});
}

void engine::report_health_check(person_id id, subscription_id subscription, std::string check,
                                 io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, validate_ids({{"/person", id}, {"/subscription", subscription}, {"/check", check}})))
    return;
  impl_->node.to_person_of(id,
                           report_check{std::move(subscription), std::move(check), impl_->node.ask(std::move(done))});
}

std::shared_ptr<void> engine::open_page(person_id id, std::function<void(const page_message&)> on_message) {
  std::shared_lock open{impl_->gate->mutex};
  if (!impl_->gate->running || !wrong_id(id).empty())
    return nullptr;
  auto number = ++impl_->subscriptions;
  auto on_host = [&calls = impl_->calls, f = std::move(on_message)](const page_message& m) { calls.tell(f, m); };
  caf::anon_send(impl_->node.callbacks, add_page{number, std::move(on_host)});
  impl_->node.to_person_of(id, belfry::open_page{number});
  return impl_->handle([&n = impl_->node, id, number] {
    caf::anon_send(n.callbacks, remove_page{number});
    n.to_person_of(id, close_page{number});
  });
}

void engine::create_webhook(webhook_input input, io::reply<webhook> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  caf::anon_send(impl_->node.registrations, belfry::create_webhook{std::move(input), impl_->node.ask(std::move(done))});
}

void engine::put_webhook(webhook_id id, webhook_input input, io::reply<webhook> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, validate_ids({{"/webhook", id}})))
    return;
  caf::anon_send(impl_->node.registrations,
                 replace_webhook{std::move(id), std::move(input), impl_->node.ask(std::move(done))});
}

void engine::get_webhook(webhook_id id, io::reply<webhook> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, validate_ids({{"/webhook", id}})))
    return;
  auto list = impl_->node.webhooks.get();
  auto i = std::find_if(list->begin(), list->end(), [&](const webhook& w) { return w.id == id; });
  if (i == list->end())
    return done(error{ec::not_found, "no webhook registration with this id", {}});
  done(*i);
}

void engine::get_webhooks(io::reply<std::vector<webhook>> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  done(*impl_->node.webhooks.get());
}

void engine::delete_webhook(webhook_id id, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, validate_ids({{"/webhook", id}})))
    return;
  caf::anon_send(impl_->node.registrations, remove_webhook{std::move(id), impl_->node.ask(std::move(done))});
}

void engine::ping_webhook(webhook_id id, io::reply<success> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, validate_ids({{"/webhook", id}})))
    return;
  caf::anon_send(impl_->node.registrations, belfry::ping_webhook{std::move(id), impl_->node.ask(std::move(done))});
}

// -- questions ----------------------------------------------------------------

void engine::get_conversation(conversation_id id, io::reply<conversation_view> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, validate_ids({{"/conversation", id}})))
    return;
  impl_->node.to_conversation_of(id, ask_view{impl_->node.ask(std::move(done))});
}

void engine::query_notifications(trace_query q, io::reply<trace_page> done) {
  auto open = impl_->enter(done);
  if (!open || refused(done, validate(q)))
    return;
  auto& n = impl_->node;
  caf::anon_send(n.traces, ask_store{[q = std::move(q), done = std::move(done), &n](io::store& store) {
                   query_trace(n, store, q, done);
                 }});
}

void engine::get_notification(notification_id id, io::reply<trace_item> done) {
  auto open = impl_->enter(done);
  if (!open)
    return;
  caf::anon_send(impl_->node.traces, ask_store{[id, done = std::move(done)](io::store& store) {
                   auto row = store.find_notification(id);
                   if (!row)
                     return done(row.error());
                   auto r = *row ? from_row(**row) : std::nullopt;
                   if (!r)
                     return done(error{ec::not_found, "no notification with this id", {}});
                   done(to_trace(*r));
                 }});
}

std::shared_ptr<void> engine::subscribe(std::function<void(const report&)> on_report) {
  std::shared_lock open{impl_->gate->mutex};
  if (!impl_->gate->running)
    return nullptr;
  auto id = ++impl_->subscriptions;
  auto on_host = [&calls = impl_->calls, f = std::move(on_report)](const report& r) { calls.tell(f, r); };
  caf::anon_send(impl_->node.outcomes, belfry::subscribe{id, std::move(on_host)});
  return impl_->handle([&n = impl_->node, id] { caf::anon_send(n.outcomes, belfry::unsubscribe{id}); });
}

} // namespace belfry
