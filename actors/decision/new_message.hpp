#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/reason.hpp"

/// Who is told of a message (SPEC 3): pure rules, judged when the message arrives and when its wait ends.
namespace belfry {

/// What the rules need to know of a message.
struct message_facts {
  message_kind kind = message_kind::text;
  bool internal = false;
  /// The sender takes part without a role.
  bool from_bot = false;
  bool own = false;
  /// `recipients` is absent or names the participant.
  bool addressed = true;
};

/// The push options with the role lists as bits, made once.
class message_rules {
public:
  explicit message_rules(const push_options& o);

  /// none: the message qualifies for somebody in role `r` and is counted; else why not.
  reason qualify(const message_facts& m, role r) const;

  /// none: the notification that falls due now is sent; else why not. `primary_online`: somebody with the primary
  /// role of this side is online.
  reason due(role r, bool muted, bool primary_online) const;

  /// The role is in `push.participants` (holds for calls too).
  bool role_enabled(role r) const { return bit(participants_, r); }
  /// `due` looks at `primary_online` for this role.
  bool asks_for_primary(role r) const { return rule_of(r) == secondary_rule::when_primary_offline; }

private:
  static bool bit(std::uint8_t set, role r) { return (set >> static_cast<unsigned>(r)) & 1; }
  secondary_rule rule_of(role r) const;

  bool enabled_;
  std::uint8_t participants_ = 0;
  std::uint8_t bot_messages_ = 0;
  secondary_rule agent_rule_;
  secondary_rule visitor_rule_;
};

} // namespace belfry
