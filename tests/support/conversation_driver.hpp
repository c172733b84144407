#pragma once

#include "belfry/actors/conversation/core.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// A conversation without actors: spoken to in names, read back as lines of text.
namespace belfry::test {

using lines = std::vector<std::string>;

inline constexpr engine_time second = 1000;
inline constexpr engine_time minute = 60 * second;

/// Plays the conversation's actor and its participants over the pure core. After every step it checks that what is on
/// disk (row and journal) brings back the same state, and that the participants, who fold the facts by themselves,
/// hold the same records as the conversation.
class chat {
public:
  /// To be set before the first event.
  options opts;
  /// Facts about the world that the rules look up.
  std::set<person_id> online;
  std::set<kind> unheard;
  /// Off: for long histories, where the check would cost too much.
  bool check_disk = true;
  engine_time now = 1'000'000;
  /// Added to `now` for time stamps, so that a mistaken one is seen.
  millis wall_ahead = 5;

  // -- events

  chat& has(const person_id& p, role r, bool hidden = false, bool muted = false) {
    cast_.push_back({p, r, hidden, muted});
    return *this;
  }
  /// Starts the conversation with those that `has` named.
  bool starts(std::optional<std::string> topic = {}, std::optional<bool> auto_join = {}) {
    return happens(conversation_started{std::move(topic), auto_join, std::exchange(cast_, {})});
  }
  bool ends() { return happens(conversation_ended{}); }
  bool joins(const person_id& p, role r, bool hidden = false, bool muted = false) {
    return happens(participant_joined{{p, r, hidden, muted}});
  }
  bool leaves(const person_id& p) { return happens(participant_left{p}); }
  bool changes(const person_id& p, std::optional<role> r, std::optional<bool> hidden = {},
               std::optional<bool> muted = {}) {
    return happens(participant_changed{p, r, hidden, muted});
  }
  bool mutes(const person_id& p, bool on = true) { return changes(p, {}, {}, on); }
  bool opens(const person_id& p, const std::string& client = "") { return happens(conversation_opened{p, client}); }
  bool closes(const person_id& p, const std::string& client = "") { return happens(conversation_closed{p, client}); }
  bool sends(const person_id& p, const message_id& m, const std::string& text = "hello") {
    return happens(message_sent{m, p, message_kind::text, text, false, {}, {}});
  }
  bool sends_internal(const person_id& p, const message_id& m) {
    return happens(message_sent{m, p, message_kind::text, "hello", true, {}, {}});
  }
  bool sends_to(const person_id& p, const message_id& m, std::vector<person_id> recipients) {
    return happens(message_sent{m, p, message_kind::text, "hello", false, std::move(recipients), {}});
  }
  bool system_says(const message_id& m) {
    return happens(message_sent{m, "", message_kind::system, "joined", false, {}, {}});
  }
  bool reads(const person_id& p, std::optional<message_id> upto = {}) {
    return happens(message_read{p, std::move(upto)});
  }
  bool edits(const message_id& m, const std::string& text) { return happens(message_edited{m, text}); }
  bool deletes(const message_id& m) { return happens(message_deleted{m}); }
  bool calls(const person_id& p, const call_id& c = "c1") { return happens(call_started{c, call_type::video, p}); }
  bool accepts(const person_id& p, const call_id& c = "c1") { return happens(call_accepted{c, p}); }
  bool declines(const person_id& p, const call_id& c = "c1") { return happens(call_declined{c, p}); }
  bool hangs_up(const call_id& c = "c1") { return happens(call_ended{c, {}}); }

  /// False: refused; `refused` says why.
  bool happens(event_body body, std::optional<millis> at = {}) {
    begin();
    event e;
    e.at = at;
    e.conversation = "conv";
    e.body = std::move(body);
    effects fx;
    core_->on_event(e, moment_now(), fx);
    refused = fx.refused;
    settle(std::move(fx));
    return !refused;
  }
  void erases(const person_id& p) {
    effects fx;
    core_->erase_person(p, moment_now(), fx);
    settle(std::move(fx));
  }

  // -- time

  /// Time goes by; whatever falls due happens at its moment.
  void passes(engine_time millis) {
    auto end = now + millis;
    for (auto t = core_->wake_time(); t && *t <= end; t = core_->wake_time()) {
      now = std::max(now, *t);
      if (!ring())
        break;
    }
    now = end;
  }

