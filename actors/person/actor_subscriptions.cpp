#include "belfry/actors/clock_anchor.hpp"
#include "belfry/actors/decision/health_check.hpp"
#include "belfry/actors/person/actor_parts.hpp"
#include "belfry/actors/person/subscriptions.hpp"
#include "belfry/config/formats.hpp"
#include "belfry/io/subscriptions.hpp"
#include "belfry/io/web_push/message.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry::person_parts {

namespace {

health_times times_of(const web_push_options& o) {
  return {o.health_check_interval.count(), o.health_check_timeout.count(), o.subscription_retry_interval.count()};
}

health_times times(pointer self) {
  return times_of(self->state.shared->opts.web_push);
}

/// Who may subscribe: agents, and only while web push is switched on.
result<success> may_subscribe(pointer self) {
  const auto& st = self->state;
  const auto& profile = st.core->data().profile;
  if (!profile)
    return unknown_person();
  if (profile->type != person_type::agent)
    return error{ec::bad_input, "web push is for agents only", {{"/id", "is not an agent"}}};
  if (!st.shared->subscriptions)
    return error{ec::not_found, "web push is switched off (webPush.enabled)", {}};
  return success{};
}

subscription_view view_of(pointer self, const web_push_subscription& s) {
  auto& st = self->state;
  subscription_view v;
  v.id = s.id;
  if (auto url = formats::parse_url(s.endpoint))
    v.host = url->host;
  v.state = s.state;
  if (!st.shared->subscriptions || !st.shared->subscriptions->made_for_us(s))
    v.state = subscription_state::renewing;
  v.created_at = s.created_at;
  if (s.proven_at != 0)
    v.proven_at = s.proven_at;
  if (v.state != subscription_state::renewing)
    v.next_check_at = s.next_at + wall_ahead(now(self), st.shared->wall.now());
  return v;
}

void send_to_pages(pointer self, const page_message& m) {
  for (auto page : self->state.pages)
    self->send(self->state.shared->callbacks, tell_page{page, m});
}

/// The worker learns of the check through the page before the push can come.
void begin_check(pointer self, web_push_subscription& s) {
  auto& st = self->state;
  const auto t = times(self);
  health_check_begins(s, st.shared->subscriptions->new_id(), now(self), t);
  send_to_pages(self, health_check_started{s.id, s.check, t.timeout});
  st.shared->subscriptions->send_check(
      s, s.check, t.timeout, [shared = st.shared, id = st.core->id(), sub = s.id](const io::attempt_result& r) {
        shared->to_person_of(id, check_sent{sub, r});
      });
}

} // namespace

void run_health_checks(pointer self) {
  auto& st = self->state;
  if (!st.shared->subscriptions || st.erased)
    return;
  const auto t = now(self);
  auto changed = false;
  for (auto& s : st.core->data().subscriptions) {
    changed = health_check_ends(s, t, times(self)) || changed;
    auto due = health_due(s, !st.pages.empty());
    if (!due || *due > t || !st.shared->subscriptions->may_send_check(s))
      continue;
    begin_check(self, s);
    changed = true;
  }
  if (changed)
    save_row(self, nullptr);
}

std::optional<engine_time> next_health_check(pointer self) {
  auto& st = self->state;
  std::optional<engine_time> first;
  if (!st.shared->subscriptions)
    return first;
  for (const auto& s : st.core->data().subscriptions) {
    auto due = health_due(s, !st.pages.empty());
    auto waits = due && (s.state == subscription_state::checking || st.shared->subscriptions->may_send_check(s));
    if (waits && (!first || *due < *first))
      first = due;
  }
  return first;
}

void on_command(pointer self, put_subscription& p) {
  auto& st = self->state;
  auto may = may_subscribe(self);
  if (may)
    may = st.shared->subscriptions->check(p.what);
  if (!may)
    return reply(self, p.asker, may.error());
  web_push_subscription fresh;
  const auto& service = *st.shared->subscriptions;
  fresh.id = service.new_id();
  fresh.secret = service.new_secret();
  fresh.vapid_key = service.public_key();
  fresh.created_at = st.shared->wall.now();
  fresh.claim = st.shared->store.new_notification_seq();
  health_begins(fresh, now(self), times(self));
  auto stored = store_subscription(st.core->data().subscriptions, p.what, std::move(fresh));
  hand_over(self, stored.claim, {endpoint_token(stored.endpoint)},
            {p.asker.number, new_subscription{stored.id, stored.secret}});
  arm_alarm(self);
}

void on_command(pointer self, get_subscriptions& q) {
  std::vector<subscription_view> out;
  for (const auto& s : self->state.core->data().subscriptions)
    out.push_back(view_of(self, s));
  reply(self, q.asker, std::move(out));
}

void on_command(pointer self, delete_subscription& o) {
  auto& list = self->state.core->data().subscriptions;
  if (std::erase_if(list, [&](const web_push_subscription& s) { return s.id == o.id; }) == 0)
    return reply(self, o.asker, success{});
  commit c;
  c.answers.push_back(answer_when_written(self, o.asker, success{}));
  save_devices(self, std::move(c));
}

void on_command(pointer self, report_check& r) {
  auto& st = self->state;
  auto* s = find_subscription(st.core->data().subscriptions, r.id);
  if (s == nullptr || !health_reported(*s, r.check, now(self), st.shared->wall.now(), times(self)))
    return reply(self, r.asker, error{ec::not_found, "the subscription has no health check with this id", {}});
  save_row(self, answer_when_written(self, r.asker, success{}));
  arm_alarm(self);
}

/// The push service answered the push of a check.
void on_command(pointer self, check_sent& r) {
  auto& st = self->state;
  if (!r.what.alarm.empty())
    st.shared->metrics.alarm(to_string(channel_kind::web_push), r.what.alarm, r.what.subject);
  commit c;
  note_address(self, channel_kind::web_push, r.subscription, r.what.address, c);
  carry_out(self, {}, std::move(c));
}

// -- pages --------------------------------------------------------------------

void on_command(pointer self, open_page& p) {
  auto& st = self->state;
  st.pages.insert(p.page);
  for (auto& s : st.core->data().subscriptions)
    health_page_opened(s, now(self), times(self));
  arm_alarm(self);
}

void on_command(pointer self, close_page& p) {
  self->state.pages.erase(p.page);
}

void show_in_pages(pointer self, const notification& n) {
  auto& st = self->state;
  if (st.pages.empty())
    return;
  if (!is_silent(n.kind)) {
    auto named = n;
    named.people = people_in(self, n);
    if (!st.core->data().pause.view(now(self)).on) {
      const auto& opts = st.shared->opts;
      const auto& profile = st.core->data().profile;
      const auto& words = io::mobile::phrases_in(profile ? profile->locale.value_or("") : "", opts.push.default_locale);
      send_to_pages(self, io::web_push::toast_of(named, io::web_push::url_template(opts), words));
    }
    return;
  }
  std::string why{n.call ? to_string(n.call->revoke_reason) : std::string_view{}};
  send_to_pages(self, close_shown{n.kind, n.conversation, io::web_push::tag_of(n), std::move(why)});
}

} // namespace belfry::person_parts
