#include "belfry/actors/person/actor_parts.hpp"

#include "belfry/actors/person/person_row.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace belfry::person_parts {

namespace {

/// A person-wide count may be this old (SPEC 3).
constexpr engine_time count_age_max = 1000;

/// Who must be known to tell `n`, besides the recipient.
std::vector<person_id> people_of(const notification& n) {
  std::vector<person_id> out;
  auto add = [&](const person_id& p) {
    if (!p.empty() && std::find(out.begin(), out.end(), p) == out.end())
      out.push_back(p);
  };
  if (n.message)
    add(n.message->sender);
  if (n.call)
    add(n.call->caller);
  if (n.request) {
    add(n.request->context_person.value_or(""));
    add(n.request->primary_agent.value_or(""));
  }
  return out;
}

void arrived(const std::shared_ptr<gathering>& g, const person_actor& to) {
  if (g->open == 0)
    caf::anon_send(to, gathered{g});
}

void ask_counts(pointer self, const std::shared_ptr<gathering>& g, const conversation_id& but) {
  auto& st = self->state;
  auto me = caf::actor_cast<person_actor>(self);
  for (const auto& c : st.core->conversations()) {
    if (c == but)
      continue;
    ++g->open;
    st.shared->to_conversation_of(c, ask_unread{st.core->id(), [g, c, me](std::uint32_t n) {
                                                  std::lock_guard guard{g->lock};
                                                  g->counts[c] = n;
                                                  --g->open;
                                                  arrived(g, me);
                                                }});
  }
}

/// Asks the disk, so that nobody is woken for a name; only when it does not answer, the people themselves.
void ask_people(pointer self, const std::shared_ptr<gathering>& g, const std::vector<person_id>& people) {
  auto& st = self->state;
  auto me = caf::actor_cast<person_actor>(self);
  for (const auto& p : people) {
    ++g->open;
    auto answer = [g, me](const person_id& id, std::optional<person_profile> profile) {
      std::lock_guard guard{g->lock};
      if (profile)
        g->people.push_back({id, std::move(*profile)});
      --g->open;
      arrived(g, me);
    };
    self->send(st.shared->reader, ask_store{[p, answer, shared = st.shared](io::store& s) {
                 auto row = s.load_profile(p);
                 if (!row)
                   return shared->to_person_of(p, ask_profile{answer});
                 person_data data;
                 if (!row->empty())
                   decode(*row, data);
                 answer(p, std::move(data.profile));
               }});
  }
}

} // namespace

bool gather(pointer self, const tell& t) {
  auto& st = self->state;
  const auto& n = t.record->notification;
  auto people = people_of(n);
  std::erase(people, st.core->id());
  auto others = st.core->conversations().size() - st.core->conversations().count(n.conversation);
  auto counts = n.message && others > 0 && now(self) - st.counted_at >= count_age_max;
  if (people.empty() && !counts)
    return false;
  auto g = std::make_shared<gathering>();
  std::lock_guard guard{g->lock};
  if (counts) {
    st.counted_at = now(self);
    st.counts.clear();
    ask_counts(self, g, n.conversation);
  }
  ask_people(self, g, people);
  st.gathering = g;
  return true;
}

void complete(pointer self, notification& n, std::vector<person> people) {
  auto& st = self->state;
  n.people = std::move(people);
  for (auto& p : n.people) {
    p.profile.labels.reset();
    p.profile.metadata.reset();
  }
  if (n.message) {
    st.counts[n.conversation] = n.message->count;
    std::uint64_t total = 0;
    for (const auto& [c, count] : st.counts)
      total += st.core->conversations().contains(c) || c == n.conversation ? count : 0;
    n.total_count = total;
  }
}

} // namespace belfry::person_parts
