// Random histories of a call against a small reference, written from the sentences of SPEC 4 and not from the machine.
// BELFRY_SEED=<number> repeats a failure.
#include "belfry/actors/decision/call_machine.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

namespace belfry::test {

namespace {

std::uint64_t seed() {
  if (const auto* text = std::getenv("BELFRY_SEED"))
    return std::strtoull(text, nullptr, 10);
  return std::random_device{}();
}

/// One line per notice: slot, kind, state, reasons.
std::string line(slot s, kind k, call_state state, revoke_reason why, call_end_reason end, engine_time deadline) {
  return std::to_string(s) + " " + std::string{to_string(k)} + " " + std::string{to_string(state)} + " "
         + std::string{to_string(why)} + std::string{to_string(end)} + " " + std::to_string(deadline);
}

/// Plain facts: who rings, who talks, since when. Sets instead of states; everything is derived anew at each event.
struct reference {
  const call_options& options;
  const std::vector<callee>& roster;
  bool exists = false;
  bool forwarded = false;
  call_id id{};
  slot caller = 0;
  engine_time ring_until = 0;
  std::optional<engine_time> answered_at{};
  std::set<slot> ringing{}, talking{}, told{};
  std::multiset<std::string> out{};

  call_state state() const {
    if (!exists)
      return call_state::idle;
    if (answered_at)
      return call_state::active;
    return forwarded ? call_state::forwarding : call_state::calling;
  }
  bool rings_unanswered() const { return exists && !answered_at; }

  bool can_ring(slot s, bool hidden) const {
    const auto& p = roster[s];
    if (!p.active || p.is_bot || p.role == role::none || (exists && s == caller) || p.hidden != hidden)
      return false;
    return !hidden || p.role == role::assigned_agent || p.role == role::secondary_agent;
  }
  std::set<slot> all(bool hidden) const {
    std::set<slot> found;
    for (slot s = 0; s < roster.size(); ++s) {
      if (can_ring(s, hidden) && !told.contains(s))
        found.insert(s);
    }
    return found;
  }
  void ring(slot s) {
    ringing.insert(s);
    told.insert(s);
    out.insert(line(s, kind::incoming_call, state(), revoke_reason::none, call_end_reason::none, ring_until));
  }
  void revoke(slot s, revoke_reason why, call_end_reason missed, call_state after) {
    ringing.erase(s);
    out.insert(line(s, kind::revoke_call, after, why, call_end_reason::none, 0));
    if (missed != call_end_reason::none)
      out.insert(line(s, kind::missed_call, after, revoke_reason::none, missed, 0));
  }
  void over(revoke_reason why, call_end_reason missed) {
    for (auto s : std::set<slot>{ringing})
      revoke(s, why, missed, call_state::idle);
    exists = false;
    talking.clear();
    told.clear();
  }

  void pass_time(engine_time now) {
    auto wait = options.not_answered_timeout.count();
    if (rings_unanswered() && now >= ring_until) {
      auto hidden = all(true);
      auto forward = !forwarded && options.forward_to_hidden_agents == forward_rule::on_timeout && !hidden.empty()
                     && now < ring_until + wait;
      if (!forward) {
        over(revoke_reason::timeout, call_end_reason::missed_because_timeout);
        return;
      }
      forwarded = true;
      for (auto s : std::set<slot>{ringing})
        revoke(s, revoke_reason::timeout, call_end_reason::missed_because_timeout, call_state::forwarding);
      ring_until += wait;
      for (auto s : hidden)
        ring(s);
      return;
    }
    if (!exists || !answered_at)
      return;
    auto limit = *answered_at + options.active_timeout.count();
    auto first_ring = ring_until <= limit;
    if (now >= ring_until && (first_ring || now < limit)) {
      for (auto s : std::set<slot>{ringing})
        revoke(s, revoke_reason::timeout, call_end_reason::missed_because_timeout, call_state::active);
    }
    if (now >= limit)
      over(revoke_reason::ended, call_end_reason::missed_because_terminated);
  }

