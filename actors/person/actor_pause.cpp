#include "belfry/actors/clock_anchor.hpp"
#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry::person_parts {

namespace {

/// not_found or bad_input unless the person is an agent.
result<success> pausable(pointer self) {
  const auto& profile = self->state.core->data().profile;
  if (!profile)
    return unknown_person();
  return check_pausable(profile->type);
}

millis ahead_of_engine(pointer self) {
  return wall_ahead(now(self), self->state.shared->wall.now());
}

/// The view with times as the wall clock shows them.
pause_view shown(pointer self, pause_view view) {
  const auto ahead = ahead_of_engine(self);
  if (view.until)
    *view.until += ahead;
  for (auto& r : view.reasons) {
    if (r.expires_at)
      *r.expires_at += ahead;
  }
  return view;
}

} // namespace

void after_pause(pointer self, const pause_view& before) {
  auto& st = self->state;
  auto& pause = st.core->data().pause;
  auto t = now(self);
  auto after = pause.view(t);
  if ((after.on != before.on || after.mode != before.mode || after.until != before.until) && st.shared->watched)
    self->send(st.shared->outcomes, reports{{pause_changed{st.core->id(), shown(self, after)}}});
  arm_alarm(self);
}

void on_alarm(pointer self) {
  auto& st = self->state;
  auto t = now(self);
  give_up_round(self);
  if (st.armed == 0 || st.armed > t)
    return;
  auto armed = std::exchange(st.armed, 0);
  auto& pause = st.core->data().pause;
  auto before = pause.view(armed - 1);
  if (pause.tick(t))
    save_row(self, nullptr);
  run_health_checks(self);
  after_pause(self, before);
}

void apply_activity(pointer self, const activity& a, person_effects& fx) {
  auto& st = self->state;
  const auto& profile = st.core->data().profile;
  if (profile && profile->type != person_type::agent)
    return;
  auto& pause = st.core->data().pause;
  auto before = pause.view(now(self));
  pause.conversation_left(a.conversation);
  for (const auto& [session, kind] : a.sessions)
    pause.session_started(a.conversation, session, kind);
  if (a.call)
    pause.call_began(a.conversation, *a.call);
  if (pause.view(now(self)) == before)
    return;
  fx.changes.emplace_back(st.core->row());
  after_pause(self, before);
}

void on_command(pointer self, get_pause& q) {
  if (auto ok = pausable(self); !ok)
    return reply(self, q.asker, ok.error());
  reply(self, q.asker, shown(self, self->state.core->data().pause.view(now(self))));
}

void on_command(pointer self, put_pause& p) {
  if (auto ok = pausable(self); !ok)
    return reply(self, p.asker, ok.error());
  auto& pause = self->state.core->data().pause;
  auto t = now(self);
  auto before = pause.view(t);
  // What the API takes as wall time is compared with the wall clock of this moment.
  auto until = p.until;
  if (until)
    *until -= ahead_of_engine(self);
  if (auto set = pause.set_mode(p.mode, until, t); !set)
    return reply(self, p.asker, set.error());
  save_row(self, answer_when_written(self, p.asker, shown(self, pause.view(t))));
  after_pause(self, before);
}

void on_command(pointer self, put_pause_reason& p) {
  if (auto ok = pausable(self); !ok)
    return reply(self, p.asker, ok.error());
  auto& pause = self->state.core->data().pause;
  auto t = now(self);
  auto before = pause.view(t);
  auto set = pause.set_reason(p.source, p.display_name, p.timeout_seconds, t);
  if (!set)
    return reply(self, p.asker, set.error());
  auto view = shown(self, pause.view(t));
  auto i =
      std::find_if(view.reasons.begin(), view.reasons.end(), [&](const auto& r) { return r.source_id == p.source; });
  io::stored<pause_reason> answer{i == view.reasons.end() ? pause_reason{p.source, p.display_name, {}} : *i, *set};
  save_row(self, answer_when_written(self, p.asker, answer));
  after_pause(self, before);
}

void on_command(pointer self, delete_pause_reason& p) {
  if (auto ok = pausable(self); !ok)
    return reply(self, p.asker, ok.error());
  auto& pause = self->state.core->data().pause;
  auto t = now(self);
  auto before = pause.view(t);
  auto removed = pause.remove_reason(p.source, t);
  if (!removed)
    return reply(self, p.asker, removed.error());
  if (!*removed)
    return reply(self, p.asker, success{});
  save_row(self, answer_when_written(self, p.asker, success{}));
  after_pause(self, before);
}

} // namespace belfry::person_parts
