#pragma once

#include "belfry/actors/person/core.hpp"
#include "belfry/actors/person/record_row.hpp"
#include "belfry/actors/person/update_row.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace belfry::test {

using lines = std::vector<std::string>;

/// One person with addresses that take what the test says; lanes that wait until the test lets a delivery leave; a
/// disk that keeps what was written.
class desk {
public:
  options opts;
  engine_time now = 10'000;

  desk() {
    lookups_.addresses = [this](const person_data&, kind k) {
      std::vector<address> out;
      for (const auto& [a, kinds] : addresses_) {
        if (kinds.contains(k))
          out.push_back(a);
      }
      return out;
    };
    lookups_.delay = [this](channel_kind c) { return delays[c]; };
    lookups_.usable = [this](const address& a, const person_data&, kind) {
      return unusable.contains(a.target) ? unusable[a.target] : reason::none;
    };
    core_ = std::make_unique<person_core>("ben", opts, lookups_);
  }

  std::map<channel_kind, engine_time> delays;
  std::map<std::string, reason> unusable;
  /// When the engine was stopped in good order; else it crashes.
  std::optional<engine_time> stopped_at;

  static std::set<kind> all_kinds() {
    std::set<kind> out;
    for (int i = 0; i < kind_count; ++i)
      out.insert(static_cast<kind>(i));
    return out;
  }
  /// An address and what it takes.
  void has(const std::string& target, std::set<kind> kinds = all_kinds(), channel_kind c = channel_kind::webhook) {
    addresses_.push_back({{c, target}, std::move(kinds)});
  }
  /// A device of the person's own, which shares a lane with others.
  void has_device(const std::string& target, std::set<kind> kinds) {
    addresses_.push_back({{channel_kind::mobile, target, "apns"}, std::move(kinds)});
  }

  /// Its address goes by another lane from now on.
  void moves(const std::string& target, const std::string& lane) {
    for (auto& [a, kinds] : addresses_) {
      if (a.target == target)
        a.lane = lane;
    }
  }

  // -- mail

  void message(const message_id& m, const std::string& text = "hello", const conversation_id& c = "conv") {
    auto r = record(kind::new_message, c, m);
    r->notification.message = message_content{m, text, {}, "anna", 0, 0, 0, 1};
    tell(std::move(r));
  }
  void read(const message_id& m = "m1", const conversation_id& c = "conv") {
    auto r = record(kind::read_message, c, m);
    r->notification.message = message_content{m, {}, {}, {}, 0, 0, 0, 0};
    tell(std::move(r));
  }
  void call(kind k, const call_id& id = "c1") {
    auto r = record(k, "conv", id);
    r->notification.call = call_content{};
    r->notification.call->call = id;
    if (k == kind::incoming_call)
      r->notification.expires_at = now + 60'000;
    tell(std::move(r));
  }
  void request(kind k, const invitation_id& id = "i1") {
    auto r = record(k, "conv", id);
    r->notification.request = request_content{id, {}, {}, {}, {}};
    tell(std::move(r));
  }
  void withdraw(reason why = reason::read_before_due, const conversation_id& c = "conv") {
    hears(belfry::withdraw{c, why});
  }
  void drop(const message_id& m, const conversation_id& c = "conv") { hears(drop_message{c, m}); }
  void rewrite(const message_id& m, const std::string& text, const conversation_id& c = "conv") {
    hears(rewrite_message{c, m, text});
  }
  /// It is on disk, and the process dies before the person heard of it.
  void commits_only(person_update m) {
    *seq_of(m) = ++seq_;
    mails_[seq_] = to_row("ben", m);
  }

  // -- lanes