  std::optional<refusal> start(engine_time now, const call_id& call, slot who) {
    if (exists && call == id)
      return std::nullopt;
    if (!roster[who].active)
      return refusal::not_in_conversation;
    if (exists)
      return refusal::call_in_progress;
    exists = true;
    answered_at.reset();
    id = call;
    caller = who;
    ring_until = now + options.not_answered_timeout.count();
    auto visible = all(false);
    auto hidden = options.forward_to_hidden_agents == forward_rule::on_timeout ? all(true) : std::set<slot>{};
    forwarded = visible.empty();
    for (auto s : visible.empty() ? hidden : visible)
      ring(s);
    exists = !ringing.empty();
    if (exists)
      talking = {who};
    return std::nullopt;
  }
  void accept(engine_time now, const call_id& call, slot who) {
    if (!exists || call != id || !ringing.contains(who))
      return;
    if (!answered_at)
      answered_at = now;
    talking.insert(who);
    revoke(who, revoke_reason::answered, call_end_reason::none, call_state::active);
    if (options.keep_ringing_after_answer)
      return;
    for (auto s : std::set<slot>{ringing})
      revoke(s, revoke_reason::answered_elsewhere, call_end_reason::none, call_state::active);
  }
  void stop_one(slot who, revoke_reason why) {
    if (!ringing.contains(who))
      return;
    if (ringing.size() == 1 && rings_unanswered())
      over(why, call_end_reason::none);
    else
      revoke(who, why, call_end_reason::none, state());
  }
  void decline(const call_id& call, slot who) {
    if (exists && call == id)
      stop_one(who, revoke_reason::declined);
  }
  void end(const call_id& call) {
    if (exists && call == id)
      over(revoke_reason::ended, call_end_reason::missed_because_terminated);
  }
  void appear(slot who) {
    if (state() == call_state::calling && can_ring(who, false) && !ringing.contains(who))
      ring(who);
  }
  void leave(slot who) {
    if (!exists)
      return;
    stop_one(who, revoke_reason::left);
    told.erase(who);
    if (talking.erase(who) > 0 && (rings_unanswered() || talking.empty()))
      over(revoke_reason::ended, call_end_reason::missed_because_terminated);
  }
  void conversation_ends() {
    if (exists)
      over(revoke_reason::ended, call_end_reason::none);
  }
};

/// What holds of every history, whatever the reference says.
class invariants {
public:
  void check(const call_change& change, const call_machine& machine) {
    std::set<slot> missed;
    for (const auto& x : change.notices) {
      auto& open = open_[x.to];
      if (x.kind == kind::incoming_call) {
        EXPECT_EQ(open, 0u) << "rings twice without a revoke";
        EXPECT_TRUE(rounds_.insert(x.round).second) << "a round was used before";
        open = x.round;
      } else if (x.kind == kind::revoke_call) {
        EXPECT_EQ(open, x.round) << "revokes another ring";
        EXPECT_NE(open, 0u) << "revokes what does not ring";
        open = 0;
        missed.insert(x.to);
      } else {
        EXPECT_EQ(missed.erase(x.to), 1u) << "missed without a revoke before it";
      }
    }
    std::set<slot> now_active{active_};
    for (const auto& x : change.activities) {
      auto changed = x.active ? now_active.insert(x.who).second : now_active.erase(x.who) == 1;
      EXPECT_TRUE(changed) << "activity of " << x.who << " said twice";
    }
    active_ = now_active;
    for (const auto& [who, round] : open_)
      EXPECT_EQ(machine.ring_of(who) == ring_state::ringing, round != 0);
    for (slot s = 0; s < 8; ++s)
      EXPECT_EQ(machine.state() == call_state::active && machine.ring_of(s) == ring_state::active, active_.contains(s));
    EXPECT_EQ(machine.next_deadline().has_value(), machine.state() != call_state::idle);
    EXPECT_EQ(machine.illegal_steps(), 0u);
  }

private:
  std::map<slot, std::uint64_t> open_;
  std::set<std::uint64_t> rounds_;
  std::set<slot> active_;
};

/// One random conversation of up to eight persons.
class history {
public:
  explicit history(std::uint64_t seed) : dice_(seed), model_{options_, roster_} {
    options_.forward_to_hidden_agents = chance(2) ? forward_rule::on_timeout : forward_rule::never;
    options_.keep_ringing_after_answer = chance(2);
    options_.not_answered_timeout = duration{100};
    options_.active_timeout = duration{chance(3) ? 60 : 1000};
    auto n = 2 + pick(7);
    for (std::uint64_t i = 0; i < n; ++i)
      roster_.push_back({"p" + std::to_string(i), any_role(), chance(4), chance(8), !chance(6)});
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i)
      step();
  }

private:
  std::uint64_t pick(std::uint64_t n) { return dice_() % n; }
  bool chance(std::uint64_t one_in) { return pick(one_in) == 0; }
  role any_role() { return static_cast<role>(chance(10) ? 0 : 1 + pick(4)); }