  /// The process dies and comes back after `down`: only what is on disk is left.
  void crashes(engine_time down = 0) {
    core_ = revived();
    inboxes_.clear();
    heard_.clear();
    collected_ = core_->state().last;
    facts_.clear();
    now += down;
    passes(0);
  }

  // -- what came of it

  /// What was told since the last call: "ben new_message m1 2", "ben read_message m1", "ben incoming_call c1 CALLING".
  lines told() { return std::exchange(told_, {}); }
  /// What else persons were sent since the last call: "ben withdraw left", "ben drop m1", "ben rewrite m1 text".
  lines other_mail() { return std::exchange(other_, {}); }
  /// What was decided not to be told: "ben incoming_call role_disabled".
  lines not_told() { return std::exchange(not_told_, {}); }
  /// Notifications of the last step that were told.
  std::vector<notification> notifications;
  std::vector<report> reports;
  std::vector<std::pair<person_id, bool>> members;
  std::optional<refused_event> refused;
  /// A hook for those who want the time as well.
  std::function<void(const person_id&, const std::string&)> on_told;

  std::uint32_t unread(const person_id& p) { return core_->unread(p); }
  std::string why(const person_id& p, const message_id& m) {
    auto t = core_->explain(p, m);
    if (!t)
      return "unknown";
    return t->state == trace_state::waiting ? "waiting" : std::string{to_string(t->reason)};
  }
  /// The message whose wait runs, "" without one.
  std::string pending(const person_id& p) {
    auto x = view_of(p).pending;
    return x ? x->message : "";
  }
  engine_time due_in(const person_id& p) { return view_of(p).pending.value().due - now; }
  participant_view view_of(const person_id& p) {
    for (auto& x : core_->view(moment_now()).participants) {
      if (x.person == p)
        return x;
    }
    return {};
  }
  conversation_core& core() { return *core_; }
  /// Writes the row, as the actor does now and then.
  void writes_row() {
    core_->state().trim(core_->waits());
    row_ = core_->state().encode();
    entries_.clear();
  }

  moment moment_now() const { return {now, now + wall_ahead}; }

private:
  void begin() {
    if (core_)
      return;
    lookups_.online = [this](const person_id& p) { return online.contains(p); };
    lookups_.takes_kind = [this](kind k) { return !unheard.contains(k); };
    core_ = std::make_unique<conversation_core>(opts, lookups_);
    core_->name(7, "conv");
  }

  void settle(effects fx) {
    auto concerned = fx.concerned;
    collect_facts();
    write(fx);
    meet_participants();
    std::vector<slot> ask;
    concerned.each([&](slot who) { ask.push_back(who); });
    for (auto who : ask)
      asks(who);
    check();
  }

  /// The conversation's alarm; false when nothing can come of it.
  bool ring() {
    auto before = std::pair{core_->wake_time(), now};
    effects fx;
    core_->on_time(moment_now(), fx);
    write(fx);
    for (auto who : core_->due(now))
      asks(who);
    check();
    auto stuck = std::pair{core_->wake_time(), now} == before;
    EXPECT_FALSE(stuck) << "the alarm rings for ever";
    return !stuck;
  }

  /// A participant hears the news and answers.
  void asks(slot who) {
    auto& box = hears(who);
    auto announce = box.due_at(now) ? box.pending : 0;
    auto owed = box.owed != 0;
    auto before = told_.size();
    effects fx;
    if (announce != 0)
      core_->on_announce(who, announce, moment_now(), fx);
    if (owed)
      core_->on_owed(who, moment_now(), fx);
    write(fx);
    if (announce != 0) {
      auto sent = std::any_of(told_.begin() + static_cast<std::ptrdiff_t>(before), told_.end(),
                              [](const auto& line) { return line.find(" new_message ") != std::string::npos; });
      fold_announced(box, announce, sent);
    }
    box.owed = 0;
  }

  // -- participants

  void collect_facts() {
    const auto& recent = core_->state().recent;
    // Too many at once: those who lag get their record anew.
    if (core_->state().last > collected_ && (recent.empty() || recent.front().at > collected_ + 1))
      inboxes_.clear();
    for (const auto& f : recent) {
      if (f.at > collected_)
        facts_.push_back(f);
    }
    collected_ = core_->state().last;
  }

