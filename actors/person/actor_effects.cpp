#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry::person_parts {

namespace {

void submit_all(pointer self, std::vector<lane_command>& commands) {
  for (auto& o : commands)
    self->send(self->state.shared->channel(o.channel),
               submit{std::move(o.lane), std::move(o.item), o.from_disk, o.behind});
}

void write(pointer self, commit c) {
  auto& st = self->state;
  c.after_deferred = !c.deferred && st.deferred > 0;
  c.after.push_back(
      {caf::actor_cast<caf::actor>(caf::actor_cast<person_actor>(self)), caf::make_message(committed{1, c.deferred})});
  ++st.uncommitted;
  st.deferred += c.deferred ? 1 : 0;
  self->send(st.shared->writer, std::move(c));
}

void report_states(pointer self, std::vector<trace_item> traces) {
  auto& st = self->state;
  for (const auto& t : traces)
    st.shared->notified[static_cast<std::size_t>(t.kind)][static_cast<std::size_t>(t.state)].increment(
        st.shared->metrics, io::metric::notifications, {to_string(t.kind), to_string(t.state)});
  if (traces.empty() || !st.shared->watched)
    return;
  reports r;
  for (auto& t : traces)
    r.list.emplace_back(std::move(t));
  self->send(st.shared->outcomes, std::move(r));
}

} // namespace

void arm_alarm(pointer self) {
  auto& st = self->state;
  auto next = st.core->data().pause.next_deadline();
  if (auto due = next_health_check(self); due && (!next || *due < *next))
    next = due;
  if (!next || (st.armed != 0 && st.armed <= *next))
    return;
  st.armed = *next;
  self->delayed_send(self, std::chrono::milliseconds{std::max<engine_time>(*next - now(self), 0)}, person_alarm{});
}

void carry_out(pointer self, person_effects fx, commit c) {
  auto& st = self->state;
  auto& n = *st.shared;
  for (auto& x : fx.cancels)
    self->send(n.channel(x.channel), cancel{std::move(x.lane), x.delivery, x.why});
  for (auto channel : fx.cancelled_on_disk)
    n.metrics.get_counter(io::metric::deliveries, {to_string(channel), to_string(delivery_state::cancelled)})
        .increment();
  submit_all(self, fx.submits);
  if (!st.erased)
    std::move(fx.changes.begin(), fx.changes.end(), std::back_inserter(c.unit.changes));
  for (auto& o : fx.submits_after)
    c.after.push_back({caf::actor_cast<caf::actor>(n.channel(o.channel)),
                       caf::make_message(submit{std::move(o.lane), std::move(o.item), o.from_disk, o.behind})});
  if (!c.unit.changes.empty() || !c.after.empty() || !c.answers.empty())
    write(self, std::move(c));
  report_states(self, std::move(fx.traces));
}

void carry_out_deferred(pointer self, person_effects fx, commit c) {
  c.deferred = !self->state.erased && fx.submits_after.empty() && fx.cancels.empty() && fx.cancelled_on_disk.empty()
               && c.after.empty();
  carry_out(self, std::move(fx), std::move(c));
}

void save_row(pointer self, std::function<void(bool)> answer) {
  commit c;
  c.unit.changes.emplace_back(self->state.core->row());
  if (answer)
    c.answers.push_back(std::move(answer));
  write(self, std::move(c));
}

} // namespace belfry::person_parts
