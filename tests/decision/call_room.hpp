#pragma once

#include "belfry/actors/decision/call_machine.hpp"

#include <string>
#include <vector>

/// A conversation with a call, spoken to in names; what happened is read back as lines of text.
namespace belfry::test {

inline constexpr engine_time minute = 60'000;

/// "ben incoming_call CALLING 60000", "ben revoke_call ACTIVE ANSWERED", "ben missed_call IDLE MISSED_BECAUSE_TIMEOUT".
using lines = std::vector<std::string>;

class call_room {
public:
  call_options options;
  engine_time now = 0;
  call_machine machine;
  call_change last;
  bool auto_join = false;

  /// Somebody who is in the conversation from the start.
  void has(const std::string& name, role r, bool hidden = false) { roster_.push_back({name, r, hidden, false, true}); }
  void has_bot(const std::string& name) { roster_.push_back({name, role::none, false, true, true}); }

  lines starts(const std::string& who, const call_id& call = "c1", call_type type = call_type::audio) {
    return told(machine.start(context(), call, type, find(who), now + 7, auto_join));
  }
  lines accepts(const std::string& who, const call_id& call = "c1") {
    return told(machine.accept(context(), call, slot_of(who)));
  }
  lines declines(const std::string& who, const call_id& call = "c1") {
    return told(machine.decline(context(), call, slot_of(who)));
  }
  lines ends(const call_id& call = "c1") { return told(machine.end(context(), call)); }
  lines joins(const std::string& who, role r, bool hidden = false) {
    if (!find(who))
      roster_.push_back({who, r, hidden, false, true});
    roster_[slot_of(who)] = {who, r, hidden, r == role::none, true};
    return told(machine.participant_joined(context(), slot_of(who)));
  }
  lines leaves(const std::string& who) {
    roster_[slot_of(who)].active = false;
    return told(machine.participant_left(context(), slot_of(who)));
  }
  lines becomes(const std::string& who, bool hidden) {
    roster_[slot_of(who)].hidden = hidden;
    return told(machine.visibility_changed(context(), slot_of(who)));
  }
  lines conversation_ends() { return told(machine.conversation_ended(context())); }
  lines at(engine_time time) {
    now = time;
    return told(machine.tick(context()));
  }

  ring_state state_of(const std::string& who) const { return machine.ring_of(slot_of(who)); }
  /// "anna+" became ACTIVE, "anna-" ceased to be.
  lines activities() const {
    lines out;
    for (const auto& x : last.activities)
      out.push_back(roster_[x.who].person + (x.active ? "+" : "-"));
    return out;
  }
  std::vector<std::uint64_t> rounds() const {
    std::vector<std::uint64_t> out;
    for (const auto& x : last.notices)
      out.push_back(x.round);
    return out;
  }
  call_context context() const { return {now, options, roster_}; }
  slot slot_of(const std::string& who) const { return find(who).value(); }

private:
  std::optional<slot> find(const std::string& who) const {
    for (slot s = 0; s < roster_.size(); ++s) {
      if (roster_[s].person == who)
        return s;
    }
    return std::nullopt;
  }

  lines told(call_change change) {
    last = std::move(change);
    lines out;
    for (const auto& x : last.notices) {
      auto line =
          roster_[x.to].person + " " + std::string{to_string(x.kind)} + " " + std::string{to_string(x.content.state)};
      if (x.kind == kind::incoming_call)
        line += " " + std::to_string(x.content.ring_deadline);
      for (auto why : {to_string(x.content.revoke_reason), to_string(x.content.end_reason)}) {
        if (!why.empty())
          line += " " + std::string{why};
      }
      out.push_back(std::move(line));
    }
    return out;
  }

  std::vector<callee> roster_;
};

} // namespace belfry::test