  /// What waits in lanes or is parked: "w1 new_message m1".
  lines waiting() const {
    lines out;
    for (const auto& o : held_)
      out.push_back(name(o.item.delivery));
    return out;
  }
  /// Their lanes.
  lines lanes() const {
    lines out;
    for (const auto& o : held_)
      out.push_back(o.lane);
    return out;
  }
  /// The lane asks whether it may be tried; none: it is in flight now.
  reason asks(const std::string& what) {
    auto why = reason::none;
    auto id = id_of(what);
    does([&](auto& fx) {
      auto p = core_->authorize(id, now, fx);
      why = p.why;
      if (why == reason::none)
        flying_.insert(id);
      if (p.record)
        count = p.record->notification.message.value_or(message_content{}).count;
      if (p.record)
        text = p.what->edited && p.record->notification.message->edited_text
                   ? *p.record->notification.message->edited_text
                   : p.record->notification.message.value_or(message_content{}).text;
    });
    return why;
  }
  /// It leaves and is answered.
  void leaves(const std::string& what, delivery_state state = delivery_state::accepted) {
    ASSERT_EQ(asks(what), reason::none) << what;
    answered(what, state);
  }
  void answered(const std::string& what, delivery_state state, engine_time next = 0, bool parked = false) {
    auto id = id_of(what);
    auto final = is_final(state);
    std::vector<attempt> made;
    if (state != delivery_state::queued)
      made.push_back({now, final ? 200 : 500, "", 1});
    does([&](auto& fx) {
      core_->attempted(id, made, state, final ? reason::none : reason::http_status, next, parked, fx);
    });
    flying_.erase(id);
    if (final || parked)
      forget(id);
  }
  /// The provider was asked, and is to be asked again at once: it counts as no attempt yet. 0: it did not answer.
  void asked_once(const std::string& what, int status) {
    does([&](auto& fx) {
      core_->attempted(id_of(what), {{now, status, "", 1}}, delivery_state::queued, reason::none, now, false, fx);
    });
    flying_.erase(id_of(what));
  }
  /// The lane ends it without an attempt, for what `clear` said.
  void ends(const std::string& what, delivery_state state, reason why) {
    auto id = id_of(what);
    does([&](auto& fx) { core_->attempted(id, {}, state, why, 0, false, fx); });
    forget(id);
  }
  void recounts(const std::string& what, std::uint32_t unread) {
    unread_counts counts;
    counts.set("conv", unread);
    core_->recount(id_of(what), counts);
  }
  /// It was cleared, and no attempt was made.
  void comes_back_untried(const std::string& what) {
    auto id = id_of(what);
    does([&](auto& fx) { core_->attempted(id, {}, delivery_state::queued, reason::none, now, false, fx); });
    flying_.erase(id);
  }
  /// The lane has no room.
  void parks(const std::string& what) {
    auto id = id_of(what);
    does([&](auto& fx) { core_->attempted(id, {}, delivery_state::queued, reason::none, 0, true, fx); });
    forget(id);
  }
  bool unparks(const std::string& what) {
    auto ok = false;
    auto id = id_of(what);
    does([&](auto& fx) { ok = core_->unpark(id, fx); });
    return ok;
  }

  // -- disk and answers

  /// The process dies; what was written comes back.
  void crashes() {
    comes_back(seq_ + 1);
    stopped_at.reset();
    for (auto& m : core_->take_unapplied())
      does([&](auto& fx) { apply(m, fx); });
    does([&](auto& fx) { core_->resume(fx); });
  }
  /// The person is unloaded and comes back in the same life of the process.
  void sleeps() {
    ASSERT_FALSE(core_->busy());
    comes_back(1);
    does([&](auto& fx) { core_->resume(fx); });
  }
  void saves_person() { person_blob_ = core_->row().blob; }

  /// "DONE sent" of the notification, from disk.
  std::string state(kind k, const std::string& subject) const {
    for (const auto& [seq, row] : rows_) {
      if (row.kind == k && row.subject == subject) {
        auto r = from_row(row);
        return std::string{to_string(r->state)} + " " + std::string{to_string(r->reason)};
      }
    }
    return "none";
  }
  delivery delivery_of(const std::string& what) const {
    for (const auto& [seq, row] : rows_) {
      auto r = from_row(row);
      for (const auto& d : r->deliveries) {
        if (d.id == id_of(what))
          return d;
      }
    }
    return {};
  }
  std::string end_of(const std::string& what) const {
    auto d = delivery_of(what);
    return std::string{to_string(d.state)} + " " + std::string{to_string(d.reason)};
  }
  bool parked(const std::string& what) const { return parked_.contains(id_of(what)); }
  /// Nothing is remembered as shown.
  bool shows_nothing() const {
    return std::all_of(shown_.begin(), shown_.end(), [](const auto& x) { return x.second.empty(); });
  }
  person_core& core() { return *core_; }
  std::string text;
  std::uint32_t count = 0;
  person_effects last;
  std::map<std::uint64_t, io::notification_row>& rows() { return rows_; }

  template <class F>
  void does(F&& f) {
    person_effects fx;
    f(fx);
    take(fx);
    last = std::move(fx);
  }

