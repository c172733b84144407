#include "belfry/actors/person/actor_parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry::person_parts {

namespace {

void submit_all(pointer self, std::vector<lane_order>& orders) {
  for (auto& o : orders)
    self->send(self->state.shared->channel(o.channel), submit{std::move(o.lane), std::move(o.item), o.from_disk});
}

/// Most attempts are answered within this time: then one row says both.
constexpr auto written_at_leisure = std::chrono::milliseconds{50};

/// What waited goes first; of a notification that is in the unit anyway only the newer row.
void add_unwritten(std::vector<io::change> waited, std::vector<io::change>& changes) {
  std::erase_if(waited, [&](const io::change& x) {
    const auto* row = std::get_if<io::notification_row>(&x);
    return row != nullptr && std::any_of(changes.begin(), changes.end(), [&](const io::change& y) {
             const auto* newer = std::get_if<io::notification_row>(&y);
             return newer != nullptr && newer->seq == row->seq;
           });
  });
  waited.insert(waited.end(), std::move_iterator(changes.begin()), std::move_iterator(changes.end()));
  changes = std::move(waited);
}

void write(pointer self, commit c) {
  auto& st = self->state;
  if (auto waited = std::exchange(st.unwritten, {}); !waited.empty() && !st.erased)
    add_unwritten(std::move(waited), c.unit.changes);
  c.after.push_back({caf::actor_cast<caf::actor>(caf::actor_cast<person_actor>(self)), caf::make_message(committed{})});
  ++st.uncommitted;
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

engine_time now(pointer self) {
  return self->state.shared->line.at(self->clock().now());
}

void arm_alarm(pointer self) {
  auto& st = self->state;
  auto next = st.core->data().pause.next_deadline();
  if (auto due = subscriptions_due(self); due && (!next || *due < *next))
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
                       caf::make_message(submit{std::move(o.lane), std::move(o.item), o.from_disk})});
  if (!c.unit.changes.empty() || !c.after.empty() || !c.then.empty() || !c.answers.empty())
    write(self, std::move(c));
  report_states(self, std::move(fx.traces));
}

void carry_out_told(pointer self, person_effects fx) {
  auto& st = self->state;
  // What must be on disk before something else happens is written at once, and so is what is over: whoever asks why
  // somebody was not told finds it.
  const auto over = std::any_of(fx.changes.begin(), fx.changes.end(), [](const io::change& x) {
    const auto* row = std::get_if<io::notification_row>(&x);
    return row != nullptr && is_final(row->state);
  });
  if (over || st.erased || !fx.submits_after.empty() || !fx.cancels.empty() || !fx.cancelled_on_disk.empty())
    return carry_out(self, std::move(fx));
  if (st.unwritten.empty() && !fx.changes.empty())
    self->delayed_send(self, written_at_leisure, rest{});
  auto changes = std::exchange(fx.changes, {});
  std::move(changes.begin(), changes.end(), std::back_inserter(st.unwritten));
  carry_out(self, std::move(fx));
}

void write_unwritten(pointer self) {
  if (!self->state.unwritten.empty())
    write(self, {});
}

void save_row(pointer self, std::function<void(bool)> answer) {
  commit c;
  c.unit.changes.emplace_back(self->state.core->row());
  if (answer)
    c.answers.push_back(std::move(answer));
  write(self, std::move(c));
}

} // namespace belfry::person_parts
