#include "belfry/actors/conversation/core.hpp"

/// The part of the conversation that carries out what the call machine and the request book decide (SPEC 4 and 5).
namespace belfry {

template <class F>
call_change conversation_core::with_call(moment m, effects& fx, F&& f) {
  callee_list roster{state_.roster.size(), [this](slot who) { return state_.roster[who].in_call(); }};
  auto change = f(call_context{m.now, options_.calls, std::move(roster)});
  if (state_.call.changed()) {
    binary_writer blob;
    state_.call.encode_changes(blob);
    apply(call_change_step{blob.take()}, fx);
  }
  carry_out(change, m, fx);
  return change;
}

void conversation_core::carry_out(const call_change& change, moment m, effects& fx) {
  for (const auto& a : change.activities)
    push_activity(a.who, fx);
  for (const auto& notice : change.notices)
    tell_of_call(notice, m, fx);
  if (change.timed_out)
    fx.reports.emplace_back(call_timeout{state_.id, change.timed_out->call, m.wall});
}

void conversation_core::tell_of_call(const call_notice& notice, moment m, effects& fx) {
  const auto& entry = state_.roster[notice.to];
  auto record = std::make_shared<notification_record>();
  auto& n = record->notification;
  n = make(notice.kind, entry.person, cause_of(notice), m);
  n.call = notice.content;
  if (notice.kind == kind::incoming_call)
    n.expires_at = notice.content.ring_deadline;
  auto why = notice.suppressed;
  if (why == reason::none && !options_.push.enabled)
    why = reason::push_disabled;
  // A ring is taken back whatever role the person has by now.
  if (why == reason::none && notice.kind != kind::revoke_call && !rules_.role_enabled(entry.role))
    why = reason::role_disabled;
  if (why != reason::none) {
    record->state = trace_state::not_sent;
    record->reason = why;
  }
  fx.updates.push_back({entry.person, tell{std::move(record)}});
}

void conversation_core::on_time(moment m, effects& fx) {
  if (auto t = state_.call.next_deadline(); t && *t <= m.now)
    with_call(m, fx, [&](const call_context& c) { return state_.call.tick(c); });
}

void conversation_core::roster_changed(moment m, effects& fx,
                                       const std::function<call_change(const call_context&)>& f) {
  if (state_.call.state() != call_state::idle)
    with_call(m, fx, f);
}

void conversation_core::on(const call_started& e, moment m, millis at, effects& fx) {
  auto change = with_call(m, fx, [&](const call_context& c) {
    return state_.call.start(c, e.call, e.type, state_.find_active(e.caller), at, state_.auto_join_calls);
  });
  if (!change.refused)
    return;
  if (*change.refused == refusal::not_in_conversation)
    refuse(*change.refused, "/call/caller", "the caller is not a participant of the conversation", fx);
  else
    refuse(*change.refused, "/call/id", "another call is ringing or active", fx);
}

void conversation_core::on(const call_accepted& e, moment m, millis, effects& fx) {
  if (auto who = state_.find_active(e.person))
    with_call(m, fx, [&](const call_context& c) { return state_.call.accept(c, e.call, *who); });
}

void conversation_core::on(const call_declined& e, moment m, millis, effects& fx) {
  if (auto who = state_.find_active(e.person))
    with_call(m, fx, [&](const call_context& c) { return state_.call.decline(c, e.call, *who); });
}

void conversation_core::on(const call_ended& e, moment m, millis, effects& fx) {
  with_call(m, fx, [&](const call_context& c) { return state_.call.end(c, e.call); });
}

// -- requests -----------------------------------------------------------------

void conversation_core::with_requests(const std::vector<request_notice>& notices, moment m, effects& fx) {
  if (state_.requests.changed()) {
    binary_writer blob;
    state_.requests.encode_changes(blob);
    apply(requests_change_step{blob.take()}, fx);
  }
  for (const auto& notice : notices) {
    auto record = std::make_shared<notification_record>();
    record->notification = make(notice.kind, notice.to, cause_of(notice), m);
    record->notification.request = notice.content;
    if (!options_.push.enabled) {
      record->state = trace_state::not_sent;
      record->reason = reason::push_disabled;
    }
    fx.updates.push_back({notice.to, tell{std::move(record)}});
  }
}

void conversation_core::close_request(const invitation_id& invitation, moment m, effects& fx) {
  with_requests(state_.requests.closed(invitation), m, fx);
}

void conversation_core::on(const request_offered& e, moment m, millis, effects& fx) {
  with_requests(state_.requests.offered(e), m, fx);
}

void conversation_core::on(const request_closed& e, moment m, millis, effects& fx) {
  close_request(e.invitation, m, fx);
}

void conversation_core::on(const deputy_delegated& e, moment m, millis, effects& fx) {
  with_requests(state_.requests.delegated(e), m, fx);
}

void conversation_core::on(const deputy_closed& e, moment m, millis, effects& fx) {
  close_request(e.invitation, m, fx);
}

} // namespace belfry