  std::shared_ptr<notification_record> record(kind k, const conversation_id& c, const std::string& subject) {
    auto r = std::make_shared<notification_record>();
    auto& n = r->notification;
    n.seq = ++seq_;
    n.id = derive_notification_id(k, c, "ben", subject + std::to_string(seq_));
    n.kind = k;
    n.recipient = "ben";
    n.conversation = c;
    n.expires_at = now + 86'400'000;
    return r;
  }
  void tell(std::shared_ptr<notification_record> r) {
    rows_[r->notification.seq] = to_row(*r);
    does([&](auto& fx) { core_->tell(std::move(r), now, fx); });
  }
  /// It is on disk, and the process dies before the person heard of it.
  void commits_only(const notification_record& r) { rows_[r.notification.seq] = to_row(r); }

private:
  void comes_back(std::uint64_t first_seq) {
    io::stored_person row;
    row.blob = person_blob_;
    for (const auto& [key, blob] : shown_) {
      if (!blob.empty())
        row.shown.push_back({"ben", key.first, key.second, blob});
    }
    for (const auto& [seq, r] : rows_) {
      if (!is_final(r.state))
        row.unfinished.push_back(r);
    }
    for (const auto& [seq, m] : mails_)
      row.updates.push_back(m);
    held_.clear();
    flying_.clear();
    core_ = std::make_unique<person_core>("ben", opts, lookups_);
    EXPECT_TRUE(core_->load(row, first_seq, stopped_at ? *stopped_at : now));
  }

  template <class Mail>
  void hears(Mail m) {
    m.seq = ++seq_;
    does([&](auto& fx) { core_->apply(m, fx); });
  }

  void apply(person_update& m, person_effects& fx) {
    if (auto* t = std::get_if<belfry::tell>(&m))
      core_->tell(t->record, now, fx);
    else if (auto* w = std::get_if<belfry::withdraw>(&m))
      core_->apply(*w, fx);
    else if (auto* d = std::get_if<drop_message>(&m))
      core_->apply(*d, fx);
    else if (auto* r = std::get_if<rewrite_message>(&m))
      core_->apply(*r, fx);
    if (const auto* seq = seq_of(m))
      mails_.erase(*seq);
  }

  void take(person_effects& fx) {
    for (auto& c : fx.changes)
      std::visit([this](auto& x) { write(x); }, c);
    for (auto* list : {&fx.submits, &fx.submits_after}) {
      for (const auto& o : *list) {
        if (o.item.kind == kind::new_message)
          supersede(o);
        held_.push_back(o);
      }
    }
    // What is in flight stays until it is answered.
    for (const auto& x : fx.cancels) {
      if (is_final(find(x.delivery).state))
        forget(x.delivery);
    }
  }

  /// As the lane does: a newer new_message takes the place of one that waits.
  void supersede(const lane_command& newer) {
    for (const auto& o : std::vector<lane_command>{held_}) {
      if (o.lane != newer.lane || o.item.key != newer.item.key || o.item.kind != kind::new_message
          || o.item.delivery == newer.item.delivery || flying_.contains(o.item.delivery))
        continue;
      forget(o.item.delivery);
      does([&](auto& fx) {
        core_->attempted(o.item.delivery, {}, delivery_state::cancelled, reason::superseded, 0, false, fx);
      });
    }
  }

  delivery find(const notification_id& id) const {
    for (const auto& [seq, row] : rows_) {
      auto r = from_row(row);
      for (const auto& d : r->deliveries) {
        if (d.id == id)
          return d;
      }
    }
    return {};
  }

  void forget(const notification_id& id) {
    flying_.erase(id);
    std::erase_if(held_, [&](const lane_command& o) { return o.item.delivery == id; });
  }

  void write(const io::notification_row& r) { rows_[r.seq] = r; }
  void write(const io::shown_row& r) { shown_[{r.conversation, r.group}] = r.blob; }
  void write(const io::parked_delivery& p) { parked_.insert(p.delivery); }
  void write(const io::parked_removed& p) { parked_.erase(p.delivery); }
  template <class T>
  void write(const T&) {
    ADD_FAILURE() << "a person's core does not write this";
  }

  std::string name(const notification_id& id) const {
    for (const auto& [seq, row] : rows_) {
      auto r = from_row(row);
      for (const auto& d : r->deliveries) {
        if (d.id == id)
          return d.target + " " + std::string{to_string(row.kind)} + " " + row.subject;
      }
    }
    return "?";
  }
  notification_id id_of(const std::string& what) const {
    for (const auto& [seq, row] : rows_) {
      auto r = from_row(row);
      for (const auto& d : r->deliveries) {
        if (d.target + " " + std::string{to_string(row.kind)} + " " + row.subject == what)
          return d.id;
      }
    }
    ADD_FAILURE() << "no delivery " << what;
    return {};
  }

  person_lookups lookups_;
  std::vector<std::pair<address, std::set<kind>>> addresses_;
  std::unique_ptr<person_core> core_;
  std::uint64_t seq_ = 0;
  std::vector<lane_command> held_;
  /// Of those, in flight.
  std::set<notification_id> flying_;
  std::string person_blob_;
  std::map<std::uint64_t, io::notification_row> rows_;
  std::map<std::pair<conversation_id, group>, std::string> shown_;
  std::set<notification_id> parked_;
  std::map<std::uint64_t, io::update_row> mails_;
};

} // namespace belfry::test
