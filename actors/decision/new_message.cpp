#include "belfry/actors/decision/new_message.hpp"

namespace belfry {

namespace {

std::uint8_t bits(const std::vector<role>& roles) {
  unsigned set = 0;
  for (auto r : roles)
    set |= 1U << static_cast<unsigned>(r);
  return static_cast<std::uint8_t>(set);
}

} // namespace

message_rules::message_rules(const push_options& o)
    : enabled_(o.enabled),
      participants_(bits(o.participants)),
      bot_messages_(bits(o.bot_messages)),
      agent_rule_(o.secondary_agent_rule),
      visitor_rule_(o.secondary_visitor_rule) {}

secondary_rule message_rules::rule_of(role r) const {
  if (r == role::secondary_agent)
    return agent_rule_;
  return r == role::secondary_visitor ? visitor_rule_ : secondary_rule::always;
}

/// SPEC 3, "Who is told". When several points fail, the order here decides which reason Explain shows.
reason message_rules::qualify(const message_facts& m, role r) const {
  if (m.kind == message_kind::system)
    return reason::system_message;
  if (m.own)
    return reason::own_message;
  if (!m.addressed || (m.internal && !is_agent(r)))
    return reason::not_visible;
  if (r == role::none || !role_enabled(r))
    return reason::role_disabled;
  if (m.from_bot && !bit(bot_messages_, r))
    return reason::bot_messages_disabled;
  if (rule_of(r) == secondary_rule::never)
    return reason::secondary_rule;
  return reason::none;
}

/// What is looked at when the wait ends: the gates (SPEC 3), `muted` (SPEC 2) and WHEN_PRIMARY_OFFLINE. A role may have
/// been taken away since (`become_bot`).
reason message_rules::due(role r, bool muted, bool primary_online) const {
  if (!enabled_)
    return reason::push_disabled;
  if (r == role::none)
    return reason::role_disabled;
  if (muted)
    return reason::muted;
  if (asks_for_primary(r) && primary_online)
    return reason::secondary_rule;
  return reason::none;
}

} // namespace belfry
