#include "belfry/actors/callbacks/callbacks.hpp"

#include "belfry/actors/supervision.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <limits>
#include <utility>

namespace belfry {

namespace {

using pointer = callbacks_actor::stateful_pointer<callbacks_state>;

/// While the store cannot be written.
constexpr engine_time unwritable_within = 1'000;
constexpr auto tick_every = std::chrono::seconds{1};

void close(pointer self, std::uint64_t number, api_answer what) {
  auto found = self->state.questions.extract(number);
  if (!found.empty())
    found.mapped().done(std::move(what));
}

/// Also what a node is asked of which a part has ended, and what waits for a store that cannot be written.
void give_up_overdue(pointer self) {
  auto& st = self->state;
  auto t = now(self);
  auto why = error{
      ec::store_unavailable, "no answer in time; the request may have taken effect: repeat it with the same ids", {}};
  if (st.shared->failed) {
    why = part_ended();
    t = std::numeric_limits<engine_time>::max();
  } else if (!st.shared->writable) {
    t += answered_within - unwritable_within;
  }
  while (!st.questions.empty() && st.questions.begin()->second.deadline <= t)
    close(self, st.questions.begin()->first, why);
}

} // namespace

callbacks_actor::behavior_type callbacks(pointer self, node* shared) {
  supervise(self, shared, "callbacks");
  self->state.shared = shared;
  self->delayed_send(self, tick_every, callbacks_tick{});
  return {
      [self](open_ticket& o) {
        self->state.questions[o.number] = {std::move(o.done), now(self) + answered_within};
      },
      [self](answer_ticket& a) { close(self, a.number, std::move(a.what)); },
      [self](add_page& p) { self->state.pages[p.page] = std::move(p.on_message); },
      [self](const tell_page& t) {
        if (auto i = self->state.pages.find(t.page); i != self->state.pages.end())
          i->second(t.what);
      },
      [self](const remove_page& p) { self->state.pages.erase(p.page); },
      [self](callbacks_tick) {
        give_up_overdue(self);
        self->delayed_send(self, tick_every, callbacks_tick{});
      },
      [](drain& d) { d.done(); },
  };
}

} // namespace belfry
