#pragma once

#include "belfry/config/options.hpp"
#include "belfry/messages/events.hpp"
#include "belfry/messages/facts.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

/// SPEC 3 the slow way: every answer is computed anew from the whole history, without records, positions or steps.
namespace belfry::test {

/// One thing that happened, in plain words.
struct deed {
  enum class what {
    send,
    send_internal,
    system,
    read,
    remove,
    open,
    close,
    mute,
    unmute,
    join,
    leave,
    online,
    offline
  };

  engine_time at = 0;
  what type = what::send;
  person_id who;
  /// read: the message, "" for the newest.
  std::string message;
};

class reference {
public:
  reference(const options& o, const std::vector<participant_spec>& cast) : o_(o) {
    for (const auto& p : cast)
      join(p.person, p.role);
  }

  /// Plays the history up to `until`.
  void play(const std::vector<deed>& history, engine_time until) {
    for (const auto& d : history) {
      let_pass(d.at);
      carry_out(d);
    }
    let_pass(until);
  }

  std::uint32_t unread(const person_id& p) {
    auto& who = people_[p];
    return who.here ? static_cast<std::uint32_t>(who.unread.size()) : 0;
  }
  std::string pending(const person_id& p) { return people_[p].pending; }
  /// "<time> <line>", by person.
  std::map<person_id, std::vector<std::string>> told;

private:
  struct message {
    std::string id;
    bool gone = false;
  };
  struct member {
    belfry::role role = belfry::role::none;
    bool here = false, open = false, muted = false, online = false, shown = false;
    /// Unread messages, oldest first, and everything that ever counted.
    std::vector<std::string> unread, counted;
    std::string pending, announced;
    engine_time due = 0, began = 0;
  };

  void join(const person_id& p, role r) {
    auto& who = people_[p];
    if (who.here)
      return;
    who.role = r;
    who.here = true;
    who.muted = false;
    if (std::find(order_.begin(), order_.end(), p) == order_.end())
      order_.push_back(p);
  }

  std::size_t index(const std::string& id) const {
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      if (messages_[i].id == id)
        return i + 1;
    }
    return 0;
  }
  bool known(const std::string& id) const {
    auto i = index(id);
    return i != 0 && i + o_.limits.unread_messages > messages_.size();
  }

  bool primary_online(role r) const {
    auto primary = is_agent(r) ? role::assigned_agent : role::context_person;
    return std::any_of(people_.begin(), people_.end(),
                       [&](const auto& x) { return x.second.here && x.second.role == primary && x.second.online; });
  }

  secondary_rule rule(role r) const {
    if (r == role::secondary_agent)
      return o_.push.secondary_agent_rule;
    return r == role::secondary_visitor ? o_.push.secondary_visitor_rule : secondary_rule::always;
  }

  static bool in(const std::vector<role>& list, role r) { return std::find(list.begin(), list.end(), r) != list.end(); }

  bool qualifies(const member& who, const deed& d) const {
    if (!who.here || who.role == role::none || !in(o_.push.participants, who.role))
      return false;
    if (d.type == deed::what::send_internal && !is_agent(who.role))
      return false;
    if (people_.at(d.who).role == role::none && !in(o_.push.bot_messages, who.role))
      return false;
    return rule(who.role) != secondary_rule::never;
  }

  void say(const person_id& p, engine_time at, const std::string& line) {
    told[p].push_back(std::to_string(at) + " " + p + " " + line);
  }

  void let_pass(engine_time until) {
    for (const auto& p : order_) {
      auto& who = people_[p];
      if (who.pending.empty() || who.due > until)
        continue;
      auto silent = !o_.push.enabled || who.muted
                    || (rule(who.role) == secondary_rule::when_primary_offline && primary_online(who.role));
      who.announced = who.pending;
      who.pending.clear();
      if (silent)
        continue;
      who.shown = true;
      say(p, who.due, "new_message " + who.announced + " " + std::to_string(who.unread.size()));
    }
  }