  void meet_participants() {
    collect_facts();
    auto n = core_->state().roster.size();
    for (auto who = inboxes_.size(); who < n; ++who)
      inboxes_.push_back(core_->state().catch_up(static_cast<slot>(who), core_->waits()));
    heard_.resize(n, 0);
  }

  inbox& hears(slot who) {
    meet_participants();
    auto& box = inboxes_[who];
    for (; heard_[who] < facts_.size(); ++heard_[who])
      fold(box, who, facts_[heard_[who]], core_->waits());
    return box;
  }

  void check() {
    for (slot who = 0; who < core_->state().roster.size(); ++who) {
      const auto& theirs = hears(who);
      auto ours = core_->state().catch_up(who, core_->waits());
      // Facts that did not concern them are all they may differ by.
      ours.seen = theirs.seen;
      ASSERT_EQ(theirs, ours) << core_->state().roster[who].person << " folds another record than the conversation";
    }
    if (check_disk)
      check_row();
  }

  // -- disk

  void write(effects& fx) {
    auto entry = fx.journal.take();
    if (fx.snapshot)
      writes_row();
    else if (!entry.empty())
      entries_.push_back(std::move(entry));
    notifications.clear();
    for (auto& m : fx.updates)
      std::visit([&](auto& x) { note(m.to, x); }, m.update);
    std::move(fx.reports.begin(), fx.reports.end(), std::back_inserter(reports));
    std::move(fx.members.begin(), fx.members.end(), std::back_inserter(members));
  }

  std::unique_ptr<conversation_core> revived() {
    auto twin = std::make_unique<conversation_core>(opts, lookups_);
    // A refused event may come before anything is stored.
    if (!row_.head.empty()) {
      EXPECT_TRUE(twin->load(7, "conv", row_.head, entries_, row_.parts));
    } else {
      twin->name(7, "conv");
    }
    return twin;
  }

  void check_row() {
    auto twin = revived();
    ASSERT_EQ(twin->exists(), core_->exists());
    ASSERT_EQ(twin->wake_time(), core_->wake_time()) << "a restart would wake at another time";
    auto theirs = twin->state();
    auto ours = core_->state();
    theirs.trim(core_->waits());
    ours.trim(core_->waits());
    ASSERT_EQ(theirs.encode(), ours.encode()) << "row and journal bring back another state";
  }

  // -- mail

  void note(const person_id& to, tell& t) {
    const auto& r = *t.record;
    const auto& n = r.notification;
    auto line = to + " " + std::string{to_string(n.kind)};
    if (r.state == trace_state::not_sent)
      return not_told_.push_back(line + " " + std::string{to_string(r.reason)});
    if (n.kind == kind::new_message)
      line += " " + n.message->message + " " + std::to_string(n.message->count);
    else if (n.message)
      line += " " + n.message->message;
    else if (n.call)
      line += " " + n.call->call + " " + std::string{to_string(n.call->state)};
    else
      line += " " + n.request->invitation;
    notifications.push_back(n);
    told_.push_back(line);
    if (on_told)
      on_told(to, line);
  }
  void note(const person_id& to, const withdraw& w) {
    other_.push_back(to + " withdraw " + std::string{to_string(w.why)});
  }
  void note(const person_id& to, const drop_message& d) { other_.push_back(to + " drop " + d.message); }
  void note(const person_id& to, const rewrite_message& r) {
    other_.push_back(to + " rewrite " + r.message + " " + r.text);
  }
  void note(const person_id& to, const roster_change& r) {
    other_.push_back(to + (r.member ? " member" : " no member"));
  }
  void note(const person_id& to, const activity& a) {
    auto line = to + " busy";
    for (const auto& [id, what] : a.sessions)
      line += " " + id + ":" + what;
    other_.push_back(a.call ? line + " call:" + *a.call : line);
  }

  conversation_lookups lookups_;
  std::unique_ptr<conversation_core> core_;
  std::vector<participant_spec> cast_;
  lines told_, other_, not_told_;
  /// What the participants hold, by slot, and how many of `facts_` they have heard.
  std::vector<inbox> inboxes_;
  std::vector<std::size_t> heard_;
  std::vector<fact> facts_;
  position collected_ = 0;
  encoded_state row_;
  std::vector<std::string> entries_;
};

} // namespace belfry::test