  void step() {
    now_ += chance(12) ? static_cast<engine_time>(pick(1200)) : static_cast<engine_time>(pick(30));
    auto who = static_cast<slot>(pick(roster_.size()));
    auto call = chance(8) ? "c" + std::to_string(calls_ + 1) : model_.id;
    auto deadline = machine_.next_deadline();
    auto due = deadline && *deadline <= now_;
    std::optional<refusal> refused;
    auto change = act(pick(10), who, call, refused);
    compare(change, refused);
    EXPECT_TRUE(due || !change.timed_out);
    if (chance(5))
      reload();
  }

  call_change act(std::uint64_t what, slot who, const call_id& call, std::optional<refusal>& refused) {
    model_.out.clear();
    call_context c{now_, options_, roster_};
    if (what == 0) {
      auto id = chance(4) ? model_.id : "c" + std::to_string(++calls_);
      model_.pass_time(now_);
      refused = model_.start(now_, id, who);
      return machine_.start(c, id, call_type::audio, who, now_, false);
    }
    if (what == 1) {
      model_.pass_time(now_);
      model_.decline(call, who);
      return machine_.decline(c, call, who);
    }
    if (what == 2 || what == 3) {
      model_.pass_time(now_);
      model_.accept(now_, call, who);
      return machine_.accept(c, call, who);
    }
    if (what == 4 && chance(3)) {
      model_.pass_time(now_);
      model_.end(call);
      return machine_.end(c, call);
    }
    if (what == 5 && chance(10)) {
      model_.pass_time(now_);
      model_.conversation_ends();
      return machine_.conversation_ended(c);
    }
    if (what >= 6 && what <= 8)
      return move_somebody(what, who, c);
    model_.pass_time(now_);
    return machine_.tick(c);
  }

  call_change move_somebody(std::uint64_t what, slot who, const call_context& c) {
    auto& p = roster_[who];
    if (what == 6 && p.active) {
      p.active = false;
      model_.pass_time(now_);
      model_.leave(who);
      return machine_.participant_left(c, who);
    }
    if (what == 7 && p.active) {
      p.hidden = !p.hidden;
      model_.pass_time(now_);
      model_.appear(who);
      return machine_.visibility_changed(c, who);
    }
    if (!p.active)
      p = {p.person, any_role(), chance(4), p.is_bot, true};
    model_.pass_time(now_);
    model_.appear(who);
    return machine_.participant_joined(c, who);
  }

  void compare(const call_change& change, std::optional<refusal> refused) {
    std::multiset<std::string> told;
    for (const auto& x : change.notices)
      told.insert(line(x.to, x.kind, x.content.state, x.content.revoke_reason, x.content.end_reason,
                       x.kind == kind::incoming_call ? x.content.ring_deadline : 0));
    EXPECT_EQ(told, model_.out);
    EXPECT_EQ(change.refused, refused);
    EXPECT_EQ(machine_.state(), model_.state());
    for (slot s = 0; s < roster_.size(); ++s) {
      auto expected = model_.ringing.contains(s)   ? ring_state::ringing
                      : model_.talking.contains(s) ? ring_state::active
                                                   : ring_state::none;
      EXPECT_EQ(machine_.ring_of(s), expected) << s;
    }
    invariants_.check(change, machine_);
  }

  /// As after a crash: all that counts is in the row.
  void reload() {
    binary_writer out;
    machine_.encode(out);
    auto row = out.take();
    binary_reader in{row};
    call_machine copy;
    ASSERT_TRUE(copy.decode(in));
    machine_ = std::move(copy);
  }

  std::mt19937_64 dice_;
  call_options options_;
  std::vector<callee> roster_;
  reference model_;
  call_machine machine_;
  invariants invariants_;
  engine_time now_ = 1'000'000;
  int calls_ = 0;
};

TEST(CallModel, BehavesAsTheReferenceInRandomHistories) {
  auto first = seed();
  RecordProperty("seed", std::to_string(first));
  std::printf("seed %llu (repeat with BELFRY_SEED)\n", static_cast<unsigned long long>(first));
  for (std::uint64_t i = 0; i < 1000 && !HasFailure(); ++i) {
    SCOPED_TRACE("BELFRY_SEED=" + std::to_string(first + i));
    history{first + i}.run(120);
  }
}

} // namespace

} // namespace belfry::test