  void remove_unread(const person_id& p, const std::vector<std::string>& read, const std::string& cause,
                     engine_time at) {
    auto& who = people_[p];
    std::erase_if(who.unread, [&](const auto& m) { return std::find(read.begin(), read.end(), m) != read.end(); });
    if (std::find(read.begin(), read.end(), who.pending) != read.end())
      who.pending.clear();
    if (who.unread.empty() && who.shown) {
      who.shown = false;
      if (o_.push.enabled)
        say(p, at, "read_message " + cause);
    }
  }

  /// Reads everything up to and including `upto`.
  void read(const person_id& p, const std::string& upto, const std::string& cause, engine_time at) {
    std::vector<std::string> read;
    for (const auto& m : people_[p].unread) {
      if (index(m) <= index(upto))
        read.push_back(m);
    }
    remove_unread(p, read, cause, at);
  }

  void remove(const std::string& id, engine_time at, bool replace) {
    messages_[index(id) - 1].gone = true;
    for (const auto& p : order_) {
      auto& who = people_[p];
      if (!who.here || std::find(who.unread.begin(), who.unread.end(), id) == who.unread.end())
        continue;
      auto was_pending = who.pending == id;
      auto due = who.due, began = who.began;
      remove_unread(p, {id}, id, at);
      if (!was_pending || !replace || who.unread.empty() || index(who.unread.back()) <= index(who.announced))
        continue;
      who.pending = who.unread.back();
      who.due = due;
      who.began = began;
    }
  }

  void send(const deed& d) {
    if (d.type != deed::what::system && o_.push.own_message_reads && !messages_.empty())
      read(d.who, messages_.back().id, d.message, d.at);
    messages_.push_back({d.message});
    for (const auto& p : order_) {
      auto& who = people_[p];
      if (d.type == deed::what::system || p == d.who || !qualifies(who, d))
        continue;
      who.unread.push_back(d.message);
      who.counted.push_back(d.message);
      if (who.pending.empty())
        who.began = d.at;
      who.pending = d.message;
      who.due = d.at + (who.open ? o_.push.debounce_delay_when_in_conversation : o_.push.debounce_delay).count();
      if (o_.push.debounce_max_wait.count() > 0)
        who.due = std::min<engine_time>(who.due, who.began + o_.push.debounce_max_wait.count());
    }
    if (messages_.size() > o_.limits.unread_messages)
      remove(messages_[messages_.size() - 1 - o_.limits.unread_messages].id, d.at, false);
  }

  void leave(const deed& d) {
    auto& who = people_[d.who];
    if (!who.here)
      return;
    std::string last;
    for (const auto& m : who.counted) {
      if (known(m) && !messages_[index(m) - 1].gone)
        last = m;
    }
    remove_unread(d.who, std::vector<std::string>{who.unread}, last, d.at);
    who.here = who.open = false;
  }

  void carry_out(const deed& d) {
    auto& who = people_[d.who];
    using w = deed::what;
    switch (d.type) {
    case w::send:
    case w::send_internal:
    case w::system:
      return send(d);
    case w::read:
      if (who.here && !messages_.empty() && (d.message.empty() || known(d.message))) {
        auto upto = d.message.empty() ? messages_.back().id : d.message;
        read(d.who, upto, upto, d.at);
      }
      return;
    case w::remove:
      if (known(d.message) && !messages_[index(d.message) - 1].gone)
        remove(d.message, d.at, true);
      return;
    case w::open:
    case w::close:
      who.open = who.here && d.type == w::open;
      return;
    case w::mute:
    case w::unmute:
      if (who.here)
        who.muted = d.type == w::mute;
      return;
    case w::join:
      return join(d.who, who.role);
    case w::leave:
      return leave(d);
    case w::online:
    case w::offline:
      who.online = d.type == w::online;
      return;
    }
  }

  const options& o_;
  std::vector<person_id> order_;
  std::map<person_id, member> people_;
  std::vector<message> messages_;
};

} // namespace belfry::test
